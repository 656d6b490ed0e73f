/**
 * Attack 36: a form that is posted from elsewhere, or made up. A token in the field `_csrf` saves a request that says nothing of its
 * origin, and no other; and looking for it costs a bounded amount, whoever asks.
 */
import { once } from 'node:events'
import http from 'node:http'
import net from 'node:net'
import { memory } from 'landbridge/memory'
import { nodeSessions } from 'landbridge/node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import type { Ask } from '../support/client.ts'
import { HOST, sessionCookie, webRequest } from '../support/client.ts'
import { launch, makeSessions } from '../support/launch.ts'
import { serving } from '../support/serving.ts'
import { ROUTES } from '../support/visitor.ts'

const URLENCODED = 'application/x-www-form-urlencoded'
const BOUNDARY = 'geckoformboundary1f'
const MULTIPART = `multipart/form-data; boundary=${BOUNDARY}`
const field = (name: string, value: string, more = '') =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
const END = `--${BOUNDARY}--\r\n`

type Made = Pick<Ask, 'headers' | 'body'>
const urlencoded = (body: string): Made => ({ headers: { 'content-type': URLENCODED }, body })
const multipart = (body: string): Made => ({ headers: { 'content-type': MULTIPART }, body: body + END })
const typed = (type: string, body: string): Made => ({ headers: { 'content-type': type }, body })

const GOOD: readonly [string, (token: string) => Made][] = [
  ['urlencoded', (token) => urlencoded(`a=1&_csrf=${token}&b=2`)],
  ['multipart', (token) => multipart(field('a', '1') + field('_csrf', token))],
  ['with the token twice', (token) => urlencoded(`_csrf=${token}&_csrf=${token}`)],
  ['whose origin is opaque', (token) => ({ ...urlencoded(`_csrf=${token}`), headers: { 'content-type': URLENCODED, origin: 'null' } })],
]

const BAD: readonly [string, string, (token: string, other: string) => Made][] = [
  ['without the field', 'origin-missing', () => urlencoded('a=1')],
  ['with nothing', 'origin-missing', () => urlencoded('')],
  ['with the field empty', 'csrf-token-invalid', () => urlencoded('_csrf=')],
  ['with the token of another session', 'csrf-token-invalid', (_, other) => urlencoded(`_csrf=${other}`)],
  ['with the token of another session first', 'csrf-token-invalid', (token, other) => urlencoded(`_csrf=${other}&_csrf=${token}`)],
  ['with the token of another session second', 'csrf-token-invalid', (token, other) => urlencoded(`_csrf=${token}&_csrf=${other}`)],
  ['with the two in parts', 'csrf-token-invalid', (token, other) => multipart(field('_csrf', token) + field('_csrf', other))],
  ['with the token cut', 'csrf-token-invalid', (token) => urlencoded(`_csrf=${token.slice(0, -1)}`)],
  ['with text behind the token', 'csrf-token-invalid', (token) => urlencoded(`_csrf=${token}%00`)],
  ['with a list in the field', 'origin-missing', (token) => urlencoded(`_csrf[]=${token}&_csrf[0]=${token}&_csrf.x=${token}`)],
  ['with the token under another name', 'origin-missing', (token) => urlencoded(`csrf=${token}&_CSRF=${token}&__proto__[_csrf]=${token}`)],
  ['with the token in a file', 'origin-missing', (token) => multipart(field('_csrf', token, '; filename="x"'))],
  ['with the token in another part', 'origin-missing', (token) => multipart(field('a', `\r\nname="_csrf"\r\n\r\n${token}`))],
  ['with a folded head', 'csrf-body-unreadable', (token) => multipart(field('a', '', ';\r\n x="y"') + field('_csrf', token))],
  ['with NUL in a head', 'csrf-body-unreadable', (token) => multipart(field('_csrf', token, '; x="\0"'))],
  ['with a huge head', 'csrf-body-unreadable', (token) => multipart(field('_csrf', token, `; x="${'x'.repeat(5000)}"`))],
  ['of another boundary', 'csrf-body-unreadable', (token) => typed('multipart/form-data; boundary=x', field('_csrf', token) + END)],
  ['without its end', 'csrf-body-unreadable', (token) => typed(MULTIPART, field('_csrf', token))],
  ['with two boundaries', 'origin-missing', (token) => typed(`${MULTIPART}; boundary=x`, field('_csrf', token) + END)],
  ['as text', 'origin-missing', (token) => typed('text/plain', `_csrf=${token}`)],
  ['as JSON', 'origin-missing', (token) => typed('application/json', JSON.stringify({ _csrf: token }))],
  ['as two types', 'origin-missing', (token) => typed(`text/plain, ${URLENCODED}`, `_csrf=${token}`)],
  ['without a type', 'origin-missing', (token) => typed('', `_csrf=${token}`)],
  [
    'that is compressed',
    'origin-missing',
    (token) => ({ headers: { 'content-type': URLENCODED, 'content-encoding': 'gzip' }, body: `_csrf=${token}` }),
  ],
  ['of more than 64 kB', 'csrf-body-too-large', (token) => urlencoded(`_csrf=${token}&a=${'x'.repeat(65_536)}`)],
  ['of megabytes', 'csrf-body-too-large', (token) => urlencoded(`a=${'x'.repeat(4_000_000)}&_csrf=${token}`)],
  ['with the field behind 64 kB', 'csrf-body-too-large', (token) => multipart(field('a', 'x'.repeat(65_536)) + field('_csrf', token))],
  [
    'with a wrong token in the header and the right one in the field',
    'csrf-token-invalid',
    (token, other) => ({ headers: { 'content-type': URLENCODED, 'x-csrf-token': other }, body: `_csrf=${token}` }),
  ],
]

