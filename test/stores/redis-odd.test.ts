/** What may happen between a client of Redis and its server, and must not show in a session. */
import { setTimeout as pause } from 'node:timers/promises'
import process from 'node:process'
import { Cluster, Redis } from 'ioredis'
import { redis } from 'landbridge/redis'
import type { SessionId, Store } from 'landbridge/store'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { FaultyProxy } from '../support/servers/faulty-proxy.ts'
import { startFaultyProxy } from '../support/servers/faulty-proxy.ts'
import type { Server } from '../support/servers/process.ts'
import { missingOwnRedis, startRedis, startRedisCluster } from '../support/servers/redis.ts'
import { delta, ELMER, FUDD, HOUR, session } from './records.ts'

let server: Server
let client: Redis
beforeAll(async () => {
  if (missingOwnRedis !== null) return
  server = await startRedis()
  client = new Redis(server.url)
})
afterAll(async () => {
  client?.disconnect()
  await server?.stop()
})
beforeEach(async (ctx) => {
  ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
  await client.flushall()
})

describe('ioredis sends a command again when the connection broke before the reply', () => {
  /** A store behind a proxy, and how to lose the reply to what is sent next. */
  async function fragile(): Promise<{ store: Store; proxy: FaultyProxy }> {
    const proxy = await startFaultyProxy(server.port)
    const own = new Redis({ port: proxy.port, host: '127.0.0.1', retryStrategy: () => 50 })
    own.on('error', () => undefined)
    onTestFinished(async () => {
      own.disconnect()
      await proxy.stop()
    })
    const store = redis(own)
    await store.ping()
    return { store, proxy }
  }

  async function withLostReply<Result>(proxy: FaultyProxy, call: () => Result): Promise<Awaited<Result>> {
    proxy.cutMidReply(0)
    const answer = call()
    await pause(20)
    await proxy.heal()
    return await answer
  }

  test('a change that was carried out counts once, and as done', async () => {
    const { store, proxy } = await fragile()
    const one = session('one')
    await store.create(one)
    await store.update(one.id, ELMER, delta({ n: '0' }), Date.now())
    const added = { ...delta({ n: '1' }), expect: [{ key: 'n', json: '0' }] }
    expect(await withLostReply(proxy, () => store.update(one.id, ELMER, added, Date.now()))).toBe('saved')
  })

  test('a renewal that was carried out is not told as the end of the session', async () => {
    const { store, proxy } = await fragile()
    const one = session('one')
    await store.create(one)
    await store.read(one.id, ELMER)
    const id = `one_${'n'.repeat(18)}` as SessionId
    const next = { ...one, id, keepValues: true, place: 'handle', changes: new Map(), traceUntil: Date.now() + HOUR } as const
    expect(await withLostReply(proxy, () => store.renew(one.id, ELMER, next, Date.now()))).toBe('saved')
    expect(await store.read(id, ELMER)).not.toBeNull()
  })

  test('a session that was created is not told as one that was there before', async () => {
    const { store, proxy } = await fragile()
    await store.create(session('warm'))
    const one = session('one')
    await withLostReply(proxy, () => store.create(one))
    expect(await store.read(one.id, ELMER)).not.toBeNull()
    await expect(store.create(one)).rejects.toThrow('exists already')
  })
})

