/** "What a host without a session answers", row by row, on each adapter, over real servers where there is one. */
import { once } from 'node:events'
import http from 'node:http'
import { nodeUpgrade } from 'landbridge/node'
import { memory } from 'landbridge/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { ADAPTERS, listening } from '../support/adapters.ts'
import type { Adapter } from '../support/adapters.ts'
import { selfPostingForm } from '../support/browser.ts'
import type { Answer, Ask } from '../support/client.ts'
import { sessionCookie } from '../support/client.ts'
import { KEYS } from '../support/crossing.ts'
import { launch, makeSessions } from '../support/launch.ts'
import { ROUTES } from '../support/visitor.ts'

const TOPOLOGY = {
  kind: 'hub',
  hub: 'acme.localhost',
  spokes: ['*.acme.localhost'],
  signIn: '/login',
  protect: ({ path }: { path: string }) => path.startsWith('/private'),
  authorize: () => true,
} as const
const HINT = '__Secure-hint=x'
const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none', accept: 'text/html,*/*;q=0.8' }
const FETCH = { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'same-origin', accept: '*/*' }
const FORM = { ...NAVIGATION, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }
const FRAME = { ...NAVIGATION, 'sec-fetch-dest': 'iframe', 'sec-fetch-site': 'cross-site' }
/** What browsers without Sec-Fetch-* send when they go to a page. */
const OLD = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }

const start = (adapter: Adapter) => {
  const page = { ...ROUTES, '/page': ROUTES['/who']!, '/private': ROUTES['/who']! }
  return launch(adapter, { routes: page }, { topology: TOPOLOGY, keys: KEYS, trustedOrigins: ['https://app.partner.example'] })
}

/** The bounce: to the hub's ask, with a request in flight in the browser. */
function expectBounce(answer: Answer): void {
  expect(answer.status).toBe(303)
  expect(answer.header('location')).toMatch(/^http:\/\/acme\.localhost\/\.session\/ask\?h=elmer\.acme\.localhost&m=redirect&/)
  expect(answer.header('cache-control')).toBe('no-store')
  expect(answer.setCookies).toEqual([
    expect.stringMatching(/^__Host-rq\.[\w-]+=[\w-]+; Path=\/; Max-Age=120; Secure; HttpOnly; SameSite=Lax$/),
  ])
}

async function expectAnonymous(answer: Answer): Promise<void> {
  expect([answer.status, answer.header('location'), answer.setCookies]).toEqual([200, null, []])
  expect(await answer.text()).toBe('anonymous')
}

function expectNoWay(answer: Answer, status: number): void {
  expect([answer.status, answer.header('location'), answer.setCookies]).toEqual([status, null, []])
}

