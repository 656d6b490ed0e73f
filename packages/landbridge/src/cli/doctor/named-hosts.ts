/** The hosts that a configuration names, read out of whatever its topology is: a faulty one is not refused here. */
import { isAddress, parseAuthority, toAscii, isLoopback } from '../../core/host.ts'
import { registrableDomain } from '../../core/public-suffix.ts'

/** What a host does in its topology; `alone` where nothing crosses. */
export type Role = 'alone' | 'hub' | 'spoke' | 'peer'

export interface NamedHost {
  /** Canonical, without a port. */
  readonly name: string
  readonly port: number | null
  /** `below`: each host below the name · `domain`: the name and everything below it, with one cookie. */
  readonly covers: 'host' | 'below' | 'domain'
  readonly role: Role
  /** Path of the rule, such as `topology.spokes[1]`. */
  readonly where: string
}

interface AnyTopology {
  readonly kind?: unknown
  readonly hosts?: unknown
  readonly spokes?: unknown
  readonly hub?: unknown
  readonly domain?: unknown
}

export function namedHosts(topology: unknown): NamedHost[] {
  const isList = Array.isArray(topology)
  const list: readonly unknown[] = isList ? topology : [topology]
  return list.flatMap((each, i) => {
    const { kind, hosts, spokes, hub, domain } = (each ?? {}) as AnyTopology
    const at = isList ? `topology[${i}]` : 'topology'
    if (kind === 'hub') return [...named([hub], () => `${at}.hub`, 'hub'), ...named(spokes, (j) => `${at}.spokes[${j}]`, 'spoke')]
    if (kind === 'shared') return named([domain], () => `${at}.domain`, 'alone')
    return named(hosts, (j) => `${at}.hosts[${j}]`, kind === 'peers' ? 'peer' : 'alone')
  })
}

/** Whether some rules are functions, so that hosts which nobody names here are served, too. */
export function hasResolver(topology: unknown): boolean {
  return [topology].flat().some((each) => {
    const { hosts, spokes } = (each ?? {}) as AnyTopology
    return [hosts, spokes].flat().some((rule) => typeof rule === 'function')
  })
}

export function named(rules: unknown, where: (index: number) => string, role: Role): NamedHost[] {
  const list: readonly unknown[] = Array.isArray(rules) ? rules : []
  return list.flatMap((rule, i) => {
    if (typeof rule !== 'string') return []
    const covers = rule.startsWith('*.') ? 'below' : rule.startsWith('.') ? 'domain' : 'host'
    const authority = parseAuthority(toAscii(rule.slice(covers === 'below' ? 2 : covers === 'domain' ? 1 : 0)))
    return authority === null ? [] : [{ ...authority, covers, role, where: where(i) }]
  })
}

/** Names that only a network of one's own knows. */
export const isPublic = (name: string): boolean => !isLoopback(name) && !isAddress(name) && name.includes('.')

/** The registrable domain, or the name itself where there is none. */
export const siteOf = (name: string): string => registrableDomain(name) ?? name

export const isBelow = (name: string, domain: string): boolean => name === domain || name.endsWith(`.${domain}`)

/** Whether any host that the first rule serves is served by the second one. */
export function overlap(a: NamedHost, b: NamedHost): boolean {
  if (a.covers === 'host' && b.covers === 'host') return a.name === b.name
  const [wide, other] = a.covers === 'host' ? [b, a] : [a, b]
  if (other.covers === 'host') return isBelow(other.name, wide.name) && (wide.covers === 'domain' || other.name !== wide.name)
  return isBelow(other.name, wide.name) || isBelow(wide.name, other.name)
}

/** As a host rule writes it. */
export const written = ({ name, port, covers }: NamedHost): string =>
  `${{ host: '', below: '*.', domain: '.' }[covers]}${name}${port === null ? '' : `:${port}`}`
