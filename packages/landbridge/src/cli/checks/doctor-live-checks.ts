/** What only the network can tell: `landbridge doctor --live`. */
import type { Check } from './check.ts'

export const liveChecks: readonly Check[] = [
  {
    id: 'spoke-dangling',
    level: 'fault',
    title: 'A spoke or peer has no address.',
    why: 'It may have a session as soon as it has one: whoever gets hold of the name, or of what it once pointed to, is let in.',
    fix: 'Take it out of the topology, or give it an address.',
  },
  {
    id: 'host-unresolved',
    level: 'fault',
    title: 'A host has no address.',
    why: 'Nobody can come there.',
    fix: 'Take it out of the topology, or give it an address.',
  },
  {
    id: 'certificate-refused',
    level: 'fault',
    title: 'The certificate of a host is not accepted.',
    why: 'Browsers show a warning in place of the page, and visitors who learn to pass it pass it for an attacker, too.',
    fix: 'Renew it, with the name of the host in it and the whole chain. For an authority of your own set NODE_EXTRA_CA_CERTS.',
  },
  {
    id: 'host-not-served',
    level: 'fault',
    title: 'A host answers that it does not serve that name.',
    why: 'What runs there has another configuration than the one that was read, or the proxy in front hands on another host.',
    fix: 'Deploy the same configuration everywhere, and have the proxy hand on Host or X-Forwarded-Host.',
  },
  {
    id: 'host-not-landbridge',
    level: 'fault',
    title: 'What answers at a host is not Landbridge.',
    why: 'No crossing can begin or end there.',
    fix: 'Mount the middleware before everything else, and have the proxy hand on the paths below basePath.',
  },
  {
    id: 'proxy-hides-https',
    level: 'fault',
    title: 'The application takes https for plain http.',
    why: 'The proxy in front does not say https, or is not trusted: cookies are not sent, crossings are refused.',
    fix: 'Have the proxy set X-Forwarded-Proto: https, and write its addresses into trustedProxies.',
  },
  {
    id: 'proxy-forwards-badly',
    level: 'fault',
    title: 'The forwarded headers of a proxy contradict each other or do not parse.',
    why: 'Every request is refused.',
    fix: 'Let the last proxy overwrite X-Forwarded-Host and X-Forwarded-Proto, and drop what it received.',
  },
  {
    id: 'clock-skew',
    level: 'fault',
    title: 'Two clocks are more than five seconds apart.',
    why: 'Asks and tickets carry times: a host that is ahead or behind refuses those of the others.',
    fix: 'Let all machines follow one time server.',
  },
  {
    id: 'hosts-not-asked',
    level: 'note',
    title: 'Some hosts were not asked.',
    why: 'Wildcards and functions name no host, and 20 hosts are asked at most.',
    fix: 'Nothing, or read a configuration that names fewer.',
  },
]
