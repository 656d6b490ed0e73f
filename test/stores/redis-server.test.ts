/** What the Redis store asks of a server, seen from the server's side. */
import fc from 'fast-check'
import { Cluster, Redis } from 'ioredis'
import { redis } from 'landbridge/redis'
import type { SessionId, Store } from 'landbridge/store'
import { createClient } from 'redis'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Server } from '../support/servers/process.ts'
import { missingOwnRedis, startRedis, startRedisCluster } from '../support/servers/redis.ts'
import { delta, ELMER, FUDD, HOUR, session } from './records.ts'

let server: Server
let client: Redis
let store: Store
beforeAll(async () => {
  if (missingOwnRedis !== null) return
  server = await startRedis()
  client = new Redis(server.url)
  store = redis(client)
})
afterAll(async () => {
  client?.disconnect()
  await server?.stop()
})
beforeEach(async (ctx) => {
  ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
  await client.flushall()
})

/** The commands that the server ran meanwhile, without those inside scripts. */
async function commandsOf(work: () => Promise<unknown>): Promise<string[]> {
  const monitor = await new Redis(server.url).monitor()
  const seen: string[] = []
  monitor.on('monitor', (_: string, [command]: string[], source: string) => {
    if (source !== 'lua') seen.push(command!.toLowerCase())
  })
  await work()
  await client.echo('end')
  await expect.poll(() => seen).toContain('echo')
  monitor.disconnect()
  return seen.slice(0, seen.indexOf('echo'))
}

const newId = (): SessionId => session(Math.random().toString(36).slice(2)).id

describe('round trips', () => {
  test('a read is one MGET, an update of a session that was read is one script', async () => {
    const one = session('one')
    await store.create(one)
    await store.update(one.id, ELMER, delta({ a: '1' }), Date.now())
    const other = redis(client)
    expect(await commandsOf(async () => other.read(one.id, ELMER))).toEqual(['mget'])
    expect(await commandsOf(async () => other.update(one.id, ELMER, delta({ b: '2' }), Date.now()))).toEqual(['evalsha'])
    expect(await commandsOf(async () => other.put('key', 'value', Date.now() + HOUR, Date.now()))).toHaveLength(2)
    expect(await commandsOf(async () => other.take('key', Date.now()))).toEqual(['getdel'])
  })

  test('reads that are wanted at one moment share a round trip, and each gets its own session', async () => {
    const sessions = Array.from({ length: 300 }, () => session(newId()))
    for (const each of sessions) await store.create(each)
    const ids = [...sessions.map(({ id }) => id), newId(), sessions[0]!.id]
    let reads: unknown[] = []
    const commands = await commandsOf(async () => {
      reads = await Promise.all(ids.map(async (id) => (await store.read(id, ELMER))?.id ?? null))
    })
    expect(commands).toEqual(['mget', 'mget', 'mget'])
    expect(reads).toEqual([...ids.slice(0, 300), null, ids[0]])
  })

  test('a script is sent once, and again when the server has forgotten it', async () => {
    const one = session('two')
    await store.create(one)
    await store.read(one.id, ELMER)
    await client.script('FLUSH')
    const change = () => store.update(one.id, ELMER, delta({ a: '1' }), Date.now())
    expect(await commandsOf(async () => change())).toEqual(['evalsha', 'eval'])
    expect(await commandsOf(async () => change())).toEqual(['evalsha'])
  })
})

describe('expiry', () => {
  test('everything that is written has a time to live: a minute beyond its end', async () => {
    const one = session('one', { account: 'ann', expiresAt: Date.now() + 5000 })
    await store.create(one)
    await store.put('key', 'value', Date.now() + 30_000, Date.now())
    const keys = (await client.keys('*')).sort()
    expect(keys).toEqual(['lb:a:"ann"', 'lb:k:"key"', 'lb:{one_}__________________'])
    const lives = await Promise.all(keys.map((key) => client.pttl(key)))
    expect(lives.map((ms) => Math.round(ms / 1000))).toEqual([65, 90, 65])
  })

  test('an update moves it, the end of one handle leaves it, and a renewal leaves a trace of a minute', async () => {
    const one = session('one', { expiresAt: Date.now() + 5000 })
    await store.create(one)
    const key = `lb:{one_}${one.id.slice(4)}`
    await store.attach(one.id, ELMER, { ...one.handle, scope: FUDD }, Date.now(), Date.now())
    await store.update(one.id, ELMER, { ...delta({}), expiresAt: Date.now() + HOUR }, Date.now())
    expect(Math.round((await client.pttl(key)) / 1000)).toBe(3660)
    await store.revoke(one.id, FUDD)
    expect(Math.round((await client.pttl(key)) / 1000)).toBe(3660)
    const next = { ...one, id: `one_${newId().slice(4)}` as SessionId, keepValues: true, place: 'handle', changes: new Map() } as const
    await store.renew(one.id, ELMER, { ...next, traceUntil: Date.now() + 60_000 }, Date.now())
    expect(Math.round((await client.pttl(key)) / 1000)).toBe(120)
  })

  test("an account's list forgets the sessions that are over, and lasts as long as its last one", async () => {
    const now = Date.now()
    await store.create(session('over', { account: 'ann', expiresAt: now - 61_000 }))
    await store.create(session('live', { account: 'ann', expiresAt: now + HOUR }))
    await store.create(session('brief', { account: 'ann', expiresAt: now + 1000 }))
    expect(await client.zcard('lb:a:"ann"')).toBe(2)
    expect(Math.round((await client.pttl('lb:a:"ann"')) / 1000)).toBe(3660)
    expect(await store.revokeAccount('ann')).toBe(2)
    expect(await client.keys('*')).toEqual(['lb:{over}__________________'])
  })
})

