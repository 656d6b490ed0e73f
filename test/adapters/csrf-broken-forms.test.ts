/** Forms that break off, come slowly, are too long, or were begun by somebody before us: a refusal in bounded time, and nothing breaks. */
import type { EventEmitter } from 'node:events'
import { once } from 'node:events'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import { Writable } from 'node:stream'
import { LandbridgeError } from 'landbridge'
import { nodeSessions } from 'landbridge/node'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { HOST } from '../support/client.ts'
import { inPieces, multipart, urlencoded, URLENCODED, visited } from '../support/form-bodies.ts'
import type { Posted } from '../support/forms.ts'
import { digest, postTo, webForm } from '../support/forms.ts'
import { serving } from '../support/serving.ts'

afterEach(() => vi.useRealTimers())

/** A server that answers with the digest of the body, and says what went wrong in the process. */
async function echo() {
  const visit = await visited()
  const strays: unknown[] = []
  const keep = (error: unknown): void => void strays.push(error)
  for (const name of ['unhandledRejection', 'uncaughtException', 'warning'] as const) {
    process.on(name as 'warning', keep)
    onTestFinished(() => void process.off(name, keep))
  }
  const listener = nodeSessions(visit.sessions, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    response.end(digest(Buffer.concat(chunks)))
  })
  const arrivals = { count: 0, next: Promise.withResolvers<http.IncomingMessage>() }
  const server = http.createServer((request, response) => {
    arrivals.count += 1
    arrivals.next.resolve(request)
    listener(request, response)
  })
  const { port } = await serving(server)
  return { ...visit, port, strays, arrivals }
}

const head = (cookie: string, ...more: string[]) =>
  ['POST /post HTTP/1.1', `Host: ${HOST}`, `Cookie: ${cookie}`, `Content-Type: ${URLENCODED}`, ...more, '', ''].join('\r\n')

/** All that a socket says until it is closed or has said what is waited for. */
async function heard(socket: net.Socket, what: RegExp): Promise<string> {
  let text = ''
  while (!what.test(text)) text += String((await once(socket, 'data'))[0])
  return text
}

/** Unlike `once`, it takes an error before the end for a part of it. */
function closing(stream: EventEmitter): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.on('close', resolve)
  return promise
}

