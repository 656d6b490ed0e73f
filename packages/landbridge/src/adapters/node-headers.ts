import type { ServerResponse } from 'node:http'
import type { ResponseHeaders } from '../core/headers.ts'
import { varyWithCookie } from '../core/headers.ts'

/** A Node response as Web-standard headers. */
export class NodeHeaders implements ResponseHeaders {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get(name: string): string | null {
    return headerText(this.#response.getHeader(name))
  }

  set(name: string, value: string): void {
    this.#response.setHeader(name, value)
  }

  append(name: string, value: string): void {
    const before = this.#response.getHeader(name)
    this.#response.setHeader(name, before === undefined ? value : [before, value].flat().map(String))
  }
}

/**
 * Adds `Vary: Cookie` to a `writeHead` call under way. Frameworks hand it all their headers as one object, which Node writes out
 * twice as fast as headers set one by one; so the header goes into a copy of that object.
 */
export function addVary(response: ServerResponse, args: unknown[]): unknown[] {
  const given = args.at(-1)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const rest = absorbHeaders(response, args)
    response.setHeader('Vary', varyWithCookie(headerText(response.getHeader('vary'))))
    return rest
  }
  const headers = given as Record<string, string | string[]>
  let field = 'Vary'
  for (const name in headers) if (name.length === 4 && name.toLowerCase() === 'vary') field = name
  const vary = varyWithCookie(headerText(headers[field] ?? response.getHeader('vary')))
  args[args.length - 1] = { ...headers, [field]: vary }
  return args
}

const headerText = (value: number | string | readonly string[] | undefined): string | null => (value === undefined ? null : String(value))

/** Moves the headers of a `writeHead(status, [message], [headers])` call to the response, where they can be added to. */
export function absorbHeaders(response: ServerResponse, args: unknown[]): unknown[] {
  const headers = typeof args.at(-1) === 'object' ? args.at(-1) : undefined
  if (headers === undefined || headers === null) return args
  for (const [name, values] of headerGroups(headers)) response.setHeader(name, values)
  return args.slice(0, -1)
}

/** Headers as an object, as pairs, or as a flat list of names and values; a name that comes twice keeps all its values. */
function headerGroups(headers: object): Iterable<[string, string | string[]]> {
  if (!Array.isArray(headers)) return Object.entries(headers).filter(([, value]) => value !== undefined) as [string, string | string[]][]
  const flat = (Array.isArray(headers[0]) ? headers.flat(1) : headers) as (string | string[])[]
  const groups = new Map<string, string[]>()
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = String(flat[i]).toLowerCase()
    groups.set(name, [...(groups.get(name) ?? []), flat[i + 1]!].flat())
  }
  return groups
}
