import assert from 'node:assert/strict'
import type { NewSession, Scope, Store, StoredHandle } from '../../core/store.ts'
import { assertHandles, assertLists, assertNothingLeft, assertOpensNothing, atOnce, idsOf } from '../checks.ts'
import { lacks } from '../lacking.ts'
import { ELMER, FUDD, HOUR, newAccount, newDelta, newHandle, newId, newSession, newSuccessor, textOf } from '../records.ts'
import type { StoreCase } from '../store-case.ts'
import { accountsCase, storeCase } from '../store-case.ts'

const BUGS = 'bugs.acme.example' as Scope

/** A session with a handle for ELMER, and one for FUDD that was attached through it. */
async function withBoth(store: Store, now: number, given: Parameters<typeof newSession>[1] = {}, own: Partial<StoredHandle> = {}) {
  const session = newSession(now, given)
  const handle = newHandle(now, own)
  await store.create(session)
  assert.equal(await store.attach(session.id, ELMER, handle, now, now), 'attached')
  return { session, handle }
}

/** The same, where the handle that vouched ends at `late`, and the other one an hour from now. */
async function withOutlived(store: Store, now: number, late: number, given: Parameters<typeof newSession>[1] = {}) {
  const { session, handle } = await withBoth(store, now, { ...given, handle: { expiresAt: late } }, { expiresAt: late })
  assert.equal(await store.update(session.id, FUDD, newDelta(now, {}), now), 'saved')
  return { session, handle: { ...handle, expiresAt: now + HOUR } }
}

/** The handle that vouched, after it did. */
const seenWith = (voucher: StoredHandle, { seenAt, expiresAt }: StoredHandle): StoredHandle => {
  return { ...voucher, seenAt, expiresAt: Math.max(voucher.expiresAt, expiresAt) }
}

async function assertReads(store: Store, session: NewSession, ...handles: readonly StoredHandle[]): Promise<void> {
  for (const handle of handles) assert.deepEqual(await store.read(session.id, handle.scope), { ...session, handle })
  await assertHandles(store, session.id, handles)
}

const adding: readonly StoreCase[] = [
  storeCase('an attached handle reads back exactly, beside the one that vouched for it', async ({ store, other, now }) => {
    const session = newSession(now, {
      accounts: [newAccount(now)],
      values: textOf({ a: '1' }),
      handle: { values: textOf({ b: '2' }) },
    })
    const handle = newHandle(now, { createdAt: now + 1, seenAt: now + 2, expiresAt: now + HOUR - 3, values: textOf({ c: '3' }) })
    await store.create(session)
    assert.equal(await store.attach(session.id, ELMER, handle, now, now + 2), 'attached')
    await assertReads(other, session, seenWith(session.handle, handle), handle)
  }),

  storeCase('the end of the handle that vouches moves with the new one, and never back', async ({ store, now }) => {
    const session = newSession(now, { handle: { expiresAt: now + 1000 } })
    await store.create(session)
    const longer = newHandle(now, { seenAt: now + 9, expiresAt: now + HOUR })
    assert.equal(await store.attach(session.id, ELMER, longer, now, now + 9), 'attached')
    const moved = seenWith(session.handle, longer)
    await assertReads(store, session, moved, longer)
    const shorter = newHandle(now, { scope: BUGS, seenAt: now + 10, expiresAt: now + 11 })
    assert.equal(await store.attach(session.id, ELMER, shorter, now, now + 10), 'attached')
    await assertReads(store, session, { ...moved, seenAt: now + 10 }, longer, shorter)
  }),

  storeCase('a handle that was attached can vouch for the next one', async ({ store, now }) => {
    const { session, handle } = await withBoth(store, now)
    const third = newHandle(now, { scope: BUGS })
    assert.equal(await store.attach(session.id, FUDD, third, now, now), 'attached')
    await assertReads(store, session, session.handle, handle, third)
  }),

  storeCase('handles of one session have values of their own and share those of the session', async ({ store, now }) => {
    const { session, handle } = await withBoth(store, now, { handle: { values: textOf({ a: '1' }) } }, { values: textOf({ a: '2' }) })
    assert.equal(await store.update(session.id, FUDD, newDelta(now, { a: '3' }), now), 'saved')
    assert.equal(await store.update(session.id, ELMER, newDelta(now, { b: '4' }, { place: 'session' }), now), 'saved')
    const changed = { ...handle, values: textOf({ a: '3' }) }
    await assertReads(store, { ...session, values: textOf({ b: '4' }) }, session.handle, changed)
  }),

  storeCase('of two handles of one session each has its own end', async ({ store, now }) => {
    const late = now + 1000
    const first = await withOutlived(store, now, late)
    const second = await withBoth(store, now, {}, { expiresAt: late })
    for (const [{ session }, dead, live] of [
      [first, ELMER, FUDD],
      [second, FUDD, ELMER],
    ] as const) {
      assert.equal(await store.update(session.id, dead, newDelta(late, { a: '1' }), late), 'gone')
      assert.equal(await store.update(session.id, live, newDelta(late, { a: '1' }), late), 'saved')
    }
  }),

  accountsCase('an account lists a session once, however many handles it has, while one of them lives', async ({ store, now }) => {
    const account = newAccount(now)
    const { session } = await withOutlived(store, now, now + 1000, { accounts: [account] })
    assert.equal(await store.attach(session.id, FUDD, newHandle(now, { scope: BUGS }), now, now), 'attached')
    for (const time of [now, now + 1000]) assert.deepEqual(await idsOf(store, account.id, time), [session.id])
    assert.deepEqual(await idsOf(store, account.id, now + HOUR), [])
  }),
]

