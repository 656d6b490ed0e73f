import assert from 'node:assert/strict'
import type { Delta, NewSession, Store, ValuesPlace } from '../../core/store.ts'
import { entriesOf, isLive } from '../../core/store.ts'
import { assertNothingLeft, readLive } from '../checks.ts'
import { ELMER, FUDD, HOUR, newAccount, newDelta, newId, newSession, textOf } from '../records.ts'
import type { StoreCase } from '../store-case.ts'
import { storeCase } from '../store-case.ts'

const PLACES: readonly ValuesPlace[] = ['session', 'handle']

/** A session with the same three values in both places. */
function withValues(now: number): NewSession {
  const values = textOf({ a: '1', b: '2', c: '3' })
  return newSession(now, { values, handle: { values } })
}

async function entriesAt(store: Store, { id }: NewSession, place: ValuesPlace, now: number): Promise<Record<string, string>> {
  const read = await readLive(store, id, ELMER, now)
  return Object.fromEntries(entriesOf(place === 'session' ? read.values : read.handle.values))
}

const otherPlace = (place: ValuesPlace): ValuesPlace => (place === 'session' ? 'handle' : 'session')

/** A compare-and-swap of `a` in the place. */
function swap(now: number, place: ValuesPlace, json: string | null, to: string): Delta {
  return newDelta(now, { a: to }, { place, expect: [{ key: 'a', json }] })
}

const deltas = PLACES.flatMap((place): StoreCase[] => [
  storeCase(`an update of values on the ${place} sets and removes the keys that it names and keeps the others`, async ({ store, now }) => {
    const session = withValues(now)
    await store.create(session)
    assert.equal(await store.update(session.id, ELMER, newDelta(now, { a: '"new"', b: null, d: '{}', e: null }, { place }), now), 'saved')
    assert.deepEqual(await entriesAt(store, session, place, now), { a: '"new"', c: '3', d: '{}' })
    assert.deepEqual(await entriesAt(store, session, otherPlace(place), now), { a: '1', b: '2', c: '3' })
  }),

  storeCase(
    `a compare-and-swap on the ${place} is saved while the key holds what is expected, otherwise a conflict`,
    async ({ store, now }) => {
      const session = withValues(now)
      await store.create(session)
      assert.equal(await store.update(session.id, ELMER, swap(now, place, '1', '10'), now), 'saved')
      assert.equal(await store.update(session.id, ELMER, swap(now, place, '1', '11'), now), 'conflict')
      assert.equal(await store.update(session.id, ELMER, swap(now, place, null, '12'), now), 'conflict')
      assert.equal(await store.update(session.id, ELMER, swap(now, place, '10 ', '13'), now), 'conflict')
      assert.deepEqual(await entriesAt(store, session, place, now), { a: '10', b: '2', c: '3' })
    },
  ),

  storeCase(`a compare-and-swap on the ${place} may expect a key to be absent`, async ({ store, now }) => {
    const session = newSession(now)
    await store.create(session)
    assert.equal(await store.update(session.id, ELMER, swap(now, place, 'null', '0'), now), 'conflict')
    assert.equal(await store.update(session.id, ELMER, swap(now, place, null, '1'), now), 'saved')
    assert.equal(await store.update(session.id, ELMER, swap(now, place, null, '2'), now), 'conflict')
    assert.deepEqual(await entriesAt(store, session, place, now), { a: '1' })
  }),
])

export const updatingCases: readonly StoreCase[] = [
  ...deltas,

  storeCase('an update records when the handle was seen and moves its end, and nothing else', async ({ store, now }) => {
    const session = withValues(now)
    await store.create(session)
    const delta = newDelta(now, {}, { seenAt: now + 7, expiresAt: now + HOUR - 7 })
    assert.equal(await store.update(session.id, ELMER, delta, now + 7), 'saved')
    const handle = { ...session.handle, seenAt: now + 7, expiresAt: now + HOUR - 7 }
    assert.deepEqual(await store.read(session.id, ELMER), { ...session, handle })
  }),

  storeCase('a conflict changes nothing, not even when the handle was seen', async ({ store, now }) => {
    const session = withValues(now)
    await store.create(session)
    const delta = { ...swap(now, 'handle', '"other"', '0'), seenAt: now + 7, expiresAt: now + 8 }
    assert.equal(await store.update(session.id, ELMER, delta, now), 'conflict')
    assert.deepEqual(await store.read(session.id, ELMER), session)
  }),

  storeCase('keys that look like others, or like part of the text, are keys of their own', async ({ store, now }) => {
    const session = newSession(now)
    await store.create(session)
    const keys = ['a', 'a"', '"a":1', '\n"a":', '\\', '\\"', '__proto__', '\ud800', '\udc00', 'ž', '']
    for (const [index, key] of keys.entries()) {
      await store.update(session.id, ELMER, { ...newDelta(now, {}), changes: new Map([[key, String(index)]]) }, now)
    }
    const read = await readLive(store, session.id, ELMER, now)
    assert.deepEqual(
      entriesOf(read.handle.values),
      keys.map((key, index) => [key, String(index)]),
    )
  }),

  storeCase('an update of what is absent, revoked or of another scope is gone and leaves nothing', async ({ store, now }) => {
    const account = newAccount(now)
    const [kept, revoked] = [newSession(now), newSession(now, { accounts: [account] })]
    for (const session of [kept, revoked]) await store.create(session)
    await store.revoke(revoked.id)
    for (const place of PLACES) {
      const delta = newDelta(now, { a: '1' }, { place })
      const absent = newId()
      assert.equal(await store.update(absent, ELMER, delta, now), 'gone')
      await assertNothingLeft(store, absent, ELMER, now)
      assert.equal(await store.update(revoked.id, ELMER, delta, now), 'gone')
      await assertNothingLeft(store, revoked.id, ELMER, now, account.id)
      assert.equal(await store.update(kept.id, FUDD, delta, now), 'gone')
      assert.deepEqual(await store.handlesOf(kept.id), [kept.handle])
      assert.deepEqual(await store.read(kept.id, ELMER), kept)
    }
  }),

  storeCase('an update of an expired handle or session is gone, by the time that the caller says', async ({ store, now }) => {
    const idle = newSession(now, { handle: { expiresAt: now + 1000 } })
    const ended = newSession(now, { expiresAt: now + 1000, handle: { expiresAt: now + 1000 } })
    for (const session of [idle, ended]) {
      await store.create(session)
      for (const late of [now + 1000, now + 1001, now + HOUR]) {
        assert.equal(await store.update(session.id, ELMER, newDelta(late, { a: '1' }), late), 'gone')
        assert(!isLive(await store.read(session.id, ELMER), late), 'the end of a dead handle was not moved')
      }
    }
  }),

  storeCase('an update in the last millisecond is saved', async ({ store, now }) => {
    const session = newSession(now, { handle: { expiresAt: now + HOUR } })
    await store.create(session)
    const last = now + HOUR - 1
    assert.equal(await store.update(session.id, ELMER, newDelta(last, { a: '1' }, { expiresAt: now + HOUR }), last), 'saved')
  }),
]
