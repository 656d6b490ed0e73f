/** Sealed sessions in real browsers: whether they keep cookies of that size and number, and take those of one response together. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessions } from 'landbridge'
import { nodeSessions } from 'landbridge/node'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Running } from './crossing/engines.ts'
import { ENGINES } from './crossing/engines.ts'

const HOST = 'elmer.acme.localhost'
const SHARED = `app.${'example'.repeat(8)}.localhost`
/** The longest that there can be. */
const NAME = 's'.repeat(64)

describe.each(ENGINES)('$name', { timeout: 60_000 }, (engine) => {
  let running: Running | undefined
  let server: http.Server
  beforeAll(async () => {
    if (engine.missing !== null) return
    running = await engine.launch()
    server = application()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }, 60_000)
  afterAll(async () => {
    await running?.close()
    server?.closeAllConnections()
    server?.close()
  }, 60_000)

  /** A page of a host, in a browser context that nobody has used, and what a script of it gets from a path. */
  async function visit(host: string) {
    const page = await (await running!.browser.createBrowserContext()).newPage()
    await page.goto(`http://${host}:${(server.address() as AddressInfo).port}/`)
    const get = (path: string): Promise<string> =>
      page.evaluate(`fetch(${JSON.stringify(path)}).then((reply) => reply.text())`) as Promise<string>
    const cookies = async () => (await page.browserContext().cookies()).map(({ name }) => name)
    return { page, get, cookies }
  }

  test.for([HOST, SHARED])('keeps a session of four cookies at %s, and lets go of those that are left over', async (host, { skip }) => {
    skip(engine.missing !== null, engine.missing ?? '')
    const { get, cookies } = await visit(host)
    await get('/sign-in')
    for (const [characters, count] of [
      [100, 1],
      [10_000, 4],
      [5000, 2],
      [100, 1],
    ] as const) {
      await get(`/pad?${characters}`)
      expect(await get('/')).toBe(`ada ${characters}`)
      expect(await cookies()).toHaveLength(1 + count)
    }
    await get('/sign-out')
    expect([await get('/'), await cookies()]).toEqual(['nobody 0', []])
  })

  test('has one whole state after many requests at one time that each store another one', async ({ skip }) => {
    skip(engine.missing !== null, engine.missing ?? '')
    const { page, get, cookies } = await visit(HOST)
    await get('/sign-in')
    for (let round = 0; round < 5; round++) {
      const sizes = Array.from({ length: 24 }, (_, i) => ((i * 7) % 24) * 430)
      const all = `Promise.all(${JSON.stringify(sizes)}.map((size) => fetch('/pad?' + size).then((reply) => reply.text())))`
      // A request that a browser sends between two cookies of one response finds a mixture, and is told to come again.
      const answers = (await page.evaluate(all)) as string[]
      expect(answers.filter((answer) => answer !== 'ada' && !answer.includes('ended'))).toEqual([])
      const [account, length] = (await get('/')).split(' ')
      expect([account, sizes.includes(Number(length))]).toEqual(['ada', true])
    }
    await get('/pad?10')
    expect(await cookies()).toHaveLength(2)
  })
})

function application(): http.Server {
  const store = sealedCookie({ keys: ['the key of these tests is long enough'], chunks: 4 })
  const topology = [
    { kind: 'isolated', hosts: [HOST] },
    { kind: 'shared', domain: SHARED.slice('app'.length) },
  ] as const
  const sessions = createSessions<{ pad: string }>({ topology, store, cookieName: NAME })
  const serve = nodeSessions(sessions, async ({ url, session }, response) => {
    const { pathname, search } = new URL(url!, 'http://localhost')
    const account = (await session.account())?.id ?? 'nobody'
    if (pathname === '/sign-in') await session.signIn({ id: 'ada' })
    if (pathname === '/sign-out') await session.signOut()
    if (pathname === '/pad')
      session.set(
        'pad',
        randomBytes(5000)
          .toString('hex')
          .slice(0, Number(search.slice(1))),
      )
    response.end(pathname === '/' ? `${account} ${((await session.get('pad')) ?? '').length}` : account)
  })
  return http.createServer({ maxHeaderSize: 32_768 }, (request, response) => serve(request, response))
}
