/** What the pages may load, and where their forms may lead: nothing inline, nothing of others. */
import type { Base, Site } from './hosts.ts'
import { HUB, PEERS, urlOf } from './hosts.ts'

const REST =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"

/**
 * Browsers hold `form-action` against the redirects behind a form, too: after a form the next page may have to fetch the session, and a
 * sign-in leads back to the tenant that asked.
 */
export function policyFor(site: Site | undefined, base: Base): string {
  const targets = ["'self'", ...bridged(site).map((host) => urlOf(host, base, ''))]
  return `${REST}; form-action ${targets.join(' ')}`
}

function bridged(site: Site | undefined): readonly string[] {
  switch (site?.topology) {
    case 'hub':
      return [`*.${HUB}`]
    case 'spoke':
      return [HUB]
    case 'peer':
      return PEERS.filter((host) => host !== site.host)
    case 'isolated':
    case 'shared':
    case undefined:
      return []
  }
}