describe('on node:http', () => {
  test('a client that asks first whether to send the form is told to go on', async () => {
    const { port, token, cookie } = await echo()
    const socket = net.connect(port, '127.0.0.1')
    const body = `_csrf=${token}`
    socket.write(head(cookie, `Content-Length: ${body.length}`, 'Expect: 100-continue', 'Connection: close'))
    expect(await heard(socket, /\r\n\r\n/)).toMatch(/^HTTP\/1\.1 100 Continue/)
    socket.write(body)
    expect(await heard(socket, /[0-9a-f]{64}/)).toContain(digest(body))
    socket.destroy()
  })

  test('a form that breaks off is refused for that, and is no error of ours (74)', async () => {
    const { port, token, cookie, events, strays, arrivals } = await echo()
    const socket = net.connect(port, '127.0.0.1')
    socket.write(`${head(cookie, 'Content-Length: 1000')}_csrf=${token}`)
    const request = await arrivals.next.promise
    const closed = closing(request)
    socket.resetAndDestroy()
    await closed
    await new Promise(setImmediate)
    expect(events.at(-1)).toMatchObject({ type: 'request.refused', reason: 'csrf-body-unreadable', host: HOST, method: 'POST' })
    expect(strays).toEqual([])
  })

  test.each([
    ['an urlencoded form', (token: string) => `_csrf=${token}&a`],
    ['nothing', () => ''],
  ])('of which %s comes and no more is refused after ten seconds', async (_, sent) => {
    const { port, token, cookie, events, arrivals } = await echo()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const socket = net.connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    const answer = heard(socket, /\[csrf-body-unreadable\]/)
    socket.write(head(cookie, 'Content-Length: 300000') + sent(token))
    await arrivals.next.promise
    await new Promise(setImmediate)
    await vi.advanceTimersByTimeAsync(9_900)
    expect(events.filter(({ type }) => type === 'request.refused')).toEqual([])
    await vi.advanceTimersByTimeAsync(100)
    expect(await answer).toMatch(/^HTTP\/1\.1 403/)
    expect(vi.getTimerCount()).toBe(0)
    // What comes after all is in nobody's way.
    const next = heard(socket, /[0-9a-f]{64}/)
    const body = `_csrf=${token}`
    socket.write('x'.repeat(300_000 - sent(token).length) + head(cookie, `Content-Length: ${body.length}`) + body)
    expect(await next).toContain(digest(body))
    socket.destroy()
  })

  test('a connection serves the next request, whatever became of the form before', async () => {
    const { port, token, cookie, arrivals, events } = await echo()
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    const sockets = new Set<unknown>()
    const wrong = 'x'.repeat(86)
    const forms: [Posted, number | string][] = [
      [urlencoded(cookie, token), 200],
      [urlencoded(cookie, wrong), 'csrf-token-invalid'],
      [urlencoded(cookie, token, 66_000), 'csrf-body-too-large'],
      [urlencoded(cookie, token, 3_000_000), 'csrf-body-too-large'],
      [multipart(cookie, wrong, 1_000_000), 'csrf-token-invalid'],
      [multipart(cookie, token, 1_000_000, 'last'), 'csrf-body-too-large'],
      [multipart(cookie, token, 1_000_000), 200],
      [{ ...urlencoded(cookie, token), headers: { cookie, 'content-type': 'text/plain' } }, 'origin-missing'],
      [urlencoded(cookie, token), 200],
    ]
    for (const [form, expected] of forms) {
      arrivals.next = Promise.withResolvers()
      const { status, text } = await postTo(port, { ...form, chunked: true }, agent)
      expect(status === 200 ? status : events.at(-1)).toEqual(expected === 200 ? 200 : expect.objectContaining({ reason: expected }))
      expect(text).toContain(status === 200 ? digest(Buffer.concat(form.pieces)) : `[${expected}]`)
      sockets.add((await arrivals.next.promise).socket)
    }
    expect([arrivals.count, sockets.size]).toEqual([forms.length, 1])
  })

  test.each<[string, number, () => unknown]>([
    ['answers without reading', 200, () => undefined],
    ['throws', 503, () => Promise.reject(new LandbridgeError('ERR_STORE_UNAVAILABLE', 'down', { hint: '' }))],
  ])('a connection serves the next request where the application %s, however long the form was', async (_, status, act) => {
    const { sessions, cookie, token } = await visited()
    const sockets = new Set<unknown>()
    const listener = nodeSessions(sessions, async (request, response) => {
      sockets.add(request.socket)
      await act()
      response.end('unread')
    })
    const { port } = await serving(http.createServer((request, response) => listener(request, response)))
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    onTestFinished(() => agent.destroy())
    for (const size of [1_000_000, 70_000, 0, 1_000_000]) {
      for (const chunked of [true, false]) {
        expect((await postTo(port, { ...multipart(cookie, token, size), chunked }, agent)).status).toBe(status)
      }
    }
    expect(sockets.size).toBe(1)
  })

  test('a body that was begun, or decoded, before us is not touched', async () => {
    const { sessions, token, cookie } = await visited()
    const before: ((request: http.IncomingMessage) => unknown)[] = [
      (request) => request.setEncoding('latin1'),
      (request) => request.on('data', () => undefined),
      (request) => once(request, 'readable').then(() => request.read(1) as unknown),
      (request) => request.on('readable', () => undefined),
      (request) => request.on('data', () => expect.unreachable()).pause(),
      (request) => {
        request.pipe(new Writable({ write: () => expect.unreachable() }))
        request.pause()
      },
    ]
    for (const begin of before) {
      const listener = nodeSessions(sessions, () => expect.unreachable())
      const { port } = await serving(
        http.createServer((request, response) => {
          void Promise.resolve(begin(request)).then(() => listener(request, response))
        }),
      )
      expect((await postTo(port, urlencoded(cookie, token))).text).toContain('[origin-missing]')
    }
  })
})

