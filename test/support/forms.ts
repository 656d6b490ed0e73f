/** Applications that read the body of a form in every way that a framework has, and clients that send one. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { serve } from '@hono/node-server'
import express from 'express'
import type { FastifyInstance } from 'fastify'
import fastify from 'fastify'
import type { HonoRequest } from 'hono'
import { Hono } from 'hono'
import type { Sessions } from 'landbridge'
import { expressSessions } from 'landbridge/express'
import { fastifySessions } from 'landbridge/fastify'
import { honoSessions } from 'landbridge/hono'
import { nodeSessions } from 'landbridge/node'
import { onTestFinished } from 'vitest'
import type { Data } from './adapters.ts'
import { HOST } from './client.ts'
import { serving } from './serving.ts'

export interface Posted {
  readonly headers: Readonly<Record<string, string>>
  /** Sent as they are, one write each. */
  readonly pieces: readonly Uint8Array[]
  readonly chunked?: boolean
}

export interface Got {
  readonly status: number
  readonly text: string
}

type Post = (posted: Posted) => Promise<Got>

/** An application that answers a POST with the digest of the bytes it was given; or, where its framework parses them, of the field `note`. */
export interface Reader {
  readonly name: string
  readonly gives: 'bytes' | 'note'
  readonly takes: 'any' | 'urlencoded'
  start(sessions: Sessions<Data>): Promise<Post>
}

export const digest = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

async function digestOf(chunks: AsyncIterable<Uint8Array | string>): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunks) hash.update(chunk)
  return hash.digest('hex')
}

type Listener = (request: http.IncomingMessage, response: http.ServerResponse) => unknown

const READING: readonly [string, Listener][] = [
  ['an async iterator', async (request, response) => response.end(await digestOf(request))],
  [
    'a listener for data that comes late',
    async (request, response) => {
      await turn()
      const hash = createHash('sha256')
      request.on('data', (chunk: Buffer) => hash.update(chunk))
      request.on('end', () => response.end(hash.digest('hex')))
    },
  ],
  [
    'a pipe',
    async (request, response) => {
      response.end(await digestOf(request.pipe(new PassThrough())))
    },
  ],
  [
    'read calls of one byte and more',
    async (request, response) => {
      const hash = createHash('sha256')
      request.on('readable', () => {
        for (let chunk; (chunk = (request.read(1) ?? request.read()) as Buffer | null) !== null;) hash.update(chunk)
      })
      await once(request, 'end')
      response.end(hash.digest('hex'))
    },
  ],
  ['a Response made of it', async (request, response) => response.end(digest(await new Response(request as never).bytes()))],
  [
    'a pause before, as some middleware makes',
    async (request, response) => {
      request.pause()
      await turn()
      request.resume()
      response.end(await digestOf(request))
    },
  ],
]

const overHttp = (
  name: string,
  gives: Reader['gives'],
  takes: Reader['takes'],
  server: (sessions: Sessions<Data>) => http.Server,
): Reader => ({
  name,
  gives,
  takes,
  start: async (sessions) => {
    const { port } = await serving(server(sessions))
    return (posted) => postTo(port, posted)
  },
})

/** Sends a form to a server and reads the answer. */
export async function postTo(port: number, { headers, pieces, chunked = false }: Posted, agent?: http.Agent): Promise<Got> {
  const length = chunked ? {} : { 'content-length': String(Buffer.concat(pieces).length) }
  const options = { host: '127.0.0.1', port, path: '/post', method: 'POST', agent: agent ?? false }
  const request = http.request({ ...options, headers: { host: HOST, ...length, ...headers } })
  const answered = once(request, 'response') as Promise<[http.IncomingMessage]>
  request.on('error', () => undefined)
  for (const piece of pieces) {
    request.write(piece)
    if (pieces.length > 1) await turn()
  }
  request.end()
  const [response] = await answered
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode!, text }
}

const onExpress = (
  name: string,
  gives: Reader['gives'],
  takes: Reader['takes'],
  before: express.Handler[],
  after: express.Handler[],
): Reader =>
  overHttp(name, gives, takes, (sessions) => {
    const app = express()
    if (before.length > 0) app.use(...before)
    app.use(expressSessions(sessions))
    if (after.length > 0) app.use(...after)
    app.post('/post', async (request, response) => {
      const body: unknown = request.body
      if (body === undefined) response.send(await digestOf(request))
      else if (typeof body === 'string' || body instanceof Uint8Array) response.send(digest(body))
      else response.send(digest(String((body as { note: unknown }).note)))
    })
    return http.createServer(app)
  })

const onFastify = (
  name: string,
  takes: Reader['takes'],
  parse: (app: FastifyInstance) => void,
  read: (body: unknown) => unknown,
): Reader => ({
  name: `Fastify ${name}`,
  gives: 'bytes',
  takes,
  start: async (sessions) => {
    const app = fastify({ bodyLimit: 10_000_000 })
    await app.register(fastifySessions(sessions))
    parse(app)
    app.post('/post', async (request) => read(request.body))
    await app.listen({ port: 0, host: '127.0.0.1' })
    onTestFinished(() => app.close())
    const { port } = app.server.address() as AddressInfo
    return (posted) => postTo(port, posted)
  },
})

/** As applications of Fastify are tested: without a connection. */
const injected: Reader = {
  name: 'Fastify by inject',
  gives: 'bytes',
  takes: 'any',
  start: async (sessions) => {
    const app = fastify({ bodyLimit: 10_000_000 })
    await app.register(fastifySessions(sessions))
    app.addContentTypeParser(ANY, { parseAs: 'buffer' }, (_, body, done) => done(null, body))
    app.post('/post', async (request) => digest(request.body as Buffer))
    onTestFinished(() => app.close())
    return async ({ headers, pieces }) => {
      const answer = await app.inject({ method: 'POST', url: '/post', headers: { host: HOST, ...headers }, payload: Buffer.concat(pieces) })
      return { status: answer.statusCode, text: answer.body }
    }
  },
}

