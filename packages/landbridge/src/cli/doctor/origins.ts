import { parseAuthority, toAscii } from '../../core/host.ts'
import { isPublicSuffix } from '../../core/public-suffix.ts'
import type { Finding } from '../checks/check.ts'
import { find } from './finding.ts'
import type { NamedHost } from './named-hosts.ts'
import { isBelow, isLocal, siteOf } from './named-hosts.ts'

/** Trusted origins, seen beside the hosts. What is no origin at all is told elsewhere. */
export function examineOrigins(given: unknown, hosts: readonly NamedHost[], hasResolver: boolean): Finding[] {
  const origins: readonly unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given]
  return origins.flatMap((origin, i) => {
    const [, scheme, star, authority] = (typeof origin === 'string' && /^(https?):\/\/(\*\.)?([^/]+)$/.exec(origin)) || []
    const name = authority === undefined ? undefined : parseAuthority(toAscii(authority))?.name
    // A wildcard below a public suffix is a fault already.
    if (name === undefined || (star !== undefined && isPublicSuffix(name) && !isLocal(name))) return []
    const where = `trustedOrigins[${i}]`
    return [
      ...plainHttp(scheme!, name, hosts, where, String(origin)),
      ...elsewhere(name, hosts, hasResolver, where, String(origin)),
      ...(star === undefined ? [] : tooWide(name, hosts, hasResolver, where, String(origin))),
    ]
  })
}

function plainHttp(scheme: string, name: string, hosts: readonly NamedHost[], where: string, origin: string): Finding[] {
  if (scheme === 'https' || isLocal(name) || hosts.every((host) => isLocal(host.name))) return []
  return [
    find(
      'trusted-origin-plain-http',
      where,
      `${JSON.stringify(origin)} is trusted, and nobody can know who answers there: it is not https.`,
    ),
  ]
}

function elsewhere(name: string, hosts: readonly NamedHost[], hasResolver: boolean, where: string, origin: string): Finding[] {
  if (hosts.length === 0 || hasResolver || hosts.some((host) => siteOf(host.name) === siteOf(name))) return []
  return [find('trusted-origin-elsewhere', where, `${JSON.stringify(origin)} belongs to no site of the hosts.`)]
}

/** Each host below the name has to be one of the hosts: only a rule for all of them says so. */
function tooWide(name: string, hosts: readonly NamedHost[], hasResolver: boolean, where: string, origin: string): Finding[] {
  const isCovered = hosts.some((host) => host.covers !== 'host' && isBelow(name, host.name))
  const isOfASite = hosts.some((host) => siteOf(host.name) === siteOf(name))
  if (isCovered || hasResolver || !isOfASite) return []
  return [find('trusted-origin-wider-than-hosts', where, `${JSON.stringify(origin)} takes in hosts that no rule of the topology names.`)]
}
