import assert from 'node:assert/strict'
import type { SessionId, Store, ValuesPlace } from '../../core/store.ts'
import { entriesOf, valueOf } from '../../core/store.ts'
import { assertHandles, assertNothingLeft, atOnce, readLive } from '../checks.ts'
import { lostUpdatesOn, resurrectionsOn } from '../races.ts'
import { ELMER, FUDD, HOUR, newDelta, newHandle, newSession, newSuccessor, textOf } from '../records.ts'
import type { StoreCase } from '../store-case.ts'
import { storeCase } from '../store-case.ts'

async function valuesAt(store: Store, id: SessionId, place: ValuesPlace, now: number): Promise<string> {
  const read = await readLive(store, id, ELMER, now)
  return place === 'session' ? read.values : read.handle.values
}

/** Adds one to `count` by compare-and-swap, as often as it takes. */
async function increment(store: Store, id: SessionId, place: ValuesPlace, now: number): Promise<void> {
  for (let tries = 0; tries < 1000; tries++) {
    const json = valueOf(await valuesAt(store, id, place, now), 'count')
    const delta = newDelta(now, { count: String(Number(json) + 1) }, { place, expect: [{ key: 'count', json }] })
    if ((await store.update(id, ELMER, delta, now)) === 'saved') return
  }
  assert.fail('a compare-and-swap lost 1000 times in a row')
}

const races = (['session', 'handle'] as const).flatMap((place): StoreCase[] => [
  storeCase(`50 updates at once on the ${place}, each with its own key, lose none`, async ({ store, other, now }) => {
    const session = newSession(now)
    await store.create(session)
    const outcomes = await atOnce(50, (index) =>
      (index % 2 ? store : other).update(session.id, ELMER, newDelta(now, { [`key${index}`]: String(index) }, { place }), now),
    )
    assert.deepEqual(new Set(outcomes), new Set(['saved']))
    const entries = new Map(entriesOf(await valuesAt(other, session.id, place, now)))
    assert.equal(entries.size, 50)
    for (let index = 0; index < 50; index++) assert.equal(entries.get(`key${index}`), String(index))
  }),

  storeCase(`50 increments at once on the ${place} by compare-and-swap add up to 50`, async ({ store, other, now }) => {
    const session = newSession(now)
    await store.create(session)
    await atOnce(50, (index) => increment(index % 2 ? store : other, session.id, place, now))
    assert.equal(valueOf(await valuesAt(store, session.id, place, now), 'count'), '50')
  }),

  storeCase(`updates of session and handle at once keep both: the ${place} first`, async ({ store, other, now }) => {
    const session = newSession(now, { values: textOf({ a: '1' }), handle: { values: textOf({ a: '1' }) } })
    const rest: ValuesPlace = place === 'session' ? 'handle' : 'session'
    await store.create(session)
    await atOnce(20, (index) =>
      (index % 2 ? store : other).update(session.id, ELMER, newDelta(now, { [index]: '1' }, { place: index % 2 ? rest : place }), now),
    )
    for (const each of [place, rest]) assert.equal(entriesOf(await valuesAt(store, session.id, each, now)).length, 11)
  }),
])

export const racingCases: readonly StoreCase[] = [
  ...races,

  storeCase('in 20 rounds of 50 writers at once no update is lost', (ground) => lostUpdatesOn(ground, 20)),
  storeCase('in 200 races of an end with a save, no session that was ended is left', (ground) => resurrectionsOn(ground, 200)),

  storeCase(
    'a handle that 20 updates at once see together with another ends at the latest of their ends',
    async ({ store, other, now }) => {
      for (let round = 0; round < 10; round++) {
        const session = newSession(now, { expiresAt: now + 2 * HOUR })
        await store.create(session)
        await store.attach(session.id, ELMER, newHandle(now), now, now)
        await atOnce(20, (index) => {
          const delta = newDelta(now, {}, { expiresAt: now + HOUR + ((index * 7) % 20), alsoSeen: FUDD })
          return (index % 2 ? store : other).update(session.id, ELMER, delta, now)
        })
        assert.equal((await readLive(store, session.id, FUDD, now)).handle.expiresAt, now + HOUR + 19)
      }
    },
  ),

  storeCase('in 200 races of the end of a handle with an update that also sees it, it stays ended', async ({ store, other, now }) => {
    for (let round = 0; round < 200; round++) {
      const session = newSession(now)
      await store.create(session)
      await store.attach(session.id, ELMER, newHandle(now), now, now)
      const delta = newDelta(now, {}, { alsoSeen: FUDD })
      const works = [() => store.revoke(session.id, FUDD), () => other.update(session.id, ELMER, delta, now)]
      const results = await atOnce(2, (index) => works[(index + round) % 2]!())
      assert.deepEqual(new Set<unknown>(results), new Set([true, 'saved']))
      await assertHandles(store, session.id, [session.handle])
    }
  }),

  storeCase('in 200 races of an end with a renewal the session ends, whichever came first', async ({ store, other, now }) => {
    for (let round = 0; round < 200; round++) {
      const session = newSession(now)
      const next = newSuccessor(now)
      await store.create(session)
      const works = [() => store.revoke(session.id), () => other.renew(session.id, ELMER, next, now)]
      const results = await atOnce(2, (index) => works[(index + round) % 2]!())
      assert(results.includes(true))
      for (const id of [session.id, next.id]) await assertNothingLeft(store, id, ELMER, now)
    }
  }),
]
