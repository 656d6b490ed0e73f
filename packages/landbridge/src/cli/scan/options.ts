/** Understands the arguments of `scan`: what cannot be meant is refused with one sentence. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { UsageError } from '../command.ts'
import type { Values } from '../command.ts'
import type { Limits, Pair, Probe, ScanPlan, Target } from './plan.ts'
import { isRandom } from './session-cookie.ts'
import { canBeSent, COOKIE_NAME, parsePairs } from './set-cookie.ts'
import { plain, shownAddress } from './show.ts'

export function planOf(values: Values, urls: readonly string[], environment: string | undefined): ScanPlan {
  if (urls.length === 0) throw new UsageError('scan needs the URLs to look at, as in: landbridge scan https://a.example https://b.example')
  const targets = targetsOf(urls, values['page'])
  return {
    targets,
    sessionCookies: listOf(values['session-cookie']).map(cookieName),
    cookies: cookiesOf([...(environment?.split('\n') ?? []), ...listOf(values['cookie'])], targets),
    login: loginOf(values['login']),
    probes: listOf(values['probe']).map((text) => probeOf(text, targets)),
    limits: limitsOf(values),
  }
}

const listOf = (value: Values[string]): string[] => (Array.isArray(value) ? value.map(String) : [])

function targetsOf(urls: readonly string[], page: Values[string]): Target[] {
  const targets = urls.map((text) => targetOf(text, page))
  const twice = targets.find(({ url }, i) => targets.findIndex((other) => other.url.href === url.href) !== i)
  if (twice !== undefined) throw new UsageError(`${twice.shown} is named twice.`)
  return targets
}

function targetOf(text: string, page: Values[string]): Target {
  const url = webUrl(text, 'a URL to scan')
  const there = page === undefined ? url : URL.parse(String(page), url.href)
  if (there === null || there.host !== url.host || there.protocol !== url.protocol || !String(page ?? '/').startsWith('/')) {
    throw new UsageError('--page is a path on every host, as in --page /account.')
  }
  return { url, host: url.host, shown: shownAddress(url), page: there }
}

/** What does not parse is not quoted whole: it may hold a password. */
function webUrl(text: string, what: string): URL {
  const url = URL.parse(text)
  if (url === null)
    throw new UsageError(
      `${JSON.stringify(plain(text.replace(/[?#=;].*$|^.*@/gs, ''), 60))} is not ${what}: write it whole, as in https://a.example/`,
    )
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new UsageError(`${what} begins with https:// or http://, not ${plain(url.protocol, 20)}`)
  if (url.username !== '' || url.password !== '')
    throw new UsageError(`${shownAddress(url)} has a user or a password in it: sign in with --login or --cookie.`)
  url.hash = ''
  // The dot at the end of a whole name changes nothing but the spelling.
  url.hostname = url.hostname.replace(/\.$/, '')
  return url
}

function cookieName(name: string): string {
  if (!COOKIE_NAME.test(name)) throw new UsageError('--session-cookie is the name of a cookie alone, as in --session-cookie sid.')
  return name
}

const COOKIE_HELP = 'a cookie is given as <host>=<name>=<value>, as in --cookie "a.example=sid=…"'

function cookiesOf(texts: readonly string[], targets: readonly Target[]): ReadonlyMap<string, readonly Pair[]> {
  const cookies = new Map<string, Pair[]>()
  for (const text of texts.map((each) => each.trim()).filter((each) => each !== '')) {
    const at = text.indexOf('=')
    const host = hostOf(text.slice(0, Math.max(at, 0)), targets)
    const pairs = parsePairs(text.slice(at + 1))
    const isSound = pairs.length > 0 && pairs.every(canBeSent)
    if (!isSound) throw new UsageError(`${COOKIE_HELP}; what is given for ${host} is not.`)
    cookies.set(host, [...(cookies.get(host) ?? []), ...pairs])
  }
  return cookies
}

/** By name and port, or by the name alone where one of the URLs has it. */
function hostOf(written: string, targets: readonly Target[]): string {
  if (!/^[\p{L}\p{N}_.:[\]-]+$/u.test(written)) throw new UsageError(`${COOKIE_HELP}.`)
  // A session id without a name, for one.
  if (isRandom(written)) throw new UsageError(`${COOKIE_HELP}.`)
  const host = written.toLowerCase()
  const hosts = new Set(targets.filter(({ url }) => isWritten(url, host)).map((target) => target.host))
  const [only] = hosts
  if (only !== undefined && hosts.size === 1) return only
  if (hosts.size > 1) return hosts.has(host) ? host : refuseHost(plain(host), 'is several of the hosts to scan: add the port.')
  return refuseHost(plain(host), 'is none of the hosts to scan.')
}

/** As URLs have it: a port that goes without saying, letters beyond ASCII, another way to write an address. */
function isWritten(url: URL, host: string): boolean {
  const given = URL.parse(`${url.protocol}//${host.replace(/\.(?=:\d+$|$)/, '')}/`)
  if (given === null) return false
  return given.host === url.host || (given.hostname === url.hostname && !/:\d+$/.test(host))
}

function refuseHost(host: string, why: string): never {
  throw new UsageError(`a cookie is given for ${host}, which ${why}`)
}

function loginOf(given: Values[string]): string | null {
  if (given === undefined) return null
  const file = resolve(String(given))
  if (!existsSync(file)) throw new UsageError(`there is no login module ${JSON.stringify(String(given))}.`)
  return file
}

const UNSAFE = ['POST', 'PUT', 'PATCH', 'DELETE']

function probeOf(text: string, targets: readonly Target[]): Probe {
  const [, method = '', address = ''] = /^\s*(\w+)\s+(\S+)\s*$/.exec(text) ?? []
  if (!UNSAFE.includes(method.toUpperCase())) {
    throw new UsageError(`--probe is one of ${UNSAFE.join(', ')} and a URL, as in --probe "POST https://a.example/email".`)
  }
  const url = webUrl(address, 'the URL of a probe')
  const target = targets.find((each) => each.host === url.host)
  if (target === undefined)
    throw new UsageError(`the probe of ${shownAddress(url)} goes to none of the hosts to scan: name a URL of ${plain(url.host)} too.`)
  return { method: method.toUpperCase(), url, target }
}

function limitsOf(values: Values): Limits {
  return {
    maxRequests: numberOf('max-requests', values['max-requests'], 200, 100_000),
    ratePerS: numberOf('rate', values['rate'], 5, 1000),
    timeoutMs: numberOf('timeout', values['timeout'], 10, 3600) * 1000,
    runTimeoutMs: numberOf('max-time', values['max-time'], 300, 86_400) * 1000,
    bodyLimitBytes: numberOf('max-body', values['max-body'], 512, 65_536) * 1024,
  }
}

function numberOf(name: string, given: Values[string], otherwise: number, most: number): number {
  if (given === undefined) return otherwise
  const number = /^\d{1,9}$/.test(String(given)) ? Number(given) : 0
  if (number >= 1 && number <= most) return number
  throw new UsageError(`--${name} is a whole number from 1 to ${most}, not ${JSON.stringify(plain(String(given), 20))}.`)
}
