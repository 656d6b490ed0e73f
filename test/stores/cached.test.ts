// The near cache in one process: what it answers, for how long, and what it must not keep.
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import type { NewSession, Scope, SessionId } from 'landbridge/store'
import { describe, expect, test } from 'vitest'
import { setUp, settle } from './gated.ts'
import { ELMER, FUDD, newDelta, newHandle, newSession } from './cached-records.ts'

const NOW = 1_800_000_000_000

const cart = (value: string, now: number) => newDelta(now, { cart: JSON.stringify(value) })

describe('A read that is known', () => {
  test('is answered at once, without a promise, and without asking the store', async () => {
    const { gated, store, session } = await setUp()
    expect(await store.read(session.id, ELMER)).toEqual(session)
    expect(store.read(session.id, ELMER)).toEqual(session)
    expect(gated.reads).toBe(1)
  })

  test('is known for its own scope and id only', async () => {
    const { gated, store, session } = await setUp()
    await store.read(session.id, ELMER)
    expect(await store.read(session.id, FUDD)).toMatchObject({ handle: null })
    expect(await store.read(session.id.toLowerCase() as SessionId, ELMER)).toBeNull()
    expect(gated.reads).toBe(3)
  })

  test('cannot be changed by who reads it, for others who do', async () => {
    const { store, session } = await setUp()
    const account = { id: 'ada', signedInAt: NOW }
    const mine = newSession(NOW + 1e9, { accounts: [account] })
    await store.create(mine)
    const read = (await store.read(mine.id, ELMER))!
    expect(() => Object.assign(read.accounts[0]!, { id: 'bob' })).toThrow(TypeError)
    expect(store.read(mine.id, ELMER)).toEqual(mine)
    expect(await store.read(session.id, ELMER)).toEqual(session)
  })
})

describe('A read is known for as long as maxStaleMs', () => {
  test('by the wall clock, because the other one stands still while a machine sleeps', async () => {
    const { gated, clocks, store, session } = await setUp()
    await store.read(session.id, ELMER)
    clocks.wall.advance(4999)
    await store.read(session.id, ELMER)
    expect(gated.reads).toBe(1)
    clocks.wall.advance(1)
    await store.read(session.id, ELMER)
    expect(gated.reads).toBe(2)
  })

  test('by the monotonic clock, because the wall clock may be set back', async () => {
    const { gated, clocks, store, session } = await setUp({ maxStaleMs: 700 })
    await store.read(session.id, ELMER)
    clocks.ticks.advance(699)
    await store.read(session.id, ELMER)
    expect(gated.reads).toBe(1)
    clocks.ticks.advance(1)
    await store.read(session.id, ELMER)
    expect(gated.reads).toBe(2)
  })

  test('from the moment at which it began, not at which it was answered', async () => {
    const { gated, clocks, store, session } = await setUp()
    gated.hold('read')
    const slow = store.read(session.id, ELMER)
    clocks.advance(4000)
    await settle()
    gated.release('read')
    await slow
    clocks.advance(999)
    await store.read(session.id, ELMER)
    expect(gated.reads).toBe(1)
    clocks.advance(1)
    await store.read(session.id, ELMER)
    expect(gated.reads).toBe(2)
  })

  test('and not at all where that is 0', async () => {
    const { gated, store, session } = await setUp({ maxStaleMs: 0 })
    await Promise.all([1, 2].map(async () => store.read(session.id, ELMER)))
    expect(gated.reads).toBe(2)
  })

  test.each(['session', 'handle'])('but never past the end of its %s: another process may have put that off', async (which) => {
    const { gated, clocks, store } = await setUp()
    const now = clocks.wall.now()
    const end = { expiresAt: now + 1000 }
    const session = newSession(now, which === 'session' ? { ...end, handle: end } : { handle: end })
    await store.create(session)
    await store.read(session.id, ELMER)
    await gated.store.update(session.id, ELMER, newDelta(now, {}, { expiresAt: now + 2000 }), now)
    clocks.advance(999)
    expect((await store.read(session.id, ELMER))?.handle?.expiresAt).toBe(now + 1000)
    clocks.advance(1)
    expect((await store.read(session.id, ELMER))?.handle?.expiresAt).toBe(now + 2000)
  })
})

