import type { MaybePromise } from './types.ts'

/** The part of Web-standard `Headers` that a commit writes to; adapters wrap their framework's response in it. */
export interface ResponseHeaders {
  get(name: string): string | null
  set(name: string, value: string): void
  append(name: string, value: string): void
}

/** The value of `Vary` for a response that depended on the session: what it holds already stays. */
export function varyWithCookie(vary: string | null): string {
  if (vary === null || vary === '') return 'Cookie'
  return /(?:^|,)\s*(?:\*|cookie)\s*(?:,|$)/i.test(vary) ? vary : `${vary}, Cookie`
}

/** A response that depended on the session says so to caches. */
export function varyByCookie(headers: ResponseHeaders): void {
  headers.set('Vary', varyWithCookie(headers.get('vary')))
}

/** What content delivery networks obey in the place of Cache-Control (RFC 9213). */
const TARGETED = [
  'CDN-Cache-Control',
  'Cloudflare-CDN-Cache-Control',
  'Netlify-CDN-Cache-Control',
  'Vercel-CDN-Cache-Control',
  'Surrogate-Control',
]
/** Not `private="x"`, which keeps back that one field alone. */
const UNCACHED = /(?:^|,)\s*(?:private|no-store)\s*(?:,|$)/i

/** Adds session cookies, and makes sure that no shared cache keeps a response which carries them. */
export function sendCookies(headers: ResponseHeaders, cookies: readonly string[]): void {
  if (cookies.length === 0) return
  for (const cookie of cookies) headers.append('Set-Cookie', cookie)
  if (!UNCACHED.test(headers.get('cache-control') ?? '')) headers.set('Cache-Control', 'private, no-store')
  for (const name of TARGETED) if (headers.get(name) !== null) headers.set(name, 'no-store')
}

/**
 * The headers of a Web-standard response, for one commit. `response` is the one to send: at the first write a copy takes the place
 * of what the application returned, as its headers may be immutable (`Response.redirect`), or it may be one constant that is
 * returned to every visitor, and no visitor may get the cookie of another.
 */
class WebHeaders implements ResponseHeaders {
  response: Response
  readonly #given: Response

  constructor(given: Response) {
    this.#given = this.response = given
  }

  get(name: string): string | null {
    return this.response.headers.get(name)
  }

  set(name: string, value: string): void {
    this.#own().set(name, value)
  }

  append(name: string, value: string): void {
    this.#own().append(name, value)
  }

  #own(): Headers {
    if (this.response === this.#given) this.response = new Response(this.#given.body, this.#given)
    return this.response.headers
  }
}

/** Commits to a Web-standard response, and returns the one to send. When that fails its body is let go, and the error passes on. */
export async function commitResponse(given: Response, commit: (headers: ResponseHeaders) => MaybePromise<void>): Promise<Response> {
  const headers = new WebHeaders(given)
  try {
    await commit(headers)
    return headers.response
  } catch (error) {
    // It may be locked by a reader already, which then sees to its end.
    given.body?.cancel().catch(() => undefined)
    throw error
  }
}
