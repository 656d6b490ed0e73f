/** A small real application on many hosts behind one server, as a user of Landbridge writes it, with an access log. */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SessionEvent, SessionId, Sessions } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import type { SessionRequest } from 'landbridge/node'
import { nodeSessions } from 'landbridge/node'
import { AccessLog } from './access-log.ts'
import { makeCertificate } from './certificate.ts'
import { hostPage, signInPage } from './pages.ts'
import type { World } from './world.ts'
import { hostsOf } from './world.ts'

type Data = { cart?: string[]; note?: string }

export interface Application {
  readonly world: World
  readonly log: AccessLog
  readonly events: SessionEvent[]
  /** Every ticket that stood in an answer, so that a test can look for it where it must not stand. */
  readonly tickets: string[]
  readonly sessions: Sessions<Data>
  url(host: string, path?: string): string
  origin(host: string): string
  /** Puts a page of somebody's own on a host: what a tenant or a stranger serves there, without any session. */
  place(host: string, path: string, body: string, headers?: Record<string, string | string[]>): string
  handlesOf(account: string): ReturnType<Sessions['handlesOf']>
  close(): Promise<void>
}

export interface ApplicationOptions {
  /** Turns the legacy transport of the shops on. */
  readonly script?: boolean
}

export async function startApplication(world: World, { script = false }: ApplicationOptions = {}): Promise<Application> {
  const log = new AccessLog()
  const events: SessionEvent[] = []
  const tickets: string[] = []
  const placed = new Map<string, { body: string; headers: Record<string, string | string[]> }>()
  const sessions = createSessions<Data>({
    topology: [
      {
        kind: 'hub',
        hub: world.hub,
        spokes: [`*.${world.hub}`],
        signIn: '/login',
        protect: ({ path }) => path.startsWith('/private'),
        authorize: ({ id }, host) => id !== 'stranger' && { role: `${id} at ${host.split('.')[0]}` },
      },
      { kind: 'peers', hosts: [world.shopA, world.shopB], signIn: '/login', script },
    ],
    store: memory(),
    keys: ['a key for the tests, longer than 32 characters'],
    onEvent: (event) => events.push(event),
  })
  const application = nodeSessions(sessions, (request, response) => serve(request, response))
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    const entry = log.note(request)
    noteTickets(response, tickets)
    response.on('close', () => void (entry.status = response.statusCode))
    const own = placed.get(`${entry.host}${entry.path.split('?')[0]!}`)
    if (own) response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...own.headers }).end(own.body)
    else application(request, response)
  }
  const server = world.scheme === 'https' ? https.createServer(makeCertificate(hostsOf(world)), listener) : http.createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const origin = (host: string): string => `${world.scheme}://${host}:${port}`
  return {
    world,
    log,
    events,
    tickets,
    sessions,
    origin,
    url: (host, path = '/') => origin(host) + path,
    place(host, path, body, headers = {}) {
      placed.set(host + path, { body: `<!doctype html><meta charset="utf-8"><title>${host}</title>${body}`, headers })
      return origin(host) + path
    },
    async handlesOf(account) {
      const found = await sessions.sessionsOf(account)
      return (await Promise.all(found.map(({ id }: { id: SessionId }) => sessions.handlesOf(id)))).flat()
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      await sessions.close()
    },
  }
}

/** Tickets stand in forms and in JSON. */
function noteTickets(response: ServerResponse, tickets: string[]): void {
  const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse
  response.end = ((...given: unknown[]) => {
    const found = /name="ticket" value="([^"]+)"|"ticket":"([^"]+)"/.exec(String(given[0]))
    if (found) tickets.push(found[1] ?? found[2]!)
    return end(...given)
  }) as typeof response.end
}

type Served = SessionRequest<Data>

async function serve(request: Served, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://host')
  const fields = request.method === 'POST' ? await formOf(request) : new URLSearchParams()
  const route = ROUTES[`${request.method} ${pathname}`]
  if (route) return route(request, response, fields)
  if (request.method !== 'GET') return send(response, 405, 'no such form')
  if (pathname === '/login') return send(response, 200, signInPage())
  const { session } = request
  const account = await session.account()
  const claims = await session.claims()
  const body = hostPage({
    host: session.host,
    who: account?.id ?? 'nobody',
    role: (claims as { role?: string } | null)?.role ?? '',
    tag: await session.accountTag(),
    cart: (await session.get('cart')) ?? [],
    note: (await session.get('note')) ?? '',
    scripts: searchParams.has('scripts') ? await session.scriptUrls() : [],
    outside: searchParams.get('outside') ?? '',
  })
  send(response, 200, body)
}

const ROUTES: Record<string, (request: Served, response: ServerResponse, fields: URLSearchParams) => Promise<void>> = {
  'POST /login': async ({ session }, response, fields) => {
    await session.signIn({ id: fields.get('account') ?? '', remember: fields.has('remember') })
    seeOther(response, session.signInTarget()?.url ?? '/')
  },
  'POST /add': async ({ session }, response, fields) => {
    await session.addAccount({ id: fields.get('account') ?? '' })
    seeOther(response, '/')
  },
  'POST /cart': async ({ session }, response, fields) => {
    await session.update('cart', (cart = []) => [...cart, fields.get('item') ?? ''])
    seeOther(response, '/')
  },
  'POST /save': async ({ session }, response, fields) => {
    await session.requireAccount(fields.get('tag'))
    session.set('note', fields.get('note') ?? '')
    send(response, 200, '<p id="saved">saved</p>')
  },
  'GET /api/me': async ({ session }, response) => {
    const id = (await session.account())?.id ?? null
    response.writeHead(id === null ? 401 : 200, { 'content-type': 'application/json' }).end(JSON.stringify({ id }))
  },
}

async function formOf(request: IncomingMessage): Promise<URLSearchParams> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return new URLSearchParams(text)
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(body)
}

const seeOther = (response: ServerResponse, location: string): void => void response.writeHead(303, { location }).end()
