/**
 * What a user of Django's CSRF middleware would notice, in our words; the numbers are the rows of docs/django.md. Where we do otherwise
 * on purpose, the test shows what we do, and the row says why.
 */
import type { Session, SessionsOptions } from 'landbridge'
import { expect, test } from 'vitest'
import type { Data } from '../support/adapters.ts'
import { makeSessions } from '../support/launch.ts'
import { Watched } from '../support/stores.ts'
import { nodeRequest } from '../support/visitor.ts'

const HOST = 'https://app.acme.example'
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }
const TOPOLOGY = { kind: 'isolated', hosts: ['*.acme.example'] } as const

interface Sent {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  readonly url?: string
}
type Act = (session: Session<Data>) => unknown

interface Reply {
  readonly status: number
  readonly reason: string | null
  readonly headers: Headers
  readonly cookie: string
  /** What the application was asked to do gave. */
  readonly given: string
}

/** An application, and a client that sends what it is told and nothing of its own. */
function application(options: Partial<SessionsOptions> = {}) {
  const watched = new Watched()
  const { sessions, events } = makeSessions(watched.store, { topology: TOPOLOGY, ...options })
  const send = async (
    { method = 'POST', headers = {}, body, url = `${HOST}/` }: Sent,
    act: Act = () => undefined,
    status = 200,
  ): Promise<Reply> => {
    let given: unknown
    const request = new Request(url, { method, headers, body: body ?? null })
    const response = await sessions.handle(request, async (session) => {
      given = await act(session)
      return new Response('served', { status })
    })
    return {
      status: response.status,
      reason: /\[([a-z-]+)\]\n$/.exec(await response.text())?.[1] ?? null,
      headers: response.headers,
      cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? '',
      given: given as string,
    }
  }
  const get = (act?: Act, cookie = ''): Promise<Reply> => send({ method: 'GET', headers: { cookie } }, act)
  const token: Act = (session) => session.csrfToken()
  return { send, get, token, sessions, events, watched }
}

test('a page that asks for no token gets no cookie, and varies by none (63)', async () => {
  const { get, token } = application()
  const [without, with_] = [await get(), await get(token)]
  expect([without.cookie, without.headers.get('vary')]).toEqual(['', null])
  expect([with_.cookie, with_.headers.get('vary')]).toEqual([expect.stringMatching(/^__Host-sid=/), 'Cookie'])
})

test('a POST without a cookie is refused, so that nobody is signed in by a form of somebody else (64)', async () => {
  const { send, get, token, watched } = application()
  const { given } = await get(token)
  watched.calls.length = 0
  const signIn: Act = (session) => session.signIn({ id: 'mallory' })
  const attempts: Sent[] = [{}, { headers: { origin: 'https://evil.example' } }, { headers: FORM, body: `_csrf=${given}` }]
  for (const attempt of attempts) expect(await send(attempt, signIn)).toMatchObject({ status: 403, cookie: '' })
  expect(watched.calls).toEqual([])
})

test('each reason for a refusal is told apart, to the client and to the listeners (65)', async () => {
  const { send, get, token, events } = application()
  const { cookie, given } = await get(token)
  const refused: [string, Record<string, string>, string][] = [
    ['cross-origin', { origin: 'https://evil.example' }, ''],
    ['origin-missing', {}, ''],
    ['origin-missing', FORM, 'a=b'],
    ['csrf-token-invalid', FORM, '_csrf=wrong'],
    ['csrf-token-invalid', { 'x-csrf-token': `${given}x` }, ''],
    ['csrf-body-too-large', FORM, `_csrf=${given}&a=${'x'.repeat(70_000)}`],
    ['csrf-body-unreadable', { 'content-type': 'multipart/form-data; boundary=x' }, 'y'],
  ]
  for (const [reason, headers, body] of refused) {
    expect(await send({ headers: { cookie, ...headers }, body })).toMatchObject({ reason })
    expect(events.at(-1)).toMatchObject({ type: 'request.refused', reason, method: 'POST', host: 'app.acme.example' })
  }
})

