// What `landbridge scan` could take for an answer and is none: it says `unclear`, and why.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { memory } from 'landbridge/memory'
import { nodeSessions } from 'landbridge/node'
import { describe, expect, test, vi } from 'vitest'
import { makeSessions } from '../support/launch.ts'
import { elmerAndAlice, startSite } from '../support/scanned-site.ts'
import { KNOWN, name, outcomes, scanned, serve, signIn } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

const SID = 'q8Zx0vJYk2Lm4N7pRtUw1A3s'

type Page = (asked: { host: string; isAnn: boolean; nth: number }, response: ServerResponse) => string | Buffer

/** Ann is signed in with one cookie, on every host or at elmer's alone; each request of a page is counted by its host. */
async function copiedToAlice(page: Page, { bound = false } = {}) {
  const counts = new Map<string, number>()
  const port = await serve((request: IncomingMessage, response) => {
    const host = name(request.headers.host!)
    if (request.url !== '/account') return void response.end('home')
    counts.set(host, (counts.get(host) ?? 0) + 1)
    const isAnn = request.headers.cookie === `sid=${SID}` && (!bound || host === 'elmer')
    response.end(page({ host, isAnn, nth: counts.get(host)! }, response))
  })
  const urls = ['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`)
  const report = await scanned([...urls, '--page', '/account', '--cookie', `elmer.acme.localhost=sid=${SID}`])
  return { code: report.code, ...report.experiments[0]!, problems: report.problems }
}

const greeting = (isAnn: boolean): string => (isAnn ? 'Hello ann, welcome back. Sign out' : 'You are a stranger here. Sign in please')

describe('No copied cookie counts as refused', () => {
  test('which its own host greets as one that has ended', async () => {
    const site = await startSite({ bound: false, expires: true })
    const report = await scanned([...elmerAndAlice(site), '--page', '/account', '--cookie', `elmer.acme.localhost=__Host-sid=${SID}`])
    expect([report.code, outcomes(report)[0]]).toEqual([2, 'elmer alice unclear'])
    expect(report.experiments[0]!.because.at(-1)).toContain('answers its own cookie as it answers a stranger')
  })

  test.each<[string, Page]>([
    [
      'is compressed though nobody asked for it',
      ({ host, isAnn }, response) => {
        if (host === 'elmer') return greeting(isAnn)
        response.setHeader('content-encoding', 'gzip')
        return gzipSync(greeting(isAnn))
      },
    ],
    ['is longer than what is read', ({ host, isAnn }) => `${host === 'elmer' ? '' : 'a '.repeat(600_000)}${greeting(isAnn)}`],
  ])('by a page that %s', async (_, page) => {
    expect(await copiedToAlice(page)).toMatchObject({
      code: 2,
      outcome: 'unclear',
      because: [expect.stringContaining('was not read to its end')],
    })
  })

  test('by a page that shows nobody, and is another than that of its own host', async () => {
    const { code, outcome, because } = await copiedToAlice(({ host, isAnn }) =>
      host === 'elmer' ? greeting(isAnn) : 'The opening hours of our museum are from nine to five',
    )
    expect([code, outcome, because.at(-1)]).toEqual([2, 'unclear', expect.stringContaining('Sign in there too')])
  })
})

describe('No copied cookie counts as accepted', () => {
  const AD = ' Winter sale: everything reduced, buy cheap socks today'

  test('where an advertisement comes at the same time on both hosts', async () => {
    // The second request of each is that with the cookie.
    const page: Page = ({ isAnn, nth }) => `${greeting(isAnn)}${nth === 2 ? AD : ''}`
    const { outcome, because } = await copiedToAlice(page, { bound: true })
    expect([outcome, because.at(-1)]).toEqual(['unclear', expect.stringContaining('differs by itself')])
  })
})

test('a session that gets a new id with every answer is still seen to be accepted, by one host after the other', async () => {
  let current = SID
  const port = await serve((request, response) => {
    const isAnn = request.headers.cookie === `sid=${current}`
    if (isAnn) response.setHeader('set-cookie', `sid=${(current = randomUUID())}; Path=/; HttpOnly; SameSite=Lax`)
    response.end(greeting(isAnn))
  })
  const urls = ['elmer', 'alice', 'bob'].map((each) => `http://${each}.acme.localhost:${port}/`)
  const report = await scanned([...urls, '--cookie', `elmer.acme.localhost=sid=${SID}`])
  expect(outcomes(report).slice(0, 2)).toEqual(['elmer alice accepted', 'elmer bob accepted'])
})

test.each(['<input type="hidden" name="csrf_token" value="x">', '<script>const csrf = 1</script>', '<meta name="csrf-token"><script>csrf'])(
  'a probe whose form is incomplete is not refused as forged, for %s in the page',
  async (markup) => {
    const port = await serve((request, response) => {
      const isAnn = request.headers.cookie === `sid=${SID}`
      if (request.method === 'GET') return void response.end(greeting(isAnn))
      response.writeHead(isAnn ? 422 : 401).end(isAnn ? `<form>${markup}Please give an address</form>` : 'Sign in')
    })
    const url = `http://elmer.localhost:${port}/`
    const report = await scanned([url, '--cookie', `elmer.localhost=sid=${SID}`, '--probe', `POST ${url}`, '--yes'])
    expect(report.probes.map(({ outcome }) => outcome)).toEqual(['unclear', 'unclear', 'unclear'])
  },
)

test.each([500, 503, 429])('a host that answers with %i was not looked at: 2', async (status) => {
  const site = await startSite({ status: { elmer: status } })
  const report = await scanned([site.url('elmer')])
  expect([report.code, report.problems]).toEqual([2, [expect.stringContaining(`answers with ${status}`)]])
  expect(report.hosts[0]).toMatchObject({ status })
})

test.each(['mailto:ann@b.example', 'http://', 'http://a b/'])('a host that redirects to %j was not looked at: 2', async (location) => {
  const port = await serve((_, response) => response.writeHead(302, { location }).end())
  const report = await scanned([`http://elmer.localhost:${port}/`])
  expect([report.code, report.problems]).toEqual([2, [expect.stringContaining('redirects to nowhere')]])
})

test('remembered sessions of Landbridge, which change their secret all the time, are refused elsewhere, and none is taken for stolen', async () => {
  let now = Date.now()
  const { sessions, events } = makeSessions(memory(), { lifetime: { remember: '30d', rotateAfter: '1m' }, clock: () => now })
  const port = await serve(
    nodeSessions(sessions, async ({ session, method, url }, response) => {
      now += 61_000
      if (method === 'POST' && url === '/login') await session.signIn({ id: 'ann', remember: true })
      response.end(greeting((await session.account()) !== null))
    }),
  )
  const urls = ['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`)
  const report = await scanned([...urls, ...signIn()], KNOWN)
  expect([outcomes(report), report.problems]).toEqual([['elmer alice refused', 'alice elmer refused'], []])
  expect(events.filter(({ type }) => type === 'handle.rotated').length).toBeGreaterThan(2)
  expect(events.filter(({ type }) => type === 'session.stolen')).toEqual([])
})

test('a host that blocks who shows an unknown id has not gone on with it', async () => {
  const ids = new Set<string>()
  const port = await serve((request, response) => {
    const [, id] = /^sid=(.*)$/.exec(request.headers.cookie ?? '') ?? []
    if (id !== undefined && !ids.has(`${request.headers.host} ${id}`)) return void response.writeHead(403).end('Blocked')
    const fresh = randomUUID()
    ids.add(`${request.headers.host} ${fresh}`)
    if (id === undefined) response.setHeader('set-cookie', `sid=${fresh}; Path=/; Secure; HttpOnly; SameSite=Lax`)
    response.end('hello')
  })
  const report = await scanned(['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`))
  expect(report.findings.map(({ check }) => check)).not.toContain('session-id-adopted')
})

test.each([
  [403, {}],
  [302, { location: '/wrong-host' }],
])('a host that knows the session as one of another host and turns it away (%i) has not accepted it', async (status, headers) => {
  const ids = new Map<string, string>()
  const port = await serve((request, response) => {
    const host = name(request.headers.host!)
    const begunAt = ids.get(/^sid=(.*)$/.exec(request.headers.cookie ?? '')?.[1] ?? '')
    if (begunAt !== undefined && begunAt !== host) return void response.writeHead(status, headers).end('This session belongs elsewhere')
    const fresh = randomUUID()
    ids.set(fresh, host)
    if (begunAt === undefined) response.setHeader('set-cookie', `sid=${fresh}; Path=/; Secure; HttpOnly; SameSite=Lax`)
    response.end('hello')
  })
  const report = await scanned(['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`))
  expect(outcomes(report)).toEqual(['elmer alice unclear', 'alice elmer unclear'])
})
