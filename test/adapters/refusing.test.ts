import { once } from 'node:events'
import net from 'node:net'
import { describe, expect, test } from 'vitest'
import { ADAPTERS, SERVERS } from '../support/adapters.ts'
import type { Application } from '../support/adapters.ts'
import { HOST } from '../support/client.ts'
import { launch } from '../support/launch.ts'

const application = (served: string[]): Application => ({
  routes: {
    '/': (session) => {
      served.push(session.host)
      session.set('seen', true)
      return { body: 'served' }
    },
  },
})

/** Requests that are refused before the application sees them. */
const REFUSED = [
  { what: 'a host that no rule admits', ask: { host: 'acme.localhost' }, status: 421, reason: 'host-not-allowed' },
  {
    what: 'a POST from another site',
    ask: { method: 'POST', headers: { origin: 'http://evil.example' } },
    status: 403,
    reason: 'cross-origin',
  },
  {
    what: 'a POST from a sister host',
    ask: { method: 'POST', headers: { origin: 'http://fudd.acme.localhost', 'sec-fetch-site': 'same-site' } },
    status: 403,
    reason: 'cross-origin',
  },
  { what: 'a POST that does not say where it comes from', ask: { method: 'POST' }, status: 403, reason: 'origin-missing' },
  {
    what: 'a POST with a token of no session',
    ask: { method: 'POST', headers: { 'x-csrf-token': 'x'.repeat(86) } },
    status: 403,
    reason: 'csrf-token-invalid',
  },
] as const

describe.each(ADAPTERS)('$name', (adapter) => {
  test.each(REFUSED)('$what is refused with $status and reaches no application', async ({ ask: request, status, reason }) => {
    const served: string[] = []
    const { ask, events, watched } = await launch(adapter, application(served))
    const answer = await ask('/', request)
    expect([answer.status, answer.setCookies, answer.header('cache-control')]).toEqual([status, [], 'no-store'])
    expect(await answer.text()).toContain(`[${reason}]`)
    expect([served, watched.calls]).toEqual([[], []])
    expect(events).toMatchObject([{ type: 'request.refused', reason }])
    // A refused request harms nobody after it.
    expect((await ask('/')).status).toBe(200)
  })

  test('a host is asked for at a resolver that answers late, and refused or served by its answer', async () => {
    const served: string[] = []
    const { ask } = await launch(adapter, application(served), {
      topology: { kind: 'isolated', hosts: [async (host) => host === 'customer.localhost'] },
    })
    expect((await ask('/', { host: 'customer.localhost' })).status).toBe(200)
    expect((await ask('/', { host: 'stranger.localhost' })).status).toBe(421)
    expect(served).toEqual(['customer.localhost'])
  })

  test('a host resolver that fails is a 503, and asked again at the next request', async () => {
    let broken = true
    const hosts = [
      () => {
        if (broken) throw new Error('the table of customers is away')
        return true
      },
    ]
    const { ask } = await launch(adapter, application([]), { topology: { kind: 'isolated', hosts } })
    expect((await ask('/')).status).toBe(503)
    broken = false
    expect((await ask('/')).status).toBe(200)
  })

  test.each(['GET', 'HEAD'])('%s from anywhere is served', async (method) => {
    const served: string[] = []
    const { ask } = await launch(adapter, application(served))
    const answer = await ask('/', { method, headers: { origin: 'http://evil.example', 'sec-fetch-site': 'cross-site' } })
    expect([answer.status, served]).toEqual([200, [HOST]])
  })

  test('a POST of the site itself is served', async () => {
    const served: string[] = []
    const { ask } = await launch(adapter, application(served))
    expect((await ask('/', { method: 'POST', headers: { origin: `http://${HOST}` } })).status).toBe(200)
    expect((await ask('/', { method: 'POST', headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
    expect(served).toEqual([HOST, HOST])
  })
})

const HEADS = [
  { what: 'two Host headers', lines: [`Host: ${HOST}`, 'Host: fudd.acme.localhost'] },
  { what: 'the same Host header twice', lines: [`Host: ${HOST}`, `host: ${HOST}`] },
  { what: 'a Host header with a user', lines: [`Host: user@${HOST}`] },
  { what: 'a Host header with a path', lines: [`Host: ${HOST}/x`] },
  { what: 'an empty Host header', lines: ['Host:'] },
  { what: 'no Host header', lines: [] },
  { what: 'a Host header with a space', lines: [`Host: ${HOST} evil`] },
  { what: 'a Host header with two ports', lines: [`Host: ${HOST}:80:80`] },
  { what: 'a Host header with an underscore', lines: ['Host: el_mer.acme.localhost'] },
  { what: 'a Host header with a byte above ASCII', lines: ['Host: elmer\u00e9.acme.localhost'] },
]

describe.each(SERVERS)('$name', (adapter) => {
  test.each(HEADS)('$what is a bad request', async ({ lines }) => {
    const served: string[] = []
    const { port } = await launch(adapter, application(served))
    const socket = net.connect(port!, '127.0.0.1').setEncoding('latin1')
    socket.write(['GET / HTTP/1.1', ...lines, 'Connection: close', '', ''].join('\r\n'), 'latin1')
    const [head] = (await once(socket, 'data')) as [string]
    expect(head.split('\r\n')[0]).toBe('HTTP/1.1 400 Bad Request')
    expect(served).toEqual([])
    socket.destroy()
  })

  test('a request of HTTP/1.0 without a Host header is a bad request', async () => {
    const { port } = await launch(adapter, application([]))
    const socket = net.connect(port!, '127.0.0.1').setEncoding('utf8')
    socket.write('GET / HTTP/1.0\r\n\r\n')
    const [head] = (await once(socket, 'data')) as [string]
    expect(head.split('\r\n')[0]).toMatch(/ 400 /)
    socket.destroy()
  })
})
