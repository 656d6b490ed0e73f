import type { Authorize, Bridge, Replace, Span } from './bridge.ts'
import { isWithin } from './bridge.ts'
import type { CookieShape } from './cookie.ts'
import { compileCrossing, CROSSING_OPTIONS, exactHost, hintDomainOf, oneOf } from './crossing-options.ts'
import type { Faults } from './errors.ts'
import { show } from './errors.ts'
import { compileDomain, compileHostRule, compileHosts, hostPlace } from './host-rules.ts'
import type { Duration } from './lifetime.ts'
import type { Locate, Rules } from './locate.ts'
import { locator } from './locate.ts'
import type { ValuesPlace } from './store.ts'
import type { Host, RequestSummary, Scope } from './types.ts'

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

/** What both topologies that cross may be given. */
interface CrossingOptions {
  /** How long a ticket is good for: 5 seconds to 5 minutes, default 30 seconds. */
  readonly ticketLifetime?: Duration
  /** Path of the application's sign-in page, such as `'/login'`: at the hub, or at each peer. */
  readonly signIn?: string
  /**
   * Requests that need somebody signed in: a browser without a session is sent to fetch it, other requests get 401. The sign-in page is
   * never one of them. A path with escapes or dots is asked for in each spelling, as it is written, decoded and resolved, as routers differ in that.
   * Where yours takes other spellings as well, such as capitals, have the function take them, too.
   */
  readonly protect?: (request: RequestSummary) => boolean
}

/** The same session, anonymous or signed in, on several unrelated domains; a peer may be a `.domain` with all its hosts. */
export interface PeersTopology extends CrossingOptions {
  readonly kind: 'peers'
  /** The first one is asked first by the others. */
  readonly hosts: readonly HostRule[]
  /** Whether a session that is there already gives way to the one carried over. Default `'empty'`: only when nothing is in it. */
  readonly replace?: Replace
  /** `'first-visit'` fetches the session on the first page of a visit, too. Default `'on-demand'`. */
  readonly sync?: 'on-demand' | 'first-visit'
  /** Turns on the legacy transport by `<script>`, which most browsers block. Cookies of the peers are SameSite=None then. */
  readonly script?: boolean
}

/** A master session at the hub; each spoke has a session of its own that is derived from it. */
export interface HubTopology extends CrossingOptions {
  readonly kind: 'hub'
  readonly hub: string
  readonly spokes: readonly HostRule[]
  /** Which account may use which spoke. */
  readonly authorize: Authorize
}

export type Topology = IsolatedTopology | SharedTopology | PeersTopology | HubTopology

/** Where a request landed: its host, the scope that its cookie covers, and how that scope keeps its session. */
export interface Place {
  readonly host: Host
  readonly scope: Scope
  readonly cookie: CookieShape
  readonly values: ValuesPlace
  /** The bridge that it is part of; `null` where nothing crosses. */
  readonly span: Span | null
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
  return locator(rules, now)
}

function compileOne(given: unknown, path: string, cookieName: string, rules: Rules, faults: Faults): void {
  const topology = (given ?? {}) as Topology
  switch (topology.kind) {
    case 'isolated':
      return compileIsolated(topology, path, cookieName, rules, faults)
    case 'shared':
      return compileShared(topology, path, cookieName, rules, faults)
    case 'peers':
      return compilePeers(topology, path, cookieName, rules, faults)
    case 'hub':
      return compileHub(topology, path, cookieName, rules, faults)
    default:
      faults.add(
        'topology-unknown',
        `${path}.kind`,
        `${show((topology as { kind?: unknown }).kind)} is not a topology.`,
        `Write { kind: 'isolated', hosts: ['app.example.com', '*.acme.com'] }; the other kinds are 'shared', 'peers' and 'hub'.`,
      )
  }
}

function compileIsolated(topology: IsolatedTopology, path: string, cookieName: string, rules: Rules, faults: Faults): void {
  faults.addUnknown(topology, ['kind', 'hosts'], `${path}.`)
  compileHosts(topology.hosts, `${path}.hosts`, 'isolated', hostPlace(cookieName), rules, faults)
}

