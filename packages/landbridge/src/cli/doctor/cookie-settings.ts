/**
 * The session cookie of an application that has a session library of its own, described as a file: `hosts`, `cookie`, `secrets`,
 * `behindProxy`, `trustsForwardedProto`, `trustedOrigins`. The names of express-session are understood.
 */
import { show } from '../../core/errors.ts'
import { isAddress, parseAuthority, toAscii, isLoopback } from '../../core/host.ts'
import { parseDuration } from '../../core/lifetime.ts'
import { compileOrigins } from '../../core/origin.ts'
import { isPublicSuffix } from '../../core/public-suffix.ts'
import type { Finding } from '../checks/check.ts'
import type { Examined } from './examined.ts'
import { asFindings, faultsFrom } from './faults.ts'
import { find } from './finding.ts'
import { examineSecrets } from './keys.ts'
import type { NamedHost } from './named-hosts.ts'
import { isBelow, named, written } from './named-hosts.ts'
import { examineOrigins } from './origins.ts'

type Entry = Readonly<Record<string, unknown>>

interface Cookie {
  readonly name: string | null
  readonly domain: string | null
  readonly path: string | null
  readonly secure: boolean | 'auto'
  readonly httpOnly: boolean
  /** Lower case; `null`: left to the browser. */
  readonly sameSite: string | null
  readonly maxAge: unknown
}

const ENTRY_NAMES = ['hosts', 'cookie', 'secrets', 'secret', 'name', 'behindProxy', 'trustsForwardedProto', 'proxy', 'trustedOrigins']
/** Of express-session: those that say nothing about security, and those that are looked at. */
const EXPRESS_NAMES = ['resave', 'saveUninitialized', 'rolling', 'unset', 'genid', 'store']
const COOKIE_NAMES = [
  'name',
  'domain',
  'path',
  'secure',
  'httpOnly',
  'sameSite',
  'maxAge',
  'expires',
  'originalMaxAge',
  'partitioned',
  'priority',
]
const YEAR_MS = 366 * 86_400_000

export function examineCookie(entry: Entry, name: string): Examined {
  const settings = (typeof entry['cookie'] === 'object' && entry['cookie'] !== null ? entry['cookie'] : {}) as Entry
  const cookie = cookieOf(entry, settings)
  const hosts = named(entry['hosts'], (i) => `hosts[${i}]`, 'alone')
  const isOpen = hosts.length === 0 || hosts.some((host) => !isLoopback(host.name))
  const findings = [
    ...unknownNames(entry, settings),
    ...wrongValues(entry, settings),
    ...wrongHosts(entry['hosts'], hosts),
    ...examineSecurity(cookie, entry, isOpen),
    ...examinePrefix(cookie),
    ...examineDomain(cookie, hosts),
    ...examineRest(cookie, entry),
    ...examineSecrets(entry['secrets'] ?? entry['secret'], entry['secrets'] === undefined ? 'secret' : 'secrets', isOpen),
    ...asFindings(faultsFrom((faults) => compileOrigins(entry['trustedOrigins'], faults))),
    ...examineOrigins(entry['trustedOrigins'], hosts, false),
  ]
  return { name, findings, hosts, cookieName: null, basePath: '/.session/' }
}

/** With the defaults of express-session: HttpOnly, Path=/, neither Secure nor SameSite. */
function cookieOf(entry: Entry, settings: Entry): Cookie {
  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
  const { secure, httpOnly, sameSite } = settings
  return {
    name: text(settings['name']) ?? text(entry['name']),
    domain: text(settings['domain']),
    path: text(settings['path']),
    secure: secure === 'auto' ? 'auto' : secure === true,
    httpOnly: httpOnly !== false,
    sameSite: sameSite === true ? 'strict' : typeof sameSite === 'string' ? sameSite.toLowerCase() : null,
    maxAge: settings['maxAge'],
  }
}

function unknownNames(entry: Entry, settings: Entry): Finding[] {
  const unknown = (given: Entry, known: readonly string[], at: string): Finding[] =>
    Object.keys(given).flatMap((name) => {
      if (known.includes(name)) return []
      return [find('option-unknown', at + name, `There is no setting ${show(name)} here.`, { fix: `Write one of: ${known.join(', ')}.` })]
    })
  return [...unknown(entry, [...ENTRY_NAMES, ...EXPRESS_NAMES], ''), ...unknown(settings, COOKIE_NAMES, 'cookie.')]
}

