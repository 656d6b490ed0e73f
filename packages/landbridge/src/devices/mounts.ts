/** The handler in the words of each framework. Each is mounted behind the sessions of that framework, in one line. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Reply } from '../core/reply.ts'
import { replyResponse } from '../core/reply.ts'
import type { DevicesOptions, DevicesSession } from './devices.ts'
import { devices } from './devices.ts'

/** For a Web-standard server: `sessions.handle(request, (session) => … myDevices(request, session) …)`. */
export function webDevices(options?: DevicesOptions): (request: Request, session: DevicesSession) => Promise<Response> {
  const answer = devices(options)
  return async (request, session) => {
    const reply = await answer(session, { method: request.method, url: request.url, accept: request.headers.get('accept') })
    return replyResponse(request.method === 'HEAD' ? { ...reply, body: '' } : reply)
  }
}

/** For Hono: `app.all('/account/devices', honoDevices())`. */
export function honoDevices(options?: DevicesOptions): (c: HonoContext) => Promise<Response> {
  const answer = webDevices(options)
  return (c) => answer(c.req.raw, sessionOf(c.var, 'honoSessions'))
}

interface HonoContext {
  readonly req: { readonly raw: Request }
  readonly var: object
}

/** For `node:http` behind `nodeSessions`: `await myDevices(request, response)` where the path is that of the page. */
export function nodeDevices(options?: DevicesOptions): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const answer = devices(options)
  return async (request, response) => {
    const { method = 'GET', url = '/', headers, originalUrl = url } = request as IncomingMessage & { originalUrl?: string }
    const reply = await answer(sessionOf(request, 'nodeSessions'), { method, url: originalUrl, accept: headers.accept })
    response.statusCode = reply.status
    const { vary = '', ...own } = reply.headers
    for (const [name, value] of Object.entries(own)) response.setHeader(name, value)
    // What the application says here already holds for its own headers.
    response.appendHeader('vary', vary)
    response.end(reply.body)
  }
}

/** For Express: `app.use('/account/devices', expressDevices())`. What is below that path is left to the application. */
export function expressDevices(options?: DevicesOptions): ExpressHandler {
  const answer = nodeDevices(options)
  return (request, response, next) => {
    const { route, url = '/' } = request as IncomingMessage & { route?: unknown }
    // As middleware it is called for every path that begins with its own, which Express has cut off.
    if (route === undefined && !/^\/?(?:\?|$)/.test(url)) return next()
    answer(request, response).then(undefined, next)
  }
}

type ExpressHandler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void

/** For Fastify: `app.register(fastifyDevices(), { prefix: '/account/devices' })`. */
export function fastifyDevices(options?: DevicesOptions): (app: FastifyApp) => Promise<void> {
  const answer = devices(options)
  // An async plugin: Fastify calls back for no other that takes one parameter.
  return async (app) => {
    // Forms say that they send fields, and have none: whatever comes is left unread, as what to do is in the address.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, _payload, done) => done(null))
    app.all('/', async (request, reply) => {
      const { method, url, headers } = request
      const {
        status,
        headers: own,
        body,
      }: Reply = await answer(sessionOf(request, 'fastifySessions'), { method, url, accept: headers.accept })
      return reply.code(status).headers(own).send(body)
    })
  }
}

interface FastifyReply {
  code(status: number): this
  headers(headers: Readonly<Record<string, string>>): this
  send(body: string): unknown
}

interface FastifyApp {
  removeAllContentTypeParsers(): void
  addContentTypeParser(type: string, parser: (request: never, payload: never, done: (error: Error | null) => void) => void): unknown
  all(path: string, handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>): unknown
}

interface FastifyRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
}

function sessionOf(holder: object, sessions: string): DevicesSession {
  const { session } = holder as { session?: DevicesSession }
  if (session === undefined) throw new TypeError(`This request has no session. Mount ${sessions} before the devices.`)
  return session
}