const ELSEWHERE: readonly Record<string, string>[] = [
  { origin: 'https://evil.com' },
  { origin: 'https://evil.com', 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site', origin: 'null' },
  { referer: 'https://evil.com/' },
  { origin: 'http://fudd.acme.localhost' },
]

describe.each(ADAPTERS)('$name', (adapter) => {
  const start = async () => {
    const running = await launch(adapter, { routes: ROUTES })
    const cookie = sessionCookie(await running.ask('/sign-in'))!
    const tokenOf = async (of: string) => (await running.ask('/token', { cookie: of })).text()
    const other = await tokenOf(sessionCookie(await running.ask('/sign-in'))!)
    return { ...running, cookie, token: await tokenOf(cookie), other, method: 'POST' }
  }

  test.each(GOOD)('a form %s is served with the right token', async (_, make) => {
    const { ask, cookie, token, method, events } = await start()
    for (const each of [method, 'PUT', 'PATCH']) {
      const answer = await ask('/set', { method: each, cookie, ...make(token) })
      // Fastify itself takes these types only where the application brings a parser.
      expect([each, adapter.name.startsWith('Fastify') ? 415 : 200]).toEqual([each, answer.status])
    }
    expect(events.filter(({ type }) => type === 'request.refused')).toEqual([])
  })

  test('a form that makes no sense, or brings the token of somebody else, is refused', async () => {
    const { ask, cookie, token, other, method, events } = await start()
    for (const [name, reason, make] of BAD) {
      const answer = await ask(`/set?_csrf=${token}`, { method, cookie, ...make(token, other) })
      expect([name, answer.status, answer.setCookies]).toEqual([name, reason === 'csrf-body-too-large' ? 413 : 403, []])
      expect([name, events.at(-1)]).toMatchObject([name, { type: 'request.refused', reason, host: HOST, method, origin: null }])
    }
    expect(await (await ask('/get', { cookie })).text()).toBe('undefined')
  })

  test('a form from elsewhere is refused whatever its token', async () => {
    const { ask, cookie, token, method, events, watched } = await start()
    watched.calls.length = 0
    for (const headers of ELSEWHERE) {
      for (const [, make] of GOOD.slice(0, 3)) {
        const made = make(token)
        const answer = await ask('/set', { method, cookie, ...made, headers: { ...made.headers, ...headers } })
        expect([headers, answer.status, events.at(-1)]).toMatchObject([headers, 403, { reason: 'cross-origin' }])
      }
    }
    expect(watched.calls).toEqual([])
  })

  test('a token is of no use without the cookie, with another one, or after the session was renewed or ended', async () => {
    const { ask, cookie, token, method } = await start()
    const post = async (shown?: string) => (await ask('/set', { method, cookie: shown, ...urlencoded(`_csrf=${token}`) })).status
    const stranger = sessionCookie(await ask('/sign-in'))
    expect([await post(), await post(stranger), await post('__Host-sid=x')]).toEqual([403, 403, 403])
    const renewed = sessionCookie(await ask('/renew', { cookie }))!
    expect([await post(cookie), await post(renewed)]).toEqual([403, 403])
    await ask('/sign-out', { cookie: renewed })
    expect(await post(renewed)).toBe(403)
  })
})

describe('the body is left alone', () => {
  const untouched: readonly [string, (token: string) => Record<string, string>][] = [
    ['of a browser of today', () => ({ 'sec-fetch-site': 'same-origin' })],
    ['of a browser that sends Origin', () => ({ origin: `http://${HOST}` })],
    ['of a page of ours, by Referer', () => ({ referer: `http://${HOST}/form` })],
    ['with a token in the header', (token) => ({ 'x-csrf-token': token })],
  ]

  test.each(untouched)('%s, on Node and as a Web-standard request', async (_, more) => {
    const { sessions } = makeSessions(memory())
    let token = ''
    const made = await sessions.handle(webRequest('/'), async (session) => {
      token = await session.csrfToken()
      return new Response('')
    })
    const cookie = made.headers.getSetCookie()[0]!.split(';')[0]!
    const headers = { ...urlencoded('').headers, cookie, ...more(token) }

    const request = webRequest('/', { method: 'POST', headers, body: `_csrf=${token}` })
    const clone = vi.spyOn(request, 'clone')
    const { body } = request
    expect((await sessions.handle(request, () => new Response('served'))).status).toBe(200)
    expect([clone.mock.calls, request.body]).toEqual([[], body])

    const read = Promise.withResolvers<boolean>()
    const listener = nodeSessions(sessions, (incoming, response) => {
      read.resolve(incoming.readableDidRead)
      response.end()
    })
    const { ask } = await serving(http.createServer(listener))
    expect((await ask('/', { method: 'POST', headers, body: `_csrf=${token}` })).status).toBe(200)
    expect(await read.promise).toBe(false)
  })

  test.each([
    ['without a cookie', URLENCODED, ''],
    ['of a type that is no form', 'application/json', '__Host-sid=x'],
  ])('of a request that is refused %s', async (_, type, cookie) => {
    const { sessions } = makeSessions(memory())
    const headers = { 'content-type': type, ...(cookie === '' ? {} : { cookie }) }
    const request = webRequest('/', { method: 'POST', headers, body: '_csrf=x' })
    const clone = vi.spyOn(request, 'clone')
    expect((await sessions.handle(request, () => expect.unreachable())).status).toBe(403)
    expect(clone).not.toHaveBeenCalled()
  })
})

test('a form without an end is answered as soon as it is too long, and no more than the limit and one chunk of it is read', async () => {
  const { sessions, events } = makeSessions(memory())
  const server = http.createServer(nodeSessions(sessions, () => expect.unreachable()))
  const { port } = await serving(server)
  const socket = net.connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  onTestFinished(() => void socket.destroy())
  const head = ['POST / HTTP/1.1', `Host: ${HOST}`, 'Cookie: __Host-sid=x', `Content-Type: ${URLENCODED}`, 'Transfer-Encoding: chunked']
  socket.write([...head, '', ''].join('\r\n'))
  const answered = once(socket, 'data').then(([bytes]) => String(bytes).split('\r\n')[0])
  const writing = setInterval(() => socket.write(`400\r\n${'x'.repeat(1024)}\r\n`), 1)
  expect(await answered).toBe('HTTP/1.1 413 Payload Too Large')
  clearInterval(writing)
  expect(events.at(-1)).toMatchObject({ reason: 'csrf-body-too-large' })

  let pulled = 0
  const body = new ReadableStream({
    pull(controller) {
      pulled += 1
      controller.enqueue(Buffer.from(pulled === 1 ? field('a', '').slice(0, -2) : 'x'.repeat(1024)))
    },
  })
  const headers = { cookie: '__Host-sid=x', 'content-type': MULTIPART }
  const endless = new Request(`http://${HOST}/`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
  expect((await sessions.handle(endless, () => expect.unreachable())).status).toBe(413)
  await new Promise(setImmediate)
  expect(pulled).toBeLessThan(80)
})
