import { getPublicSuffix } from 'tldts'
import type { CookieShape } from './cookie.ts'
import { withinDeadline } from './deadline.ts'
import type { Faults } from './errors.ts'
import { LandbridgeError, show } from './errors.ts'
import type { Authority } from './host.ts'
import { authorityText, isAddress, parseAuthority, toAscii } from './host.ts'
import type { ValuesPlace } from './store.ts'
import type { Host, MaybePromise, Scope } from './types.ts'
import { isPromise } from './types.ts'

/**
 * Decides for a host that no written rule names, such as a customer's own domain that lives in a database.
 * Gets the canonical host name without a port. Its answers are kept for 10 seconds, and asked for once at a time per host.
 */
export type HostResolver = (host: string) => boolean | Promise<boolean>

/** `'app.example.com'` (one host, with a port if only that port is meant) · `'*.acme.com'` (each host below, its own scope) · a resolver. */
export type HostRule = string | HostResolver

/** Each host has its own sessions. A cookie copied to another host is refused on the server. */
export interface IsolatedTopology {
  readonly kind: 'isolated'
  readonly hosts: readonly HostRule[]
}

/** One session for a registrable domain and everything below it: `domain: '.example.com'`. */
export interface SharedTopology {
  readonly kind: 'shared'
  readonly domain: string
}

/** One session carried between unrelated domains. Not available yet: refused at start-up. */
export interface PeersTopology {
  readonly kind: 'peers'
  readonly hosts: readonly HostRule[]
}

/** A master session at the hub, derived sessions at its spokes. Not available yet: refused at start-up. */
export interface HubTopology {
  readonly kind: 'hub'
  readonly hub: string
  readonly spokes: readonly HostRule[]
}

export type Topology = IsolatedTopology | SharedTopology | PeersTopology | HubTopology

/** Where a request landed: its host, the scope that its cookie covers, and how that scope keeps its session. */
export interface Place {
  readonly host: Host
  readonly scope: Scope
  readonly cookie: CookieShape
  readonly values: ValuesPlace
}

/** Finds the place of an authority as a request wrote it: `null` when no rule admits it, `'malformed'` when it names no host. */
export type Locate = (authority: string) => MaybePromise<Place | null | 'malformed'>

interface Rules {
  readonly exact: Map<string, Place>
  readonly wildcards: { readonly suffix: string; readonly place: (host: Host) => Place }[]
  readonly resolvers: HostResolver[]
  /** Of the kind `shared`, with their leading dot. */
  readonly domains: string[]
}

/** Compiles topologies into one look-up and reports every fault of them. */
export function compileTopology(given: unknown, cookieName: string, now: () => number, faults: Faults): Locate {
  const rules: Rules = { exact: new Map(), wildcards: [], resolvers: [], domains: [] }
  const list = Array.isArray(given) ? given : [given]
  if (list.length === 0) {
    faults.add('topology-missing', 'topology', 'No topology is given.', `Write topology: { kind: 'isolated', hosts: ['app.example.com'] }.`)
  }
  list.forEach((topology: unknown, i) =>
    compileOne(topology, Array.isArray(given) ? `topology[${i}]` : 'topology', cookieName, rules, faults),
  )
  // The longest suffix first, so that the most particular rule wins whatever the order in which they were written.
  rules.wildcards.sort((a, b) => b.suffix.length - a.suffix.length)
  return locator(rules, isolatedPlace(cookieName), now)
}

function compileOne(given: unknown, path: string, cookieName: string, rules: Rules, faults: Faults): void {
  const topology = (given ?? {}) as Topology
  switch (topology.kind) {
    case 'isolated':
      return compileIsolated(topology, path, cookieName, rules, faults)
    case 'shared':
      return compileShared(topology, path, cookieName, rules, faults)
    case 'peers':
    case 'hub':
      return faults.add(
        'topology-not-yet',
        `${path}.kind`,
        `The topology '${topology.kind}' is not available yet.`,
        `Until it is, write kind: 'isolated' (each host signs in by itself) or kind: 'shared' (one registrable domain).`,
      )
    default:
      faults.add(
        'topology-unknown',
        `${path}.kind`,
        `${show((topology as { kind?: unknown }).kind)} is not a topology.`,
        `Write { kind: 'isolated', hosts: ['app.example.com', '*.acme.com'] } or { kind: 'shared', domain: '.example.com' }.`,
      )
  }
}

