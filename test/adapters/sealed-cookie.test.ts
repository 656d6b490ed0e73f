import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import { memory } from 'landbridge/memory'
import { nodeSessions, nodeUpgrade } from 'landbridge/node'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Route } from '../support/adapters.ts'
import { ADAPTERS, ERROR_PAGE } from '../support/adapters.ts'
import { HOST } from '../support/client.ts'
import { Cookies } from '../support/cookies.ts'
import { makeSessions } from '../support/launch.ts'
import { serving } from '../support/serving.ts'
import { ROUTES } from '../support/visitor.ts'

const KEYS = ['the key of these tests is long enough']
const PADS = Object.fromEntries([1, 4, 9, 20].map((kilobytes) => [kilobytes, randomBytes(kilobytes * 500).toString('hex')]))

const routes: Record<string, Route> = {
  ...ROUTES,
  '/length': async (session) => ({ body: String(((await session.get('pad')) ?? '').length) }),
  '/count': async (session) => ({ body: String(await session.update('count', (count = 0) => Number(count) + 1)) }),
}
for (const [kilobytes, pad] of Object.entries(PADS)) {
  routes[`/pad/${kilobytes}`] = (session) => {
    session.set('pad', pad)
    return { body: 'padded' }
  }
}

describe.each(ADAPTERS)('$name', (adapter) => {
  const start = async () => {
    const { sessions } = makeSessions(sealedCookie({ keys: KEYS, chunks: 4 }))
    const running = await adapter.start(sessions, { routes })
    onTestFinished(() => running.close())
    const cookies = new Cookies()
    const go = async (path: string) => {
      const answer = await running.ask(path, { cookie: cookies.header })
      cookies.take(answer)
      return { status: answer.status, body: await answer.text(), header: answer.header, setCookies: answer.setCookies }
    }
    return { go, cookies }
  }

  test('a sealed session grows over several cookies, shrinks to one, and is gone after the sign-out', async () => {
    const { go, cookies } = await start()
    await go('/sign-in')
    expect(cookies.names).toHaveLength(2)
    for (const [kilobytes, chunks] of [
      [1, 1],
      [4, 2],
      [9, 4],
      [4, 2],
      [1, 1],
    ] as const) {
      expect((await go(`/pad/${kilobytes}`)).header('cache-control')).toBe('private, no-store')
      expect([kilobytes, cookies.names.length]).toEqual([kilobytes, 1 + chunks])
      expect(await go('/length')).toMatchObject({ body: String(kilobytes * 1000), setCookies: [] })
    }
    expect((await go('/who')).body).toBe('elmer')
    await go('/sign-out')
    expect(cookies.names).toEqual([])
  })

  test('an update sends its cookie without anything else being changed', async () => {
    const { go } = await start()
    await go('/sign-in')
    for (const count of ['1', '2', '3']) expect((await go('/count')).body).toBe(count)
  })

  test('a session that is too large is an error of the application, and the one before stays', async () => {
    const { go, cookies } = await start()
    await go('/sign-in')
    await go('/pad/4')
    const before = cookies.header
    // Where the response had been made already, the adapter sends a plain 500 and warns.
    const { promise: warned, resolve } = Promise.withResolvers<Error>()
    process.once('warning', resolve)
    const refused = await go('/pad/20')
    expect([refused.status, refused.setCookies]).toEqual([500, []])
    if (refused.body !== ERROR_PAGE) expect(await warned).toMatchObject({ code: 'ERR_COOKIE_TOO_LARGE' })
    expect(cookies.header).toBe(before)
    expect((await go('/length')).body).toBe('4000')
  })
})

test.each(['sign-out', 'sign-in', 'renew', 'revokeAccount'] as const)(
  'a WebSocket that a sealed session has opened is closed by the %s of that session',
  async (end) => {
    const { sessions } = makeSessions(sealedCookie({ keys: KEYS, epochs: memory() }))
    const sockets = new WebSocketServer({ noServer: true })
    onTestFinished(() => sockets.clients.forEach((each) => each.terminate()))
    const listener = nodeSessions(sessions, async (request, response) => {
      const { body } = await routes[request.url!]!(request.session)
      response.end(body)
    })
    const upgrade = nodeUpgrade(sessions, async (request, socket, head) => {
      const account = await request.session.account()
      sockets.handleUpgrade(request, socket, head, (ws) => ws.send(account?.id ?? 'anonymous'))
    })
    const server = http.createServer((request, response) => listener(request, response))
    server.on('upgrade', (request, socket, head) => upgrade(request, socket, head))
    const { ask, port } = await serving(server)
    const cookies = new Cookies().take(await ask('/sign-in'))

    const headers = { host: HOST, origin: `http://${HOST}`, cookie: cookies.header! }
    const ws = new WebSocket(`ws://127.0.0.1:${port}/`, { headers }).on('error', () => undefined)
    const closed = once(ws, 'close')
    expect(String(((await once(ws, 'message')) as [Buffer])[0])).toBe('elmer')
    if (end === 'revokeAccount') await sessions.revokeAccount('elmer')
    else await ask(`/${end}`, { cookie: cookies.header })
    await closed
  },
  5000,
)
