import { defaultPath, effectiveDomain, isCovered, isPathCovered, isTrustworthy, whyDropped } from './browser-rules.ts'
import type { Pair } from './plan.ts'
import type { SetCookie } from './set-cookie.ts'
import { parseSetCookie } from './set-cookie.ts'

export interface KeptCookie extends SetCookie {
  /** The host that set it. */
  readonly hostname: string
  readonly path: string
}

/** More than browsers keep for a site: a server that sets more is not listened to. */
const LIMIT = 200

/** The cookies of one browser. */
export class Jar {
  readonly #kept = new Map<string, KeptCookie>()

  /** Keeps what a browser would keep of an answer's `Set-Cookie` lines. */
  take(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const cookie = parseSetCookie(line, Date.now())
      if (cookie !== null && whyDropped(cookie, url) === null) this.#keep(cookie, url)
    }
  }

  /** Puts cookies in that were handed over: host-only, for every path. */
  put(url: URL, pairs: readonly Pair[]): void {
    for (const { name, value } of pairs) {
      const attributes = { domain: null, path: '/', secure: url.protocol === 'https:', httpOnly: true, sameSite: null, maxAgeS: null }
      this.#keep({ name, value, ...attributes }, url)
    }
  }

  /** Gives the cookies of a name that are sent to a URL another value. */
  renew(url: URL, name: string, value: string): void {
    for (const [key, cookie] of this.#kept) if (cookie.name === name && isSentTo(cookie, url)) this.#kept.set(key, { ...cookie, value })
  }

  /** What is sent to a URL, the longest path first. */
  of(url: URL): KeptCookie[] {
    return [...this.#kept.values()].filter((cookie) => isSentTo(cookie, url)).sort((a, b) => b.path.length - a.path.length)
  }

  /** What tells whether the jar has changed. */
  get state(): string {
    return JSON.stringify([...this.#kept].map(([key, { value }]) => [key, value]))
  }

  #keep(cookie: SetCookie, url: URL): void {
    const { hostname } = url
    const domain = effectiveDomain(cookie, hostname)
    const path = cookie.path ?? defaultPath(url)
    const key = JSON.stringify([cookie.name, domain ?? hostname, domain === null, path])
    if (cookie.maxAgeS !== null && cookie.maxAgeS <= 0) this.#kept.delete(key)
    else if (this.#kept.has(key) || this.#kept.size < LIMIT) this.#kept.set(key, { ...cookie, domain, path, hostname })
  }
}

function isSentTo({ domain, hostname, path, secure }: KeptCookie, url: URL): boolean {
  const isRightHost = domain === null ? url.hostname === hostname : isCovered(url.hostname, domain)
  return isRightHost && isPathCovered(url.pathname, path) && (!secure || isTrustworthy(url))
}

/** The value of a `Cookie` header; `undefined` for none. */
export function cookieHeader(pairs: readonly Pair[]): string | undefined {
  return pairs.length === 0 ? undefined : pairs.map(({ name, value }) => (name === '' ? value : `${name}=${value}`)).join('; ')
}
