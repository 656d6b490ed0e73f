/** Bodies of our own endpoints on real servers: read by us, parsed by somebody before us, cut off, or without an end. */
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import express from 'express'
import { memory } from 'landbridge/memory'
import { expressSessions } from 'landbridge/express'
import { nodeSessions } from 'landbridge/node'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import { askServer, sessionCookie } from '../support/client.ts'
import { KEYS } from '../support/crossing.ts'
import { launch, makeSessions } from '../support/launch.ts'
import { serving } from '../support/serving.ts'
import { ROUTES } from '../support/visitor.ts'

const TOPOLOGY = { kind: 'hub', hub: 'acme.localhost', spokes: ['*.acme.localhost'], authorize: () => true } as const
const OWN = { 'sec-fetch-site': 'same-origin' }
const FORM = { ...OWN, 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' }
const host = 'acme.localhost'

describe.each([
  ['urlencoded', FORM, 'to=%2Fbye&reach=everywhere'],
  ['json', { ...OWN, 'content-type': 'application/json', accept: 'text/html' }, '{"to":"/bye"}'],
  ['text', { ...OWN, 'content-type': 'text/plain', accept: 'text/html' }, 'to=%2Fbye'],
  ['raw', { ...OWN, 'content-type': 'application/octet-stream', accept: 'text/html' }, 'to=%2Fbye'],
] as const)('a body that express.%s parsed before us', (_, headers, body) => {
  test('is understood', async () => {
    const { sessions } = makeSessions(memory(), { topology: TOPOLOGY, keys: KEYS })
    const app = express()
    app.use(express.urlencoded(), express.json(), express.text(), express.raw())
    app.use(expressSessions(sessions))
    app.use(async (request, response) => {
      await request.session.signIn({ id: 'ada' })
      response.send('in')
    })
    const { port } = await serving(http.createServer(app))
    const cookie = sessionCookie(await askServer(port, '/', { host, headers: OWN }))
    const out = await askServer(port, '/.session/sign-out', { host, method: 'POST', cookie, headers, body })
    expect([out.status, out.header('location')]).toEqual([303, 'http://acme.localhost/bye'])
    expect(await sessions.sessionsOf('ada')).toEqual([])
  })
})

describe('on node:http', () => {
  const start = async () => {
    const { sessions, events } = makeSessions(memory(), { topology: TOPOLOGY, keys: KEYS })
    const strays: unknown[] = []
    const keep = (error: unknown): void => void strays.push(error)
    for (const name of ['unhandledRejection', 'uncaughtException', 'warning'] as const) {
      process.on(name as 'warning', keep)
      onTestFinished(() => void process.off(name, keep))
    }
    const [arrived, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const listener = nodeSessions(sessions, (_, response) => response.end('served'))
    const server = http.createServer((request, response) => {
      if (request.method === 'POST') request.on('close', () => setImmediate(closed.resolve))
      listener(request, response)
      arrived.resolve()
    })
    return { ...(await serving(server)), events, strays, arrived: arrived.promise, closed: closed.promise }
  }
  const head = ['POST /.session/sign-out HTTP/1.1', `Host: ${host}`, 'Sec-Fetch-Site: same-origin']

  test('a client that goes away in the middle of its body is no error of ours', async () => {
    const { port, ask, strays, arrived, closed } = await start()
    const socket = net.connect(port, '127.0.0.1')
    socket.write([...head, 'Content-Length: 100', '', 'to=%2F'].join('\r\n'))
    await arrived
    socket.resetAndDestroy()
    await once(socket, 'close')
    await closed
    expect((await ask('/', { host })).status).toBe(200)
    expect(strays).toEqual([])
  })

  test('a body without an end is a 400 as soon as it is too long', async () => {
    const { port, events, strays } = await start()
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write([...head, 'Transfer-Encoding: chunked', '', ''].join('\r\n'))
    const answered = once(socket, 'data').then(([bytes]) => String(bytes).split('\r\n')[0])
    const writing = setInterval(() => socket.write(`400\r\n${'x'.repeat(1024)}\r\n`), 1)
    expect(await answered).toBe('HTTP/1.1 400 Bad Request')
    clearInterval(writing)
    socket.destroy()
    expect(events.at(-1)).toMatchObject({ type: 'crossing.refused', reason: 'body-malformed' })
    expect(strays).toEqual([])
  })
})

describe.each(ADAPTERS)('on $name', (adapter) => {
  const TYPES = { form: 'application/x-www-form-urlencoded', json: 'application/json' }
  const POSTS = [
    ['elmer.acme.localhost', 'in', 'form'],
    ['elmer.acme.localhost', 'in', 'json'],
    ['elmer.acme.localhost', 'frame', 'form'],
    ['elmer.acme.localhost', 'begin', 'json'],
    ['acme.localhost', 'push', 'form'],
    ['acme.localhost', 'sign-out', 'form'],
    ['acme.localhost', 'switch', 'json'],
  ] as const
  const SIZES = [9000, 100_000, 3_000_000]

  test.each(POSTS)(
    'a body that is too long, at %s/.session/%s by %s, has an answer, and the connection is not cut before',
    async (at, path, type) => {
      const { ask, events, watched } = await launch(adapter, { routes: ROUTES }, { topology: TOPOLOGY, keys: KEYS })
      for (const size of SIZES) {
        for (const framing of [{ 'content-length': String(size) }, { 'transfer-encoding': 'chunked' }]) {
          const before = events.length
          const headers = {
            'content-type': TYPES[type],
            'sec-fetch-site': 'same-origin',
            origin: type === 'form' && at.startsWith('elmer') ? 'http://acme.localhost' : `http://${at}`,
            ...framing,
          }
          const body = (type === 'form' ? 'ticket=' : '{"ticket":"').padEnd(size, 'x')
          const answer = await ask(`/.session/${path}`, { host: at, method: 'POST', headers, body })
          expect([answer.status >= 400 && answer.status < 500, answer.setCookies]).toEqual([true, []])
          expect(await answer.text()).not.toContain('xxx')
          expect(events.slice(before).map((event) => ('reason' in event ? event.reason : event.type))).toEqual(['body-malformed'])
        }
      }
      expect(watched.calls).toEqual([])
    },
  )
})
