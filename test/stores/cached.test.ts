// The near cache in one process: what it answers, for how long, and what it must not keep.
import { cached } from 'landbridge/cached'
import type { CachedOptions } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import type { NewSession, Scope, SessionId, Store } from 'landbridge/store'
import { describe, expect, test } from 'vitest'
import { Gated, settle, twoClocks } from './gated.ts'
import { ELMER, FUDD, newDelta, newHandle, newSession, newSuccessor } from './cached-records.ts'

const NOW = 1_800_000_000_000

/** A near cache over a store that counts, with one session in it. */
async function setUp(options: CachedOptions = {}) {
  const gated = new Gated()
  const clocks = twoClocks()
  const store = cached(gated.store, { clock: clocks.wall.now, monotonicClock: clocks.ticks.now, ...options })
  const session = newSession(clocks.wall.now())
  await store.create(session)
  return { gated, clocks, store, session, now: clocks.wall.now() }
}

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

/** Writes of this process, each of them to a session whose read is known. */
const WRITES: Record<string, (store: Store, session: NewSession, now: number) => unknown> = {
  update: (store, { id }, now) => store.update(id, ELMER, cart('new', now), now),
  'an update of the times alone': (store, { id }, now) => store.update(id, ELMER, newDelta(now + 1, {}), now),
  'an update that conflicts': (store, { id }, now) =>
    store.update(id, ELMER, { ...cart('new', now), expect: [{ key: 'cart', json: '"other"' }] }, now),
  renew: (store, { id }, now) => store.renew(id, ELMER, newSuccessor(now), now),
  attach: (store, { id }, now) => store.attach(id, ELMER, newHandle(now), now, now),
  revoke: (store, { id }) => store.revoke(id),
  'revoke of one scope': (store, { id }) => store.revoke(id, ELMER),
  revokeAccount: (store, { accounts }) => store.revokeAccount(accounts[0]!.id),
  sweep: (store, _, now) => store.sweep(now + 1e12, 100),
}

describe.each(Object.entries(WRITES))('After %s of this process', (name, write) => {
  const method = name.startsWith('revokeA') ? 'revokeAccount' : (/update|renew|attach|revoke|sweep/.exec(name)![0] as 'update')

  async function setUpSignedIn() {
    const all = await setUp()
    const session = newSession(all.now, { accounts: [{ id: 'ada', signedInAt: all.now }] })
    await all.store.create(session)
    return { ...all, session }
  }

  test('a read that was known is asked for again', async () => {
    const { gated, store, session, now } = await setUpSignedIn()
    await store.read(session.id, ELMER)
    await write(store, session, now)
    const { reads } = gated
    expect(await store.read(session.id, ELMER)).toEqual(await gated.store.read(session.id, ELMER))
    expect(gated.reads).toBe(reads + 2)
  })

  test('a read that was known is asked for again already while it is under way: its answer may never come', async () => {
    const { gated, store, session, now } = await setUpSignedIn()
    await store.read(session.id, ELMER)
    gated.hold(method)
    const writing = write(store, session, now)
    await settle()
    const fresh = await gated.store.read(session.id, ELMER)
    expect(await store.read(session.id, ELMER)).toEqual(fresh)
    gated.release(method)
    await writing
  })

  test('a read that was under way before it is neither joined nor kept', async () => {
    const { gated, store, session, now } = await setUpSignedIn()
    gated.hold('read')
    const early = store.read(session.id, ELMER)
    await settle()
    await write(store, session, now)
    const late = store.read(session.id, ELMER)
    expect(gated.reads).toBe(2)
    await settle()
    await gated.answer('read')
    expect(await early).toEqual(session)
    gated.release('read')
    const fresh = await gated.store.read(session.id, ELMER)
    expect(await late).toEqual(fresh)
    expect(await store.read(session.id, ELMER)).toEqual(fresh)
  })

  test('a read that was under way before it, and is answered after the one after it, is not kept', async () => {
    const { gated, store, session, now } = await setUpSignedIn()
    gated.hold('read')
    const early = store.read(session.id, ELMER)
    await settle()
    await write(store, session, now)
    const second = store.read(session.id, ELMER)
    await settle()
    await gated.answer('read', 1)
    await gated.answer('read')
    gated.release('read')
    expect(await early).toEqual(session)
    await second
    expect(await store.read(session.id, ELMER)).toEqual(await gated.store.read(session.id, ELMER))
  })

  test('a read from before, answered while the write is under way, is not kept', async () => {
    const { gated, store, session, now } = await setUpSignedIn()
    gated.hold('read')
    const early = store.read(session.id, ELMER)
    await settle()
    gated.hold(method)
    const writing = write(store, session, now)
    await settle()
    gated.release('read')
    expect(await early).toEqual(session)
    gated.release(method)
    await writing
    expect(await store.read(session.id, ELMER)).toEqual(await gated.store.read(session.id, ELMER))
  })

  test.each(['the read', 'the write'])(
    'a read that began beside it, before it was carried out, is not kept: %s answered first',
    async (first) => {
      const { gated, store, session, now } = await setUpSignedIn()
      gated.hold(`before ${method}`)
      const writing = write(store, session, now)
      await settle()
      gated.hold('read')
      const beside = store.read(session.id, ELMER)
      await settle()
      if (first === 'the read') gated.release('read')
      await settle()
      gated.release(`before ${method}`)
      await writing
      gated.release('read')
      expect(await beside).toEqual(session)
      const { reads } = gated
      const fresh = await gated.store.read(session.id, ELMER)
      expect(await store.read(session.id, ELMER)).toEqual(fresh)
      expect(gated.reads).toBe(reads + 2)
    },
  )
})

describe('A write that fails', () => {
  test('may have been carried out all the same: what was known is asked for again', async () => {
    const { gated, clocks, session, now } = await setUp()
    const store = cached(
      {
        ...gated.store,
        async revoke(id) {
          await gated.store.revoke(id)
          throw new Error('the connection was cut before the answer')
        },
      },
      { clock: clocks.wall.now },
    )
    await store.read(session.id, ELMER)
    await expect(store.revoke(session.id)).rejects.toThrow('cut')
    expect(await store.read(session.id, ELMER)).toBeNull()
    expect(now).toBe(clocks.wall.now())
  })

  test('and so it is where the store throws at once', () => {
    const inner = memory()
    const store = cached({
      ...inner,
      revoke(id) {
        void inner.revoke(id)
        throw new Error('thrown')
      },
    })
    const session = newSession(Date.now())
    void store.create(session)
    expect(store.read(session.id, ELMER)).toEqual(session)
    expect(() => store.revoke(session.id)).toThrow('thrown')
    expect(store.read(session.id, ELMER)).toBeNull()
  })
})

test('the end of a renewed session, asked for by its old id, ends what is known of the successor', async () => {
  const { gated, store, session, now } = await setUp()
  const next = newSuccessor(now)
  await gated.store.renew(session.id, ELMER, next, now)
  expect(await store.read(next.id, ELMER)).not.toBeNull()
  expect(await store.revoke(session.id)).toBe(true)
  expect(await store.read(next.id, ELMER)).toBeNull()
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
