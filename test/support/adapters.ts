/** Every adapter behind one small description of an application, so that one table of behaviours runs against all of them. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable, pipeline } from 'node:stream'
import { promisify } from 'node:util'
import { serve } from '@hono/node-server'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import type { Session, Sessions } from 'landbridge'
import { errorReply } from 'landbridge'
import { expressSessions } from 'landbridge/express'
import { fastifySessions } from 'landbridge/fastify'
import { honoSessions } from 'landbridge/hono'
import { nodeSessions } from 'landbridge/node'
import { askServer, webAnswer, webRequest } from './client.ts'
import type { Answer, Ask } from './client.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- tests store whatever they like
export type Data = Record<string, any>

/** What a route answers with, in no framework's words. */
interface Page {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string | AsyncIterable<string>
}

export type Route = (session: Session<Data>) => Page | Promise<Page>
export type RawRoute = (session: Session<Data>, response: http.ServerResponse, request: http.IncomingMessage) => unknown

/** Routes by path. A raw one writes to the response of `node:http` itself; only servers that have one serve it. */
export interface Application {
  readonly routes?: Readonly<Record<string, Route>>
  readonly raw?: Readonly<Record<string, RawRoute>>
}

export interface Running {
  ask(path: string, ask?: Ask): Promise<Answer>
  /** `null` where requests are made in process. */
  readonly port: number | null
  close(): Promise<void>
}

export interface Adapter {
  readonly name: string
  readonly kind: 'in-process' | 'node' | 'web-on-node'
  start(sessions: Sessions<Data>, application: Application): Promise<Running>
}

/** What an application shows for its own errors. */
export const ERROR_PAGE = "the application's own error page"
const NOT_FOUND: Page = { status: 404, body: 'not found' }

const webHandle: Adapter = {
  name: 'sessions.handle',
  kind: 'in-process',
  start: async (sessions, { routes = {} }) => ({
    ask: async (path, ask) => {
      try {
        const route = routes[pathOf(path)]
        const serve = async (session: Session<Data>): Promise<Response> => webPage(route ? await route(session) : NOT_FOUND)
        const response = await sessions.handle(webRequest(path, ask), serve)
        // As every Web-standard server does.
        return webAnswer(ask?.method === 'HEAD' ? new Response(null, response) : response)
      } catch {
        return webAnswer(new Response(ERROR_PAGE, { status: 500 }))
      }
    },
    port: null,
    close: async () => undefined,
  }),
}

const nodeHttp: Adapter = {
  name: 'node:http',
  kind: 'node',
  start: (sessions, { routes = {}, raw = {} }) => {
    const listener = nodeSessions(sessions, async (request, response) => {
      const path = pathOf(request.url ?? '/')
      try {
        if (raw[path]) await raw[path](request.session, response, request)
        else await writePage(response, routes[path] ? await routes[path](request.session) : NOT_FOUND)
      } catch (error) {
        if (errorReply(error) || response.headersSent) throw error
        response.statusCode = 500
        response.end(ERROR_PAGE)
      }
    })
    return listening(http.createServer((request, response) => listener(request, response)))
  },
}

const onExpress: Adapter = {
  name: 'Express 5',
  kind: 'node',
  start: (sessions, { routes = {}, raw = {} }) => {
    const app = express()
    app.disable('x-powered-by')
    app.use(expressSessions(sessions))
    app.use(async (request, response) => {
      const session = request.session as unknown as Session<Data>
      const path = pathOf(request.url)
      if (raw[path]) return void (await raw[path](session, response, request))
      const { status = 200, headers = {}, body = '' } = routes[path] ? await routes[path](session) : NOT_FOUND
      response.status(status).set(headers)
      if (typeof body === 'string') response.send(body)
      else pipeline(Readable.from(body), response, () => undefined)
    })
    app.use((error: { status?: number }, _request: express.Request, response: express.Response, _next: express.NextFunction) => {
      if (!response.headersSent) response.status(error.status ?? 500).send(ERROR_PAGE)
    })
    return listening(http.createServer(app))
  },
}

