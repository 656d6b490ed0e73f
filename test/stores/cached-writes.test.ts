// The near cache and the writes of its own process: what was known before one, or was under way beside it, is asked for again.
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import type { NewSession, Store } from 'landbridge/store'
import { describe, expect, test } from 'vitest'
import { ELMER, newDelta, newHandle, newSession, newSuccessor } from './cached-records.ts'
import { setUp, settle } from './gated.ts'

const cart = (value: string, now: number) => newDelta(now, { cart: JSON.stringify(value) })

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