test('a client that connects only when it is needed serves the first requests, however many there are', async () => {
  const lazy = new Redis(server.url, { lazyConnect: true })
  onTestFinished(() => lazy.disconnect())
  const store = redis(lazy)
  const first = store.read(session('one').id, ELMER)
  await pause(1)
  expect(lazy.status).not.toBe('ready')
  const calls = [first, store.ping(), store.create(session('two'))]
  expect((await Promise.allSettled(calls.map(async (call) => call))).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
})

test('the session that revokeAccount leaves out stays, also when its id from before is on the list still', async () => {
  const store = redis(client)
  const one = session('one', { account: 'ann' })
  const other = session('other', { account: 'ann' })
  await store.create(one)
  await store.create(other)
  const id = `one_${'n'.repeat(18)}` as SessionId
  const next = { ...one, id, keepValues: true, place: 'handle', changes: new Map(), traceUntil: Date.now() + HOUR } as const
  expect(await store.renew(one.id, ELMER, next, Date.now())).toBe('saved')
  // As it stays when the process or its connection ends between the renewal and the care for the list.
  await client.zadd('lb:a:"ann"', String(one.expiresAt), one.id)
  expect(await store.revokeAccount('ann', id)).toBe(1)
  expect(await store.read(id, ELMER)).not.toBeNull()
  expect(await store.read(other.id, ELMER)).toBeNull()
})

test('a session that was renewed while the list of its account was read is on it all the same, and once', async () => {
  const store = redis(client)
  const ids = ['one', 'one_b', 'one_c'].map((name) => name.padEnd(22, '_') as SessionId)
  const one = session('one', { account: 'ann' })
  await store.create(one)
  for (const [at, id] of ids.slice(1).entries()) {
    const next = { ...one, id, keepValues: true, place: 'handle', changes: new Map(), traceUntil: Date.now() + HOUR } as const
    expect(await store.renew(ids[at]!, ELMER, next, Date.now())).toBe('saved')
  }
  // As it is read in part before the renewals, and in part after them.
  for (const listed of [[ids[0]!], [ids[1]!], ids.slice(0, 2), ids]) {
    await client.del('lb:a:"ann"')
    for (const id of listed) await client.zadd('lb:a:"ann"', String(one.expiresAt), id)
    expect((await store.sessionsOf('ann', Date.now())).map(({ id }) => id)).toEqual([ids[2]])
  }
})

test('a trace that was damaged so that it leads in a circle ends the search for the successor', async () => {
  const store = redis(client)
  const one = session('one')
  await store.create(one)
  const id = `one_${'n'.repeat(18)}` as SessionId
  const next = { ...one, id, keepValues: true, place: 'handle', changes: new Map(), traceUntil: Date.now() + HOUR } as const
  await store.renew(one.id, ELMER, next, Date.now())
  const trace = (await client.getBuffer(`lb:{one_}${one.id.slice(4)}`))!
  trace.write(one.id, trace.length - one.id.length, 'latin1')
  await client.set(`lb:{one_}${one.id.slice(4)}`, trace)
  expect(await Promise.race([redis(client).revoke(one.id), pause(3000, 'still searching')])).toBe(false)
}, 10_000)

test('a node whose clock is ahead leaves no session of the account out of the list of the others', async () => {
  const store = redis(client)
  const now = Date.now()
  await store.create(session('brief', { account: 'ann', expiresAt: now + 20_000 }))
  const ahead = session('ahead', { account: 'ann' })
  await store.create({ ...ahead, handle: { ...ahead.handle, seenAt: now + 30_000 } })
  expect((await store.sessionsOf('ann', now)).length).toBe(2)
})

describe('a record that was damaged', () => {
  const one = session('one', { account: 'ann' })
  const key = `lb:{one_}${one.id.slice(4)}`

  /** Numbers of seven bits to a byte, as records have them. */
  const number = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...number(Math.floor(value / 128))])
  const head = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]

  test('takes neither time nor memory, whatever number of accounts it names', async () => {
    await client.set(key, Buffer.from([...head, ...number(400), ...number(30_000_000), 1, 1, 1]))
    const store = redis(client)
    await store.read(session('none').id, ELMER)
    const began = process.cpuUsage()
    for (let times = 0; times < 20; times++) expect(await store.read(one.id, ELMER)).toBeNull()
    const { user, system } = process.cpuUsage(began)
    expect((user + system) / 1000).toBeLessThan(500)
  })

  test('is nobody to a sign-out, whatever times it names', async () => {
    // As a scope that needs no packing is written: after a mark, as it is.
    const handle = (scope: string, ...times: number[]) => [
      scope.length + 1,
      30,
      ...Buffer.from(scope),
      ...Buffer.alloc(32),
      ...times.flatMap(number),
      0,
    ]
    const handles = [...handle(ELMER, 0, 2 ** 53, 2 ** 53), ...handle(FUDD, 0, 0, 0)]
    await client.set(key, Buffer.from([...head, ...number(400), 0, 0, ...handles]))
    expect(await redis(client).revoke(one.id, FUDD)).toBe(false)
  })
})

describe.each([{ enableAutoPipelining: true }, { stringNumbers: true }, { keyPrefix: 'app:' }])(
  'with the option %o of ioredis',
  (options) => {
    test.for(['a single server', 'a Cluster'])('sessions are kept in %s, also when many change at one moment', async (where) => {
      const own = where === 'a Cluster' ? await startRedisCluster() : null
      const nodes = own?.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))
      // A Cluster hands this one on to its connections.
      const odd = nodes === undefined ? new Redis(server.url, options) : new Cluster(nodes, { ...options, redisOptions: options })
      onTestFinished(async () => {
        odd.disconnect()
        await own?.stop()
      })
      const store = redis(odd)
      const sessions = Array.from({ length: 20 }, (_, i) => session(`${i}_of_many`, { account: 'ann' }))
      await Promise.all(sessions.map(async (each) => store.create(each)))
      const saved = await Promise.all(sessions.map(async ({ id }) => store.update(id, ELMER, delta({ a: '1' }), Date.now())))
      expect(new Set(saved)).toEqual(new Set(['saved']))
      expect(await store.revokeAccount('ann', sessions[0]!.id)).toBe(19)
      expect(await store.read(sessions[0]!.id, ELMER)).toMatchObject({ handle: { values: '\n"a":1' } })
    })
  },
)