const refused: readonly StoreCase[] = [
  storeCase(
    'to attach is gone, and writes nothing, unless each expectation holds among the values of the session',
    async ({ store, now }) => {
      const session = newSession(now, { values: textOf({ a: '1', b: '2' }), handle: { values: textOf({ a: '3', c: '4' }) } })
      await store.create(session)
      const handle = newHandle(now)
      for (const wrong of [
        { key: 'a', json: '3' },
        { key: 'c', json: '4' },
        { key: 'b', json: null },
      ]) {
        assert.equal(await store.attach(session.id, ELMER, handle, now, now, [{ key: 'a', json: '1' }, wrong]), 'gone')
        await assertReads(store, session, session.handle)
      }
      const right = [
        { key: 'a', json: '1' },
        { key: 'c', json: null },
      ]
      assert.equal(await store.attach(session.id, ELMER, handle, now, now, right), 'attached')
      await assertReads(store, session, session.handle, handle)
    },
  ),

  storeCase('to attach to what is absent, revoked or expired is gone and leaves nothing', async ({ store, now }) => {
    const account = newAccount(now)
    const late = now + 1000
    const revoked = newSession(now, { accounts: [account] })
    const idle = newSession(now, { accounts: [account], handle: { expiresAt: late } })
    const ended = newSession(now, { accounts: [account], expiresAt: late, handle: { expiresAt: late } })
    for (const session of [revoked, idle, ended]) await store.create(session)
    await store.revoke(revoked.id)
    for (const id of [newId(), revoked.id, idle.id, ended.id]) {
      for (const scope of [FUDD, ELMER]) assert.equal(await store.attach(id, ELMER, newHandle(late, { scope }), late, late), 'gone')
    }
    await assertNothingLeft(store, revoked.id, FUDD, late, account.id)
    for (const session of [idle, ended]) {
      assert.equal((await store.read(session.id, FUDD))?.handle ?? null, null)
      // A store may drop what has expired.
      for (const left of await store.handlesOf(session.id)) assert.deepEqual(left, session.handle)
    }
    await assertLists(store, account.id, late, [])
  }),

  storeCase('to attach through a handle in its last millisecond succeeds, by the time that the caller says', async ({ store, now }) => {
    const session = newSession(now, { handle: { expiresAt: now + HOUR } })
    await store.create(session)
    assert.equal(await store.attach(session.id, ELMER, newHandle(now), now, now + HOUR), 'gone')
    assert.equal(await store.attach(session.id, ELMER, newHandle(now), now, now + HOUR - 1), 'attached')
  }),

  storeCase(
    'to attach through a scope that the session has no handle for is gone, whatever other handles it has',
    async ({ store, now }) => {
      const { session, handle } = await withBoth(store, now)
      for (const scope of [BUGS, FUDD, ELMER]) {
        assert.equal(await store.attach(session.id, BUGS, newHandle(now + 1, { scope }), now + 1, now + 1), 'gone')
      }
      await assertReads(store, session, session.handle, handle)
    },
  ),

  storeCase(
    'to attach through a handle that alone was revoked or has expired is gone, though the session lives',
    async ({ store, now }) => {
      const late = now + 1000
      const revoked = await withBoth(store, now)
      const idle = await withOutlived(store, now, late)
      await store.revoke(revoked.session.id, ELMER)
      for (const { session, handle } of [revoked, idle]) {
        for (const scope of [BUGS, FUDD, ELMER]) {
          assert.equal(await store.attach(session.id, ELMER, newHandle(late, { scope }), late, late), 'gone')
        }
        assert.deepEqual(await store.read(session.id, FUDD), { ...session, handle })
        assert.equal((await store.read(session.id, BUGS))?.handle, null)
        assert.notEqual((await store.read(session.id, ELMER))?.handle?.createdAt, late)
      }
    },
  ),

  storeCase('to attach to an id that was renewed is gone, and does not follow the trace', async ({ store, other, now }) => {
    const account = newAccount(now)
    const before = newSession(now, { accounts: [account] })
    const next = newSuccessor(now, { accounts: [account] })
    await store.create(before)
    await store.renew(before.id, ELMER, next, now)
    for (const scope of [FUDD, ELMER]) {
      assert.equal(await other.attach(before.id, ELMER, newHandle(now + 1, { scope }), now + 1, now + 1), 'gone')
    }
    await assertOpensNothing(store, before.id, FUDD, now, account.id)
    assert.equal(await store.wasRenewed(before.id, now), true)
    await assertHandles(store, next.id, [{ ...next.handle, scope: ELMER, values: '' }])
  }),
]

