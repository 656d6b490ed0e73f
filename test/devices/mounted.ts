/** The devices mounted in every framework, at the same path of one small application, and its visitors. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { serve } from '@hono/node-server'
import express from 'express'
import type { FastifyInstance } from 'fastify'
import fastify from 'fastify'
import { Hono } from 'hono'
import type { Session, SessionEvent, Sessions, SessionsOptions, Store } from 'landbridge'
import type { DevicesOptions } from 'landbridge/devices'
import { expressDevices, fastifyDevices, honoDevices, nodeDevices, webDevices } from 'landbridge/devices'
import { expressSessions } from 'landbridge/express'
import { fastifySessions } from 'landbridge/fastify'
import { honoSessions } from 'landbridge/hono'
import { memory } from 'landbridge/memory'
import { nodeSessions } from 'landbridge/node'
import { virtualClock } from 'landbridge/testing'
import { onTestFinished } from 'vitest'
import type { Data } from '../support/adapters.ts'
import type { Answer, Ask } from '../support/client.ts'
import { askServer, webAnswer, webRequest } from '../support/client.ts'
import { makeSessions } from '../support/launch.ts'

export const PATH = '/account/devices'

interface Served {
  readonly ask: (path: string, ask: Ask) => Promise<Answer>
  readonly port: number | null
  readonly close?: () => unknown
}

interface Mount {
  readonly name: string
  start(sessions: Sessions<Data>, options: DevicesOptions): Served | Promise<Served>
}

/** What the application itself does: `POST /sign-in/<who>`, remembered with `?remember`. */
async function signIn(session: Session<Data>, url: string): Promise<string | null> {
  const [, id, remember] = /^\/sign-in\/(\w+)(\?remember)?$/.exec(url) ?? []
  if (id === undefined) return null
  await session.signIn({ id, remember: remember !== undefined })
  return `hello ${id}`
}

const OURS = 'a page of the application'
const of = (request: object): Session<Data> => (request as { session: Session<Data> }).session
const isDevices = (url: string): boolean => url.split('?', 1)[0] === PATH

async function listening(server: http.Server): Promise<Served> {
  if (!server.listening) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> => {
    server.closeAllConnections()
    return promisify(server.close.bind(server))()
  }
  return { port, ask: (path, ask) => askServer(port, path, ask), close }
}

function honoApp(sessions: Sessions<Data>, options: DevicesOptions): Hono {
  const app = new Hono().use(honoSessions(sessions)).all(PATH, honoDevices(options))
  return app.all('*', async (c) => c.text((await signIn(of(c.var), c.req.path + new URL(c.req.url).search)) ?? OURS))
}

const fastifyMount = (name: string, make: () => FastifyInstance): Mount => ({
  name,
  async start(sessions, options) {
    const app = make()
    await app.register(fastifySessions(sessions))
    await app.register(fastifyDevices(options), { prefix: PATH })
    app.all('/*', async (request) => (await signIn(of(request), request.url)) ?? OURS)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    return { port, ask: (path, ask) => askServer(port, path, ask), close: () => app.close() }
  },
})

