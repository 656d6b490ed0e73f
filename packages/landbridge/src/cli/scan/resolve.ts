/** Where the names of hosts lead: through the system, but for those of this machine. */
import type { LookupAddress, LookupOptions } from 'node:dns'
import { lookup } from 'node:dns'
import { isAddress, isLoopback } from '../../core/host.ts'
import { spaceOf } from './space.ts'
import type { Space } from './space.ts'
import { Unreachable } from './trouble.ts'

type Found = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void

const LOOPBACK: LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** Finds the addresses of a host, and none where one of them is nearer than that. */
export function resolverOf(notNearer: Space): typeof resolve {
  return (hostname: string, options: LookupOptions, found: Found): void =>
    resolve(hostname, options, (error, address, family) => {
      const all = typeof address === 'string' ? [address] : (address ?? []).map((each) => each.address)
      const isInward = error === null && all.some((each) => spaceOf(each) < notNearer)
      found(
        isInward ? new Unreachable('has an address within this network, where nothing outside may lead: name it to have it asked') : error,
        address,
        family,
      )
    })
}

/** `*.localhost` is this machine without asking anybody (RFC 6761 section 6.3); Node would ask the resolver. */
function resolve(hostname: string, options: LookupOptions, found: Found): void {
  if (!isLoopback(hostname) || isAddress(hostname)) return lookup(hostname, options, found)
  if (options.all === true) return found(null, LOOPBACK)
  found(null, LOOPBACK[0]!.address, LOOPBACK[0]!.family)
}
