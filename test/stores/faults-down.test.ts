// What visitors meet over HTTP while the server behind the store is gone, stands still, crawls, or breaks off in the middle of its answers.
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { expectAtOnce } from '../support/remote.ts'
import { expectBack, expectRefused, openSite, REFUSED, SERVED } from './fault-site.ts'
import type { FaultyStore } from './faulty-stores.ts'
import { FAULTY_SYSTEMS } from './faulty-stores.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** How each fault begins and how it ends. */
const FAULTS: Record<string, { begin(faulty: FaultyStore): unknown; end(faulty: FaultyStore): Promise<unknown> }> = {
  'is killed': { begin: ({ server }) => server.kill(), end: ({ server }) => server.restart() },
  'is paused': { begin: ({ server }) => server.pause(), end: ({ server }) => server.resume() },
  'answers after two seconds': { begin: ({ proxy }) => proxy.delay(2000), end: ({ proxy }) => proxy.heal() },
  'breaks off in the middle of an answer': { begin: ({ proxy }) => proxy.cutMidReply(10), end: ({ proxy }) => proxy.heal() },
  'cannot be reached': { begin: ({ proxy }) => proxy.refuse(), end: ({ proxy }) => proxy.heal() },
  'swallows what it is sent': { begin: ({ proxy }) => proxy.hang(), end: ({ proxy }) => proxy.heal() },
}

describe.each(FAULTY_SYSTEMS)('$name', (system) => {
  test.for(Object.keys(FAULTS))(
    'a server that %s is a 503 within a second, then at once, until a second after its return',
    async (name, ctx) => {
      ctx.skip(system.missing !== null, system.missing ?? '')
      const faulty = await system.start()
      const { page, visit, cookie, events } = await openSite(faulty.store)
      const { begin, end } = FAULTS[name]!
      await begin(faulty)
      expectAtOnce(await expectRefused(page, 1200))
      expect(await visit('/sign-in')).toMatchObject(REFUSED)
      expect(await visit('/sign-out', cookie)).toMatchObject(REFUSED)
      await end(faulty)
      await expectBack(page)
      expect(events.map(({ type }) => type).filter((type) => /^store\.(?:down|back)$/.test(type))).toEqual(['store.down', 'store.back'])
    },
  )

  test('a server that takes a third of a second for an answer still serves, on the connections that it has', async (ctx) => {
    ctx.skip(system.missing !== null, system.missing ?? '')
    const { store, proxy } = await system.start()
    const { page } = await openSite(store)
    proxy.delay(300)
    // A new connection to PostgreSQL takes several answers, and so longer than a call may.
    for (let i = 0; i < 8; i++) expect(await page()).toMatchObject(SERVED)
  })

  test('a connection that is cut once fails the requests under way at most, and serves again by itself', async (ctx) => {
    ctx.skip(system.missing !== null, system.missing ?? '')
    const { store, proxy } = await system.start()
    const { page } = await openSite(store)
    for (let round = 0; round < 3; round++) {
      const underWay = Array.from({ length: 20 }, page)
      proxy.cut()
      for (const seen of await Promise.all(underWay)) expect([200, 503]).toContain(seen.status)
      await expectBack(page)
    }
  })

  test('thousands of requests to a server that is down leave nothing in memory', { timeout: 60_000 }, async (ctx) => {
    ctx.skip(system.missing !== null, system.missing ?? '')
    const { store, server } = await system.start()
    const { page } = await openSite(store)
    const flood = async (count: number): Promise<void> => {
      let left = count
      const client = async (): Promise<void> => {
        while (left-- > 0) expect(await page()).toMatchObject(REFUSED)
      }
      await Promise.all(Array.from({ length: 50 }, client))
    }
    await server.pause()
    await flood(2000)
    collect()
    const before = process.memoryUsage().heapUsed
    await flood(10_000)
    collect()
    expect((process.memoryUsage().heapUsed - before) / 10_000, 'bytes for each refused request').toBeLessThan(100)
    await server.resume()
    await expectBack(page)
  })
})