const again: readonly StoreCase[] = [
  storeCase('a live handle of the scope that was made at or after the issue is kept untouched', async ({ store, other, now }) => {
    for (const issuedAt of [now, now - 1, now - HOUR]) {
      const { session, handle } = await withBoth(store, now, {}, { values: textOf({ a: '1' }) })
      const later = newHandle(now + 5, { values: textOf({ b: '2' }) })
      assert.equal(await other.attach(session.id, ELMER, later, issuedAt, now + 5), 'kept')
      await assertReads(store, session, session.handle, handle)
    }
  }),

  storeCase('a handle of the scope that was made before the issue is replaced as a whole', async ({ store, other, now }) => {
    const { session, handle } = await withBoth(store, now, {}, { expiresAt: now + HOUR, values: textOf({ a: '1' }) })
    const later = newHandle(now + 5, { expiresAt: now + 1000, values: textOf({ b: '2' }) })
    assert.notEqual(later.hash, handle.hash)
    assert.equal(await other.attach(session.id, ELMER, later, now + 1, now + 5), 'attached')
    await assertReads(store, session, seenWith(session.handle, later), later)
  }),

  storeCase('an expired handle of the scope is replaced as a whole, however new it is', async ({ store, now }) => {
    const { session } = await withBoth(store, now, {}, { createdAt: now + 900, expiresAt: now + 1000, values: textOf({ a: '1' }) })
    const later = newHandle(now + 1000)
    assert.equal(await store.attach(session.id, ELMER, later, now, now + 999), 'kept')
    assert.equal(await store.attach(session.id, ELMER, later, now, now + 1000), 'attached')
    await assertReads(store, session, seenWith(session.handle, later), later)
  }),

  storeCase('a handle may vouch for its own scope: an older one is replaced, a newer one is kept', async ({ store, now }) => {
    const { session, handle } = await withBoth(store, now, { handle: { values: textOf({ a: '1' }) } })
    const later = newHandle(now + 5, { scope: ELMER })
    assert.equal(await store.attach(session.id, ELMER, later, now, now + 5), 'kept')
    await assertReads(store, session, session.handle, handle)
    assert.equal(await store.attach(session.id, ELMER, later, now + 5, now + 5), 'attached')
    await assertReads(store, session, later, handle)
  }),
]

