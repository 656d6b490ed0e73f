/**
 * Cross-site request forgery, stopped by where a request says it comes from. Browsers set `Sec-Fetch-Site` and `Origin`
 * themselves; page script cannot forge either. Order of judgement, as measured browsers force it: `Sec-Fetch-Site` first
 * (under `Referrer-Policy: no-referrer` a same-origin form POST carries `Origin: null`), `Origin` second, `Referer` last.
 *
 * Residual risk: a browser too old to send any of the three is refused unless the request carries a session's CSRF token.
 */
import { parse } from 'tldts'
import type { Faults } from './errors.ts'
import { show } from './errors.ts'
import { parseAuthority, toAscii } from './host.ts'

/**
 * `own`: from the host itself (or typed by the user) · `trusted`: from a listed origin · `foreign`: from anywhere else ·
 * `unknown`: the request does not say.
 */
export type Provenance = 'own' | 'trusted' | 'foreign' | 'unknown'

export type TrustsOrigin = (origin: string) => boolean

interface OriginHeaders {
  header(name: string): string | undefined
}

/** Judges one request. `ownOrigin` is called only where the answer depends on it. */
export function provenance(request: OriginHeaders, ownOrigin: () => string | null, trusts: TrustsOrigin): Provenance {
  const site = request.header('sec-fetch-site')
  if (site === 'same-origin' || site === 'none') return 'own'
  const origin = request.header('origin')
  if (origin === undefined || origin === 'null') {
    if (site !== undefined) return 'foreign'
    return origin === undefined ? fromReferer(request.header('referer'), ownOrigin, trusts) : 'unknown'
  }
  return judge(origin, ownOrigin, trusts, site === undefined)
}

function fromReferer(referer: string | undefined, ownOrigin: () => string | null, trusts: TrustsOrigin): Provenance {
  if (referer === undefined || referer === '') return 'unknown'
  return judge(refererOrigin(referer) ?? '', ownOrigin, trusts, true)
}

/** The origin of a `Referer`, with a path or without; `null` for anything that is not an address of http or https. */
export function refererOrigin(written: string): string | null {
  return canonicalOrigin(/^https?:\/\/[^/?#]+/i.exec(written)?.[0] ?? '')
}

function judge(written: string, ownOrigin: () => string | null, trusts: TrustsOrigin, mayBeOwn: boolean): Provenance {
  const origin = canonicalOrigin(written)
  if (origin === null) return 'foreign'
  if (mayBeOwn && origin === ownOrigin()) return 'own'
  return trusts(origin) ? 'trusted' : 'foreign'
}

const DEFAULT_PORT = { http: 80, https: 443 }

/** The origin of a scheme and an authority, without a default port; `null` when the authority is malformed. */
export function originOf(scheme: 'http' | 'https', authority: string): string | null {
  const parsed = parseAuthority(authority)
  if (!parsed) return null
  const port = parsed.port === null || parsed.port === DEFAULT_PORT[scheme] ? '' : `:${parsed.port}`
  return `${scheme}://${parsed.name}${port}`
}

/** An origin as browsers write it; `null` for anything that is not an http or https origin. */
export function canonicalOrigin(written: string): string | null {
  const match = /^(https?):\/\/([^/]+)$/i.exec(written)
  return match && originOf(match[1]!.toLowerCase() as 'http' | 'https', match[2]!)
}

/** Whether anybody can register names below it. Names on no list, such as `localhost`, are the machine's or the company's own. */
function isListedSuffix(host: string): boolean {
  const { hostname, publicSuffix, isIcann, isPrivate } = parse(host, { allowPrivateDomains: true })
  return hostname !== null && hostname === publicSuffix && (isIcann === true || isPrivate === true)
}

/**
 * Compiles trusted origins: `'https://app.example.com'` exactly, or `'https://*.example.com'` for every host below the
 * domain, but not the domain itself, another scheme or another port.
 */
export function compileOrigins(given: unknown, faults: Faults): TrustsOrigin {
  const exact = new Set<string>()
  const wildcards: { start: string; end: string }[] = []
  const list: readonly unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given]
  list.forEach((entry, i) => {
    const match = typeof entry === 'string' ? /^(https?:\/\/)(\*\.)?([^/]+)$/.exec(entry) : null
    const origin = match && canonicalOrigin(match[1]! + toAscii(match[3]!))
    if (!match || !origin) {
      faults.add(
        'trusted-origin-invalid',
        `trustedOrigins[${i}]`,
        `${show(entry)} is not an origin.`,
        `Write scheme and host, such as 'https://app.example.com' or 'https://*.example.com', without a path.`,
      )
    } else if (match[2] && isListedSuffix(match[3]!)) {
      faults.add(
        'trusted-origin-too-wide',
        `trustedOrigins[${i}]`,
        `${show(entry)} trusts every site of a public suffix, whoever owns it.`,
        `Write your own domain below it, such as '${match[1]!}*.example.${match[3]!}'.`,
      )
    } else if (match[2]) wildcards.push({ start: match[1]!, end: `.${origin.slice(match[1]!.length)}` })
    else exact.add(origin)
  })
  // Both sides are canonical, so what lies between scheme and suffix can only be labels of the host name.
  return (origin) =>
    exact.has(origin) ||
    wildcards.some(({ start, end }) => origin.startsWith(start) && origin.endsWith(end) && origin.length > start.length + end.length)
}
