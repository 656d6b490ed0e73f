/** Connections: kept alive, cut by the client, and processes that must survive both. */
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { SERVERS } from '../support/adapters.ts'
import type { Application } from '../support/adapters.ts'
import { HOST, askServer, sessionCookie } from '../support/client.ts'
import { launch } from '../support/launch.ts'

const application: Application = {
  routes: {
    '/plain': () => ({ body: 'untouched' }),
    '/set': (session) => {
      session.set('theme', 'dark')
      return { body: 'done' }
    },
    '/get': async (session) => ({ body: String(await session.get('theme')) }),
    '/stream': (session) => {
      session.set('theme', 'dark')
      return { body: chunks() }
    },
  },
}

async function* chunks(): AsyncIterable<string> {
  for (let i = 0; i < 50; i++) yield 'chunk '.repeat(2000)
}

/** Everything that would have ended the process; vitest would only report it at the end of the run. */
function catchStrays(): unknown[] {
  const strays: unknown[] = []
  const keep = (error: unknown): void => void strays.push(error)
  process.on('unhandledRejection', keep).on('uncaughtException', keep)
  onTestFinished(() => void process.off('unhandledRejection', keep).off('uncaughtException', keep))
  return strays
}

describe.each(SERVERS)('$name', (adapter) => {
  test('a connection is used again after a response that was held, stored or not', async () => {
    const { port, watched } = await launch(adapter, application)
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const sockets = new Set<string>()
    const ask = async (path: string, cookie?: string) => {
      const answer = await askServer(port!, path, { agent, cookie })
      sockets.add(String(Object.values(agent.sockets).flat()[0]?.localPort))
      return { ...answer, body: await answer.text() }
    }
    const first = await ask('/set')
    expect((await ask('/get', sessionCookie(first))).body).toBe('dark')
    watched.fail('create', 'update')
    expect((await ask('/set')).status).toBe(503)
    expect((await ask('/stream')).status).toBe(503)
    expect((await ask('/get', sessionCookie(first))).body).toBe('dark')
    watched.fail()
    expect((await ask('/stream', sessionCookie(first))).body.length).toBe(600_000)
    expect((await ask('/plain')).body).toBe('untouched')
    expect(sockets.size).toBe(1)
  })

  test('two requests sent at once on one connection are answered in their order', async () => {
    const { port, watched } = await launch(adapter, application)
    const { open, reached } = watched.hold('create')
    const socket = net.connect(port!, '127.0.0.1').setEncoding('utf8')
    const request = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n${more}\r\n`
    socket.write(request('/set') + request('/plain', 'Connection: close\r\n'))
    await reached
    open()
    let text = ''
    for await (const chunk of socket) text += chunk as string
    expect(text.match(/done|untouched/g)?.filter((each, i, all) => each !== all[i - 1])).toEqual(['done', 'untouched'])
    expect(text.match(/HTTP\/1\.1 200 OK/g)?.length).toBe(2)
  })

  test.each([
    ['/set', 'create'],
    ['/stream', 'create'],
    ['/get', 'read'],
  ] as const)('a client that leaves %s while the store is slow harms nobody', async (path, method) => {
    const strays = catchStrays()
    const { ask, port, watched, events } = await launch(adapter, application)
    const cookie = sessionCookie(await ask('/set'))!
    for (const outcome of ['stored', 'failed']) {
      const { open, reached } = watched.hold(method)
      const socket = net.connect(port!, '127.0.0.1')
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n${method === 'read' ? `Cookie: ${cookie}\r\n` : ''}\r\n`)
      await reached
      socket.resetAndDestroy()
      await once(socket, 'close')
      // The server has noticed once it serves what was asked later.
      await ask('/plain')
      if (outcome === 'failed') watched.fail(method)
      open()
      expect(await (await ask('/plain')).text()).toBe('untouched')
      watched.fail()
    }
    await ask('/plain')
    expect(strays).toEqual([])
    expect(events.filter(({ type }) => type === 'session.created').length).toBeGreaterThan(0)
  })

  test('a session that ends while a stream runs cuts at most this stream', async () => {
    const strays = catchStrays()
    const gate = Promise.withResolvers<void>()
    const started = Promise.withResolvers<void>()
    const { ask, sessions } = await launch(adapter, {
      routes: {
        ...application.routes,
        '/count': async (session) => {
          await session.get('theme')
          return {
            body: (async function* () {
              yield 'started'
              started.resolve()
              await gate.promise
              await session.update('count', (count = 0) => Number(count) + 1)
              yield 'counted'
            })(),
          }
        },
      },
    })
    await (await ask('/set')).text()
    const cookie = sessionCookie(await ask('/set'))!
    const answer = await ask('/count', { cookie })
    await started.promise
    await sessions.revoke(cookie.slice(11, 33) as never)
    gate.resolve()
    await expect(answer.text()).rejects.toThrow()
    expect(await (await ask('/plain')).text()).toBe('untouched')
    expect(strays).toEqual([])
  })
})
