import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import type { Session, SessionId, Sessions } from 'landbridge'
import { nodeSessions, nodeUpgrade } from 'landbridge/node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { listening } from '../support/adapters.ts'
import type { Data } from '../support/adapters.ts'
import { HOST, sessionCookie } from '../support/client.ts'
import { makeSessions } from '../support/launch.ts'
import { Watched } from '../support/stores.ts'

async function start(sessions: Sessions<Data>, onOpen?: (session: Session<Data>) => unknown) {
  const sockets = new WebSocketServer({ noServer: true })
  const listener = nodeSessions(sessions, async (request, response) => {
    await request.session.signIn({ id: 'elmer' })
    response.end('in')
  })
  const upgrade = nodeUpgrade(sessions, async (request, socket, head) => {
    await onOpen?.(request.session)
    const account = await request.session.account()
    sockets.handleUpgrade(request, socket, head, (ws) => ws.send(account?.id ?? 'anonymous'))
  })
  const server = http.createServer((request, response) => listener(request, response))
  server.on('upgrade', (request, socket, head) => upgrade(request, socket, head))
  const running = await listening(server)
  onTestFinished(async () => {
    for (const each of sockets.clients) each.terminate()
    await running.close()
  })
  const open = async ({ cookie, ...headers }: Record<string, string | undefined>): Promise<string | number> => {
    const given = cookie === undefined ? headers : { ...headers, cookie }
    const ws = new WebSocket(`ws://127.0.0.1:${running.port}/`, { headers: { host: HOST, ...given } as Record<string, string> })
    const refused = once(ws, 'unexpected-response').then(([, response]) => (response as http.IncomingMessage).statusCode!)
    ws.on('error', () => undefined)
    const greeted = once(ws, 'message').then(([message]) => String(message))
    const outcome = await Promise.race([refused, greeted])
    ws.terminate()
    return outcome
  }
  /** Opens one and leaves it open: how it closed later, as a promise. */
  const keep = async (cookie = ''): Promise<{ readonly closed: Promise<unknown>; readonly ws: WebSocket }> => {
    const ws = new WebSocket(`ws://127.0.0.1:${running.port}/`, { headers: { host: HOST, origin: `http://${HOST}`, cookie } })
    ws.on('error', () => undefined)
    const closed = once(ws, 'close')
    await once(ws, 'message')
    return { closed, ws }
  }
  return { ...running, open, keep }
}

describe('a WebSocket', () => {
  test('of the site itself reads the session in its handshake', async () => {
    const { ask, open } = await start(makeSessions(new Watched().store).sessions)
    const cookie = sessionCookie(await ask('/'))
    expect(await open({ origin: `http://${HOST}`, cookie })).toBe('elmer')
    expect(await open({ origin: `http://${HOST}` })).toBe('anonymous')
  })

  test('from another origin, or of a client that hides its origin, is refused before any read', async () => {
    const watched = new Watched()
    const { sessions, events } = makeSessions(watched.store)
    const { ask, open } = await start(sessions)
    const cookie = sessionCookie(await ask('/'))
    watched.calls.length = 0
    expect(await open({ origin: 'http://fudd.acme.localhost', cookie })).toBe(403)
    expect(await open({ origin: `https://${HOST}`, cookie })).toBe(403)
    expect(await open({ origin: 'null', cookie })).toBe(403)
    expect(await open({ cookie })).toBe(403)
    expect(await open({ host: 'evil.example', origin: 'http://evil.example' })).toBe(421)
    expect(watched.calls).toEqual([])
    expect(events.filter(({ type }) => type === 'request.refused').length).toBe(5)
  })

  test('cannot change the session in its handshake, which carries no cookie of ours', async () => {
    let thrown: unknown
    const { open } = await start(makeSessions(new Watched().store).sessions, (session) => {
      try {
        session.set('theme', 'dark')
      } catch (error) {
        thrown = error
      }
    })
    expect(await open({ origin: `http://${HOST}` })).toBe('anonymous')
    expect(thrown).toMatchObject({ code: 'ERR_HEADERS_SENT' })
  })

  test('is refused with 503 while the store is down', async () => {
    const watched = new Watched()
    const { ask, open } = await start(makeSessions(watched.store).sessions)
    const cookie = sessionCookie(await ask('/'))
    watched.fail('read')
    expect(await open({ origin: `http://${HOST}`, cookie })).toBe(503)
  })

  test('whose client resets the connection while the session is read harms nobody', async () => {
    const watched = new Watched()
    const { ask, port } = await start(makeSessions(watched.store).sessions)
    const cookie = sessionCookie(await ask('/'))!
    const strays: unknown[] = []
    const keep = (error: unknown): void => void strays.push(error)
    process.on('unhandledRejection', keep).on('uncaughtException', keep)
    onTestFinished(() => void process.off('unhandledRejection', keep).off('uncaughtException', keep))
    const { open: release, reached } = watched.hold('read')
    const socket = net.connect(port, '127.0.0.1')
    const lines = [`Host: ${HOST}`, `Origin: http://${HOST}`, `Cookie: ${cookie}`, 'Connection: Upgrade', 'Upgrade: websocket']
    const keys = ['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']
    socket.write(['GET / HTTP/1.1', ...lines, ...keys, '', ''].join('\r\n'))
    await reached
    socket.resetAndDestroy()
    await once(socket, 'close')
    expect((await ask('/')).status).toBe(200)
    release()
    expect((await ask('/')).status).toBe(200)
    expect(strays).toEqual([])
  })
})

