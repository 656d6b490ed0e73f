/** What is wrong with one cookie, by what its `Set-Cookie` line says and who says it. */
import type { Finding, Level } from '../checks/check.ts'
import { effectiveDomain, isCovered, isTrustworthy, whyDropped } from './browser-rules.ts'
import { found } from './findings.ts'
import type { SetCookie } from './set-cookie.ts'
import { plain } from './show.ts'

/** A cookie that a host has set, in which answer, and which hosts were named beside it. */
export interface SetHere {
  readonly cookie: SetCookie
  readonly isSession: boolean
  readonly url: URL
  /** Names without ports. */
  readonly named: readonly string[]
}

type CookieCheck = (set: SetHere) => Finding | null

const LONG_S = 90 * 24 * 60 * 60

/** The checks of every cookie first, then those of session cookies. */
const CHECKS: readonly CookieCheck[] = [refusedDomain, brokenPrefix, noneWithoutSecure, notSecure]
const SESSION_CHECKS: readonly CookieCheck[] = [notHttpOnly, sameSite, wideDomain, overHttp, veryLong, noPrefix]

export function checkCookie(set: SetHere): Finding[] {
  const checks = set.isSession ? [...CHECKS, ...SESSION_CHECKS] : CHECKS
  return checks.map((check) => check(set)).filter((finding) => finding !== null)
}

const named = ({ cookie, isSession }: SetHere): string =>
  `The ${isSession ? 'session cookie' : 'cookie'} ${plain(cookie.name) || '(without a name)'}`
const where = ({ url }: SetHere): string => url.host

function refusedDomain(set: SetHere): Finding | null {
  const { cookie, url } = set
  const reason = whyDropped(cookie, url)
  const domain = plain(cookie.domain ?? '')
  const why =
    reason === 'public-suffix'
      ? `${domain} is a public suffix, below which hosts belong to many owners`
      : reason === 'address'
        ? 'there is no domain cookie for an address'
        : reason === 'not-covered'
          ? `that does not cover ${url.hostname}`
          : null
  if (why === null) return null
  return found('cookie-domain-refused', where(set), `${named(set)} has Domain=${domain}: ${why}, so browsers drop it.`)
}

function brokenPrefix(set: SetHere): Finding | null {
  if (whyDropped(set.cookie, set.url) !== 'prefix') return null
  const { secure, domain } = set.cookie
  const why = !secure ? 'is not Secure' : domain === null ? 'has another Path than /' : 'has a Domain'
  return found('cookie-prefix-broken', where(set), `${named(set)} ${why}, which its prefix forbids: browsers drop it.`)
}

function noneWithoutSecure(set: SetHere): Finding | null {
  const { sameSite: written, secure } = set.cookie
  if (written?.toLowerCase() !== 'none' || secure) return null
  return found('cookie-samesite-none-insecure', where(set), `${named(set)} has SameSite=None without Secure: browsers drop it.`)
}

function notSecure(set: SetHere): Finding | null {
  if (set.cookie.secure) return null
  if (set.isSession) return found('cookie-without-secure', where(set), `${named(set)} is not Secure.`)
  return found('cookie-without-secure', where(set), `${named(set)} is not Secure; it does not look like a session.`, {
    level: 'note',
  })
}

function notHttpOnly(set: SetHere): Finding | null {
  return set.cookie.httpOnly ? null : found('cookie-without-httponly', where(set), `${named(set)} can be read by scripts.`)
}

function sameSite(set: SetHere): Finding | null {
  const written = set.cookie.sameSite?.toLowerCase()
  if (written === 'lax' || written === 'strict') return null
  if (written === 'none') {
    return set.cookie.secure
      ? found('cookie-samesite-none', where(set), `${named(set)} is sent with the requests of every other site.`)
      : null
  }
  const said = written === undefined ? 'has no SameSite' : `has SameSite=${plain(written, 20)}, which no browser knows`
  return found('cookie-samesite-missing', where(set), `${named(set)} ${said}.`)
}

function wideDomain(set: SetHere): Finding | null {
  const { cookie, url } = set
  const domain = effectiveDomain(cookie, url.hostname)
  if (domain === null || whyDropped(cookie, url) !== null) return null
  const others = set.named.filter((name) => name !== url.hostname && isCovered(name, domain))
  // That it reaches hosts which somebody thinks of as several is seen; that there are others below it is not.
  const level: Level = others.length > 0 ? 'warning' : 'note'
  const reach = others.length > 0 ? `of the hosts named here also ${others.join(', ')}` : 'and every host below it'
  return found('cookie-domain-wide', where(set), `${named(set)} has Domain=${plain(domain)}: ${reach} gets it.`, { level })
}

function overHttp(set: SetHere): Finding | null {
  const { url, cookie } = set
  // Between a program and its own machine there is nobody on the way.
  if (isTrustworthy(url)) return null
  const message = cookie.secure
    ? `${named(set)} is set over plain http though it is Secure: browsers drop it.`
    : `${named(set)} is set over plain http.`
  return found('session-over-http', where(set), message)
}

function veryLong(set: SetHere): Finding | null {
  const { maxAgeS } = set.cookie
  if (maxAgeS === null || maxAgeS <= LONG_S) return null
  return found('session-very-long', where(set), `${named(set)} lives for ${Math.round(maxAgeS / 86_400)} days.`)
}

function noPrefix(set: SetHere): Finding | null {
  const { name, domain, path } = set.cookie
  if (/^__(?:Host|Secure)-/i.test(name) || !isTrustworthy(set.url)) return null
  const prefix = domain === null && (path ?? '/') === '/' ? '__Host-' : '__Secure-'
  return found('cookie-prefix-missing', where(set), `${named(set)} could be ${prefix}${plain(name)}.`)
}
