/** HTTP/2 and pipelines, over node alone. */
import http from 'node:http'
import http2 from 'node:http2'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { Session, Sessions } from 'landbridge'
import { nodeSessions } from 'landbridge/node'
import { Readable } from 'node:stream'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Data } from '../support/adapters.ts'
import { HOST, askServer, sessionCookie } from '../support/client.ts'
import { OURS, serving, setUp } from '../support/serving.ts'

describe('node:http2', () => {
  async function start(sessions: Sessions<Data>) {
    const server = http2.createServer()
    const listener = nodeSessions(sessions, async (request, response) => {
      if (request.url === '/set') request.session.set('theme', 'dark')
      response.setHeader('x-application', 'yes')
      response.end(String(await request.session.get('theme')))
    })
    server.on('request', (request, response) => listener(request as never, response as never))
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
  const { port } = await serving(http.createServer((request, response) => listener(request, response)))
  watched.fail('create')
  expect((await askServer(port, '/')).status).toBe(503)
  expect(await outcome.promise).toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' })
})

describe('a handler of node:http that throws', () => {
  // An unhandled rejection would end the process, and a visitor decides how much he posts.
  test.each([
    ['because a visitor sent more than a session holds', (session: Session<Data>) => session.set('theme', 'x'.repeat(70_000))],
    ['for a reason of its own', () => Promise.reject(new TypeError('broken'))],
  ])('%s is answered with 500, and the server goes on', async (_, act) => {
    const strays: unknown[] = []
    const keep = (error: unknown): void => void strays.push(error)
    process.on('unhandledRejection', keep)
    onTestFinished(() => void process.off('unhandledRejection', keep))
    const { sessions } = setUp()
    const server = http.createServer(
      nodeSessions(sessions, async (request, response) => {
        if (request.url === '/throw') await Promise.resolve(act(request.session))
        response.end('fine')
      }),
    )
    const { ask } = await serving(server)
    const { status, setCookies } = await ask('/throw')
    expect([status, setCookies]).toEqual([500, []])
    expect(await (await ask('/')).text()).toBe('fine')
    expect(strays).toEqual([])
  })
})
