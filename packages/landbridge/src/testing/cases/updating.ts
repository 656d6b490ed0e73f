import assert from 'node:assert/strict'
import type { Delta, Expectation, NewSession, Store, StoredHandle, ValuesPlace } from '../../core/store.ts'
import { entriesOf, isLive } from '../../core/store.ts'
import { assertHandles, assertNothingLeft, readLive } from '../checks.ts'
import { ELMER, FUDD, HOUR, newAccount, newDelta, newHandle, newId, newSession, textOf } from '../records.ts'
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

const expecting = (key: string, text: string | null): Expectation => ({ key, json: text })

const otherPlace = (place: ValuesPlace): ValuesPlace => (place === 'session' ? 'handle' : 'session')

/** A compare-and-swap of `a` in the place. */
function swap(now: number, place: ValuesPlace, text: string | null, to: string): Delta {
  return newDelta(now, { a: to }, { place, expect: [expecting('a', text)] })
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

  storeCase(`an update of the ${place} that expects all values is a conflict after any change of them`, async ({ store, now }) => {
    const session = withValues(now)
    await store.create(session)
    const all = textOf({ a: '1', b: '2', c: '3' })
    const expecting = (expectValues: string): Delta => newDelta(now, { e: '5' }, { place, expectValues })
    for (const other of ['', textOf({ a: '1', b: '2' }), textOf({ a: '1', b: '2', c: '4' }), textOf({ a: '1', b: '2', c: '3', d: '4' })]) {
      assert.equal(await store.update(session.id, ELMER, expecting(other), now), 'conflict')
    }
    assert.deepEqual(await entriesAt(store, session, place, now), { a: '1', b: '2', c: '3' })
    // What changes in the other place is not looked at.
    assert.equal(await store.update(session.id, ELMER, newDelta(now, { f: '6' }, { place: otherPlace(place) }), now), 'saved')
    assert.equal(await store.update(session.id, ELMER, expecting(all), now), 'saved')
    assert.equal(await store.update(session.id, ELMER, expecting(all), now), 'conflict')
  }),

  storeCase(`an update of the ${place} that expects several keys is saved only while every one holds`, async ({ store, now }) => {
    const session = withValues(now)
    await store.create(session)
    const held = [expecting('a', '1'), expecting('c', '3'), expecting('d', null)]
    const failing = [expecting('a', '2'), expecting('b', null), expecting('d', '4')]
    for (const wrong of failing) {
      for (const at of [0, 1, 2, 3]) {
        const delta = newDelta(now, { e: '5' }, { place, expect: held.toSpliced(at, 0, wrong) })
        assert.equal(await store.update(session.id, ELMER, delta, now), 'conflict')
      }
    }
    assert.deepEqual(await store.read(session.id, ELMER), session)
    assert.equal(await store.update(session.id, ELMER, newDelta(now, { e: '5' }, { place, expect: held }), now), 'saved')
    assert.equal(await store.update(session.id, ELMER, newDelta(now, { f: '6' }, { place, expect: [] }), now), 'saved')
    assert.deepEqual(await entriesAt(store, session, place, now), { a: '1', b: '2', c: '3', e: '5', f: '6' })
  }),

  storeCase(`an update of the ${place} expects nothing of the same key elsewhere`, async ({ store, now }) => {
    const [there, elsewhere] = [textOf({ a: '1' }), textOf({ a: '2', b: '3' })]
    const [values, own] = place === 'session' ? [there, elsewhere] : [elsewhere, there]
    const session = newSession(now, { values, handle: { values: own } })
    await store.create(session)
    for (const wrong of [expecting('a', '2'), expecting('b', '3')]) {
      const delta = newDelta(now, { c: '4' }, { place, expect: [wrong] })
      assert.equal(await store.update(session.id, ELMER, delta, now), 'conflict')
    }
    const delta = newDelta(now, { c: '4' }, { place, expect: [expecting('a', '1'), expecting('b', null)] })
    assert.equal(await store.update(session.id, ELMER, delta, now), 'saved')
  }),

  storeCase(`an update of the ${place} can record that a second handle was seen, too, and changes nothing else of it`, async (ground) => {
    const { store, other, now } = ground
    const session = newSession(now, { expiresAt: now + 2 * HOUR })
    const second = newHandle(now, { values: textOf({ a: '1' }) })
    await store.create(session)
    await store.attach(session.id, ELMER, second, now, now)
    const moved = { seenAt: now + 7, expiresAt: now + HOUR + 7 }
    const delta = newDelta(now, { a: '2' }, { place, ...moved, alsoSeen: FUDD })
    assert.equal(await store.update(session.id, ELMER, delta, now + 7), 'saved')
    const [values, own] = place === 'session' ? [textOf({ a: '2' }), ''] : ['', textOf({ a: '2' })]
    await assertHandles(other, session.id, [
      { ...session.handle, ...moved, values: own },
      { ...second, ...moved },
    ])
    assert.deepEqual(await store.read(session.id, FUDD), { ...session, values, handle: { ...second, ...moved } })
  }),
])

