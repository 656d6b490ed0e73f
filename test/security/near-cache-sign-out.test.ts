// Attack 26, near cache: a cookie that was signed out through one process, shown to another one that has the session in its memory.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { request as send } from 'undici'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import { startFaultyProxy } from '../support/servers/faulty-proxy.ts'
import type { Server } from '../support/servers/process.ts'
import { missingRedis, startRedis } from '../support/servers/redis.ts'

const HUB = 'https://acme.example'
const ELMER = 'https://elmer.acme.example'
const ROUNDS = 100
const MAX_STALE_MS = 700

describe.skipIf(missingRedis !== null)('A sign-out at the hub through one process', () => {
  let server: Server
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())

  test('is known to every other process at the very next request, at the hub and at a spoke', async () => {
    const [a, b] = [await start(), await start()]
    const stale: string[] = []
    for (let i = 0; i < ROUNDS; i++) {
      const { browser, route } = visitor(a)
      expect((await browser.post(`${HUB}/login`, {})).text).toBe('ada')
      route(b)
      // The second time it is in the memory of process B, both of hub and of spoke.
      for (const page of [HUB, ELMER, HUB, ELMER]) expect((await browser.go(`${page}/`)).text).toBe('ada')
      route(a)
      const copies = await Promise.all([HUB, ELMER].map((page) => copyOf(browser, page)))
      expect((await browser.post(`${HUB}/out`, {})).text).toBe('nobody')
      for (const [index, copy] of copies.entries()) if ((await show(b, copy)) !== 'nobody') stale.push(`round ${i}, cookie ${index}`)
    }
    expect(stale).toEqual([])
  })

  test('is known after the bound at the latest while the messages do not come, and at once where it is asked always', async () => {
    const proxy = await startFaultyProxy(server.port)
    onTestFinished(() => proxy.stop())
    const [a, deaf, asking] = [await start(), await start(proxy.port), await start(proxy.port, true)]
    const { browser, route } = visitor(a)
    await browser.post(`${HUB}/login`, {})
    for (const process of [deaf, asking]) {
      route(process)
      for (let i = 0; i < 3; i++) expect((await browser.go(`${HUB}/`)).text).toBe('ada')
    }
    proxy.hang()
    route(a)
    const copy = await copyOf(browser, HUB)
    await browser.post(`${HUB}/out`, {})
    const ended = performance.now()
    expect(await show(asking, copy)).toBe('nobody')
    while ((await show(deaf, copy)) === 'ada') expect(performance.now() - ended).toBeLessThan(MAX_STALE_MS + 100)
  })

  /** A process of the application; the messages reach it over a port of its own. */
  async function start(channelPort = server.port, asksAlways = false): Promise<number> {
    const file = fileURLToPath(new URL('../support/near-cache-process.ts', import.meta.url))
    const child = fork(file, [String(server.port), String(channelPort), String(MAX_STALE_MS), String(asksAlways)])
    onTestFinished(async () => {
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    })
    const [port] = (await once(child, 'message')) as [number]
    return port
  }
})

/** A browser, and which process its requests reach from now on. */
function visitor(first: number) {
  let port = first
  const browser = new Browser(async (asked) => {
    const text = await asked.text()
    const body = text === '' ? {} : { body: text }
    const got = await send(`http://127.0.0.1:${port}/`, { method: asked.method as 'GET', headers: headersOf(asked), ...body })
    const answer = new Response(await got.body.text(), { status: got.statusCode })
    for (const [name, values] of Object.entries(got.headers)) for (const value of [values ?? []].flat()) answer.headers.append(name, value)
    return answer
  })
  return { browser, route: (to: number) => void (port = to) }
}

const headersOf = (asked: Request): Record<string, string> => ({ ...Object.fromEntries(asked.headers), 'x-url': asked.url })

/** A page, and the cookies that the browser sends to it. */
const copyOf = async (browser: Browser, page: string) => ({ 'x-url': `${page}/`, cookie: await browser.jar.getCookieString(page) })

/** Who is signed in, for somebody who shows the cookies. */
async function show(port: number, headers: Awaited<ReturnType<typeof copyOf>>): Promise<string> {
  const { body } = await send(`http://127.0.0.1:${port}/`, { headers })
  return body.text()
}
