// Servers that do half of what they are asked: they read and do not write, or carry out what they never acknowledge, or hand over to another.
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { SessionId, Store } from 'landbridge/store'
import { redis } from 'landbridge/redis'
import { checkHistories } from 'landbridge/testing'
import { createSentinel } from 'redis'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startFaultyProxy } from '../support/servers/faulty-proxy.ts'
import { missingOwnRedis, startRedis, startSentinel } from '../support/servers/redis.ts'
import type { Sentinels } from '../support/servers/redis.ts'
import { expectBack, openSite, REFUSED, SERVED } from './fault-site.ts'
import { delta, ELMER, HOUR, session } from './records.ts'
import { FAULTY_SYSTEMS } from './faulty-stores.ts'

describe.each(FAULTY_SYSTEMS)('$name', (system) => {
  test('a server that has become read-only shows pages, and says of no change that it was made', async (ctx) => {
    ctx.skip(system.missing !== null, system.missing ?? '')
    const { store, forbidWrites, allowWrites } = await system.start()
    const { page, visit, cookie, events } = await openSite(store)
    await forbidWrites()
    expect(await page()).toMatchObject(SERVED)
    for (let round = 0; round < 20; round++) {
      const [signIn, signOut] = await Promise.all([visit('/sign-in'), visit('/sign-out', cookie)])
      for (const seen of [signIn, signOut]) {
        expect(seen).toMatchObject(REFUSED)
        expect(seen.ms).toBeLessThan(1000)
      }
    }
    expect(await page()).toMatchObject(SERVED)
    // It answers its pings: one who cannot save shuts out nobody who reads.
    expect(events.map(({ type }) => type)).not.toContain('store.down')
    await allowWrites()
    const after = await visit('/sign-in')
    expect(after).toMatchObject({ status: 200, cookie: expect.any(String) })
    expect((await visit('/sign-out', cookie)).status).toBe(200)
    expect((await page()).status).toBe(401)
  })

  test(
    'with connections cut in the middle of calls and answers, what was acknowledged has an order, and stays',
    { timeout: 60_000 },
    async (ctx) => {
      ctx.skip(system.missing !== null, system.missing ?? '')
      const { proxy, connect } = await system.start()
      const stores = [await connect(5), await connect(5)] as const
      let cuts = 0
      const cutting = setInterval(() => {
        if (++cuts % 2) proxy.cutMidReply(cuts % 40)
        else void proxy.heal()
      }, 8)
      onTestFinished(() => clearInterval(cutting))
      const until = performance.now() + 6000
      let seed = 1
      for (; performance.now() < until; seed++) await checkHistories(() => stores, { seed, rounds: 1, failures: 'unknown' })
      expect(seed).toBeGreaterThan(10)
      expect(cuts).toBeGreaterThan(10)
    },
  )
})

test('a change that ioredis sends again, because its answer was lost with the connection, was saved once and is told to be', async (ctx) => {
  ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
  const server = await startRedis()
  onTestFinished(() => server.stop())
  const proxy = await startFaultyProxy(server.port)
  onTestFinished(() => proxy.stop())
  const client = new Redis({ port: proxy.port, host: '127.0.0.1', retryStrategy: () => 20 })
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  const store = redis(client)
  const one = session('one')
  await store.create(one)
  await store.update(one.id, ELMER, delta({ first: '1' }), Date.now()) // the script is known from here on
  proxy.cutMidReply(1)
  const saved = store.update(one.id, ELMER, { ...delta({ cart: '1' }), expect: [{ key: 'cart', json: null }] }, Date.now())
  await expect.poll(() => client.status, { interval: 1 }).not.toBe('ready')
  await proxy.heal()
  expect(await saved).toBe('saved')
  const next = { ...one, id: `${one.id.slice(0, -1)}2` as SessionId, keepValues: true, place: 'handle', changes: new Map() } as const
  await expect.poll(() => client.status, { interval: 1 }).toBe('ready')
  proxy.cutMidReply(1)
  const renewed = store.renew(one.id, ELMER, { ...next, traceUntil: Date.now() + HOUR }, Date.now())
  await expect.poll(() => client.status, { interval: 1 }).not.toBe('ready')
  await proxy.heal()
  expect(await renewed).toBe('saved')
  expect((await store.read(next.id, ELMER))?.handle?.values).toContain('cart')
})

const BEHIND_SENTINELS: Record<string, (sentinels: Sentinels) => Promise<Store>> = {
  async ioredis({ name, sentinels }) {
    const nodes = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    const client = new Redis({
      name,
      sentinels: nodes,
      sentinelRetryStrategy: () => 200,
      retryStrategy: () => 200,
      maxRetriesPerRequest: 0,
    })
    client.on('error', () => undefined)
    onTestFinished(() => client.disconnect())
    return redis(client)
  },
  async 'node-redis'({ name, sentinels }) {
    const nodes = sentinels.map(({ port }) => ({ host: '127.0.0.1', port }))
    const client = createSentinel({
      name,
      sentinelRootNodes: nodes,
      scanInterval: 200,
      nodeClientOptions: { socket: { reconnectStrategy: 200 } },
    })
    client.on('error', () => undefined)
    await client.connect()
    onTestFinished(() => client.destroy())
    return redis(client)
  },
}

/** The port of the master, as each of the Sentinels names it. */
function masterPorts({ sentinels, name }: Sentinels): Promise<number[]> {
  return Promise.all(
    sentinels.map(async ({ port }) => {
      const sentinel = new Redis({ port, host: '127.0.0.1' })
      const address = (await sentinel.call('SENTINEL', 'get-master-addr-by-name', name)) as string[]
      sentinel.disconnect()
      return Number(address[1])
    }),
  )
}

/** After the replica has become the master. node-redis asks the Sentinels only now and then: two seconds were measured. */
const TAKEN_OVER_MS: Record<string, number> = { ioredis: 1000, 'node-redis': 5000 }

describe('Redis behind Sentinels', () => {
  test.for(Object.keys(BEHIND_SENTINELS))(
    'when the master dies, over %s, everybody is refused until the replica has taken over, and signed in then',
    { timeout: 60_000 },
    async (driver, ctx) => {
      ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
      const system = await startSentinel()
      onTestFinished(() => system.stop())
      const { page } = await openSite(await BEHIND_SENTINELS[driver]!(system))
      const replica = new Redis(system.replica.url)
      replica.on('error', () => undefined)
      onTestFinished(() => replica.disconnect())
      await expect.poll(() => replica.dbsize(), { interval: 10 }).toBeGreaterThan(1)
      await system.master.kill()
      const first = await page()
      expect(first).toMatchObject(REFUSED)
      expect(first.ms).toBeLessThan(1000)
      // A while after the replica was promoted the Sentinels name it: until then nobody can find it.
      const isMaster = async (): Promise<boolean> => (await masterPorts(system)).every((port) => port === system.replica.port)
      const giveUp = performance.now() + 20_000
      let isOver = await isMaster()
      while (!isOver && performance.now() < giveUp) {
        const seen = await page()
        expect(seen.ms).toBeLessThan(1000)
        isOver = await isMaster()
        if (!isOver) expect(seen).toMatchObject(REFUSED)
        await pause(20)
      }
      expect(isOver).toBe(true)
      await expectBack(page, TAKEN_OVER_MS[driver])
    },
  )
})
