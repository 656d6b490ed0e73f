/** The hosts that this one process answers for. */
export interface Site {
  readonly host: string
  /** Its first label: names it in links, and picks its colour. */
  readonly tag: string
  readonly topology: 'isolated' | 'shared'
}

export const SHARED_DOMAIN = '.example.localhost'

const isolated = (host: string, tag: string): Site => ({ host, tag, topology: 'isolated' })
const shared = (host: string, tag: string): Site => ({ host, tag, topology: 'shared' })

export const SITES: readonly Site[] = [
  isolated('elmer.acme.localhost', 'elmer'),
  isolated('fudd.acme.localhost', 'fudd'),
  shared('app.example.localhost', 'app'),
  shared('accounts.example.localhost', 'accounts'),
]

/** The site of an authority such as `elmer.acme.localhost:4000`. */
export function siteOf(authority: string | undefined): Site | undefined {
  const { name } = splitAuthority(authority)
  return SITES.find(({ host }) => host === name)
}

/** The index page has no session: plain localhost, or the address itself. */
export function isIndex(authority: string | undefined): boolean {
  return ['localhost', '127.0.0.1'].includes(splitAuthority(authority).name)
}

/** The address of another host, with the port that the browser used to come here. */
export function urlOf(site: Site, authority: string | undefined, path = '/'): string {
  return `http://${site.host}${splitAuthority(authority).port}${path}`
}

function splitAuthority(authority = ''): { name: string; port: string } {
  const [, name = '', port = ''] = /^([a-z0-9.-]+)(:\d{1,5})?$/i.exec(authority) ?? []
  return { name: name.toLowerCase(), port }
}
