/** Which cookies a browser keeps, and where it sends them (RFC 6265bis sections 5.7 and 5.8). */
import { isAddress, isLoopback } from '../../core/host.ts'
import { isPublicSuffix, registrableDomain } from '../../core/public-suffix.ts'
import type { SetCookie } from './set-cookie.ts'

export type Dropped = 'address' | 'public-suffix' | 'not-covered' | 'prefix' | 'none-without-secure' | 'secure-over-http'

/** Why the browser keeps nothing of a cookie that `url` sets; `null` when it does. */
export function whyDropped(cookie: SetCookie, url: URL): Dropped | null {
  const wrongDomain = domainFault(cookie.domain, url.hostname)
  if (wrongDomain !== null) return wrongDomain
  if (breaksPrefix(cookie, url)) return 'prefix'
  if (cookie.sameSite?.toLowerCase() === 'none' && !cookie.secure) return 'none-without-secure'
  return cookie.secure && !isTrustworthy(url) ? 'secure-over-http' : null
}

function domainFault(domain: string | null, hostname: string): Dropped | null {
  // A host may name itself, even where it is a public suffix or an address: the cookie is host-only then.
  if (domain === null || domain === hostname) return null
  if (isAddress(hostname)) return 'address'
  if (isPublicSuffix(domain)) return 'public-suffix'
  return hostname.endsWith(`.${domain}`) ? null : 'not-covered'
}

function breaksPrefix({ name, secure, domain, path }: SetCookie, url: URL): boolean {
  const lower = name.toLowerCase()
  if (lower.startsWith('__secure-')) return !secure
  if (!lower.startsWith('__host-')) return false
  return !secure || domain !== null || (path ?? defaultPath(url)) !== '/'
}

/** The domain that a cookie is kept for; `null` for a host-only one. */
export function effectiveDomain({ domain }: SetCookie, hostname: string): string | null {
  return domain === hostname && (isAddress(hostname) || isPublicSuffix(hostname)) ? null : domain
}

/** Without a Path the cookie is for the folder of the URL that set it. */
export function defaultPath(url: URL): string {
  const end = url.pathname.lastIndexOf('/')
  return end <= 0 ? '/' : url.pathname.slice(0, end)
}

/** Whether a host gets the cookies of a domain. */
export function isCovered(hostname: string, domain: string): boolean {
  return hostname === domain || (hostname.endsWith(`.${domain}`) && !isAddress(hostname))
}

export function isPathCovered(path: string, by: string): boolean {
  return path === by || (path.startsWith(by) && (by.endsWith('/') || path[by.length] === '/'))
}

/** Whether Secure cookies work there: https, or this very machine. */
export function isTrustworthy(url: URL): boolean {
  return url.protocol === 'https:' || isLoopback(url.hostname)
}

/** Whether two hosts are of one site, as browsers reckon it for SameSite. */
export function isSameSite(one: string, other: string): boolean {
  return one === other || (siteOf(one) !== null && siteOf(one) === siteOf(other))
}

const siteOf = (hostname: string): string | null => (isAddress(hostname) ? null : registrableDomain(hostname))