test('a record that was damaged in the server is nobody, to every method, and throws nothing', async () => {
  const one = session('one', { account: 'ann' })
  await store.create({ ...one, values: '\n"a":"ž😀"', handle: { ...one.handle, values: '\n"b":[1,2,3]' } })
  const key = `lb:{one_}${one.id.slice(4)}`
  const whole = (await client.getBuffer(key))!
  const damage = fc.oneof(
    fc.nat({ max: whole.length - 1 }).map((end) => whole.subarray(0, end)),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => {
      const bytes = Buffer.from(whole)
      bytes[at]! ^= flip
      return bytes
    }),
  )
  await fc.assert(
    fc.asyncProperty(damage, async (bytes) => {
      await client.set(key, bytes)
      const damaged = redis(client)
      const read = await damaged.read(one.id, ELMER)
      if (bytes.length < 60) expect(read?.handle ?? null).toBeNull()
      await damaged.handlesOf(one.id)
      await damaged.sessionsOf('ann', Date.now())
      await damaged.update(one.id, ELMER, delta({ a: '1' }), Date.now())
      await damaged.wasRenewed(one.id, Date.now())
      await damaged.revoke(one.id, ELMER)
    }),
    { numRuns: 300 },
  )
})

test('sessions with any values and any times read back as they were written', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const values = fc.dictionary(text, fc.jsonValue(), { maxKeys: 6 }).map((data) =>
    Object.entries(data)
      .map(([key, value]) => `\n${JSON.stringify(key)}:${JSON.stringify(value)}`)
      .join(''),
  )
  const time = fc.integer({ min: 0, max: 2 ** 44 })
  const accounts = fc.array(fc.record({ id: text, signedInAt: time }), { maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(values, values, accounts, fc.tuple(time, time, time, time), async (shared, own, signedIn, [a, b, c, d]) => {
      const now = Date.now()
      const { handle, ...one } = session(newId())
      const times = { createdAt: a, seenAt: now, expiresAt: now + d }
      const written = {
        ...one,
        createdAt: b,
        expiresAt: c,
        accounts: signedIn,
        values: shared,
        handle: { ...handle, ...times, values: own },
      }
      await store.create(written)
      expect(await redis(client).read(one.id, ELMER)).toEqual(written)
    }),
    { numRuns: 300 },
  )
})

test('in a Cluster a session stays in its slot through renewals, and the sessions of an account are found in every slot', async () => {
  const cluster = await startRedisCluster()
  const nodes = new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port })))
  onTestFinished(async () => {
    nodes.disconnect()
    await cluster.stop()
  })
  const spread = redis(nodes)
  const sessions = Array.from({ length: 24 }, () => session(newId(), { account: 'ann' }))
  for (const each of sessions) await spread.create(each)
  const slots = await Promise.all(sessions.map(({ id }) => nodes.cluster('KEYSLOT', `lb:{${id.slice(0, 4)}}${id.slice(4)}`)))
  expect(new Set(slots).size).toBeGreaterThan(10)
  const renewed = sessions.map(({ id }) => (id.slice(0, 4) + newId().slice(4)) as SessionId)
  for (const [index, one] of sessions.entries()) {
    const next = {
      ...one,
      id: renewed[index]!,
      keepValues: true,
      place: 'handle',
      changes: new Map(),
      traceUntil: Date.now() + HOUR,
    } as const
    expect(await spread.renew(one.id, ELMER, next, Date.now())).toBe('saved')
  }
  expect((await spread.sessionsOf('ann', Date.now())).map(({ id }) => id).sort()).toEqual(renewed.toSorted())
  expect(await spread.revokeAccount('ann', renewed[3])).toBe(23)
  expect((await spread.sessionsOf('ann', Date.now())).map(({ id }) => id)).toEqual([renewed[3]])
})

test.each([
  [
    'ioredis',
    (url: string) => {
      const lost = new Redis(url, { retryStrategy: () => 100 })
      lost.on('error', () => undefined)
      return Promise.resolve({ lost, isReady: () => lost.status === 'ready', close: () => lost.disconnect() })
    },
  ],
  [
    'node-redis',
    async (url: string) => {
      const lost = createClient({ url, socket: { reconnectStrategy: 100 } })
      await lost.connect()
      return { lost: lost, isReady: () => lost.isReady, close: () => lost.destroy() }
    },
  ],
])('a lost connection of %s fails each call at once, keeps none for later, and ends when the server is back', async (_, connect) => {
  const own = await startRedis()
  const { lost, isReady, close } = await connect(own.url)
  onTestFinished(async () => {
    close()
    await own.stop()
  })
  const kept = redis(lost)
  await kept.ping()
  await own.kill()
  await expect.poll(isReady).toBe(false)
  const one = session('late')
  const calls = Array.from({ length: 1000 }, async () => kept.create(one))
  expect(new Set((await Promise.allSettled(calls)).map(({ status }) => status))).toEqual(new Set(['rejected']))
  await own.restart()
  await expect.poll(isReady, { timeout: 1000, interval: 10 }).toBe(true)
  expect(await kept.read(one.id, ELMER)).toBeNull()
})