const rehashing: readonly StoreCase[] = [
  storeCase('an update with a hash changes the secret of that handle alone, in the same step', async ({ store, other, now }) => {
    const { session, second } = await withSecond(store, now, now + HOUR)
    const hash = newHandle(now).hash
    const failing = newDelta(now, { a: '1' }, { hash, expect: [expecting('a', '2')] })
    assert.equal(await store.update(session.id, ELMER, failing, now), 'conflict')
    await assertHandles(other, session.id, [session.handle, second])
    assert.equal(await store.update(session.id, ELMER, newDelta(now, { a: '1' }, { hash }), now), 'saved')
    await assertHandles(other, session.id, [{ ...session.handle, hash, values: textOf({ a: '1' }) }, second])
    assert.equal(await store.update(session.id, ELMER, newDelta(now, { a: '2' }), now), 'saved')
    await assertHandles(other, session.id, [{ ...session.handle, hash, values: textOf({ a: '2' }) }, second])
  }),
]

/** A session with a second handle, for FUDD, that ends when it is said. */
async function withSecond(store: Store, now: number, expiresAt: number): Promise<{ session: NewSession; second: StoredHandle }> {
  const session = newSession(now)
  const second = newHandle(now, { expiresAt })
  await store.create(session)
  await store.attach(session.id, ELMER, second, now, now)
  return { session, second }
}

const alsoSeen: readonly StoreCase[] = [
  storeCase('the end of a handle that is seen together with another never moves back', async ({ store, now }) => {
    const { session, second } = await withSecond(store, now, now + HOUR)
    const delta = newDelta(now, {}, { seenAt: now + 7, expiresAt: now + 1000, alsoSeen: FUDD })
    assert.equal(await store.update(session.id, ELMER, delta, now + 7), 'saved')
    await assertHandles(store, session.id, [
      { ...session.handle, seenAt: now + 7, expiresAt: now + 1000 },
      { ...second, seenAt: now + 7 },
    ])
  }),

  storeCase('a handle that is seen together with another in its last millisecond lives on', async ({ store, now }) => {
    const { session, second } = await withSecond(store, now, now + 1000)
    const moved = { seenAt: now + 999, expiresAt: now + HOUR }
    assert.equal(await store.update(session.id, ELMER, newDelta(now, {}, { ...moved, alsoSeen: FUDD }), now + 999), 'saved')
    assert.deepEqual(await store.read(session.id, FUDD), { ...session, handle: { ...second, ...moved } })
  }),

  storeCase('an update together with a handle that is absent or expired is saved, and neither makes nor revives it', async (ground) => {
    const { store, now } = ground
    const late = now + 1000
    const alone = newSession(now)
    await store.create(alone)
    const revoked = (await withSecond(store, now, now + HOUR)).session
    await store.revoke(revoked.id, FUDD)
    const { session: idle, second } = await withSecond(store, now, late)
    for (const { id } of [alone, revoked, idle]) {
      const delta = newDelta(late, { a: '1' }, { expiresAt: now + HOUR, alsoSeen: FUDD })
      assert.equal(await store.update(id, ELMER, delta, late), 'saved')
      assert.equal(entriesOf((await readLive(store, id, ELMER, late)).handle.values).length, 1)
    }
    for (const { id } of [alone, revoked]) assert.equal((await store.read(id, FUDD))?.handle, null)
    // A store may drop what has expired.
    assert.deepEqual((await store.read(idle.id, FUDD))?.handle ?? second, second)
  }),

  storeCase('an update that is a conflict or gone records of no handle that it was seen', async ({ store, now }) => {
    const { session, second } = await withSecond(store, now, now + 1000)
    const late = newDelta(now + 7, { a: '1' }, { expiresAt: now + HOUR, alsoSeen: FUDD })
    assert.equal(await store.update(session.id, ELMER, { ...late, expect: [expecting('a', '2')] }, now + 7), 'conflict')
    await assertHandles(store, session.id, [session.handle, second])
    await store.revoke(session.id, ELMER)
    assert.equal(await store.update(session.id, ELMER, late, now + 7), 'gone')
    await assertHandles(store, session.id, [second])
  }),
]

export const updatingCases: readonly StoreCase[] = [
  ...deltas,
  ...alsoSeen,
  ...rehashing,

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

  storeCase('an update that expects the hash of a secret is gone once the handle has another one', async ({ store, now }) => {
    const session = newSession(now)
    const { hash } = session.handle
    const next = newHandle(now).hash
    await store.create(session)
    assert.equal(await store.update(session.id, ELMER, newDelta(now, { a: '1' }, { expectHash: hash, hash: next }), now), 'saved')
    const before = await store.read(session.id, ELMER)
    for (const place of PLACES) {
      const late = newDelta(now + 1, { a: '2' }, { place, expectHash: hash, hash })
      assert.equal(await store.update(session.id, ELMER, late, now + 1), 'gone')
    }
    assert.deepEqual(await store.read(session.id, ELMER), before)
    assert.equal(await store.update(session.id, ELMER, newDelta(now, { a: '2' }, { expectHash: next }), now), 'saved')
  }),

  storeCase('an update in the last millisecond is saved', async ({ store, now }) => {
    const session = newSession(now, { handle: { expiresAt: now + HOUR } })
    await store.create(session)
    const last = now + HOUR - 1
    assert.equal(await store.update(session.id, ELMER, newDelta(last, { a: '1' }, { expiresAt: now + HOUR }), last), 'saved')
  }),
]