export const MOUNTS: readonly Mount[] = [
  {
    name: 'sessions.handle',
    start(sessions, options) {
      const devices = webDevices(options)
      const ask = async (path: string, asked: Ask): Promise<Answer> => {
        const request = webRequest(path, asked)
        return webAnswer(
          await sessions.handle(request, async (session) =>
            isDevices(path) ? devices(request, session) : new Response((await signIn(session, path)) ?? OURS),
          ),
        )
      }
      return { ask, port: null }
    },
  },
  {
    name: 'node:http',
    start(sessions, options) {
      const devices = nodeDevices(options)
      const listener = nodeSessions(sessions, async (request, response) => {
        if (isDevices(request.url ?? '')) await devices(request, response)
        else response.end((await signIn(request.session, request.url ?? '')) ?? OURS)
      })
      return listening(http.createServer((request, response) => listener(request, response)))
    },
  },
  {
    name: 'Express 5',
    start(sessions, options) {
      const app = express()
      app.use(expressSessions(sessions))
      app.use(PATH, expressDevices(options))
      app.use(async (request, response) => void response.send((await signIn(of(request), request.url)) ?? OURS))
      return listening(http.createServer(app))
    },
  },
  {
    name: 'Express 5, as a route of a router, behind a body parser',
    start(sessions, options) {
      const app = express()
      app.use(express.urlencoded({ extended: false }), express.json(), expressSessions(sessions))
      app.use('/account', express.Router().all('/devices', expressDevices(options)))
      app.use(async (request, response) => void response.send((await signIn(of(request), request.url)) ?? OURS))
      return listening(http.createServer(app))
    },
  },
  fastifyMount('Fastify 5', () => fastify()),
  fastifyMount('Fastify 5, where the application parses forms itself', () => {
    const app = fastify()
    app.addContentTypeParser('application/x-www-form-urlencoded', () => {
      throw new Error('There is nothing to parse.')
    })
    return app
  }),
  {
    name: 'Hono 4, app.request',
    start(sessions, options) {
      const app = honoApp(sessions, options)
      return { port: null, ask: async (path, ask) => webAnswer(await app.request(webRequest(path, ask))) }
    },
  },
  {
    name: 'Hono 4 on @hono/node-server',
    start: (sessions, options) =>
      listening(serve({ fetch: honoApp(sessions, options).fetch, port: 0, hostname: '127.0.0.1' }) as http.Server),
  },
]

export const HTML = 'text/html,application/xhtml+xml,*/*;q=0.8'
export const JSON_ONLY = 'application/json'
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'

/** A browser as far as it keeps cookies. */
class Visitor {
  readonly #cookies = new Map<string, string>()
  readonly #ask: Served['ask']
  readonly #host: string
  /** Whether it is too old to say where a request is from. */
  old = false

  constructor(ask: Served['ask'], host: string) {
    this.#ask = ask
    this.#host = host
  }

  async ask(path: string, { headers, ...ask }: Ask = {}): Promise<Answer> {
    const own = { ...(this.old ? {} : { 'sec-fetch-site': 'same-origin' }), 'user-agent': FIREFOX, accept: HTML }
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await this.#ask(path, { host: this.#host, cookie, headers: { ...own, ...headers }, ...ask })
    for (const line of answer.setCookies) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (value === '') this.#cookies.delete(name!)
      else this.#cookies.set(name!, value!)
    }
    return answer
  }

  async signIn(as: string): Promise<void> {
    const answer = await this.ask(`/sign-in/${as}`, { method: 'POST' })
    if (answer.status !== 200) throw new Error(`not signed in: ${answer.status}`)
  }

  get(accept: string, path: string = PATH): Promise<Answer> {
    return this.ask(path, { headers: { accept } })
  }

  post(query: string, accept: string = HTML, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(`${PATH}?${query}`, { method: 'POST', headers: { accept, ...headers } })
  }

  /** The list as JSON. */
  async list(): Promise<Listed[]> {
    return (JSON.parse(await (await this.get(JSON_ONLY)).text()) as { devices: Listed[] }).devices
  }
}

interface Listed {
  readonly id: string
  readonly agent: string
  readonly current: boolean
  readonly remembered: boolean
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly seenAt: number
}

export interface Mounted {
  readonly visitor: (host?: string) => Visitor
  readonly clock: ReturnType<typeof virtualClock>
  readonly events: readonly SessionEvent[]
  readonly port: number | null
}

export async function mounted(
  mount: Mount,
  options: DevicesOptions = {},
  { store = memory(), ...more }: Partial<SessionsOptions> & { readonly store?: Store } = {},
): Promise<Mounted> {
  const clock = virtualClock()
  const { sessions, events } = makeSessions(store, { clock: clock.now, ...more })
  const { ask, port, close } = await mount.start(sessions, { clock: clock.now, ...options })
  if (close) onTestFinished(async () => void (await close()))
  return { clock, events, port, visitor: (host = 'elmer.acme.localhost') => new Visitor(ask, host) }
}
