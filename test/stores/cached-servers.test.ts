// Near caches of two processes over real servers: Redis, its messages, and Memcached between them.
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { CachedOptions } from 'landbridge/cached'
import { cached } from 'landbridge/cached'
import { memcached } from 'landbridge/memcached'
import { redis } from 'landbridge/redis'
import type { SessionId, Store } from 'landbridge/store'
import type { StoreFactory } from 'landbridge/testing'
import { storeConformance } from 'landbridge/testing'
import { Memcache } from 'memcache'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { FaultyProxy } from '../support/servers/faulty-proxy.ts'
import { startFaultyProxy } from '../support/servers/faulty-proxy.ts'
import { ofOneMoment } from '../support/stores.ts'
import { missingMemcached, startMemcached } from '../support/servers/memcached.ts'
import type { Server } from '../support/servers/process.ts'
import { missingRedis, startRedis } from '../support/servers/redis.ts'
import { ELMER, newDelta, newId, newSession } from './cached-records.ts'
import { twoClocks } from './gated.ts'

describe.skipIf(missingRedis !== null)('Over Redis,', () => {
  let server: Server
  const clients: Redis[] = []
  const connect = (port = server.port): Redis => {
    const client = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 1 })
    client.on('error', () => undefined)
    clients.push(client)
    return client
  }
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => {
    for (const client of clients) client.disconnect()
    await server?.stop()
  })

  describe('the store contract, kept by near caches of two processes', () => {
    let both: readonly [Redis, Redis]
    let number = 0
    beforeAll(() => {
      both = [connect(), connect()]
    })
    const make: StoreFactory = async () => {
      const prefix = `${number++}:`
      const [one, other] = both.map((client) => cached(redis(client, { prefix }))) as [Store, Store]
      await Promise.all([one, other].map(atWork))
      return [one, afterARoundTrip(other)]
    }
    for (const { name, run } of storeConformance) if (!ofOneMoment(name)) test(name, () => run(make))
  })

  describe.skipIf(missingMemcached !== null)('the store contract, kept by near caches of two processes with Memcached between', () => {
    let memory: Server
    let both: readonly [Redis, Redis]
    let caches: readonly [Memcache, Memcache]
    let number = 0
    beforeAll(async () => {
      memory = await startMemcached()
      both = [connect(), connect()]
      caches = [new Memcache(`127.0.0.1:${memory.port}`), new Memcache(`127.0.0.1:${memory.port}`)]
    })
    afterAll(async () => {
      await Promise.all(caches.map((cache) => cache.disconnect()))
      await memory.stop()
    })
    const make: StoreFactory = async () => {
      const prefix = `m${number++}:`
      const [one, other] = both.map((client, i) => cached(redis(client, { prefix }), { layer: memcached(caches[i]!, { prefix }) })) as [
        Store,
        Store,
      ]
      await Promise.all([one, other].map(atWork))
      return [one, afterARoundTrip(other)]
    }
    for (const { name, run } of storeConformance) if (!ofOneMoment(name)) test(name, () => run(make))
  })

  test.skipIf(missingMemcached !== null)(
    'Memcached that hangs or is killed fails no request and delays none for long, and is used again when it is back',
    async () => {
      const memory = await startMemcached()
      const client = new Memcache(`127.0.0.1:${memory.port}`)
      onTestFinished(async () => {
        await client.disconnect()
        await memory.stop()
      })
      const ticks = twoClocks()
      const inner = redis(connect(), { prefix: 'faults:' })
      const { watch: _, ...silent } = inner
      const store = cached(silent, {
        layer: memcached(client, { prefix: 'faults:' }),
        clock: ticks.wall.now,
        monotonicClock: ticks.ticks.now,
      })
      const session = newSession(ticks.wall.now())
      await store.create(session)
      const isPutIn = async (): Promise<boolean> => [...(await client.gets([`faults:f:${session.id.slice(0, 4)}`])).keys()].length > 0
      const visit = async (): Promise<number> => {
        ticks.advance(5000)
        const start = performance.now()
        expect(await store.read(session.id, ELMER)).toEqual(session)
        expect(await store.update(session.id, ELMER, newDelta(Date.now(), {}, session.handle), Date.now())).toBe('saved')
        return performance.now() - start
      }
      await visit()
      expect(await isPutIn()).toBe(true)
      await memory.pause()
      for (let i = 0; i < 3; i++) expect(await visit()).toBeLessThan(180)
      await memory.resume()
      await memory.kill()
      for (let i = 0; i < 3; i++) expect(await visit()).toBeLessThan(180)
      await memory.restart()
      while (!(await isPutIn())) await visit()
    },
  )

  test('no read of another process is old once its message is here: 1000 changes and ends', async () => {
    const { near, far } = twoNodes()
    const heard = await listen()
    for (let i = 0; i < 500; i++) {
      const now = Date.now()
      const session = newSession(now)
      await near.create(session)
      await far.read(session.id, ELMER)
      const changed = heard(session.id)
      await near.update(session.id, ELMER, newDelta(now, { cart: String(i) }), now)
      await changed
      expect((await far.read(session.id, ELMER))?.handle?.values).toContain(String(i))
      const ended = heard(session.id)
      await near.revoke(session.id)
      await ended
      expect(await far.read(session.id, ELMER)).toBeNull()
    }

    /** Hears of things after the near cache of the other process has. */
    async function listen() {
      const waiting = new Map<SessionId, () => void>()
      const stop = await far.watch!((id) => id !== null && waiting.get(id)?.())
      onTestFinished(() => stop())
      return (id: SessionId): Promise<void> => {
        const { promise, resolve } = Promise.withResolvers<void>()
        waiting.set(id, resolve)
        return promise
      }
    }
  })

  test('a message lost with its connection (CLIENT KILL): what may have been missed is asked for again when it is back', async () => {
    const { near, far } = twoNodes()
    const session = newSession(Date.now())
    await near.create(session)
    await known(far, session.id)
    await connect().call('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await near.revoke(session.id)
    const start = Date.now()
    while ((await far.read(session.id, ELMER)) !== null) await pause(5)
    expect(Date.now() - start).toBeLessThan(2000)
  })

  test('a channel that is silent: no read is older than maxStaleMs, and writes do not wait for it', async () => {
    const proxy = await startFaultyProxy(server.port)
    onTestFinished(() => proxy.stop())
    const clocks = twoClocks()
    const { near, far } = twoNodes({ clock: clocks.wall.now, monotonicClock: clocks.ticks.now }, proxy)
    const session = newSession(clocks.wall.now())
    await near.create(session)
    await known(far, session.id)
    proxy.hang()
    expect(await near.revoke(session.id)).toBe(true)
    clocks.advance(4999)
    expect(far.read(session.id, ELMER)).toEqual(session)
    clocks.advance(1)
    expect(await far.read(session.id, ELMER)).toBeNull()
  })

  let prefixes = 0
  /** Two processes; with a proxy the messages to the second one go through that. */
  function twoNodes(options: CachedOptions = {}, proxy?: FaultyProxy) {
    const prefix = `n${prefixes++}:`
    const near = cached(redis(connect(), { prefix }), options)
    const inner = redis(connect(), { prefix })
    const { watch } = proxy === undefined ? inner : redis(connect(proxy.port), { prefix })
    const far = cached({ ...inner, watch: watch! }, options)
    onTestFinished(async () => {
      await Promise.all([near.close(), far.close()])
    })
    return { near, far }
  }
})

/** From now on the near cache answers: its channel is open. */
async function atWork(store: Store): Promise<void> {
  const nobody = newId()
  do await store.read(nobody, ELMER)
  while (store.read(nobody, ELMER) instanceof Promise)
}

/** The session is in the near cache of a store. */
async function known(store: Store, id: SessionId): Promise<void> {
  await atWork(store)
  await pause(50) // nothing is under way any more that would drop it
  await store.read(id, ELMER)
  expect(store.read(id, ELMER)).not.toBeInstanceOf(Promise)
}

/**
 * What is asked of another process reaches it over the network, after the answer that the asker goes by. Here that is a round trip to
 * Redis. Inside one process a read would be faster than any message.
 */
function afterARoundTrip(store: Store): Store {
  const methods = Object.entries(store).map(([name, member]) => {
    if (typeof member !== 'function' || name === 'ping' || name === 'close') return [name, member]
    return [
      name,
      async (...args: unknown[]): Promise<unknown> => {
        await store.ping()
        return (member as (...given: unknown[]) => unknown)(...args)
      },
    ]
  })
  return Object.fromEntries(methods) as Store
}
