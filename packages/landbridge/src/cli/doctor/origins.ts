import { parseAuthority, toAscii, isLoopback } from '../../core/host.ts'
import { isPublicSuffix } from '../../core/public-suffix.ts'
import type { Finding } from '../checks/check.ts'
import { find } from './finding.ts'
import type { NamedHost } from './named-hosts.ts'
import { isBelow, siteOf } from './named-hosts.ts'

/** A trusted origin as it was written, and the name in it. */
interface Origin {
  readonly text: string
  readonly name: string
  readonly isWide: boolean
  readonly isPlain: boolean
  readonly where: string
}

/** Trusted origins, seen beside the hosts. What is no origin at all is told elsewhere. */
export function examineOrigins(given: unknown, hosts: readonly NamedHost[], hasResolver: boolean): Finding[] {
  const origins: readonly unknown[] = given === undefined ? [] : Array.isArray(given) ? given : [given]
  const sites = new Set(hosts.map((host) => siteOf(host.name)))
  const isLocalAlone = hosts.every((host) => isLoopback(host.name))
  return origins.flatMap((each, i) => {
    const origin = originOf(each, `trustedOrigins[${i}]`)
    if (origin === null) return []
    const isOfASite = sites.has(siteOf(origin.name))
    return [
      ...(isLocalAlone ? [] : plainHttp(origin)),
      ...(hosts.length === 0 || hasResolver || isOfASite ? [] : elsewhere(origin)),
      ...(isOfASite && !hasResolver ? tooWide(origin, hosts) : []),
    ]
  })
}

function originOf(given: unknown, where: string): Origin | null {
  const [text = '', scheme, star, authority = ''] = (typeof given === 'string' && /^(https?):\/\/(\*\.)?([^/]+)$/.exec(given)) || []
  const name = parseAuthority(toAscii(authority))?.name
  const isWide = star !== undefined
  // A wildcard below a public suffix is a fault already.
  if (name === undefined || (isWide && isPublicSuffix(name) && !isLoopback(name))) return null
  return { text: JSON.stringify(text), name, isWide, isPlain: scheme === 'http', where }
}

function plainHttp({ text, name, isPlain, where }: Origin): Finding[] {
  if (!isPlain || isLoopback(name)) return []
  return [find('trusted-origin-plain-http', where, `${text} is trusted, and nobody can know who answers there: it is not https.`)]
}

const elsewhere = ({ text, where }: Origin): Finding[] => [
  find('trusted-origin-elsewhere', where, `${text} belongs to no site of the hosts.`),
]

/** Each host below the name has to be one of the hosts: only a rule for all of them says so. */
function tooWide({ text, name, isWide, where }: Origin, hosts: readonly NamedHost[]): Finding[] {
  if (!isWide || hosts.some((host) => host.covers !== 'host' && isBelow(name, host.name))) return []
  return [find('trusted-origin-wider-than-hosts', where, `${text} takes in hosts that no rule of the topology names.`)]
}