const onHono = (name: string, gives: Reader['gives'], read: (request: HonoRequest) => Promise<string>): Reader[] => {
  const app = (sessions: Sessions<Data>): Hono => {
    const hono = new Hono()
    hono.use(honoSessions(sessions))
    hono.post('/post', async (c) => c.text(await read(c.req)))
    return hono
  }
  const onNode: Reader = {
    name: `Hono on @hono/node-server, ${name}`,
    gives,
    takes: 'any',
    start: async (sessions) => {
      const server = serve({ fetch: app(sessions).fetch, port: 0, hostname: '127.0.0.1' }) as http.Server
      if (!server.listening) await once(server, 'listening')
      onTestFinished(() => {
        server.closeAllConnections()
        server.close()
      })
      return (posted) => postTo((server.address() as AddressInfo).port, posted)
    },
  }
  const inProcess: Reader = {
    name: `Hono in process, ${name}`,
    gives,
    takes: 'any',
    start: async (sessions) => async (posted) => got(await app(sessions).request(webForm(posted))),
  }
  return [onNode, inProcess]
}

const got = async (response: Response): Promise<Got> => ({ status: response.status, text: await response.text() })

/** A Web-standard request whose body comes piece by piece. */
export function webForm({ headers, pieces }: Posted): Request {
  const left = [...pieces]
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const next = left.shift()
      if (next === undefined) controller.close()
      else controller.enqueue(Uint8Array.from(next))
    },
  })
  return new Request(`http://${HOST}/post`, { method: 'POST', headers: { ...headers }, body, duplex: 'half' } as RequestInit)
}

const inProcess = (name: string, gives: Reader['gives'], read: (request: Request) => Promise<string>): Reader => ({
  name: `sessions.handle, ${name}`,
  gives,
  takes: 'any',
  start: async (sessions) => async (posted) => {
    const request = webForm(posted)
    return got(await sessions.handle(request, async () => new Response(await read(request))))
  },
})

const overHttp2: Reader = {
  name: 'node:http2',
  gives: 'bytes',
  takes: 'any',
  start: async (sessions) => {
    const server = http2.createServer()
    server.on('request', nodeSessions(sessions, async (request, response) => response.end(await digestOf(request))) as never)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => {
      client.close()
      server.close()
    })
    return async ({ headers, pieces, chunked = false }) => {
      const length = chunked ? {} : { 'content-length': String(Buffer.concat(pieces).length) }
      const stream = client.request({ ':method': 'POST', ':path': '/post', ':authority': HOST, ...length, ...headers })
      const answered = once(stream, 'response') as Promise<[http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader]>
      for (const piece of pieces) {
        stream.write(piece)
        if (pieces.length > 1) await turn()
      }
      stream.end()
      const [head] = await answered
      let text = ''
      for await (const chunk of stream) text += String(chunk)
      return { status: head[':status']!, text }
    }
  },
}

const ANY = /^/
export const READERS: readonly Reader[] = [
  ...READING.map(([name, listener]) =>
    overHttp(`node:http, ${name}`, 'bytes', 'any', (sessions) => {
      const served = nodeSessions(sessions, listener)
      return http.createServer((request, response) => served(request, response))
    }),
  ),
  overHttp2,
  onExpress('Express, read as a stream', 'bytes', 'any', [], []),
  onExpress('Express, urlencoded behind us', 'note', 'urlencoded', [], [express.json(), express.urlencoded()]),
  onExpress('Express, urlencoded before us', 'note', 'urlencoded', [express.json(), express.urlencoded()], []),
  onExpress('Express, text behind us', 'bytes', 'urlencoded', [], [express.text({ type: () => true, limit: '10mb' })]),
  onExpress('Express, text before us', 'bytes', 'urlencoded', [express.text({ type: () => true, limit: '10mb' })], []),
  onExpress('Express, raw behind us', 'bytes', 'any', [], [express.raw({ type: () => true, limit: '10mb' })]),
  onExpress('Express, raw before us', 'bytes', 'any', [express.raw({ type: () => true, limit: '10mb' })], []),
  onFastify(
    'with a parser of texts',
    'urlencoded',
    (app) => app.addContentTypeParser(ANY, { parseAs: 'string' }, (_, body, done) => done(null, body)),
    (body) => digest(body as string),
  ),
  onFastify(
    'with a parser of buffers',
    'any',
    (app) => app.addContentTypeParser(ANY, { parseAs: 'buffer' }, (_, body, done) => done(null, body)),
    (body) => digest(body as Buffer),
  ),
  onFastify(
    'with a parser that streams',
    'any',
    (app) => app.addContentTypeParser(ANY, (_, payload, done) => done(null, payload)),
    (body) => digestOf(body as http.IncomingMessage),
  ),
  injected,
  ...onHono('arrayBuffer', 'bytes', async (request) => digest(new Uint8Array(await request.arrayBuffer()))),
  ...onHono('a stream', 'bytes', async (request) => digestOf(request.raw.body as unknown as AsyncIterable<Uint8Array>)),
  ...onHono('parseBody', 'note', async (request) => digest((await request.parseBody())['note'] as string)),
  inProcess('bytes', 'bytes', async (request) => digest(await request.bytes())),
  inProcess('a stream', 'bytes', async (request) => digestOf(request.body as unknown as AsyncIterable<Uint8Array>)),
  inProcess('formData', 'note', async (request) => digest((await request.formData()).get('note') as string)),
]
