import assert from 'node:assert/strict'
import type { NewSession, Store, Successor, ValuesPlace } from '../../core/store.ts'
import { assertLists, assertNothingLeft, assertOpensNothing, atOnce, idsOf, readLive } from '../checks.ts'
import { changing, ELMER, FUDD, HOUR, newAccount, newDelta, newId, newSession, newSuccessor, textOf } from '../records.ts'
import type { StoreCase } from '../store-case.ts'
import { accountsCase, storeCase } from '../store-case.ts'

/** What has to be stored once `next` took the place of `before`. */
function expected(before: NewSession, next: Successor, values: string, own: string): NewSession {
  const { id, createdAt, expiresAt, accounts } = next
  return { id, createdAt, expiresAt, accounts, values, handle: { ...next.handle, scope: before.handle.scope, values: own } }
}

async function assertSucceeded(store: Store, before: NewSession, after: NewSession, now: number): Promise<void> {
  await assertOpensNothing(store, before.id, ELMER, now, before.accounts[0]?.id)
  assert.deepEqual(await store.read(after.id, ELMER), after)
  assert.deepEqual(await store.handlesOf(after.id), [after.handle])
}

const values = (now: number): NewSession =>
  newSession(now, { accounts: [newAccount(now)], values: textOf({ a: '1' }), handle: { values: textOf({ b: '2' }) } })

const CHANGED: Record<ValuesPlace, { kept: [string, string]; dropped: [string, string] }> = {
  session: { kept: [textOf({ a: '1', c: '3' }), textOf({ b: '2' })], dropped: [textOf({ c: '3' }), ''] },
  handle: { kept: [textOf({ a: '1' }), textOf({ b: '2', c: '3' })], dropped: ['', textOf({ c: '3' })] },
}

const secrets: readonly StoreCase[] = [
  storeCase('a renewal that expects the hash of a secret is gone once the handle has another one', async ({ store, now }) => {
    const before = values(now)
    const next = newSuccessor(now)
    await store.create(before)
    assert.equal(await store.renew(before.id, ELMER, { ...next, expectHash: next.handle.hash }, now), 'gone')
    assert.deepEqual(await store.read(before.id, ELMER), before)
    assert.equal(await store.read(next.id, ELMER), null)
    assert.equal(await store.wasRenewed(before.id, now), false)
    assert.equal(await store.renew(before.id, ELMER, { ...next, expectHash: before.handle.hash }, now), 'saved')
  }),
]

const places = (['session', 'handle'] as const).flatMap((place): StoreCase[] => [
  storeCase(`a renewal can keep all values, with changes on the ${place} applied`, async ({ store, now }) => {
    const before = values(now)
    const next = newSuccessor(now, { accounts: before.accounts, place, changes: changing({ c: '3', d: null }) })
    await store.create(before)
    assert.equal(await store.renew(before.id, ELMER, next, now), 'saved')
    await assertSucceeded(store, before, expected(before, next, ...CHANGED[place].kept), now)
  }),

  storeCase(
    `a renewal that expects values of the ${place} is a conflict, which changes nothing, unless each of them holds`,
    async ({ store, now }) => {
      const before = values(now)
      await store.create(before)
      const [key, json] = place === 'session' ? ['a', '1'] : ['b', '2']
      const held = [
        { key, json },
        { key: 'c', json: null },
      ]
      const next = newSuccessor(now, { accounts: before.accounts, place, expect: held, changes: changing({ c: '3' }) })
      for (const wrong of [
        { key, json: '4' },
        { key, json: null },
        { key: 'c', json: '3' },
      ]) {
        assert.equal(await store.renew(before.id, ELMER, { ...next, expect: [...held, wrong] }, now), 'conflict')
        assert.equal(await store.renew(before.id, ELMER, { ...next, expect: [wrong, ...held] }, now), 'conflict')
      }
      assert.deepEqual(await store.read(before.id, ELMER), before)
      assert.equal(await store.read(next.id, ELMER), null)
      assert.equal(await store.wasRenewed(before.id, now), false)
      assert.equal(await store.renew(before.id, ELMER, next, now), 'saved')
      await assertSucceeded(store, before, expected(before, next, ...CHANGED[place].kept), now)
    },
  ),

  storeCase(`a renewal can drop all values, with changes on the ${place} applied`, async ({ store, now }) => {
    const before = values(now)
    const next = newSuccessor(now, { accounts: before.accounts, keepValues: false, place, changes: changing({ c: '3' }) })
    await store.create(before)
    assert.equal(await store.renew(before.id, ELMER, next, now), 'saved')
    await assertSucceeded(store, before, expected(before, next, ...CHANGED[place].dropped), now)
  }),
])