describe.each(ADAPTERS)('$name', (adapter) => {
  describe('HTML navigation by GET', () => {
    test.each([
      ['with the hint', '/page', NAVIGATION],
      ['with the hint, of an old browser', '/page', OLD],
      ['with the hint, to a protected page', '/private', NAVIGATION],
    ])('%s, is sent to the hub', async (_, path, headers) => {
      const { ask } = await start(adapter)
      expectBounce(await ask(path, { headers, cookie: HINT }))
    })

    test('to a protected page is sent to the hub without any hint', async () => {
      const { ask } = await start(adapter)
      for (const headers of [NAVIGATION, OLD]) expectBounce(await ask('/private', { headers }))
    })

    test('with a cookie that opens nothing any more is sent to the hub', async () => {
      const { ask } = await start(adapter)
      expectBounce(await ask('/page', { headers: NAVIGATION, cookie: `__Host-sid=${'a'.repeat(22)}.${'b'.repeat(43)}` }))
    })

    test('to a public page, without a hint, is served anonymously without a cookie', async () => {
      const { ask, watched } = await start(adapter)
      for (const headers of [NAVIGATION, OLD]) await expectAnonymous(await ask('/page', { headers }))
      expect(watched.calls).toEqual([])
    })

    test('with a session is served, and asks nobody', async () => {
      const { ask } = await start(adapter)
      const cookie = sessionCookie(await ask('/set', { headers: NAVIGATION }))!
      await expectAnonymous(await ask('/page', { headers: NAVIGATION, cookie }))
    })
  })

  describe.each([
    ['HEAD', { method: 'HEAD', headers: NAVIGATION }, 401, 200],
    ['a feed reader', { headers: { accept: 'application/rss+xml, application/xml;q=0.9, */*;q=0.8' } }, 401, 200],
    ['a program that accepts anything', { headers: { accept: '*/*' } }, 401, 200],
    ['a prefetch', { headers: { ...NAVIGATION, 'sec-purpose': 'prefetch' } }, 503, 503],
    ['a prerender', { headers: { ...NAVIGATION, 'sec-purpose': 'prefetch;prerender' } }, 503, 503],
  ] satisfies [string, Ask, number, number][])('%s', (_, request, status, hinted) => {
    test(`is served anonymously without a hint, and answered with ${hinted} with one`, async () => {
      const { ask, watched } = await start(adapter)
      expectNoWay(await ask('/page', request), 200)
      expectNoWay(await ask('/page', { ...request, cookie: HINT }), hinted)
      expect(watched.calls).toEqual([])
    })

    test(`is answered with ${status} on a protected page, and no cache keeps it`, async () => {
      const { ask, watched } = await start(adapter)
      for (const cookie of [undefined, HINT]) {
        const answer = await ask('/private', { ...request, cookie })
        expectNoWay(answer, status)
        expect(answer.header('cache-control')).toBe('no-store')
      }
      expect(watched.calls).toEqual([])
    })
  })

  test('OPTIONS goes to the application; on a protected page it is a 401', async () => {
    const { ask } = await start(adapter)
    for (const cookie of [undefined, HINT]) {
      const open = await ask('/page', { method: 'OPTIONS', headers: { origin: 'http://elmer.acme.localhost' }, cookie })
      expect([open.status < 300 || open.status === 404, open.header('location'), open.setCookies]).toEqual([true, null, []])
      expectNoWay(await ask('/private', { method: 'OPTIONS', headers: { origin: 'http://elmer.acme.localhost' }, cookie }), 401)
    }
  })

  describe('fetch, XHR and EventSource', () => {
    test.each([
      ['fetch', FETCH],
      ['EventSource', { ...FETCH, accept: 'text/event-stream' }],
      ['XHR of an old browser', { accept: 'application/json' }],
    ])('%s: JSON that says where to refresh, and no redirect', async (_, headers) => {
      const { ask } = await start(adapter)
      for (const cookie of [undefined, HINT]) {
        const answer = await ask('/private', { headers, cookie })
        expectNoWay(answer, 401)
        expect(answer.header('content-type')).toContain('application/json')
        expect(JSON.parse(await answer.text())).toEqual({ error: 'signed-out', refresh: '/.session/begin' })
        await expectAnonymous(await ask('/page', { headers, cookie }))
      }
    })

    test('a trusted origin can read it, another one cannot', async () => {
      const { ask } = await start(adapter)
      const cross = { ...FETCH, 'sec-fetch-site': 'cross-site' }
      const trusted = await ask('/private', { headers: { ...cross, origin: 'https://app.partner.example' } })
      expect([trusted.status, trusted.header('access-control-allow-origin')]).toEqual([401, 'https://app.partner.example'])
      expect(trusted.header('access-control-allow-credentials')).toBe('true')
      expect(trusted.header('vary')).toContain('Origin')
      for (const origin of ['https://evil.example', 'null', 'https://app.partner.example.evil.example', 'http://app.partner.example']) {
        const other = await ask('/private', { headers: { ...cross, origin } })
        expect([other.status, other.header('access-control-allow-origin')]).toEqual([401, null])
      }
    })
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    '%s: a 401 page that asks to sign in and send again; nothing is forwarded',
    async (method) => {
      const { ask, watched } = await start(adapter)
      for (const cookie of [undefined, HINT]) {
        // Node sends the length of a body by itself with some methods only.
        const headers = { ...FORM, 'content-length': '11' }
        const answer = await ask('/private', { method, headers, cookie, body: 'note=secret' })
        expectNoWay(answer, 401)
        const text = await answer.text()
        expect(answer.header('content-type')).toContain('text/html')
        expect(text).toContain('href="/.session/begin?to=%2F"')
        expect(text).not.toContain('secret')
      }
      expect(watched.calls).toEqual([])
    },
  )

  test('in a frame of another site: anonymous, and a 401 page where it is protected', async () => {
    const { ask } = await start(adapter)
    for (const cookie of [undefined, HINT]) {
      await expectAnonymous(await ask('/page', { headers: FRAME, cookie }))
      expectNoWay(await ask('/private', { headers: FRAME, cookie }), 401)
    }
  })

  describe('at `in` without a request in flight', () => {
    const back = `/.session/in?rid=${'0'.repeat(8)}${'a'.repeat(22)}&t=${'b'.repeat(43)}`

    test('a session that is there goes on to its page, a stranger gets a page that says why; nobody is sent to the hub', async () => {
      const { ask, watched } = await start(adapter)
      const refused = await ask(back, { headers: NAVIGATION })
      expect([refused.status, refused.header('location')]).toEqual([400, null])
      expect(await refused.text()).toContain('keeps no cookies')
      const nobody = await ask(back.replace(/&t=.*/, '&e=none'), { headers: NAVIGATION, cookie: HINT })
      expect([nobody.status, nobody.header('location')]).toEqual([200, null])
      expect(watched.calls).toEqual([])
    })
  })

  test('a whole crossing works by this adapter, with the body of each post read where it comes', async () => {
    const { ask } = await start(adapter)
    const hub = { host: 'acme.localhost' }
    const master = sessionCookie(await ask('/sign-in', { ...hub, headers: NAVIGATION }))!
    const bounced = await ask('/page', { headers: NAVIGATION, cookie: HINT })
    const rq = bounced.setCookies[0]!.split(';')[0]!
    const at = (url: string | null): string => String(url).replace(/^http:\/\/[^/]+/, '')
    const answered = await ask(at(bounced.header('location')), { ...hub, headers: NAVIGATION, cookie: master })
    const form = selfPostingForm('http://acme.localhost/.session/ask', await answered.text())!
    const headers = { ...FORM, 'sec-fetch-site': 'same-site', origin: 'http://acme.localhost' }
    const body = new URLSearchParams(form.fields).toString()
    const arrived = await ask(at(form.action), { method: 'POST', headers, cookie: rq, body })
    const handle = sessionCookie(arrived)!
    expect([arrived.status, arrived.header('location')]).toEqual([303, 'http://elmer.acme.localhost/page'])
    expect(await (await ask('/page', { headers: NAVIGATION, cookie: handle })).text()).toBe('elmer')
    const out = await ask('/.session/sign-out', { method: 'POST', headers: FORM, cookie: handle, body: 'reach=here&to=%2Fbye' })
    expect([out.status, out.header('location')]).toEqual([303, 'http://elmer.acme.localhost/bye'])
    expect(await (await ask('/page', { headers: FETCH, cookie: handle })).text()).toBe('anonymous')
    expect(await (await ask('/who', { ...hub, headers: FETCH, cookie: master })).text()).toBe('elmer')
  })
})

test('a WebSocket handshake without a session is a 401 on a protected path, and opens anonymously on another', async () => {
  const { sessions } = makeSessions(memory(), { topology: TOPOLOGY, keys: KEYS })
  const sockets = new WebSocketServer({ noServer: true })
  const server = http.createServer()
  const upgrade = nodeUpgrade(sessions, async (request, socket, head) => {
    const account = await request.session.account()
    sockets.handleUpgrade(request, socket, head, (ws) => ws.send(account?.id ?? 'anonymous'))
  })
  server.on('upgrade', (request, socket, head) => upgrade(request, socket, head))
  const { port, close } = await listening(server)
  onTestFinished(async () => {
    for (const each of sockets.clients) each.terminate()
    await close()
  })
  const open = async (path: string): Promise<unknown> => {
    const headers = { host: 'elmer.acme.localhost', origin: 'http://elmer.acme.localhost', cookie: HINT }
    const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
    ws.on('error', () => undefined)
    const refused = once(ws, 'unexpected-response').then(([, response]) => [
      (response as http.IncomingMessage).statusCode,
      (response as http.IncomingMessage).headers.location,
    ])
    const greeted = once(ws, 'message').then(([message]) => String(message))
    const outcome = await Promise.race([refused, greeted])
    ws.terminate()
    return outcome
  }
  expect(await open('/private')).toEqual([401, undefined])
  expect(await open('/page')).toBe('anonymous')
})
