/** What only one of the frameworks does. */
import http from 'node:http'
import http2 from 'node:http2'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip, gunzipSync } from 'node:zlib'
import express from 'express'
import fastify from 'fastify'
import { Hono } from 'hono'
import type { Sessions } from 'landbridge'
import { expressSessions } from 'landbridge/express'
import { fastifySessions } from 'landbridge/fastify'
import { honoSessions } from 'landbridge/hono'
import { nodeSessions } from 'landbridge/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listening } from '../support/adapters.ts'
import type { Data } from '../support/adapters.ts'
import { HOST, askServer, sessionCookie, webRequest } from '../support/client.ts'
import { makeSessions } from '../support/launch.ts'
import { Watched } from '../support/stores.ts'

const OURS = expect.stringMatching(/^__Host-sid=/)

function setUp(): { sessions: Sessions<Data>; watched: Watched } {
  const watched = new Watched()
  return { ...makeSessions(watched.store), watched }
}

async function serving(server: http.Server) {
  const running = await listening(server)
  onTestFinished(() => running.close())
  return running
}

/** Middleware that compresses as the usual ones do: it takes the place of writeHead, write and end. */
function compress(_request: unknown, response: http.ServerResponse, next: () => void): void {
  const { writeHead, write, end } = response
  const gzip = createGzip()
  let begun = false
  const begin = (): void => {
    if (begun) return
    begun = true
    response.removeHeader('content-length')
    response.setHeader('content-encoding', 'gzip')
    gzip.on('data', (chunk: Buffer) => void write.call(response, chunk, 'utf8'))
    gzip.on('end', () => void end.call(response, undefined, 'utf8'))
  }
  response.writeHead = ((...args: Parameters<typeof writeHead>) => {
    begin()
    return writeHead.apply(response, args)
  }) as typeof writeHead
  response.write = ((chunk: Buffer) => {
    if (!response.headersSent) response.writeHead(response.statusCode)
    return gzip.write(chunk)
  }) as typeof write
  response.end = ((chunk?: Buffer) => {
    if (!response.headersSent) response.writeHead(response.statusCode)
    if (chunk) gzip.write(chunk)
    gzip.end()
    return response
  }) as typeof end
  next()
}

