/**
 * One view on the two kinds of request that sessions are opened for: a Web-standard `Request`, and the request of `node:http`
 * or `node:http2`, whose types are stated structurally so that the core depends on neither. Everything is read on demand.
 */
import type { Readable } from 'node:stream'
import type { Peeked } from './peek.ts'
import { isUnread, peekRequest, peekStream } from './peek.ts'

/** What `node:http` and `node:http2` requests have in common, as far as a session needs it. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** The target as the client wrote it, where a framework keeps it: Express cuts the path of a mounted router off `url`. */
  readonly originalUrl?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly rawHeaders?: readonly string[]
  /** What a body parser before us made of the body. */
  readonly body?: unknown
  readonly socket?: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean } | null
}

export interface Inbound {
  readonly method: string
  /** The authority as the request wrote it, unchecked; `null` when it wrote none, or several. */
  readonly authority: string | null
  readonly encrypted: boolean
  /** Path without the query. */
  readonly path: string
  /** What follows the `?` of the target, up to a fragment; empty when there is none. */
  readonly query: string
  /** Address of the peer that sent the request, where the platform tells. */
  readonly address: string | undefined
  header(name: string): string | undefined
  /** The body as text; `null` when it is longer than the limit in bytes, or breaks off. Read once, and only by endpoints of ours. */
  body(limit: number): Promise<string | null>
  /** The beginning of the body, which stays there for the application; `null` when it was read before or is being read. */
  peek(limit: number): Promise<Peeked> | null
  /** What a body parser before us made of the body. */
  parsed(): unknown
  /** Of a request that is refused: lets what was looked at and not read flow away, so that the connection serves the next request. */
  drain(): void
}

export function inbound(request: Request | NodeRequest, address: string | undefined): Inbound {
  return isWebRequest(request) ? new WebInbound(request, address) : new NodeInbound(request, address)
}

function isWebRequest(request: Request | NodeRequest): request is Request {
  return typeof request.headers.get === 'function'
}

const queryOf = (target: string): string => /\?([^#]*)/.exec(target)?.[1] ?? ''

const boundedText = (text: string, limit: number): string | null => (Buffer.byteLength(text) > limit ? null : text)

/** Stops at the limit: a body that never ends costs no more than one that is too long, and one that breaks off is no error of ours. */
async function readText(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, limit: number): Promise<string | null> {
  const read: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of chunks) {
      length += chunk.length
      if (length > limit) return null
      read.push(chunk)
    }
  } catch {
    return null
  }
  return Buffer.concat(read).toString('utf8')
}

class WebInbound implements Inbound {
  readonly #request: Request
  readonly address: string | undefined

  constructor(request: Request, address: string | undefined) {
    this.#request = request
    this.address = address
  }

  get method(): string {
    return this.#request.method
  }

  /** A server builds the URL of a `Request` from the Host header; cutting the text is 10 times cheaper than parsing it. */
  get authority(): string {
    const url = this.#request.url
    const start = url.indexOf('//') + 2
    const end = url.slice(start).search(/[/?#]/)
    return end < 0 ? url.slice(start) : url.slice(start, start + end)
  }

  get encrypted(): boolean {
    return this.#request.url.startsWith('https:')
  }

  get path(): string {
    return new URL(this.#request.url).pathname
  }

  get query(): string {
    return queryOf(this.#request.url)
  }

  body(limit: number): Promise<string | null> {
    return readText(this.#request.body ?? [], limit)
  }

  peek(limit: number): Promise<Peeked> | null {
    return peekRequest(this.#request, limit)
  }

  /** A Web-standard request keeps nothing of the kind. */
  parsed(): undefined {
    return undefined
  }

  /** The server lets go of it together with the request. */
  drain(): void {}

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }
}

/** Whether a request has several Host headers, of which Node keeps the first. */
function repeatsHost(rawHeaders: readonly string[] = []): boolean {
  let hosts = 0
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]!.length === 4 && rawHeaders[i]!.toLowerCase() === 'host') hosts++
  return hosts > 1
}

/** A target that names scheme and authority, as a client writes it to a proxy. */
const ABSOLUTE_FORM = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i

class NodeInbound implements Inbound {
  readonly #request: NodeRequest
  readonly #address: string | undefined
  #peeked = false

  constructor(request: NodeRequest, address: string | undefined) {
    this.#request = request
    this.#address = address
  }

  get #target(): string {
    return this.#request.originalUrl ?? this.#request.url ?? '/'
  }

  get method(): string {
    return this.#request.method ?? 'GET'
  }

  /**
   * `null` when the request names several hosts, as a proxy may have routed it by another one than Node shows: Node keeps the first
   * of several Host headers, and the target or `:authority` may name a host as well (RFC 9112 section 3.2.2, RFC 9113 section 8.3.1).
   */
  get authority(): string | null {
    const { rawHeaders } = this.#request
    const target = this.#target
    if (repeatsHost(rawHeaders)) return null
    const pseudo = this.header(':authority')
    const named = this.header('host') ?? pseudo ?? null
    const targeted = target.startsWith('/') ? undefined : ABSOLUTE_FORM.exec(target)?.[1]
    const differs = (other: string | undefined): boolean => other !== undefined && other.toLowerCase() !== named?.toLowerCase()
    return differs(pseudo) || differs(targeted) ? null : named
  }

  get encrypted(): boolean {
    return this.#request.socket?.encrypted === true
  }

  get path(): string {
    const target = this.#target
    const path = target.startsWith('/') ? target : target.replace(ABSOLUTE_FORM, '')
    return path.replace(/[?#].*$/s, '') || '/'
  }

  get query(): string {
    return queryOf(this.#target)
  }

  async body(limit: number): Promise<string | null> {
    const { body } = this.#request
    // A parser that ran before has taken the bytes; what it made of a form or of JSON is written out again.
    if (body instanceof Uint8Array) return readText([body], limit)
    if (typeof body === 'object' && body !== null) return boundedText(JSON.stringify(body), limit)
    if (typeof body === 'string') return boundedText(body, limit)
    // Otherwise Node would cut the connection when the rest is not read, and no answer could be sent.
    const stream = this.#request as unknown as Readable
    return readText(stream.iterator({ destroyOnReturn: false }), limit)
  }

  peek(limit: number): Promise<Peeked> | null {
    const stream = this.#request as unknown as Readable
    if (!isUnread(stream)) return null
    this.#peeked = true
    const length = Number(this.header('content-length') ?? Number.NaN)
    return peekStream(stream, limit, Number.isNaN(length) ? null : length)
  }

  parsed(): unknown {
    return this.#request.body
  }

  /** Node does so by itself where nobody has touched the body. */
  drain(): void {
    if (this.#peeked) (this.#request as unknown as Readable).resume()
  }

  get address(): string | undefined {
    return this.#address ?? this.#request.socket?.remoteAddress
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
}