export const renewingCases: readonly StoreCase[] = [
  ...places,
  ...secrets,

  storeCase(
    'after a renewal the old id is nobody and the successor has the new times, hash and one handle',
    async ({ store, other, now }) => {
      const before = values(now)
      const later = now + 60_000
      const next = newSuccessor(later, { createdAt: now + 1, expiresAt: now + 2 * HOUR })
      await store.create(before)
      assert.equal(await store.renew(before.id, ELMER, next, later), 'saved')
      await assertSucceeded(other, before, expected(before, next, before.values, before.handle.values), later)
      assert.equal(await other.update(before.id, ELMER, newDelta(later, { a: '0' }), later), 'gone')
      assert.equal(await other.update(next.id, ELMER, newDelta(later, { a: '0' }), later), 'saved')
    },
  ),

  storeCase('a renewal leaves a trace of the old id, which ends at its time and opens nothing', async ({ store, other, now }) => {
    const before = newSession(now)
    const next = newSuccessor(now, { traceUntil: now + 1000 })
    await store.create(before)
    assert.equal(await store.wasRenewed(before.id, now), false)
    await store.renew(before.id, ELMER, next, now)
    await assertOpensNothing(other, before.id, ELMER, now)
    const traces = [before.id, next.id, newId()].map(async (id) => [
      await other.wasRenewed(id, now),
      await other.wasRenewed(id, now + 1000),
    ])
    assert.deepEqual(await Promise.all(traces), [
      [true, false],
      [false, false],
      [false, false],
    ])
  }),

  storeCase('to end an id that was renewed, once or again, ends the session that it has become', async ({ store, other, now }) => {
    for (const scope of [undefined, ELMER]) {
      const before = newSession(now)
      const [next, last] = [newSuccessor(now), newSuccessor(now)]
      await store.create(before)
      await store.renew(before.id, ELMER, next, now)
      await store.renew(next.id, ELMER, last, now)
      assert.equal(await other.revoke(before.id, scope), true)
      await assertNothingLeft(store, last.id, ELMER, now)
      assert.equal(await store.revoke(next.id, scope), false)
    }
  }),

  storeCase('to end only the id that was renewed ends nothing, and only an id that was not is ended', async ({ store, other, now }) => {
    for (const scope of [undefined, ELMER]) {
      const before = newSession(now)
      const next = newSuccessor(now)
      await store.create(before)
      await store.renew(before.id, ELMER, next, now)
      assert.equal(await other.revoke(before.id, scope, true), false)
      assert.equal((await other.read(next.id, ELMER))?.id, next.id)
      assert.equal(await other.revoke(next.id, scope, true), true)
      await assertNothingLeft(other, next.id, ELMER, now)
    }
  }),

  accountsCase('the account list follows a renewal: signed in, changed, signed out', async ({ store, now }) => {
    const [ann, ben] = [newAccount(now), newAccount(now)]
    const session = newSession(now)
    const [asAnn, asBen, asNobody] = [[ann], [ben], []].map((accounts) => newSuccessor(now, { accounts })) as [
      Successor,
      Successor,
      Successor,
    ]
    await store.create(session)
    await store.renew(session.id, ELMER, asAnn, now)
    assert.deepEqual([await idsOf(store, ann.id, now), await idsOf(store, ben.id, now)], [[asAnn.id], []])
    await store.renew(asAnn.id, ELMER, asBen, now)
    assert.deepEqual([await idsOf(store, ann.id, now), await idsOf(store, ben.id, now)], [[], [asBen.id]])
    await store.renew(asBen.id, ELMER, asNobody, now)
    assert.deepEqual([await idsOf(store, ann.id, now), await idsOf(store, ben.id, now)], [[], []])
    await readLive(store, asNobody.id, ELMER, now)
  }),

  storeCase('a renewal of what is absent, revoked, expired or of another scope is gone and creates nothing', async ({ store, now }) => {
    const account = newAccount(now)
    const [kept, revoked] = [newSession(now), newSession(now)]
    const idle = newSession(now, { handle: { expiresAt: now + 1000 } })
    const ended = newSession(now, { expiresAt: now + 1000, handle: { expiresAt: now + 1000 } })
    for (const session of [kept, revoked, idle, ended]) await store.create(session)
    await store.revoke(revoked.id)
    const late = now + 1000
    const tries = [
      [newId(), ELMER],
      [revoked.id, ELMER],
      [idle.id, ELMER],
      [ended.id, ELMER],
      [kept.id, FUDD],
    ] as const
    for (const [id, scope] of tries) {
      const next = newSuccessor(late, { accounts: [account] })
      assert.equal(await store.renew(id, scope, next, late), 'gone')
      await assertNothingLeft(store, next.id, scope, late, account.id)
    }
    assert.deepEqual(await store.read(kept.id, ELMER), kept)
  }),

  storeCase('of 16 renewals at once exactly one wins, and the others create nothing', async ({ store, other, now }) => {
    const account = newAccount(now)
    const before = newSession(now, { accounts: [account], values: textOf({ a: '1' }) })
    await store.create(before)
    const successors = Array.from({ length: 16 }, () => newSuccessor(now, { accounts: [account] }))
    const outcomes = await atOnce(16, (index) => (index % 2 ? store : other).renew(before.id, ELMER, successors[index]!, now))
    assert.deepEqual(
      outcomes.filter((outcome) => outcome !== 'gone'),
      ['saved'],
    )
    const winner = successors[outcomes.indexOf('saved')]!
    await assertLists(store, account.id, now, [winner.id])
    assert.equal((await readLive(store, winner.id, ELMER, now)).values, before.values)
    for (const next of successors) if (next !== winner) await assertNothingLeft(store, next.id, ELMER, now, account.id)
  }),

  accountsCase('the list of an account has a session once, also while it is renewed', async ({ store, other, now }) => {
    const account = newAccount(now)
    const first = newSession(now, { accounts: [account] })
    await store.create(first)
    let [last, renewals, finished] = [first.id, 0, false]
    const renewing = async (): Promise<void> => {
      for (; renewals < 50; renewals++) {
        const next = newSuccessor(now, { accounts: [account] })
        assert.equal(await store.renew(last, ELMER, next, now), 'saved')
        last = next.id
      }
      finished = true
    }
    const listing = async (): Promise<void> => {
      do assert.equal((await other.sessionsOf(account.id, now)).length, 1)
      while (!finished)
    }
    await Promise.all([renewing(), listing(), listing()])
    assert.deepEqual(await idsOf(store, account.id, now), [last])
  }),
]