async function rawBody(
  port: number,
  path: string,
): Promise<{ status: number; encoding: string | undefined; text: string; cookies: string[] }> {
  const request = http.get({ host: '127.0.0.1', port, path, headers: { host: HOST }, agent: false })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const bytes = Buffer.concat(await response.toArray())
  const encoding = response.headers['content-encoding']
  const text = (encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString()
  return { status: response.statusCode!, encoding, text, cookies: response.headers['set-cookie'] ?? [] }
}

describe('Express', () => {
  const routes = (app: express.Express): void => {
    app.get('/send', (request, response) => {
      request.session.set('theme', 'dark')
      response.send('hello')
    })
    app.get('/stream', (request, response) => {
      request.session.set('theme', 'dark')
      Readable.from(['hel', 'lo']).pipe(response)
    })
    app.get('/redirect', (request, response) => {
      request.session.set('theme', 'dark')
      response.redirect('/send')
    })
    app.get('/cookie', (request, response) => {
      request.session.set('theme', 'dark')
      response.cookie('a', '1').cookie('b', '2').json({ hello: true })
    })
  }
  const ORDERS: [string, (app: express.Express, sessions: Sessions<Data>) => void][] = [
    ['before ours', (app, sessions) => app.use(compress).use(expressSessions(sessions))],
    ['after ours', (app, sessions) => app.use(expressSessions(sessions)).use(compress)],
    [
      'after a change',
      (app, sessions) =>
        app
          .use(expressSessions(sessions))
          .use((request, _response, next) => {
            request.session.set('early', true)
            next()
          })
          .use(compress),
    ],
  ]

  test.each(ORDERS)('middleware that compresses, mounted %s, works with a held response', async (_, mount) => {
    const { sessions, watched } = setUp()
    const app = express()
    mount(app, sessions)
    routes(app)
    const { port } = await serving(http.createServer(app))
    for (const path of ['/send', '/stream']) {
      expect(await rawBody(port, path)).toEqual({ status: 200, encoding: 'gzip', text: 'hello', cookies: [OURS] })
    }
    watched.fail('create')
    for (const path of ['/send', '/stream']) {
      const { status, text, cookies } = await rawBody(port, path)
      expect([status, text, cookies]).toEqual([503, expect.stringContaining('[ERR_STORE_UNAVAILABLE]'), []])
    }
  })

  test('redirects and cookies of the application go out beside the session cookie', async () => {
    const app = express().use(expressSessions(setUp().sessions))
    routes(app)
    const { ask } = await serving(http.createServer(app))
    const redirect = await ask('/redirect')
    expect([redirect.status, redirect.header('location'), redirect.setCookies]).toEqual([302, '/send', [OURS]])
    const { setCookies } = await ask('/cookie')
    expect(setCookies).toEqual(['a=1; Path=/', 'b=2; Path=/', OURS])
  })

  test('an error of the application reaches its default handler, with the change stored', async () => {
    const app = express().use(expressSessions(setUp().sessions)).set('env', 'test')
    app.get('/', (request) => {
      request.session.set('theme', 'dark')
      throw new Error('a mistake of the application')
    })
    const { ask } = await serving(http.createServer(app))
    const answer = await ask('/')
    expect([answer.status, answer.setCookies]).toEqual([500, [OURS]])
    expect(await answer.text()).toContain('a mistake of the application')
  })
})

describe('Fastify', () => {
  test('a hijacked reply and a stream payload are held until the session is stored', async () => {
    const { sessions, watched } = setUp()
    const app = fastify()
    await app.register(fastifySessions(sessions))
    app.get('/hijack', (request, reply) => {
      request.session.set('theme', 'dark')
      reply.hijack()
      reply.raw.writeHead(201, { 'x-raw': 'yes' })
      reply.raw.end('raw')
    })
    app.get('/stream', (request, reply) => {
      request.session.set('theme', 'dark')
      return reply.header('x-stream', 'yes').send(Readable.from(['one', 'two']))
    })
    const running = await serving(app.server).catch(() => null)
    expect(running).not.toBeNull()
    await app.ready()
    const hijacked = await running!.ask('/hijack')
    expect([hijacked.status, hijacked.header('x-raw'), await hijacked.text(), hijacked.setCookies]).toEqual([201, 'yes', 'raw', [OURS]])
    const streamed = await running!.ask('/stream')
    expect([streamed.status, streamed.header('x-stream'), await streamed.text(), streamed.setCookies]).toEqual([
      200,
      'yes',
      'onetwo',
      [OURS],
    ])
    watched.fail('create')
    for (const path of ['/hijack', '/stream']) {
      const answer = await running!.ask(path)
      expect([answer.status, answer.setCookies, answer.header('x-raw'), answer.header('x-stream')]).toEqual([503, [], null, null])
    }
  })

  test('a stream whose save failed is destroyed', async () => {
    const { sessions, watched } = setUp()
    const source = new PassThrough()
    const app = fastify()
    await app.register(fastifySessions(sessions))
    app.get('/', (request, reply) => {
      request.session.set('theme', 'dark')
      source.write('one')
      return reply.send(source)
    })
    watched.fail('create')
    const response = await app.inject({ url: '/', headers: { host: HOST } })
    expect(response.statusCode).toBe(503)
    await expect.poll(() => source.destroyed).toBe(true)
  })

  test('a reply that is sent twice while it is held is sent once', async () => {
    const app = fastify()
    await app.register(fastifySessions(setUp().sessions))
    app.get('/', async (request, reply) => {
      request.session.set('theme', 'dark')
      void reply.send('once')
      return 'twice'
    })
    const response = await app.inject({ url: '/', headers: { host: HOST } })
    expect([response.statusCode, response.body, response.headers['set-cookie']]).toEqual([200, 'once', OURS])
  })

  test('a request that is refused in the first hook reaches no later hook, and the hook after the response runs', async () => {
    const hooks: string[] = []
    const app = fastify()
    await app.register(fastifySessions(setUp().sessions))
    for (const name of ['onRequest', 'preHandler', 'onSend'] as const) app.addHook(name, async () => void hooks.push(name))
    app.get('/', () => 'served')
    app.post('/', () => 'served')
    const running = await serving(app.server)
    await app.ready()
    expect((await running.ask('/', { host: 'evil.example' })).status).toBe(421)
    expect((await running.ask('/', { method: 'POST', body: 'x'.repeat(100_000) })).status).toBe(403)
    expect(hooks).toEqual([])
    expect(await (await running.ask('/')).text()).toBe('served')
    expect(hooks).toEqual(['onRequest', 'preHandler', 'onSend'])
  })

  test('routes of children and the page for unknown paths have a session, too', async () => {
    const app = fastify()
    await app.register(fastifySessions(setUp().sessions))
    await app.register(async (child) => child.get('/child', async (request) => String(await request.session.get('theme'))))
    app.setNotFoundHandler(async (request, reply) => reply.code(404).send(request.session.host))
    expect((await app.inject({ url: '/child', headers: { host: HOST } })).body).toBe('undefined')
    expect((await app.inject({ url: '/other', headers: { host: HOST } })).body).toBe(HOST)
  })
})

describe('Hono', () => {
  test('a response with immutable headers, or one constant for all visitors, gets the cookie on a copy', async () => {
    const { sessions } = setUp()
    const constant = new Response(null, { status: 204 })
    const app = new Hono().use(honoSessions(sessions))
    app.get('/redirect', (c) => {
      c.var.session.set('theme', 'dark')
      return Response.redirect('http://elmer.acme.localhost/', 303)
    })
    app.get('/constant', (c) => {
      if (c.req.query('change')) c.var.session.set('theme', 'dark')
      return constant
    })
    const redirect = await app.request(webRequest('/redirect'))
    expect([redirect.status, redirect.headers.get('location'), redirect.headers.getSetCookie()]).toEqual([
      303,
      'http://elmer.acme.localhost/',
      [OURS],
    ])
    expect((await app.request(webRequest('/constant?change=yes'))).headers.getSetCookie()).toEqual([OURS])
    expect((await app.request(webRequest('/constant'))).headers.getSetCookie()).toEqual([])
    expect(constant.headers.getSetCookie()).toEqual([])
  })

  test('without an error handler of its own, Hono answers 503 with none of the response that was not saved', async () => {
    const { sessions, watched } = setUp()
    const app = new Hono().use(honoSessions(sessions))
    app.get('/', (c) => {
      c.var.session.set('theme', 'dark')
      return new Response('hello', { headers: { 'cache-control': 'public, max-age=60', 'set-cookie': 'a=1', etag: '"1"' } })
    })
    watched.fail('create')
    const answer = await app.request(webRequest('/'))
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('etag'), answer.headers.getSetCookie()]).toEqual([
      503,
      'no-store',
      null,
      [],
    ])
  })
})

