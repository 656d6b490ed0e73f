/**
 * Cookies, read and written the way browsers were measured to send them, not the way old RFCs describe them:
 * split on `;`, strip spaces and tabs only, compare names byte for byte; no quotes, no `$Version`, no percent-decoding
 * (RFC 6265bis section 5; a Unicode space or another case makes another name, which is what a tossed cookie counts on).
 */

/** How the cookie of one scope looks: its full name with prefix, and its domain, `null` for a host-only cookie. */
export interface CookieShape {
  readonly name: string
  readonly domain: string | null
  readonly sameSite: SameSite
}

/** `None` only where the legacy transport by script is on. */
export type SameSite = 'Lax' | 'None'

const SPACE = 0x20
const TAB = 0x09
/** Bounds the work on a hostile header: browsers keep some 180 cookies for a site. */
const SEEN_LIMIT = 200
const isBlank = (code: number): boolean => code === SPACE || code === TAB

/** The distinct values of the cookies that have exactly this name, in the order sent. */
export function cookieValues(header: string, name: string): string[] {
  const found: string[] = []
  let start = 0
  while (start < header.length && found.length < SEEN_LIMIT) {
    const semicolon = header.indexOf(';', start)
    const end = semicolon < 0 ? header.length : semicolon
    while (start < end && isBlank(header.charCodeAt(start))) start++
    const valueAt = start + name.length + 1
    if (valueAt <= end && header.charCodeAt(valueAt - 1) === 0x3d && header.startsWith(name, start)) {
      const value = stripBlanks(header, valueAt, end)
      if (!found.includes(value)) found.push(value)
    }
    start = end + 1
  }
  return found
}

function stripBlanks(text: string, from: number, to: number): string {
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

/** The distinct names that start with a prefix, in the order sent; at most 200 cookies are looked at. */
export function cookieNames(header: string, prefix: string): string[] {
  const names = header.split(';', SEEN_LIMIT).map((pair) => stripBlanks(pair, 0, pair.indexOf('=')))
  return [...new Set(names.filter((name) => name.startsWith(prefix)))]
}

/**
 * The `Set-Cookie` value that hands a browser its handle: Secure, HttpOnly, SameSite=Lax, Path=/, and without `maxAgeS` it ends with
 * the browser session at the latest. Lax, not Strict: Strict does not come back on a hop that returns from another site in Firefox
 * and WebKit.
 */
export function setCookie({ name, domain, sameSite }: CookieShape, value: string, maxAgeS?: number): string {
  const where = `; Path=/${domain === null ? '' : `; Domain=${domain}`}`
  return `${name}=${value}${where}${maxAgeS === undefined ? '' : `; Max-Age=${maxAgeS}`}; Secure; HttpOnly; SameSite=${sameSite}`
}

/** The `Set-Cookie` value that removes a cookie which was set with this domain and path. */
export function clearCookie({ name, domain, sameSite }: CookieShape, path = '/'): string {
  const where = `; Path=${path}${domain === null ? '' : `; Domain=${domain}`}`
  return `${name}=${where}; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=${sameSite}`
}

const REPAIR_LIMIT = 16
/** Browsers ignore a longer attribute (RFC 6265bis section 5.6). */
const PATH_LIMIT = 1024

/**
 * The `Set-Cookie` values that remove every cookie of this name that may sit beside the right one: a sibling subdomain
 * can have set it for any parent domain, or with a longer path that covers the page, and an older configuration may have
 * left it host-only. The right cookie's own domain and path are not among them. At most 16: those for the whole host first, then
 * those for each path of the widest domain, which any sibling can set.
 */
export function clearStrayCookies(shape: CookieShape, host: string, path: string): string[] {
  const domains = [...parentDomains(host).toReversed(), null]
  const [root, ...paths] = cookiePaths(path)
  const elsewhere = domains.filter((domain) => domain !== shape.domain).map((domain) => [domain, root] as const)
  const places = [...elsewhere, ...domains.flatMap((domain) => paths.map((cookiePath) => [domain, cookiePath] as const))]
  return places.slice(0, REPAIR_LIMIT).map(([domain, cookiePath]) => clearCookie({ ...shape, domain }, cookiePath))
}

/** The host and each domain above it that has at least two labels; none for an address. Cookies know no ports. */
function parentDomains(host: string): string[] {
  const name = host.replace(/:\d+$/, '')
  if (host.startsWith('[') || /^[\d.]+$/.test(name)) return []
  const labels = name.split('.')
  return labels.slice(0, -1).map((_, i) => labels.slice(i).join('.'))
}

/** The paths that a cookie sent with a request for `path` can have (RFC 6265 section 5.1.4), the shortest first; no more than are used. */
function cookiePaths(path: string): Set<string> {
  const paths = new Set(['/'])
  // A path that cannot stand in a header attribute as it is belongs to no browser's cookie either.
  if (!/^\/[\x21-\x3a\x3c-\x7e]*$/.test(path)) return paths
  for (let i = 1; i <= path.length && i <= PATH_LIMIT && paths.size <= REPAIR_LIMIT; i++) {
    if (i === path.length || path[i] === '/') paths.add(path.slice(0, i))
    if (path[i] === '/') paths.add(path.slice(0, i + 1))
  }
  return paths
}