/** The hub first, so that a wildcard among the spokes leaves it out. */
function compileHub(topology: HubTopology, path: string, cookieName: string, rules: Rules, faults: Faults): void {
  faults.addUnknown(topology, ['kind', 'hub', 'spokes', 'authorize', ...CROSSING_OPTIONS], `${path}.`)
  const hub = exactHost(topology.hub)
  if (hub === null) {
    faults.add('hub-invalid', `${path}.hub`, `${show(topology.hub)} is no host name.`, `Write one host name, such as 'acme.com'.`)
  } else if (typeof topology.authorize !== 'function') {
    faults.add(
      'authorize-missing',
      `${path}.authorize`,
      'Nothing says which account may use which spoke.',
      'Write authorize: async (account, host) => claims of the account for that host, true, or false.',
    )
  }
  const bridge: Bridge = {
    ...compileCrossing(topology, path, faults),
    kind: 'hub',
    issuerFor: () => hub!,
    issuers: hub === null ? [] : [hub],
    hintDomain: hub === null ? null : hintDomainOf(hub),
    authorize: topology.authorize,
    replace: 'empty',
    sync: 'on-demand',
    script: false,
  }
  if (hub !== null) compileHostRule(topology.hub, `${path}.hub`, hostPlace(cookieName, { bridge, role: 'hub' }, 'session'), rules, faults)
  compileHosts(topology.spokes, `${path}.spokes`, 'hub', hostPlace(cookieName, { bridge, role: 'spoke' }), rules, faults)
}

function compilePeers(topology: PeersTopology, path: string, cookieName: string, rules: Rules, faults: Faults): void {
  faults.addUnknown(topology, ['kind', 'hosts', 'replace', 'sync', 'script', ...CROSSING_OPTIONS], `${path}.`)
  const hosts: readonly unknown[] = Array.isArray(topology.hosts) ? topology.hosts : []
  const isDomain = (rule: unknown): rule is string => typeof rule === 'string' && rule.startsWith('.')
  const nameOf = (rule: unknown): Host | readonly [] => exactHost(isDomain(rule) ? rule.slice(1) : rule) ?? []
  const issuers = hosts.flatMap(nameOf)
  const domains = hosts.filter(isDomain).flatMap(nameOf)
  // A host below it that is named itself stands apart.
  const isOneOf = (asker: Host, domain: Host): boolean => isWithin(asker, domain) && !issuers.includes(asker)
  const bridge: Bridge = {
    ...compileCrossing(topology, path, faults),
    kind: 'peers',
    issuerFor: (asker) => issuers.find((host) => host !== asker && !(domains.includes(host) && isOneOf(asker, host)))!,
    issuers,
    hintDomain: null,
    authorize: null,
    replace: oneOf(topology.replace, ['empty', 'always'], `${path}.replace`, faults),
    sync: oneOf(topology.sync, ['on-demand', 'first-visit'], `${path}.sync`, faults),
    script: topology.script === true,
  }
  if (hosts.length < 2 || issuers.length < 2) {
    faults.add(
      'peers-too-few',
      `${path}.hosts`,
      'A session is carried between two hosts at least, and two of them have to be named.',
      `Write hosts: ['example.com', 'example.de'].`,
    )
  }
  const span: Span = { bridge, role: 'peer' }
  const sameSite = bridge.script ? 'None' : 'Lax'
  hosts.forEach((rule, i) => {
    const at = `${path}.hosts[${i}]`
    if (isDomain(rule)) compileDomain(rule, at, cookieName, span, sameSite, rules, faults)
    else compileHostRule(rule, at, hostPlace(cookieName, span, 'session', sameSite), rules, faults)
  })
}

function compileShared(topology: SharedTopology, path: string, cookieName: string, rules: Rules, faults: Faults): void {
  faults.addUnknown(topology, ['kind', 'domain'], `${path}.`)
  compileDomain(topology.domain, `${path}.domain`, cookieName, null, 'Lax', rules, faults)
}