describe('sessions.handle', () => {
  test('a response with immutable headers, or one constant for all visitors, gets the cookie on a copy', async () => {
    const { sessions } = setUp()
    const constant = new Response(null, { status: 204 })
    const change = (response: Response) =>
      sessions.handle(webRequest('/'), (session) => {
        session.set('theme', 'dark')
        return response
      })
    expect((await change(Response.redirect('http://elmer.acme.localhost/', 303))).headers.getSetCookie()).toEqual([OURS])
    expect((await change(constant)).headers.getSetCookie()).toEqual([OURS])
    expect(constant.headers.getSetCookie()).toEqual([])
  })

  test('the response of an untouched session is handed on as it is, whatever kind it has', async () => {
    const { sessions } = setUp()
    for (const response of [new Response('body'), Response.error()]) {
      expect(await sessions.handle(webRequest('/'), () => response)).toBe(response)
    }
  })
})

describe('node:http2', () => {
  async function start(sessions: Sessions<Data>) {
    const server = http2.createServer()
    const listener = nodeSessions(sessions, async (request, response) => {
      if (request.url === '/set') request.session.set('theme', 'dark')
      response.setHeader('x-application', 'yes')
      response.end(String(await request.session.get('theme')))
    })
    server.on('request', (request, response) => void listener(request as never, response as never))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => {
      client.close()
      server.close()
    })
    return async (path: string, headers: http2.OutgoingHttpHeaders = {}) => {
      const stream = client.request({ ':path': path, ':authority': HOST, ...headers })
      const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]
      return { head, text: Buffer.concat(await stream.toArray()).toString() }
    }
  }

  test('sessions are read and stored, and a failing store is a 503', async () => {
    const { sessions, watched } = setUp()
    const ask = await start(sessions)
    const { head } = await ask('/set')
    expect([head[':status'], head['set-cookie'], head['vary']]).toEqual([200, [OURS], 'Cookie'])
    expect((await ask('/get', { cookie: sessionCookie({ setCookies: head['set-cookie']! })! })).text).toBe('dark')
    watched.fail('create')
    const failed = await ask('/set')
    expect([failed.head[':status'], failed.head['set-cookie'], failed.head['x-application']]).toEqual([503, undefined, undefined])
  })

  test('a host that differs from the authority is a bad request', async () => {
    const ask = await start(setUp().sessions)
    expect((await ask('/get', { host: 'fudd.acme.localhost' })).head[':status']).toBe(400)
    expect((await ask('/get', { host: HOST })).head[':status']).toBe(200)
  })
})

test('a pipeline into a response whose save failed ends, and its source with it', async () => {
  const { sessions, watched } = setUp()
  const outcome = Promise.withResolvers<unknown>()
  const listener = nodeSessions(sessions, async (request, response) => {
    request.session.set('theme', 'dark')
    const source = Readable.from(
      (async function* () {
        for (;;) yield 'endless'
      })(),
    )
    await pipeline(source, response).catch(outcome.resolve)
  })
  const { port } = await serving(http.createServer((request, response) => void listener(request, response)))
  watched.fail('create')
  expect((await askServer(port, '/')).status).toBe(503)
  expect(await outcome.promise).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})