test('the token comes in a field of a form or in a header, and the header decides where both are there (66)', async () => {
  const { send, get, token } = application()
  const { cookie, given } = await get(token)
  const post = async (headers: Record<string, string>, body = '', url = HOST) =>
    (await send({ headers: { cookie, ...headers }, body, url: `${url}/` })).status
  expect(await post(FORM, `_csrf=${given}`)).toBe(200)
  expect(await post({ 'x-csrf-token': given })).toBe(200)
  expect(await post({ ...FORM, 'x-csrf-token': given }, '_csrf=')).toBe(200)
  expect(await post({ ...FORM, 'x-csrf-token': given }, '_csrf=wrong')).toBe(200)
  expect(await post({ ...FORM, 'x-csrf-token': 'wrong' }, `_csrf=${given}`)).toBe(403)
  expect(await post({ 'content-type': 'application/json' }, JSON.stringify({ _csrf: given }))).toBe(403)
  expect(await post({}, '', `${HOST}/?_csrf=${given}&x=`)).toBe(403)
  expect(await post({ cookie: `${cookie}; _csrf=${given}` })).toBe(403)
})

test('every method but GET, HEAD, OPTIONS and TRACE is protected, and a path can be let through (67)', async () => {
  const { send, sessions } = application({ insecureBypass: ({ path, method }) => path === '/webhook' && method !== 'DELETE' })
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'LOCK']) {
    expect([method, (await send({ method })).status]).toEqual([method, 403])
    expect((await send({ method, url: `${HOST}/webhook` })).status).toBe(method === 'DELETE' ? 403 : 200)
    expect((await send({ method, headers: { origin: HOST } })).status).toBe(200)
  }
  for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE']) {
    const request = nodeRequest('app.acme.example', { origin: 'https://evil.example' }, { method })
    expect(await sessions.open(request)).toMatchObject({ kind: 'serve' })
  }
})

test('the token in a form counts for PUT, PATCH and DELETE as for POST; Django reads forms of POST alone (67)', async () => {
  const { send, get, token } = application()
  const { cookie, given } = await get(token)
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
    for (const headers of [{ ...FORM }, { 'x-csrf-token': given }]) {
      expect((await send({ method, headers: { cookie, ...headers }, body: `_csrf=${given}` })).status).toBe(200)
    }
  }
})

test('the token differs on each page and each call, and every one stays good (68)', async () => {
  const { send, get, token } = application()
  const { cookie, given } = await get(token)
  const more = await get(async (session) => [await session.csrfToken(), await session.csrfField()].join(' '), cookie)
  const tokens = [given, ...(more.given.match(/[\w-]{86}/g) ?? [])]
  expect([tokens.length, new Set(tokens).size, more.cookie]).toEqual([3, 3, ''])
  for (const each of tokens) expect((await send({ headers: { cookie, 'x-csrf-token': each } })).status).toBe(200)
})

test('a field for a form can be put into a page as it is (68)', async () => {
  const { get } = application()
  const { given } = await get((session) => session.csrfField())
  expect(given).toMatch(/^<input type="hidden" name="_csrf" value="[\w-]{86}">$/)
})

test('a malformed cookie is replaced where a page asks for a token, and refused on POST (69)', async () => {
  const { send, get, token } = application()
  const { cookie, given } = await get(token)
  for (const broken of [`${cookie}x`, cookie.slice(0, -1), '__Host-sid=', '__Host-sid=x.y', `__Host-sid=${'A'.repeat(66)}`]) {
    expect((await send({ headers: { cookie: broken, 'x-csrf-token': given } })).reason, broken).toBe('csrf-token-invalid')
    const page = await get(token, broken)
    expect([page.cookie === cookie, page.cookie]).toEqual([false, expect.stringMatching(/^__Host-sid=[\w-]{22}\.[\w-]{43}$/)])
    expect((await send({ headers: { cookie: page.cookie, 'x-csrf-token': page.given } })).status).toBe(200)
  }
})

test('what a token hides is no token: there is one form of it (70)', async () => {
  const { send, get, token } = application()
  const { cookie, given } = await get(token)
  const bytes = Buffer.from(given, 'base64url')
  const bare = bytes.subarray(0, 32).map((byte, i) => byte ^ bytes[32 + i]!)
  const unmasked = [bare, Buffer.concat([bare, Buffer.alloc(32)]).subarray(0, 32), Buffer.concat([bare, bare])]
  for (const each of unmasked.map((value) => Buffer.from(value).toString('base64url'))) {
    expect((await send({ headers: { cookie, 'x-csrf-token': each } })).reason).toBe('csrf-token-invalid')
  }
  // A mask of zeros hides nothing, and is as good as any.
  const zero = Buffer.concat([Buffer.alloc(32), bare]).toString('base64url')
  expect((await send({ headers: { cookie, 'x-csrf-token': zero } })).status).toBe(200)
})

