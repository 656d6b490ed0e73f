/** The options of one `createSessions`: its own faults, and what is safe to start with and worth a word all the same. */
import { compileConfig } from '../../core/config.ts'
import type { SessionsOptions } from '../../core/config.ts'
import { parseDuration } from '../../core/lifetime.ts'
import type { StoreLack } from '../../core/store.ts'
import type { Finding } from '../checks/check.ts'
import { isLoopback } from '../../core/host.ts'
import type { Examined } from './examined.ts'
import { asFindings, faultsOf } from './faults.ts'
import { find } from './finding.ts'
import { examineKeys } from './keys.ts'
import type { NamedHost } from './named-hosts.ts'
import { hasResolver, isPublic, namedHosts, overlap, written } from './named-hosts.ts'
import { examineOrigins } from './origins.ts'

/** Whatever somebody gave, right or wrong. */
type Given = { readonly [Name in keyof SessionsOptions]?: unknown }

const DAY_MS = 86_400_000
const LONG_IDLE_MS = 30 * DAY_MS
const LONG_ABSOLUTE_MS = 366 * DAY_MS

export function examineOptions(options: unknown, name: string): Examined {
  const given: Given = typeof options === 'object' && options !== null ? options : {}
  const hosts = namedHosts(given.topology)
  const findings = [
    ...asFindings(faultsOf(() => compileConfig(options as SessionsOptions))),
    ...examineKeys(given.keys, 'keys', hosts.length === 0 || hosts.some((host) => !isLoopback(host.name))),
    ...examineHosts(hosts),
    ...examineProxies(given.trustedProxies, hosts),
    ...examineOrigins(given.trustedOrigins, hosts, hasResolver(given.topology)),
    ...examineStore(given.store, hosts),
    ...examineLifetime(given.lifetime),
    ...examineDoors(given),
  ]
  const { basePath = '/.session/', cookieName = 'sid' } = given
  const isUsual = (text: unknown): text is string => typeof text === 'string'
  return {
    name,
    findings,
    hosts,
    cookieName: isUsual(cookieName) ? cookieName : null,
    basePath: isUsual(basePath) && /^(?:\/[\w.~-]+)+\/$/.test(basePath) ? basePath : '/.session/',
  }
}

function examineHosts(hosts: readonly NamedHost[]): Finding[] {
  return [...examinePorts(hosts), ...examineSites(hosts)]
}

/** createSessions takes it, as whoever serves one port of a host alone need not mind. */
function examinePorts(hosts: readonly NamedHost[]): Finding[] {
  return hosts.flatMap((host) => {
    if (host.covers !== 'host' || host.port === null) return []
    const wide = hosts.find((other) => other.covers === 'below' && overlap(host, other))
    if (wide === undefined || hosts.some((other) => isWhole(other, host.name))) return []
    const message = `${written(host)} is named with its port, and ${written(wide)} (${wide.where}) serves its other ports: browsers keep one cookie for both.`
    return [find('host-ports-share-cookie', host.where, message, { level: 'warning' })]
  })
}

const isWhole = ({ covers, name, port }: NamedHost, host: string): boolean => covers === 'host' && name === host && port === null

function examineSites(hosts: readonly NamedHost[]): Finding[] {
  const local = hosts.find(({ name }) => isLoopback(name))
  const open = hosts.find(({ name }) => isPublic(name))
  if (local === undefined || open === undefined) return []
  return [
    find(
      'hosts-local-and-public',
      local.where,
      `${written(local)} is a host of this machine, and ${written(open)} (${open.where}) is not.`,
    ),
  ]
}

function examineProxies(given: unknown, hosts: readonly NamedHost[]): Finding[] {
  const open = hosts.find(({ name }) => isPublic(name))
  if (given === undefined) {
    if (open === undefined) return []
    return [find('proxies-not-named', 'trustedProxies', `${written(open)} is public, and no proxy is trusted.`)]
  }
  return [given].flat().flatMap((range: unknown, i) => {
    if (typeof range !== 'string' || !/\/0+$/.test(range)) return []
    return [find('proxies-everybody', `trustedProxies[${i}]`, `${JSON.stringify(range)} is everybody.`)]
  })
}

function examineStore(store: unknown, hosts: readonly NamedHost[]): Finding[] {
  const { name, lacks } = (store ?? {}) as { name?: unknown; lacks?: unknown }
  const open = hosts.find((host) => isPublic(host.name))
  const does = (lack: StoreLack): boolean => Array.isArray(lacks) && lacks.includes(lack)
  const shown = typeof name === 'string' ? name : 'This store'
  return [
    ...(name === 'memory' && open !== undefined
      ? [find('store-in-memory', 'store', `${written(open)} is public, and its sessions are gone when the process ends.`)]
      : []),
    ...(does('atomicity-across-processes')
      ? [find('store-overwrites', 'store', `${shown} is not atomic against other processes: the last of two writes wins.`)]
      : []),
    ...(does('accounts') ? [find('store-lists-nothing', 'store', `${shown} has no list of the sessions of an account.`)] : []),
  ]
}

function examineLifetime(lifetime: unknown): Finding[] {
  const { idle, absolute, remember } = (lifetime ?? {}) as { idle?: unknown; absolute?: unknown; remember?: unknown }
  const long = (name: string, value: unknown, mostMs: number): Finding[] => {
    const ms = parseDuration(value)
    if (ms === null || ms <= mostMs) return []
    return [find('lifetime-very-long', `lifetime.${name}`, `It is ${Math.round(ms / DAY_MS)} days.`)]
  }
  return [
    ...long('idle', idle, LONG_IDLE_MS),
    ...long('absolute', absolute, LONG_ABSOLUTE_MS),
    ...long('remember', remember, LONG_ABSOLUTE_MS),
  ]
}

/** What was opened on purpose. */
function examineDoors({ insecureBypass, topology }: Given): Finding[] {
  const isList = Array.isArray(topology)
  const scripts = [topology].flat().flatMap((each: unknown, i) => {
    const { kind, script } = (each ?? {}) as { kind?: unknown; script?: unknown }
    const at = isList ? `topology[${i}].script` : 'topology.script'
    return kind === 'peers' && script === true ? [find('transport-by-script', at, 'The cookies of these peers are SameSite=None.')] : []
  })
  const bypass =
    typeof insecureBypass === 'function'
      ? [find('bypass-given', 'insecureBypass', 'The requests that it names are let through from anywhere.')]
      : []
  return [...bypass, ...scripts]
}
