/** What only Fastify does. */
import fastify from 'fastify'
import { fastifySessions } from 'landbridge/fastify'
import { PassThrough, Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { HOST } from '../support/client.ts'
import { OURS, serving, setUp } from '../support/serving.ts'

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