test('a token made after a sign-in of the same request goes with its cookie, and those from before are dead (24, 71)', async () => {
  const { send, get, token } = application()
  const before = await get(token)
  const after = await get(async (session) => {
    const early = await session.csrfToken()
    await session.signIn({ id: 'ada' })
    return `${early} ${await session.csrfToken()}`
  }, before.cookie)
  const [early, late] = after.given.split(' ')
  const status = async (each: string) => (await send({ headers: { cookie: after.cookie, 'x-csrf-token': each } })).status
  expect([await status(before.given), await status(early!), await status(late!)]).toEqual([403, 403, 200])
})

test('the one cookie is Secure, HttpOnly and SameSite=Lax, with the domain of a shared scope (72)', async () => {
  const attributes = async (options: Partial<SessionsOptions>) => {
    const { get, token } = application(options)
    return (await get(token)).headers.getSetCookie().map((text) => text.replace(/=[^;]*/, ''))
  }
  expect(await attributes({})).toEqual(['__Host-sid; Path=/; Secure; HttpOnly; SameSite=Lax'])
  expect(await attributes({ topology: { kind: 'shared', domain: '.acme.example' } })).toEqual([
    '__Secure-sid; Path=/; Domain=acme.example; Secure; HttpOnly; SameSite=Lax',
  ])
})

test('asking for a token of a session that is there writes nothing and sets no cookie (73, 75)', async () => {
  const { get, token, watched } = application()
  const { cookie } = await get(token)
  watched.calls.length = 0
  const again = await get(token, cookie)
  expect([again.headers.getSetCookie(), again.headers.get('vary'), watched.calls]).toEqual([[], 'Cookie', ['read']])
})

test('a form that breaks off is a 403 (74)', async () => {
  const { sessions } = application()
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) })
  const headers = { ...FORM, cookie: '__Host-sid=x' }
  const answer = await sessions.handle(new Request(HOST, { method: 'POST', headers, body, duplex: 'half' } as RequestInit), () =>
    expect.unreachable(),
  )
  expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('[csrf-body-unreadable]')])
})

test('a token on a page of an error is as good as any, and a refusal changes none (76)', async () => {
  const { send, get, token } = application()
  const { cookie, given } = await get(token)
  const error = await send({ method: 'GET', headers: { cookie } }, token, 500)
  const refused = await send({ headers: { cookie, 'x-csrf-token': 'wrong' } })
  expect([error.status, refused.status, refused.headers.getSetCookie()]).toEqual([500, 403, []])
  for (const each of [given, error.given]) expect((await send({ headers: { cookie, 'x-csrf-token': each } })).status).toBe(200)
  const anonymous = await send({ method: 'GET' }, token, 404)
  expect((await send({ headers: { cookie: anonymous.cookie, 'x-csrf-token': anonymous.given } })).status).toBe(200)
})

test('a sign-in by the request itself does not spoil its own check, which came first (77)', async () => {
  const { send, get, token } = application()
  const { cookie, given } = await get(token)
  const answer = await send({ headers: { cookie, ...FORM }, body: `_csrf=${given}` }, (session) => session.signIn({ id: 'ada' }))
  expect([answer.status, answer.cookie === '', answer.cookie === cookie]).toEqual([200, false, false])
})

test('an Origin has to be that of the host, or trusted; a token does not save another one (78, 79)', async () => {
  const { send, get, token } = application({ trustedOrigins: ['https://partner.example'] })
  const { cookie, given } = await get(token)
  const status = async (headers: Record<string, string>) => (await send({ headers: { cookie, 'x-csrf-token': given, ...headers } })).status
  for (const origin of [HOST, `${HOST}:443`, 'https://partner.example']) expect([origin, await status({ origin })]).toEqual([origin, 200])
  for (const origin of [
    'https://evil.example',
    'http://app.acme.example',
    `${HOST}:8443`,
    'https://other.acme.example',
    'file://',
    'x',
    '',
  ]) {
    expect([origin, await status({ origin })]).toEqual([origin, 403])
  }
  // It says nothing, so the token may speak; and without one it is refused.
  expect([await status({ origin: 'null' }), (await send({ headers: { origin: 'null' } })).status]).toEqual([200, 403])
  expect([
    await status({ origin: 'null', 'sec-fetch-site': 'cross-site' }),
    (await send({ headers: { origin: 'null', 'sec-fetch-site': 'same-origin' } })).status,
  ]).toEqual([403, 200])
})

