/**
 * Holds the head of a Node response back until the session is stored. Nothing is hooked before the session is touched: a request
 * that leaves it alone pays nothing, one that only reads pays for `Vary` when the head is written.
 *
 *   open --first write--> holding --stored--> released (calls are repeated as they came)
 *                                 --failed--> refused  (503 or 409 goes out, the application's calls are dropped)
 */
import type { ServerResponse } from 'node:http'
import type { ResponseHeaders } from '../core/headers.ts'
import { varyWithCookie } from '../core/headers.ts'
import { errorReply } from '../core/errors.ts'
import type { Reply } from '../core/reply.ts'
import type { Signals } from '../core/session.ts'
import type { MaybePromise } from '../core/types.ts'
import { isPromise } from '../core/types.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- calls are kept and repeated as they came
type AnyCall = (...args: any[]) => any
type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders'
const METHODS: readonly Method[] = ['writeHead', 'write', 'end', 'flushHeaders']

export class Hold implements Signals {
  readonly #response: ServerResponse
  /** Set by the adapter as soon as the exchange is open. */
  commit: ((headers: ResponseHeaders) => MaybePromise<void>) | null = null

  constructor(response: ServerResponse) {
    this.#response = response
  }

  touched(): void {
    const response = this.#response
    const writeHead = response.writeHead as AnyCall
    response.writeHead = ((...args: unknown[]): unknown => {
      return writeHead.apply(response, response.headersSent ? args : addVary(response, args))
    }) as typeof response.writeHead
  }

  changed(): boolean {
    const response = this.#response
    if (response.headersSent) return false
    const original = Object.fromEntries(METHODS.map((method) => [method, response[method]])) as unknown as Record<Method, AnyCall>
    const held: [Method, unknown[]][] = []
    let state: 'open' | 'holding' | 'released' | 'refused' = 'open'

    const release = (): void => {
      state = 'released'
      unpretend(response)
      try {
        for (const [method, args] of held) original[method].apply(response, args)
      } catch (error) {
        // The call of the application was wrong, and it is too late to throw at it.
        refuse(error)
      }
      if (held.some(([method]) => method === 'write')) response.emit('drain')
    }
    const refuse = (error: unknown): void => {
      state = 'refused'
      unpretend(response)
      // Node itself calls writeHead when the reply is written; whatever sits above ours has done its part for the dropped response.
      for (const method of METHODS) response[method] = original[method] as never
      if (response.headersSent) abort(response, error)
      else sendInstead(response, replyFor(error))
      for (const method of METHODS) response[method] = ((...args: unknown[]) => drop(method, args, error)) as never
      for (const [method, args] of held) drop(method, args, error)
    }
    const drop = (method: Method, args: unknown[], error: unknown): unknown => {
      const callback = args.at(-1)
      if (typeof callback === 'function') process.nextTick(callback, error)
      return method === 'write' ? false : response
    }
    const hold = (): void => {
      state = 'holding'
      pretend(response, 'headersSent')
      try {
        const stored = this.commit?.(new NodeHeaders(response))
        if (isPromise(stored)) stored.then(release, refuse)
        else release()
      } catch (error) {
        refuse(error)
      }
    }

    for (const method of METHODS) {
      response[method] = ((...args: unknown[]): unknown => {
        if (state === 'released') return original[method].apply(response, args)
        if (state === 'refused') return drop(method, args, null)
        if (state === 'holding' && method === 'writeHead') throw headWritten()
        held.push([method, method === 'writeHead' ? absorbHeaders(response, args) : args])
        if (state === 'open') hold()
        if (method === 'end' && state === 'holding') pretend(response, 'writableEnded')
        return method === 'write' ? false : response
      }) as never
    }
    return true
  }
}

/** To the application the head has left, or the response has ended, as it asked: it must not answer a second time. */
function pretend(response: ServerResponse, property: 'headersSent' | 'writableEnded'): void {
  Object.defineProperty(response, property, { configurable: true, value: true })
}

function unpretend(response: ServerResponse): void {
  Reflect.deleteProperty(response, 'headersSent')
  Reflect.deleteProperty(response, 'writableEnded')
}

/** Ends a response that cannot be completed any more, so that the client does not take what it has for the whole. */
function abort(response: ServerResponse, error: unknown): void {
  process.emitWarning(error as Error)
  response.destroy()
}

/** Sends one of our replies in the place of the application's response. */
function sendInstead(response: ServerResponse, reply: Reply): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  send(response, reply)
}

/** What Node throws at an application that writes two heads. */
function headWritten(): Error {
  return Object.assign(new Error('The head of this response was written already.'), { code: 'ERR_HTTP_HEADERS_SENT' })
}

/** A Node response as Web-standard headers. */
class NodeHeaders implements ResponseHeaders {
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
function addVary(response: ServerResponse, args: unknown[]): unknown[] {
  const given = args.at(-1)
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const rest = absorbHeaders(response, args)
    response.setHeader('Vary', varyWithCookie(headerText(response.getHeader('vary'))))
    return rest
  }
  const headers = given as Record<string, string | string[]>
  const name = Object.keys(headers).find((each) => each.toLowerCase() === 'vary') ?? 'Vary'
  const vary = varyWithCookie(headerText(headers[name] ?? response.getHeader('vary')))
  return [...args.slice(0, -1), { ...headers, [name]: vary }]
}

const headerText = (value: number | string | readonly string[] | undefined): string | null => (value === undefined ? null : String(value))

/** Moves the headers of a `writeHead(status, [message], [headers])` call to the response, where they can be added to. */
function absorbHeaders(response: ServerResponse, args: unknown[]): unknown[] {
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

function replyFor(error: unknown): Reply {
  const reply = errorReply(error)
  if (reply) return reply
  // What the application did wrong reaches its author here, as its own error handling is over.
  process.emitWarning(error as Error)
  return {
    status: 500,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    body: 'The session could not be saved.\n',
  }
}

/** Sends one of our replies. */
export function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.statusCode = status
  // HTTP/2 has no such message, and Node warns about each try to give one.
  if (response.req.httpVersionMajor === 1) response.statusMessage = ''
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.end(body)
}
