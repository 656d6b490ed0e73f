/** The hosts that this one process answers for. */
export type Kind = 'hub' | 'spoke' | 'peer' | 'isolated' | 'shared'

export interface Site {
  readonly host: string
  /** Its first label: names it in links, and picks its colour. */
  readonly tag: string
  readonly topology: Kind
}

/** How a browser reaches the hosts: all of them at one port, over one scheme. */
export interface Base {
  readonly scheme: 'http' | 'https'
  /** With its colon, or empty. */
  readonly port: string
}

export const HUB = 'acme.localhost'
export const SHARED_DOMAIN = '.example.localhost'
export const PEERS: readonly string[] = ['shop-a.localhost', 'shop-b.localhost']

const site = (topology: Kind, host: string): Site => ({ host, tag: host.split('.')[0] ?? '', topology })

/** The hosts that the pages link to. Every other name below the hub is a tenant, too. */
export const SITES: readonly Site[] = [
  site('hub', HUB),
  site('spoke', `elmer.${HUB}`),
  site('spoke', `fudd.${HUB}`),
  site('spoke', `bugs.${HUB}`),
  ...PEERS.map((host) => site('peer', host)),
  site('isolated', 'daffy.solo.localhost'),
  site('isolated', 'porky.solo.localhost'),
  site('shared', 'app.example.localhost'),
  site('shared', 'accounts.example.localhost'),
]

/** What the topologies are called where hosts are listed, in the order in which they are. */
export const GROUPS: readonly { readonly id: string; readonly kinds: readonly Kind[] }[] = [
  { id: 'hub', kinds: ['hub', 'spoke'] },
  { id: 'peers', kinds: ['peer'] },
  { id: 'isolated', kinds: ['isolated'] },
  { id: 'shared', kinds: ['shared'] },
]

export const sitesOf = (kinds: readonly Kind[]): readonly Site[] => SITES.filter(({ topology }) => kinds.includes(topology))

/** Whether sessions come to this host from others, which only Landbridge does. */
export const crosses = ({ topology }: Site): boolean => topology === 'hub' || topology === 'spoke' || topology === 'peer'

/** The cookie's scope, as the library names it. */
export const scopeOf = ({ topology, host }: Site): string => (topology === 'shared' ? SHARED_DOMAIN : host)

/** The site of an authority such as `elmer.acme.localhost:4000`. */
export function siteOf(authority: string | undefined): Site | undefined {
  const { name } = splitAuthority(authority)
  return SITES.find(({ host }) => host === name) ?? tenantOf(name)
}

const TENANT = new RegExp(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\\.${HUB.replaceAll('.', '\\.')}$`)

const tenantOf = (name: string): Site | undefined => (TENANT.test(name) ? site('spoke', name) : undefined)

/** The index page has no session: plain localhost, or the address itself. */
export function isIndex(authority: string | undefined): boolean {
  return ['localhost', '127.0.0.1'].includes(splitAuthority(authority).name)
}

/** How the browser came here, and would come to the other hosts. */
export function baseOf(request: { readonly secure: boolean; readonly headers: { readonly host?: string | undefined } }): Base {
  return { scheme: request.secure ? 'https' : 'http', port: splitAuthority(request.headers.host).port }
}

/** The address of a host. */
export function urlOf(host: string, { scheme, port }: Base, path = '/'): string {
  return `${scheme}://${host}${port}${path}`
}

function splitAuthority(authority = ''): { name: string; port: string } {
  const [, name = '', port = ''] = /^([a-z0-9.-]+)(:\d{1,5})?$/i.exec(authority) ?? []
  return { name: name.toLowerCase(), port }
}