function compileIsolated(topology: IsolatedTopology, path: string, cookieName: string, rules: Rules, faults: Faults): void {
  faults.addUnknown(topology, ['kind', 'hosts'], `${path}.`)
  const hosts: readonly unknown[] = Array.isArray(topology.hosts) ? topology.hosts : []
  if (hosts.length === 0) {
    faults.add('hosts-missing', `${path}.hosts`, 'No host is listed.', `Write hosts: ['app.example.com', '*.acme.com'].`)
  }
  hosts.forEach((rule, i) => {
    const at = `${path}.hosts[${i}]`
    if (typeof rule === 'function') rules.resolvers.push(rule as HostResolver)
    else if (typeof rule === 'string' && rule.startsWith('.')) {
      faults.add(
        'host-is-domain',
        at,
        `${show(rule)} is a domain with one cookie for all its hosts; 'isolated' gives each host its own.`,
        `Write ${show(`*${rule}`)} for each host below it, ${show(rule.slice(1))} for the host itself, or use kind: 'shared'.`,
      )
    } else compileHostRule(rule, at, isolatedPlace(cookieName), rules, faults)
  })
}

function compileHostRule(rule: unknown, at: string, place: (host: Host) => Place, rules: Rules, faults: Faults): void {
  const written = typeof rule === 'string' ? toAscii(rule) : ''
  const wildcard = written.startsWith('*.')
  const authority = parseAuthority(wildcard ? written.slice(2) : written)
  if (!authority || (wildcard && (authority.port !== null || isAddress(authority.name)))) {
    faults.add(
      'host-invalid',
      at,
      `${show(rule)} is not a host rule.`,
      `Write a host name such as 'app.example.com' (no scheme, no path) or '*.example.com'.`,
    )
  } else if (wildcard) {
    addWildcard(`.${authority.name}`, at, place, rules, faults)
  } else if (authority.port === 80 || authority.port === 443) {
    faults.add(
      'host-default-port',
      at,
      `${show(rule)} names a default port, which browsers leave out of the Host header.`,
      `Write ${show(authority.name)}.`,
    )
  } else {
    const host = authorityText(authority)
    const otherPort = [...rules.exact.keys()].find((other) => other !== host && parseAuthority(other)?.name === authority.name)
    if (rules.exact.has(host)) addTwice(at, rule, faults)
    if (otherPort) {
      faults.add(
        'host-ports-share-cookie',
        at,
        `${show(rule)} and ${show(otherPort)} differ in the port alone: browsers keep one cookie for both, so each would sign the other out.`,
        `Write ${show(authority.name)} for all its ports, or call createSessions once for each with a cookieName of its own.`,
      )
    }
    rules.exact.set(host, place(host))
  }
}

function compileShared(topology: SharedTopology, path: string, cookieName: string, rules: Rules, faults: Faults): void {
  faults.addUnknown(topology, ['kind', 'domain'], `${path}.`)
  const at = `${path}.domain`
  const written = typeof topology.domain === 'string' ? toAscii(topology.domain.replace(/^\./, '')) : ''
  const authority = parseAuthority(written)
  const name = authority?.name ?? ''
  if (!authority || authority.port !== null || !topology.domain.startsWith('.')) {
    return faults.add(
      'domain-invalid',
      at,
      `${show(topology.domain)} is not a cookie domain.`,
      `Write a leading dot and the registrable domain, such as '.example.com'.`,
    )
  }
  if (isAddress(name)) {
    return faults.add(
      'domain-is-address',
      at,
      `${show(topology.domain)} is an address; browsers accept no domain cookie for one.`,
      `Use kind: 'isolated' for addresses.`,
    )
  }
  if (getPublicSuffix(name, { allowPrivateDomains: true }) === name) {
    return faults.add(
      'domain-is-public-suffix',
      at,
      `${show(topology.domain)} is a public suffix: browsers refuse a cookie for it, and its hosts belong to many owners.`,
      name === 'localhost'
        ? `Write a domain below it, such as '.example.localhost'.`
        : `Write your own domain below it, such as '.example${topology.domain}'.`,
    )
  }
  const scope = `.${name}` as Scope
  const nested = rules.domains.find((other) => other !== scope && (other.endsWith(scope) || scope.endsWith(other)))
  if (nested !== undefined) {
    faults.add(
      'domain-within-domain',
      at,
      `${show(topology.domain)} and ${show(nested)} lie within each other: browsers send the cookies of both to the inner one.`,
      `Write the outer domain only, and kind: 'isolated' for hosts that stand apart.`,
    )
  }
  rules.domains.push(scope)
  const cookie = { name: `__Secure-${cookieName}`, domain: name }
  const place = (host: Host): Place => ({ host, scope, cookie, values: 'session' })
  if (rules.exact.has(name)) addTwice(at, topology.domain, faults)
  rules.exact.set(name, place(name as Host))
  addWildcard(scope, at, place, rules, faults)
}

