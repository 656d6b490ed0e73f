/** How near an address is. A server out there must not send the scan further in than it stands itself: into the network that it runs in. */
import { BlockList, isIP, isIPv6 } from 'node:net'

/** 0: this machine · 1: its network · 2: the internet */
export type Space = 0 | 1 | 2

const MACHINE = listOf(['127.0.0.0/8', '0.0.0.0/8', '::1/128', '::/128'])
const NETWORK = listOf(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '100.64.0.0/10', 'fc00::/7', 'fe80::/10'])

/** Addresses of IPv4 that are written as ones of IPv6 are where they are. */
export function spaceOf(address: string): Space {
  const bare = address.replace(/%.*/, '')
  const family = isIPv6(bare) ? 'ipv6' : 'ipv4'
  if (isIP(bare) === 0) return 2
  if (MACHINE.check(bare, family)) return 0
  return NETWORK.check(bare, family) ? 1 : 2
}

function listOf(subnets: readonly string[]): BlockList {
  const list = new BlockList()
  for (const each of subnets) {
    const [address = '', bits] = each.split('/')
    list.addSubnet(address, Number(bits), isIPv6(address) ? 'ipv6' : 'ipv4')
  }
  return list
}