test('the end of an account leaves what is known of others', async () => {
  const { gated, store, session } = await setUp()
  await store.read(session.id, ELMER)
  await store.revokeAccount('ada')
  await store.read(session.id, ELMER)
  expect(gated.reads).toBe(1)
})

describe('Reads at the same time', () => {
  test('of one session and scope ask the store once', async () => {
    const { gated, store, session } = await setUp()
    const reads = await Promise.all(Array.from({ length: 50 }, async () => store.read(session.id, ELMER)))
    expect(gated.reads).toBe(1)
    expect(new Set(reads).size).toBe(1)
    expect(reads[0]).toEqual(session)
  })

  test('of two scopes ask it twice, and both are known afterwards', async () => {
    const { gated, store, session, now } = await setUp()
    await store.attach(session.id, ELMER, newHandle(now), now, now)
    const read = () => Promise.all([ELMER, FUDD].map(async (scope) => store.read(session.id, scope)))
    const both = await read()
    expect(both.map((each) => each?.handle?.scope)).toEqual([ELMER, FUDD])
    await read()
    expect(gated.reads).toBe(2)
  })

  test('fail together, and the next one asks again', async () => {
    const { gated, session } = await setUp()
    let isDown = true
    const store = cached({
      ...gated.store,
      read: async (...args) => {
        if (isDown) throw new Error('the store is down')
        return gated.store.read(...args)
      },
    })
    const results = await Promise.allSettled([1, 2, 3].map(async () => store.read(session.id, ELMER)))
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    isDown = false
    expect(await store.read(session.id, ELMER)).toEqual(session)
  })

  test('do not join one that has been under way for maxStaleMs', async () => {
    const { gated, clocks, store, session, now } = await setUp()
    gated.hold('read')
    const hanging = store.read(session.id, ELMER)
    await settle()
    clocks.advance(4999)
    const joined = store.read(session.id, ELMER)
    expect(gated.reads).toBe(1)
    clocks.advance(1)
    await gated.store.update(session.id, ELMER, cart('new', now), now)
    const apart = store.read(session.id, ELMER)
    expect(gated.reads).toBe(2)
    await settle()
    gated.release('read')
    expect(await joined).toEqual(await hanging)
    expect((await apart)?.handle?.values).toContain('new')
    expect((await store.read(session.id, ELMER))?.handle?.values).toContain('new')
  })
})

describe('What is not there', () => {
  test('is known, too: a session, and a handle', async () => {
    const { gated, store, session } = await setUp()
    const absent = newSession(NOW).id
    for (let i = 0; i < 3; i++) {
      expect(await store.read(absent, ELMER)).toBeNull()
      expect(await store.read(session.id, FUDD)).toMatchObject({ handle: null })
    }
    expect(gated.reads).toBe(2)
  })

  test('is asked for again when this process makes it', async () => {
    const { store, session, now } = await setUp()
    const next = newSession(now)
    expect(await store.read(next.id, ELMER)).toBeNull()
    expect(await store.read(session.id, FUDD)).toMatchObject({ handle: null })
    await store.create(next)
    const handle = newHandle(now)
    await store.attach(session.id, ELMER, handle, now, now)
    expect(await store.read(next.id, ELMER)).toEqual(next)
    expect(await store.read(session.id, FUDD)).toMatchObject({ handle })
  })

  test('takes no room from what is there, however many forged ids there are', async () => {
    const { gated, store, session } = await setUp({ maxBytes: 64 * 1024 })
    await store.read(session.id, ELMER)
    for (let i = 0; i < 5000; i++) await store.read(newSession(NOW).id, ELMER)
    const { reads } = gated
    await store.read(session.id, ELMER)
    expect(gated.reads).toBe(reads)
  })

  test('of an id that cannot be one is not kept', async () => {
    const { gated, store } = await setUp()
    for (const id of ['', 'x'.repeat(100_000), 'x'.repeat(21), `${'x'.repeat(21)}\n`] as SessionId[]) {
      await store.read(id, ELMER)
      await store.read(id, ELMER)
    }
    expect(gated.reads).toBe(8)
  })
})