describe('an open WebSocket is closed', () => {
  test.each([
    ['its session is revoked', (sessions: Sessions<Data>, id: SessionId) => sessions.revoke(id)],
    ['its account is revoked', (sessions: Sessions<Data>) => sessions.revokeAccount('elmer')],
  ])('at once when %s in this process', async (_, end) => {
    const { sessions } = makeSessions(new Watched().store)
    const { ask, keep } = await start(sessions)
    const cookie = sessionCookie(await ask('/'))
    const { closed } = await keep(cookie)
    await end(sessions, (await sessions.sessionsOf('elmer'))[0]!.id)
    await closed
  })

  test('within half a minute when its session ended elsewhere, and not before', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const { store } = new Watched()
    const { sessions } = makeSessions(store)
    const { ask, keep } = await start(sessions)
    const { closed, ws } = await keep(sessionCookie(await ask('/')))
    await vi.advanceTimersByTimeAsync(30_000)
    expect(ws.readyState).toBe(WebSocket.OPEN)
    await store.revoke((await sessions.sessionsOf('elmer'))[0]!.id)
    vi.advanceTimersByTime(30_000)
    await closed
  })

  test('within half a minute when the password changed elsewhere, at once when a request of this process finds that out', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const user = { password: 'one', now: Date.now() }
    const { sessions } = makeSessions(new Watched().store, { authHash: () => user.password, clock: () => user.now })
    const { ask, keep } = await start(sessions)
    const [idle, busy] = await Promise.all([ask('/'), ask('/')]).then((answers) => answers.map((answer) => sessionCookie(answer)!))
    const [waiting, found] = [await keep(idle), await keep(busy)]
    user.password = 'two'
    user.now += 5000
    const request = new Request(`http://${HOST}/`, { headers: { cookie: busy! } })
    await sessions.handle(request, async (session) => Response.json(await session.account()))
    await found.closed
    expect(waiting.ws.readyState).toBe(WebSocket.OPEN)
    vi.advanceTimersByTime(30_000)
    await waiting.closed
  })

  test('but not when the secret of its cookie was replaced, however often, and that is no theft', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    onTestFinished(() => void vi.useRealTimers())
    const time = { now: Date.now() }
    const { sessions, events } = makeSessions(new Watched().store, { clock: () => time.now })
    const opened: Session<Data>[] = []
    const { keep } = await start(sessions, (session) => opened.push(session))
    const visit = async (cookie: string, act: (session: Session<Data>) => unknown) => {
      const response = await sessions.handle(new Request(`http://${HOST}/`, { headers: { cookie } }), async (session) => {
        await act(session)
        return new Response('ok')
      })
      return response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie
    }
    let cookie = await visit('', (session) => session.signIn({ id: 'elmer', remember: true }))
    const { ws } = await keep(cookie)
    for (let day = 0; day < 5; day++) {
      time.now += 24 * 3_600_000
      for (let request = 0; request < 2; request++) cookie = await visit(cookie, (session) => session.account())
      await vi.advanceTimersByTimeAsync(30_000)
    }
    expect(await opened[0]!.update('theme', () => 'dark'), 'and its handler can save').toBe('dark')
    expect(events.filter(({ type }) => type === 'handle.rotated')).toHaveLength(5)
    expect(events.map(({ type }) => type)).not.toContain('session.stolen')
    expect(ws.readyState).toBe(WebSocket.OPEN)
  })

  test('but one whose session somebody else ended is not', async () => {
    const { sessions } = makeSessions(new Watched().store)
    const { ask, keep } = await start(sessions)
    const mine = await keep(sessionCookie(await ask('/')))
    const other = await keep(sessionCookie(await ask('/')))
    const [first, second] = await sessions.sessionsOf('elmer')
    const closedFirst = Promise.race([mine.closed.then(() => 'mine'), other.closed.then(() => 'other')])
    await sessions.revoke(first!.id)
    const gone = await closedFirst
    expect((gone === 'mine' ? other : mine).ws.readyState).toBe(WebSocket.OPEN)
    await sessions.revoke(second!.id)
    await (gone === 'mine' ? other : mine).closed
  })
})