test('a stream of node:http2 ends with the answer, although nobody read the form', async () => {
  const { sessions, cookie, token } = await visited()
  const listener = nodeSessions(sessions, (_, response) => response.end('unread'))
  const server = http2.createServer((request, response) => listener(request as never, response as never))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = http2.connect(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`)
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  for (const size of [1_000_000, 0, 1_000_000]) {
    const { headers, pieces } = multipart(cookie, token, size)
    const stream = client.request({ ':method': 'POST', ':authority': HOST, ...headers })
    const closed = once(stream, 'close')
    stream.resume().end(pieces[0])
    const [answer] = (await once(stream, 'response')) as [http2.IncomingHttpStatusHeader]
    await closed
    expect([answer[':status'], stream.rstCode]).toEqual([200, 0])
  }
})

test('a form that breaks off on node:http2 is refused for that, and no application sees it', async () => {
  const { sessions, events, cookie, token } = await visited()
  const arrived = Promise.withResolvers<http2.Http2ServerRequest>()
  const served: unknown[] = []
  const listener = nodeSessions(sessions, (request) => served.push(request))
  const server = http2.createServer((request, response) => {
    listener(request as never, response as never)
    arrived.resolve(request)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = http2.connect(`http://127.0.0.1:${(server.address() as net.AddressInfo).port}`)
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  const headers = { ':method': 'POST', ':authority': HOST, cookie, 'content-type': URLENCODED }
  const stream = client.request(headers)
  stream.on('error', () => undefined)
  stream.write(`_csrf=${token}`)
  const request = await arrived.promise
  const closed = closing(request)
  client.destroy()
  await closed
  await new Promise(setImmediate)
  expect(events.at(-1)).toMatchObject({ type: 'request.refused', reason: 'csrf-body-unreadable' })
  expect(served).toEqual([])
})

test('a Web-standard form that comes too slowly is refused after ten seconds', async () => {
  const { sessions, events, cookie, token } = await visited()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const form = urlencoded(cookie, token)
  const request = new Request(webForm(form).url, {
    method: 'POST',
    headers: { ...form.headers },
    body: new ReadableStream({ start: (controller) => controller.enqueue(form.pieces[0]) }),
    duplex: 'half',
  } as RequestInit)
  const answer = sessions.handle(request, () => expect.unreachable())
  await new Promise(setImmediate)
  await vi.advanceTimersByTimeAsync(10_000)
  expect((await answer).status).toBe(403)
  expect(events.at(-1)).toMatchObject({ reason: 'csrf-body-unreadable' })
  expect(vi.getTimerCount()).toBe(0)
})

test('a Web-standard form that breaks off is refused for that', async () => {
  const { sessions, events, cookie } = await visited()
  const body = new ReadableStream({ pull: (controller) => controller.error(new Error('gone')) })
  const headers = { cookie, 'content-type': URLENCODED }
  const request = new Request(`http://${HOST}/post`, { method: 'POST', headers, body, duplex: 'half' } as RequestInit)
  expect((await sessions.handle(request, () => expect.unreachable())).status).toBe(403)
  expect(events.at(-1)).toMatchObject({ reason: 'csrf-body-unreadable' })
})

test('a Web-standard form that was read before us is not touched', async () => {
  const { sessions, cookie, token } = await visited()
  const request = webForm(urlencoded(cookie, token))
  expect(await request.text()).toContain(token)
  expect(await (await sessions.handle(request, () => expect.unreachable())).text()).toContain('[origin-missing]')
})

test('of a Web-standard form nothing is kept beyond what was looked at: letting go of it lets go of its source', async () => {
  const { sessions, cookie, token } = await visited()
  const form = multipart(cookie, token, 1_000_000)
  let released = false
  const left = [...inPieces(form, 10_000).pieces]
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(left.shift()),
    cancel: () => void (released = true),
  })
  const request = new Request(`http://${HOST}/post`, { method: 'POST', headers: { ...form.headers }, body, duplex: 'half' } as RequestInit)
  const answer = await sessions.handle(request, async () => {
    // With a second reader behind it, this would wait for that one, and everything read here be kept for it.
    await request.body!.cancel()
    return new Response('served')
  })
  expect([answer.status, released]).toEqual([200, true])
})