function addWildcard(suffix: string, at: string, place: (host: Host) => Place, rules: Rules, faults: Faults): void {
  if (rules.wildcards.some((other) => other.suffix === suffix)) addTwice(at, `*${suffix}`, faults)
  rules.wildcards.push({ suffix, place })
}

function addTwice(at: string, rule: unknown, faults: Faults): void {
  faults.add(
    'host-in-two-scopes',
    at,
    `${show(rule)} is covered by an earlier rule already.`,
    'Write each host in one rule only: a host has one scope.',
  )
}

function isolatedPlace(cookieName: string): (host: Host) => Place {
  const cookie = { name: `__Host-${cookieName}`, domain: null }
  return (host) => ({ host, scope: host as string as Scope, cookie, values: 'handle' })
}

const RESOLVED_FOR_MS = 10_000
const RESOLVED_LIMIT = 1000
const LOCATED_LIMIT = 10_000

/** The look-up itself: rules first, whose answers never change and are remembered by the text that asked; then resolvers. */
function locator(rules: Rules, resolvedPlace: (host: Host) => Place, now: () => number): Locate {
  const located = new Map<string, Place>()
  const resolve = rules.resolvers.length === 0 ? () => null : resolver(rules.resolvers, resolvedPlace, now)

  return (asked) => {
    const known = located.get(asked)
    if (known) return known
    // A copy: the text may be a slice of a long URL, which would stay in memory for as long as the slice is remembered.
    const text = Buffer.from(asked).toString()
    const authority = parseAuthority(text)
    if (!authority) return 'malformed'
    const place = byRule(rules, authority)
    if (!place) return resolve(authority.name)
    if (located.size >= LOCATED_LIMIT) located.clear()
    located.set(text, place)
    return place
  }
}

/** Exact rules come first, with the port and then without; wildcards after them. */
function byRule({ exact, wildcards }: Rules, authority: Authority): Place | null {
  const written = exact.get(authorityText(authority)) ?? exact.get(authority.name)
  if (written) return written
  const wildcard = wildcards.find(({ suffix }) => authority.name.endsWith(suffix))
  return wildcard ? wildcard.place(authority.name as Host) : null
}

function resolver(resolvers: readonly HostResolver[], place: (host: Host) => Place, now: () => number) {
  const answers = new Map<string, { readonly until: number; readonly answer: Promise<Place | null> }>()

  const ask = async (name: string): Promise<Place | null> => {
    try {
      for (const resolves of resolvers) {
        const answer = resolves(name)
        if ((isPromise(answer) ? await withinDeadline(answer, 'host resolver') : answer) === true) return place(name as Host)
      }
      return null
    } catch (cause) {
      throw new LandbridgeError('ERR_HOSTS_UNAVAILABLE', 'The host resolver of the application failed.', {
        hint: 'Look at `cause`. A host that cannot be decided is not served.',
        cause,
      })
    }
  }

  return (name: string): Promise<Place | null> => {
    const known = answers.get(name)
    if (known && known.until > now()) return known.answer
    if (answers.size >= RESOLVED_LIMIT) answers.delete(answers.keys().next().value!)
    const answer = ask(name)
    answers.set(name, { until: now() + RESOLVED_FOR_MS, answer })
    // A failure is no answer. Forgotten here, not where it happens: a resolver that throws at once fails before its answer is kept.
    answer.catch(() => answers.get(name)?.answer === answer && answers.delete(name))
    return answer
  }
}
