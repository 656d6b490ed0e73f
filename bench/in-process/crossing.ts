// What the hub topology costs: reading the session at a spoke, and a whole crossing from the bounce to the new handle.
import type { Exchange, Sessions } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { USER, type Content } from '../lib/content.ts'
import { contestant, type Contestant } from './contestant.ts'

const HUB = 'acme.localhost:3000'
const SPOKE = 'elmer.acme.localhost:3000'
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none', accept: 'text/html' }

interface NodeInput {
  method: string
  url: string
  headers: Record<string, string>
  body?: unknown
  socket: { remoteAddress: string }
}

let time = Date.now()

export async function crossing(): Promise<Contestant[]> {
  const sessions = createSessions<Content>({
    topology: { kind: 'hub', hub: 'acme.localhost', spokes: ['*.acme.localhost'], authorize: () => true },
    store: memory(),
    keys: ['only the benchmark has such a key'],
    lifetime: { idle: '14d' },
    // A handle that is as young as a ticket is kept; so no two things happen in one millisecond.
    clock: () => ++time,
  })
  const hub = await signIn(sessions)
  // Another browser: each crossing gives its browser a new handle, and the one before is worth nothing then.
  const other = await signIn(sessions)
  const spoke = `${hub.split('; ').find((pair) => pair.startsWith('__Secure-hint'))}; ${await cross(sessions, hub)}`
  return [
    contestant({
      name: 'landbridge, hub: read at a spoke, script’s request',
      prepare: () => request(SPOKE, '/', spoke),
      run: (input: NodeInput) => account(sessions, input),
      expected: USER,
    }),
    contestant({
      name: 'landbridge, hub: read at a spoke, navigation',
      prepare: () => request(SPOKE, '/', spoke, NAVIGATION),
      run: (input: NodeInput) => account(sessions, input),
      expected: USER,
    }),
    contestant({
      name: 'landbridge, hub: bounce, ticket, redemption',
      prepare: () => other,
      run: async (cookies: string) => (await cross(sessions, cookies)).startsWith('__Host-sid='),
      expected: true,
    }),
  ]
}

const request = (host: string, url: string, cookie: string, more: Record<string, string> = {}): NodeInput => {
  return { method: 'GET', url, headers: { host, cookie, ...more }, socket: { remoteAddress: '127.0.0.1' } }
}

async function account(sessions: Sessions<Content>, input: NodeInput): Promise<unknown> {
  const exchange = await sessions.open(input)
  return exchange.kind === 'serve' ? (await exchange.session.account())?.id : exchange.kind
}

async function signIn(sessions: Sessions<Content>): Promise<string> {
  const exchange = await sessions.open(request(HUB, '/', ''))
  if (exchange.kind !== 'serve') throw new Error('not served')
  await exchange.session.signIn({ id: USER })
  const headers = new Headers()
  await exchange.commit(headers)
  return cookiesIn(headers.getSetCookie())
}

/** One crossing, without HTTP; the cookie that it ends with. */
async function cross(sessions: Sessions<Content>, hub: string): Promise<string> {
  const hint = hub.split('; ').find((pair) => pair.startsWith('__Secure-hint'))!
  const bounced = replyOf(await sessions.open(request(SPOKE, '/cart', hint, NAVIGATION)))
  const ask = new URL(bounced.headers['location']!)
  const { body } = replyOf(await sessions.open(request(HUB, ask.pathname + ask.search, hub, NAVIGATION)))
  const fields = Object.fromEntries([...body.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]))
  const headers = { ...NAVIGATION, origin: `http://${HUB}`, 'content-type': 'application/x-www-form-urlencoded' }
  const posted = { ...request(SPOKE, '/.session/in', cookiesIn(bounced.cookies), headers), method: 'POST', body: fields }
  return cookiesIn(replyOf(await sessions.open(posted)).cookies?.filter((line) => line.startsWith('__Host-sid')))
}

function replyOf(exchange: Exchange<Content>): Extract<Exchange<Content>, { kind: 'reply' }>['reply'] {
  if (exchange.kind === 'reply') return exchange.reply
  throw new Error('served where a reply was expected')
}

const cookiesIn = (lines: readonly string[] = []): string => lines.map((line) => line.split(';', 1)[0]).join('; ')