describe('Memory', () => {
  test('is given to the sessions that were used last', async () => {
    const { gated, store, now } = await setUp({ maxBytes: 100_000 })
    const sessions = Array.from({ length: 500 }, () => newSession(now))
    for (const session of sessions) {
      await store.create(session)
      await store.read(session.id, ELMER)
      await store.read(sessions[0]!.id, ELMER)
    }
    const known = async (session: NewSession) => {
      const { reads } = gated
      await store.read(session.id, ELMER)
      return gated.reads === reads
    }
    expect([await known(sessions[0]!), await known(sessions.at(-1)!), await known(sessions[1]!)]).toEqual([true, true, false])
  })

  test('is not taken by a session that is larger than all of it', async () => {
    const { gated, store, session, now } = await setUp({ maxBytes: 20_000 })
    const large = newSession(now, { values: `\n"x":"${'x'.repeat(20_000)}"` })
    await store.create(large)
    await store.read(session.id, ELMER)
    for (let i = 0; i < 2; i++) expect(await store.read(large.id, ELMER)).toEqual(large)
    await store.read(session.id, ELMER)
    expect(gated.reads).toBe(3)
  })

  test('holds few scopes of one session: a cookie shown on a thousand hosts slows nobody down', async () => {
    const { gated, store, session } = await setUp()
    for (let i = 0; i < 1000; i++) await store.read(session.id, `${i}.acme.example` as Scope)
    await store.read(session.id, '999.acme.example' as Scope)
    expect(gated.reads).toBe(1000)
    await store.read(session.id, '0.acme.example' as Scope)
    expect(gated.reads).toBe(1001)
  })
})

describe('A cache that is told to ask always', () => {
  test('asks, joins no read, and keeps none', async () => {
    const { gated, store, session } = await setUp({ alwaysAsk: true })
    await Promise.all([1, 2, 3].map(async () => store.read(session.id, ELMER)))
    await store.read(session.id, ELMER)
    expect(gated.reads).toBe(4)
  })

  test('does so for the scopes that are meant alone', async () => {
    const { gated, store, session, now } = await setUp({ alwaysAsk: (scope) => scope === FUDD })
    await store.attach(session.id, ELMER, newHandle(now), now, now)
    for (let i = 0; i < 3; i++) await store.read(session.id, ELMER)
    expect(gated.reads).toBe(1)
    for (let i = 0; i < 3; i++) await store.read(session.id, FUDD)
    expect(gated.reads).toBe(4)
  })
})

test('the rest of the contract goes through: what it cannot do, who removes what expired, and its name', () => {
  const store = cached({ ...memory(), name: 'small', expiry: 'system', lacks: ['take'] })
  expect(store).toMatchObject({ name: 'cached small', expiry: 'system', lacks: ['take'] })
  expect(store.watch).toBeUndefined()
  expect(cached(memory())).not.toHaveProperty('expiry')
})

test('a store that keeps sessions in cookies is refused: there is nothing to cache', () => {
  const store = { ...memory(), forRequest: () => Promise.race([]) as never }
  expect(() => cached(store)).toThrow(TypeError)
})

test.each([{ maxBytes: -1 }, { maxBytes: Number.NaN }, { maxStaleMs: Infinity }, { maxStaleMs: -5 }])('%j is refused', (options) => {
  expect(() => cached(memory(), options)).toThrow(RangeError)
})

test('a read of a session that ended elsewhere is not served for longer than the bound, without any message', async () => {
  const { gated, clocks, store, session } = await setUp()
  await store.read(session.id, ELMER)
  await gated.store.revoke(session.id)
  clocks.advance(4999)
  expect(await store.read(session.id, ELMER)).toEqual(session)
  clocks.advance(1)
  expect(await store.read(session.id, ELMER)).toBeNull()
})
