/**
 * One view on the two kinds of request that sessions are opened for: a Web-standard `Request`, and the request of `node:http`
 * or `node:http2`, whose types are stated structurally so that the core depends on neither. Everything is read on demand.
 */

/** What `node:http` and `node:http2` requests have in common, as far as a session needs it. */
export interface NodeRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly rawHeaders?: readonly string[]
  readonly socket?: { readonly remoteAddress?: string | undefined; readonly encrypted?: boolean } | null
}

export interface Inbound {
  readonly method: string
  /** The authority as the request wrote it, unchecked; `null` when it wrote none, or several. */
  readonly authority: string | null
  readonly encrypted: boolean
  /** Path without the query. */
  readonly path: string
  /** Address of the peer that sent the request, where the platform tells. */
  readonly address: string | undefined
  header(name: string): string | undefined
}

export function inbound(request: Request | NodeRequest, address: string | undefined): Inbound {
  return isWebRequest(request) ? new WebInbound(request, address) : new NodeInbound(request, address)
}

function isWebRequest(request: Request | NodeRequest): request is Request {
  return typeof request.headers.get === 'function'
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

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined
  }
}

const isHostHeader = (name: string): boolean => name.length === 4 && name.toLowerCase() === 'host'

class NodeInbound implements Inbound {
  readonly #request: NodeRequest
  readonly #address: string | undefined

  constructor(request: NodeRequest, address: string | undefined) {
    this.#request = request
    this.#address = address
  }

  get method(): string {
    return this.#request.method ?? 'GET'
  }

  /**
   * `null` when the request names several hosts, as a proxy may have routed it by another one than Node shows: Node keeps the first
   * of several Host headers, and the target or `:authority` may name a host as well (RFC 9112 section 3.2.2, RFC 9113 section 8.3.1).
   */
  get authority(): string | null {
    const { rawHeaders, url } = this.#request
    let hosts = 0
    if (rawHeaders) for (let i = 0; i < rawHeaders.length; i += 2) if (isHostHeader(rawHeaders[i]!)) hosts++
    const host = this.header('host')
    const pseudo = this.header(':authority')
    const named = host ?? pseudo ?? null
    const target = url === undefined || url.startsWith('/') ? undefined : /^https?:\/\/([^/?#]*)/i.exec(url)?.[1]
    const others = [pseudo, target].filter((other) => other !== undefined && other.toLowerCase() !== named?.toLowerCase())
    return hosts > 1 || others.length > 0 ? null : named
  }

  get encrypted(): boolean {
    return this.#request.socket?.encrypted === true
  }

  get path(): string {
    return (this.#request.url ?? '/').replace(/[?#].*$/s, '')
  }

  get address(): string | undefined {
    return this.#address ?? this.#request.socket?.remoteAddress
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
}