test('the refusal of an Origin names it to the listeners, and to nobody else (78)', async () => {
  const { send, events } = application()
  const answer = await send({ headers: { origin: 'https://Evil.example:443' } })
  expect(events.at(-1)).toMatchObject({ reason: 'cross-origin', origin: 'https://evil.example' })
  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
})

test('without Origin the Referer decides, on https and on http, with a path and without (80 to 82)', async () => {
  const { send } = application({ trustedOrigins: ['https://partner.example'] })
  const status = async (referer: string, url = HOST) => (await send({ url: `${url}/`, headers: { referer } })).status
  for (const referer of [HOST, `${HOST}/`, `${HOST}/form?x#y`, 'https://partner.example', 'https://partner.example/x']) {
    expect([referer, await status(referer)]).toEqual([referer, 200])
  }
  for (const referer of [
    '',
    'http://app.acme.example/',
    'https://evil.example/',
    `${HOST}.evil.example/`,
    'https://',
    '//app.acme.example/',
    'app.acme.example',
    'https://[x/',
  ]) {
    expect([referer, await status(referer)]).toEqual([referer, 403])
  }
  const plain = 'http://app.acme.example'
  expect([await status(`${plain}/`, plain), await status(`${HOST}/`, plain), await status('', plain)]).toEqual([200, 403, 403])
})

test('a malformed Host is refused, trusted origin or not (83)', async () => {
  const { sessions } = application({ trustedOrigins: ['https://partner.example'] })
  for (const host of ['app.acme.example/', 'user@app.acme.example', 'app_.acme.example', 'app.acme.example:x', '']) {
    const exchange = await sessions.open(nodeRequest(host, { origin: 'https://partner.example' }, { method: 'POST' }))
    expect([host, exchange]).toMatchObject([host, { kind: 'reply', reply: { status: 400 } }])
  }
})

test('forwarded host, port and scheme count from a trusted proxy alone (84)', async () => {
  const headers = { 'x-forwarded-host': 'app.acme.example:8443', 'x-forwarded-proto': 'https', origin: `${HOST}:8443` }
  const kind = async (trustedProxies: string[]) => {
    const { sessions } = application({ trustedProxies })
    return (await sessions.open(nodeRequest('inner.acme.example', headers, { method: 'POST' }))).kind
  }
  expect([await kind([]), await kind(['10.0.0.1']), await kind(['127.0.0.1'])]).toEqual(['reply', 'reply', 'serve'])
})

test('a cookie for a whole domain makes none of its hosts a good origin for another (85)', async () => {
  const topology = { kind: 'shared', domain: '.acme.example' } as const
  const strict = application({ topology })
  const open = application({ topology, trustedOrigins: ['https://*.acme.example'] })
  for (const headers of [{ origin: 'https://www.acme.example' }, { referer: 'https://www.acme.example/form' }]) {
    expect([(await strict.send({ headers })).status, (await open.send({ headers })).status]).toEqual([403, 200])
  }
})

test('a trusted origin matches by scheme, host and port; a star by every host below, and nothing by accident of spelling (86 to 88)', async () => {
  const { send } = application({ trustedOrigins: ['https://partner.example', 'https://*.example.org', 'http://*.example.net:8080'] })
  const good = [
    'https://partner.example',
    'https://a.example.org',
    'https://a.b.example.org',
    'https://A.EXAMPLE.ORG.',
    'http://a.example.net:8080',
  ]
  const bad = [
    'http://partner.example',
    'https://partner.example:8443',
    'https://example.org',
    'https://evilexample.org',
    'https://a.example.org.evil.example',
    'http://a.example.org',
    'https://a.example.org:8443',
    'http://a.example.net',
    'https://.example.org',
    'https://*.example.org',
  ]
  const judged = async (origins: string[]) =>
    Promise.all(origins.map(async (origin) => [origin, (await send({ headers: { origin, 'sec-fetch-site': 'cross-site' } })).status]))
  expect(await judged(good)).toEqual(good.map((origin) => [origin, 200]))
  expect(await judged(bad)).toEqual(bad.map((origin) => [origin, 403]))
})