/** Which values a setting can have, as a person would say it. */
const KINDS: Readonly<Record<string, readonly [says: string, isOne: (value: unknown) => boolean]>> = {
  cookie: ['an object with the attributes of the cookie', (value) => typeof value === 'object' && value !== null && !Array.isArray(value)],
  hosts: ['a list of host names', Array.isArray],
  behindProxy: ['true or false', isBoolean],
  trustsForwardedProto: ['true or false', isBoolean],
  proxy: ['true or false', isBoolean],
  resave: ['true or false', isBoolean],
  saveUninitialized: ['true or false', isBoolean],
  'cookie.secure': ["true, false or 'auto'", (value) => isBoolean(value) || value === 'auto'],
  'cookie.httpOnly': ['true or false', isBoolean],
  'cookie.sameSite': [
    "'lax', 'strict', 'none', true or false",
    (value) => isBoolean(value) || /^(?:lax|strict|none)$/i.test(String(value)),
  ],
  'cookie.domain': ['a text', isText],
  'cookie.path': ["a path that begins with '/'", (value) => isText(value) && String(value).startsWith('/')],
  'cookie.maxAge': ["milliseconds, or a text such as '14d'", (value) => typeof value === 'number' || parseDuration(value) !== null],
  'cookie.name': ['a text', isText],
  name: ['a text', isText],
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean'
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function wrongValues(entry: Entry, settings: Entry): Finding[] {
  return Object.entries(KINDS).flatMap(([path, [says, isOne]]) => {
    const value = path.startsWith('cookie.') ? settings[path.slice(7)] : entry[path]
    if (value === undefined || value === null || isOne(value)) return []
    return [find('cookie-setting-invalid', path, `${show(value)} is not ${says}.`, { fix: `Write ${says}.` })]
  })
}

function wrongHosts(given: unknown, hosts: readonly NamedHost[]): Finding[] {
  const list: readonly unknown[] = Array.isArray(given) ? given : []
  return list.flatMap((host, i) =>
    hosts.some(({ where }) => where === `hosts[${i}]`)
      ? []
      : [
          find('host-invalid', `hosts[${i}]`, `${show(host)} is no host.`, {
            fix: "Write a host name such as 'app.example.com', without scheme and path.",
          }),
        ],
  )
}

function examineSecurity({ secure, sameSite, httpOnly }: Cookie, entry: Entry, isOpen: boolean): Finding[] {
  const found: Finding[] = []
  const trusts = entry['trustsForwardedProto'] === true || entry['proxy'] === true
  const isBehind = entry['behindProxy'] === true || entry['proxy'] === true
  if (secure === true && isBehind && !trusts) {
    found.push(
      find('cookie-secure-behind-proxy', 'cookie.secure', 'It is true, and the proxy that ends TLS is not believed when it says https.'),
    )
  }
  if (secure === 'auto' && isBehind && !trusts) {
    found.push(
      find(
        'cookie-without-secure',
        'cookie.secure',
        "It is 'auto', and behind a proxy that is not believed each request looks like plain http.",
      ),
    )
  }
  if (secure === false && sameSite === 'none') {
    found.push(find('cookie-samesite-none-insecure', 'cookie.sameSite', 'It is None, and the cookie is not Secure.'))
  } else if (secure === false && isOpen)
    found.push(find('cookie-without-secure', 'cookie.secure', 'It is not true, so the cookie travels over plain http, too.'))
  if (secure !== false && sameSite === 'none') found.push(find('cookie-samesite-none', 'cookie.sameSite', 'It is None.'))
  if (sameSite === null) found.push(find('cookie-samesite-missing', 'cookie.sameSite', 'It is not set.'))
  if (!httpOnly) found.push(find('cookie-without-httponly', 'cookie.httpOnly', 'It is false.'))
  return found
}

/** Browsers take prefixes in capitals and small letters alike. */
function examinePrefix({ name, domain, path, secure }: Cookie): Finding[] {
  const where = 'cookie.name'
  if (name === null) return []
  const broken = (why: string): Finding => find('cookie-prefix-broken', where, `${show(name)} ${why}: browsers refuse it.`)
  if (/^__host-/i.test(name)) {
    return [
      ...(secure === false ? [broken('is not Secure')] : []),
      ...(domain === null ? [] : [broken(`has the Domain ${show(domain)}`)]),
      ...(path === null || path === '/' ? [] : [broken(`has the Path ${show(path)}`)]),
    ]
  }
  if (/^__secure-/i.test(name) && secure === false) return [broken('is not Secure')]
  return domain === null && !/^__secure-/i.test(name) ? [find('cookie-prefix-missing', where, `${show(name)} has no prefix.`)] : []
}

function examineDomain({ domain }: Cookie, hosts: readonly NamedHost[]): Finding[] {
  const where = 'cookie.domain'
  if (domain === null) return []
  const authority = parseAuthority(toAscii(domain.replace(/^\./, '')))
  const name = authority?.name ?? ''
  if (authority === null || authority.port !== null) {
    const fix = "Write a domain without scheme, port and path, such as '.example.com', or leave it out."
    return [find('domain-invalid', where, `${show(domain)} is not a cookie domain.`, { fix })]
  }
  if (isAddress(name)) return [find('domain-is-address', where, `${show(domain)} is an address.`, { fix: 'Leave the domain out.' })]
  if (name === 'localhost') return [find('cookie-domain-localhost', where, `${show(domain)} is no domain of a cookie.`)]
  const missed = hosts.filter((host) => !isBelow(host.name, name))
  return [
    ...(isPublicSuffix(name)
      ? [
          find('domain-is-public-suffix', where, `${show(domain)} is a public suffix.`, {
            fix: `Write your own domain below it, such as '.example.${name}'.`,
          }),
        ]
      : [find('cookie-domain-wide', where, `The cookie goes to every host below ${show(name)}.`)]),
    ...missed.map((host) => find('cookie-domain-misses-host', host.where, `${written(host)} does not lie below ${show(domain)}.`)),
  ]
}

function examineRest({ path, maxAge }: Cookie, entry: Entry): Finding[] {
  const age = parseDuration(maxAge)
  return [
    ...(path === null || path === '/' ? [] : [find('cookie-path-narrow', 'cookie.path', `It is ${show(path)}.`)]),
    ...(age !== null && age > YEAR_MS
      ? [find('session-very-long', 'cookie.maxAge', `It is ${Math.round(age / 86_400_000)} days. A number counts milliseconds.`)]
      : []),
    ...(entry['resave'] === true ? [find('session-resaved', 'resave', 'It is true.')] : []),
    ...(entry['saveUninitialized'] === true ? [find('session-for-everybody', 'saveUninitialized', 'It is true.')] : []),
  ]
}
