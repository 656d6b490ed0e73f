/** Applications whose hosts cross, one in-process browser or several in front of them, and the steps of a crossing one by one. */
import type { HubTopology, PeersTopology, SessionEvent, Sessions, SessionsOptions, Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { virtualClock } from 'landbridge/testing'
import { onTestFinished } from 'vitest'
import type { Data } from './adapters.ts'
import type { Form, Serve, Visit } from './browser.ts'
import { Browser } from './browser.ts'
import { Watched } from './stores.ts'

export const HUB = 'https://acme.example'
export const ELMER = 'https://elmer.acme.example'
export const ALICE = 'https://alice.acme.example'
export const KEYS: readonly string[] = ['a key of at least thirty-two characters']

/** Everything under `/private` needs somebody signed in; nobody but `stranger` is a stranger. */
export const HUB_TOPOLOGY: HubTopology = {
  kind: 'hub',
  hub: 'acme.example',
  spokes: ['*.acme.example'],
  signIn: '/login',
  protect: ({ path }) => path.startsWith('/private'),
  authorize: (account, host) => (account.id === 'stranger' ? false : { role: `${account.id}@${host}` }),
}

export const SHOP_A = 'https://shop-a.example'
export const SHOP_B = 'https://shop-b.example'

export const PEERS_TOPOLOGY: PeersTopology = {
  kind: 'peers',
  hosts: ['shop-a.example', 'shop-b.example'],
  signIn: '/login',
  protect: ({ path }) => path.startsWith('/private'),
}

export interface Crossing {
  readonly clock: ReturnType<typeof virtualClock>
  readonly events: SessionEvent[]
  readonly sessions: Sessions<Data>
  readonly watched: Watched
  readonly serve: Serve
  readonly browser: Browser
}

type More = Partial<Omit<SessionsOptions, 'store'>> & { readonly inner?: Store }

export const hubOf = ({ topology = {}, ...more }: Omit<More, 'topology'> & { readonly topology?: Partial<HubTopology> } = {}): Crossing =>
  crossingOf({ topology: { ...HUB_TOPOLOGY, ...topology }, ...more })

export const peersOf = ({
  topology = {},
  ...more
}: Omit<More, 'topology'> & { readonly topology?: Partial<PeersTopology> } = {}): Crossing =>
  crossingOf({ topology: { ...PEERS_TOPOLOGY, ...topology }, ...more })

function crossingOf({ inner, topology, ...more }: More & Pick<SessionsOptions, 'topology'>): Crossing {
  const clock = virtualClock()
  const events: SessionEvent[] = []
  const watched = new Watched(inner)
  const onEvent = (event: SessionEvent): void => void events.push(event)
  const sessions = createSessions<Data>({ topology, store: watched.store, keys: KEYS, clock: clock.now, onEvent, ...more })
  onTestFinished(() => sessions.close())
  const serve = serving(sessions)
  return { clock, events, sessions, watched, serve, browser: new Browser(serve) }
}

/** An application: pages that say who is there, and acts that are posted. */
export const serving =
  (sessions: Sessions<Data>): Serve =>
  (request) =>
    sessions.handle(request, async (session) => {
      const { pathname, searchParams, origin } = new URL(request.url)
      const to = searchParams.get('to') ?? ''
      const id = searchParams.get('as') ?? 'ada'
      const remember = searchParams.has('remember')
      if (request.method === 'POST') {
        if (pathname === '/login') await session.signIn({ id, remember })
        else if (pathname === '/add') await session.addAccount({ id, remember })
        else if (pathname === '/switch') await session.switchAccount(id)
        else if (pathname === '/remove') await session.removeAccount(id)
        else if (pathname === '/choose') await session.chooseAccount(to, searchParams.get('as'))
        else if (pathname === '/set') session.set('note', searchParams.get('note') ?? 'mine')
        else if (pathname === '/renew') await session.renew()
        else if (pathname === '/out') await session.signOut()
        else if (pathname === '/out-here') await session.signOut('here')
        else return new Response('not found', { status: 404 })
        return new Response(null, { status: 303, headers: { location: session.signInTarget()?.url ?? `${origin}/after` } })
      }
      if (pathname === '/login') return new Response('login page')
      if (pathname === '/accounts') return Response.json(await session.accounts())
      if (pathname === '/scripts') return Response.json(await session.scriptUrls())
      if (pathname === '/tag') return new Response(await session.accountTag())
      return Response.json(await saw(session))
    })

async function saw(session: Parameters<Parameters<Sessions<Data>['handle']>[1]>[0]): Promise<Seen> {
  const account = await session.account()
  return { id: account?.id ?? null, claims: await session.claims(), note: (await session.get('note')) ?? null }
}

/** What a page of the application showed. */
export interface Seen {
  readonly id: string | null
  readonly claims: unknown
  readonly note: string | null
}

export const seen = ({ text }: Pick<Visit, 'text'>): Seen => JSON.parse(text) as Seen

/** Who is signed in at a page, after all redirects. */
export const whoAt = async (browser: Browser, url: string): Promise<string | null> => seen(await browser.go(url)).id

export const statuses = ({ steps }: Pick<Visit, 'steps'>): number[] => steps.map(({ response }) => response.status)

export const signIn = (browser: Browser, host: string, as = 'ada'): Promise<Visit> => browser.post(`${host}/login?as=${as}`, {})

/** A crossing up to its end: the address that asks, and the form with the ticket, which nobody has posted yet. */
export async function askedFor(browser: Browser, page: string): Promise<{ readonly ask: string; readonly form: Form }> {
  const ask = (await browser.hop(page)).location
  if (ask === null) throw new Error(`${page} asked nobody`)
  return { ask, form: await answerTo(browser, ask) }
}

/** The form by which the issuing host answers an ask with a ticket. */
export async function answerTo(browser: Browser, ask: string, headers: Record<string, string> = {}): Promise<Form> {
  const { form } = await browser.hop(ask, { headers })
  if (form === null) throw new Error('the issuing host gave no ticket')
  return form
}

/**
 * A form as somebody's own program sends it: to any host, with any fields and headers. He says that it comes from the page that the
 * ticket came from, as he is free to.
 */
export function posted(answer: Form, { to = answer.action, fields = {}, headers = {}, more = '' }: Posting = {}): Request {
  const all = Object.entries({ ...answer.fields, ...fields }).filter((entry): entry is [string, string] => entry[1] !== null)
  return new Request(to, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(answer.page).origin, ...headers },
    body: new URLSearchParams(all).toString() + more,
  })
}

