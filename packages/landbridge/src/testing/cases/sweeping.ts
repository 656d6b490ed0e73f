import assert from 'node:assert/strict'
import type { NewSession, Store } from '../../core/store.ts'
import { assertHandles, assertLists, assertNothingLeft } from '../checks.ts'
import { lacks } from '../lacking.ts'
import { ELMER, FUDD, HOUR, newAccount, newDelta, newHandle, newId, newSession } from '../records.ts'
import type { Ground, StoreCase } from '../store-case.ts'
import { storeCase } from '../store-case.ts'

/** How many of the sessions the store still has. */
async function countLeft(store: Store, sessions: readonly NewSession[]): Promise<number> {
  const reads = await Promise.all(sessions.map(async ({ id }) => store.read(id, ELMER)))
  return reads.filter((read) => read !== null).length
}

/** Sweeps until nothing is left to sweep, and checks that no bite is larger than the limit. */
async function sweepAll(store: Store, now: number, limit: number): Promise<void> {
  for (let bites = 0; ; bites++) {
    assert(bites < 1000, 'the sweep comes to its end')
    const removed = await store.sweep(now, limit)
    assert(removed >= 0 && removed <= limit, `a bite of ${removed} is within the limit of ${limit}`)
    if (removed === 0) return
  }
}

/** Where the system behind the store removes what expired, a sweep does nothing; which clock that goes by is its own business. */
function sweepCase(name: string, check: (ground: Ground) => Promise<void>): StoreCase {
  return storeCase(name, async (ground) => {
    if (ground.store.expiry === undefined) await check(ground)
    else assert.equal(await ground.store.sweep(ground.now, 10), 0)
  })
}

export const sweepingCases: readonly StoreCase[] = [
  sweepCase('a sweep removes expired sessions with all that belongs to them, and leaves the live ones', async ({ store, now }) => {
    const account = newAccount(now)
    const past = now - 1
    const ended = newSession(now, { accounts: [account], expiresAt: past, handle: { expiresAt: past } })
    const idle = newSession(now, { accounts: [account], handle: { expiresAt: past } })
    const edge = newSession(now, { accounts: [account], handle: { expiresAt: now } })
    const live = newSession(now, { accounts: [account] })
    for (const session of [ended, idle, edge, live]) await store.create(session)
    await sweepAll(store, now, 10)
    for (const { id } of [ended, idle, edge]) await assertNothingLeft(store, id, ELMER, now, account.id)
    assert.deepEqual(await store.read(live.id, ELMER), live)
    await assertLists(store, account.id, now, [live.id])
    if (!lacks(store, 'accounts')) assert.equal(await store.revokeAccount(account.id), 1)
  }),

  sweepCase('a sweep removes an expired handle and leaves the session to its live ones', async ({ store, now }) => {
    const account = newAccount(now)
    const idle = newSession(now, { accounts: [account], handle: { expiresAt: now + 1000 } })
    const live = newSession(now, { accounts: [account] })
    for (const session of [idle, live]) await store.create(session)
    const [brief, expires] = [newHandle(now, { expiresAt: now + 1000 }), newHandle(now, { expiresAt: now + 1000 })]
    const outlives = { ...brief, expiresAt: now + HOUR }
    assert.equal(await store.attach(idle.id, ELMER, brief, now, now), 'attached')
    assert.equal(await store.update(idle.id, FUDD, newDelta(now, {}), now), 'saved')
    assert.equal(await store.attach(live.id, ELMER, expires, now, now), 'attached')
    await sweepAll(store, now + 1000, 10)
    await assertHandles(store, idle.id, [outlives])
    await assertHandles(store, live.id, [live.handle])
    assert.deepEqual(await store.read(idle.id, FUDD), { ...idle, handle: outlives })
    assert.deepEqual(await store.read(live.id, ELMER), live)
    await assertLists(store, account.id, now + 1000, [idle.id, live.id])
    await sweepAll(store, now + HOUR, 10)
    for (const { id } of [idle, live]) await assertNothingLeft(store, id, FUDD, now + 1000, account.id)
  }),

  sweepCase('a sweep bites off no more than its limit at a time', async ({ store, now }) => {
    const sessions = Array.from({ length: 12 }, () => newSession(now, { expiresAt: now - 1, handle: { expiresAt: now - 1 } }))
    for (const session of sessions) await store.create(session)
    for (let left = await countLeft(store, sessions); left > 0;) {
      const removed = await store.sweep(now, 5)
      const leftNow = await countLeft(store, sessions)
      assert(removed > 0 && removed <= 5)
      assert(left - leftNow <= 5, `${left - leftNow} sessions went in one bite`)
      left = leftNow
    }
  }),

  sweepCase('a sweep leaves kept values that are still good, and comes to an end with expired ones', async ({ store, now }) => {
    if (lacks(store, 'take')) return
    const [good, bad] = [newId(), newId()]
    await store.put(good, 'value', now + HOUR, now)
    for (let index = 0; index < 7; index++) await store.put(`${bad}${index}`, 'value', now - index, now - HOUR)
    await sweepAll(store, now, 3)
    assert.equal(await store.take(`${bad}0`, now - 10), null, 'an expired value is gone even to a caller whose clock is behind')
    assert.equal(await store.take(good, now), 'value')
  }),

  sweepCase('a sweep with nothing to do answers 0', async ({ store, now }) => {
    const session = newSession(now)
    await store.create(session)
    await sweepAll(store, now, 10)
    assert.equal(await store.sweep(now, 10), 0)
    assert.deepEqual(await store.read(session.id, ELMER), session)
  }),
]