const onFastify: Adapter = {
  name: 'Fastify 5',
  kind: 'node',
  start: async (sessions, { routes = {}, raw = {} }) => {
    const app = fastify()
    await app.register(fastifySessions(sessions))
    app.setErrorHandler((error: { statusCode?: number }, _request, reply) => reply.code(error.statusCode ?? 500).send(ERROR_PAGE))
    app.route({
      method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      url: '*',
      handler: async (request, reply) => {
        const session = request.session as unknown as Session<Data>
        const path = pathOf(request.url)
        if (raw[path]) {
          reply.hijack()
          return void (await raw[path](session, reply.raw, request.raw))
        }
        const { status = 200, headers = {}, body = '' } = routes[path] ? await routes[path](session) : NOT_FOUND
        return reply
          .code(status)
          .headers(headers)
          .send(typeof body === 'string' ? body : Readable.from(body))
      },
    })
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = app.server.address() as AddressInfo
    return { port, ask: (path, ask) => askServer(port, path, ask), close: () => closed(app.server, () => app.close()) }
  },
}

const honoInProcess: Adapter = {
  name: 'Hono 4, app.request',
  kind: 'in-process',
  start: async (sessions, application) => {
    const app = honoApp(sessions, application)
    return { port: null, ask: async (path, ask) => webAnswer(await app.request(webRequest(path, ask))), close: async () => undefined }
  },
}

const honoOnNode: Adapter = {
  name: 'Hono 4 on @hono/node-server',
  kind: 'web-on-node',
  start: async (sessions, application) => {
    const server = serve({ fetch: honoApp(sessions, application).fetch, port: 0, hostname: '127.0.0.1' }) as http.Server
    if (!server.listening) await once(server, 'listening')
    return running(server)
  },
}

function honoApp(sessions: Sessions<Data>, { routes = {} }: Application): Hono {
  const app = new Hono()
  app.use(honoSessions(sessions))
  app.all('*', async (c) => {
    const session = c.var.session as unknown as Session<Data>
    const { status = 200, headers = {}, body = '' } = routes[c.req.path] ? await routes[c.req.path]!(session) : NOT_FOUND
    const content = nobody(status) ? null : typeof body === 'string' ? body : webStream(body)
    c.status(status as StatusCode)
    return c.body(content as string, status as 200, { ...headers })
  })
  app.onError((error, c) => c.text(ERROR_PAGE, ((error as { status?: number }).status ?? 500) as 500))
  return app
}

export const ADAPTERS: readonly Adapter[] = [webHandle, nodeHttp, onExpress, onFastify, honoInProcess, honoOnNode]
/** Those whose requests arrive over a connection. */
export const SERVERS: readonly Adapter[] = ADAPTERS.filter(({ kind }) => kind !== 'in-process')
/** Those that hand the application a response of `node:http`. */
export const NODE_SERVERS: readonly Adapter[] = ADAPTERS.filter(({ kind }) => kind === 'node')

const pathOf = (url: string): string => url.replace(/\?.*$/s, '')
const nobody = (status: number): boolean => status === 204 || status === 304
const webStream = (chunks: AsyncIterable<string>): ReadableStream =>
  Readable.toWeb(Readable.from(chunks).map((chunk: string) => Buffer.from(chunk))) as ReadableStream

function webPage({ status = 200, headers = {}, body = '' }: Page): Response {
  const list = Object.entries(headers).flatMap(([name, values]) => [values].flat().map((value): [string, string] => [name, value]))
  return new Response(nobody(status) ? null : typeof body === 'string' ? body : webStream(body), { status, headers: list })
}

async function writePage(response: http.ServerResponse, { status = 200, headers = {}, body = '' }: Page): Promise<void> {
  response.writeHead(status, headers)
  if (typeof body === 'string') return void response.end(body)
  for await (const chunk of body) if (!response.write(chunk)) await once(response, 'drain')
  response.end()
}

/** Listens on a free port of 127.0.0.1. */
export async function listening(server: http.Server): Promise<Running & { readonly port: number }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return running(server)
}

function running(server: http.Server): Running & { readonly port: number } {
  const { port } = server.address() as AddressInfo
  return { port, ask: (path, ask) => askServer(port, path, ask), close: () => closed(server, promisify(server.close.bind(server))) }
}

async function closed(server: http.Server, close: () => Promise<void>): Promise<void> {
  server.closeAllConnections()
  await close()
}