interface Posting {
  readonly to?: string
  /** `null` leaves one out. */
  readonly fields?: Readonly<Record<string, string | null>>
  readonly headers?: Readonly<Record<string, string>>
  /** Put behind the body. */
  readonly more?: string
}

/** The same form at another host of the application, or with other fields. */
export const amended = (answer: Form, fields: Readonly<Record<string, string>>, action = answer.action): Form => ({
  ...answer,
  action,
  fields: { ...answer.fields, ...fields },
})

/** The reasons of all refused steps of crossings. */
export const reasons = (events: readonly SessionEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'crossing.refused' ? [event.reason] : []))

/** The session cookies that a response sets, cleared ones left out. */
export const newHandles = (response: Response): string[] =>
  response.headers.getSetCookie().filter((cookie) => /^__(?:Host|Secure)-sid=[^;]/.test(cookie))

/** The same URL with some parameters changed; `null` takes one away. */
export function altered(url: string, changes: Readonly<Record<string, string | null>>): string {
  const copy = new URL(url)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) copy.searchParams.delete(name)
    else copy.searchParams.set(name, value)
  }
  return copy.href
}

export const parameter = (url: string, name: string): string => new URL(url).searchParams.get(name) ?? ''

/** Calls of a store that change something. */
const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'renew', 'attach', 'revoke', 'put', 'take', 'revokeAccount'])
export const writes = ({ calls }: Watched): string[] => calls.filter((call) => WRITES.has(call))