const ending: readonly StoreCase[] = [
  storeCase('to revoke the handle of one scope leaves the others, and the last one ends the session', async ({ store, other, now }) => {
    for (const [first, second] of [
      [ELMER, FUDD],
      [FUDD, ELMER],
    ] as const) {
      const account = newAccount(now)
      const { session, handle } = await withBoth(store, now, { accounts: [account] })
      assert.equal(await store.revoke(session.id, first), true)
      assert.equal((await other.read(session.id, first))?.handle, null)
      await assertReads(other, session, first === ELMER ? handle : session.handle)
      await assertLists(store, account.id, now, [session.id])
      assert.equal(await store.revoke(session.id, first), false)
      assert.equal(await store.revoke(session.id, second), true)
      await assertNothingLeft(other, session.id, second, now, account.id)
    }
  }),

  accountsCase('to revoke a session, or its account, ends the handles of all its scopes', async ({ store, other, now }) => {
    const account = newAccount(now)
    const ends = [
      (session: NewSession) => store.revoke(session.id),
      async () => (await store.revokeAccount(account.id)) === 1, // one session, not one for each handle
    ]
    for (const end of ends) {
      const { session } = await withBoth(store, now, { accounts: [account] })
      assert.equal(await end(session), true)
      for (const scope of [ELMER, FUDD]) {
        assert.equal(await other.update(session.id, scope, newDelta(now, { a: '1' }), now), 'gone')
        await assertNothingLeft(other, session.id, scope, now, account.id)
      }
    }
  }),

  storeCase('of a session with several handles only the renewing one goes along with a renewal', async ({ store, now }) => {
    const { session } = await withBoth(store, now, {}, { values: textOf({ a: '1' }) })
    const next = newSuccessor(now)
    assert.equal(await store.renew(session.id, FUDD, next, now), 'saved')
    for (const scope of [ELMER, FUDD]) await assertOpensNothing(store, session.id, scope, now)
    assert.equal((await store.read(next.id, ELMER))?.handle, null)
    await assertHandles(store, next.id, [{ ...next.handle, scope: FUDD, values: textOf({ a: '1' }) }])
  }),
]

const racing: readonly StoreCase[] = [
  storeCase('of 20 handles that are attached for one scope at once the first is the one that stays', async ({ store, other, now }) => {
    for (let round = 0; round < 10; round++) {
      const session = newSession(now)
      await store.create(session)
      const handles = Array.from({ length: 20 }, () => newHandle(now))
      const answers = await atOnce(20, (index) => (index % 2 ? store : other).attach(session.id, ELMER, handles[index]!, now, now))
      assert.deepEqual(answers.toSorted(), ['attached', ...Array.from({ length: 19 }, () => 'kept')])
      await assertReads(store, session, session.handle, handles[answers.indexOf('attached')]!)
    }
  }),

  storeCase('handles that are attached at once for scopes of their own all stay', async ({ store, other, now }) => {
    const session = newSession(now)
    await store.create(session)
    const handles = Array.from({ length: 20 }, (_, index) => newHandle(now, { scope: `tenant-${index}.acme.example` as Scope }))
    const answers = await atOnce(20, (index) => (index % 2 ? store : other).attach(session.id, ELMER, handles[index]!, now, now))
    assert.deepEqual(new Set(answers), new Set(['attached']))
    await assertReads(store, session, session.handle, ...handles)
  }),

  storeCase('in 400 races of an end with an attached handle, no session that was ended is left', async ({ store, other, now }) => {
    const account = newAccount(now)
    for (let round = 0; round < 400; round++) {
      const session = newSession(now, { accounts: [account] })
      await store.create(session)
      const end =
        round % 4 < 2 || lacks(store, 'accounts')
          ? () => store.revoke(session.id)
          : async () => (await store.revokeAccount(account.id)) === 1
      const works = [end, () => other.attach(session.id, ELMER, newHandle(now), now, now)]
      const results = await atOnce(2, (index) => works[(index + round) % 2]!())
      assert(results.includes(true), 'the end is told that there was a session')
      await assertNothingLeft(store, session.id, FUDD, now, account.id)
    }
  }),

  storeCase(
    'in 200 races of the end of a handle with what is attached through it, that handle stays ended',
    async ({ store, other, now }) => {
      for (let round = 0; round < 200; round++) {
        const session = newSession(now)
        const handle = newHandle(now)
        await store.create(session)
        const works = [() => store.revoke(session.id, ELMER), () => other.attach(session.id, ELMER, handle, now, now)]
        const results = await atOnce(2, (index) => works[(index + round) % 2]!())
        assert(results.includes(true))
        if (results.includes('attached')) await assertReads(store, session, handle)
        else await assertNothingLeft(store, session.id, FUDD, now)
      }
    },
  ),

  storeCase('in 200 races of a renewal with an attached handle, only the renewing handle goes along', async ({ store, other, now }) => {
    for (let round = 0; round < 200; round++) {
      const session = newSession(now)
      const next = newSuccessor(now)
      await store.create(session)
      const works = [() => store.renew(session.id, ELMER, next, now), () => other.attach(session.id, ELMER, newHandle(now), now, now)]
      const results = await atOnce(2, (index) => works[(index + round) % 2]!())
      assert(results.includes('saved'))
      await assertOpensNothing(store, session.id, FUDD, now)
      await assertHandles(store, next.id, [{ ...next.handle, scope: ELMER, values: '' }])
    }
  }),
]

export const attachingCases: readonly StoreCase[] = [...adding, ...refused, ...again, ...ending, ...racing]
