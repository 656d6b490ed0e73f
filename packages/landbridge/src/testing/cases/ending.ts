import assert from 'node:assert/strict'
import { assertLists, assertNothingLeft, atOnce, idsOf, readLive } from '../checks.ts'
import { ELMER, FUDD, newAccount, newDelta, newHandle, newId, newSession, newSuccessor, textOf } from '../records.ts'
import type { StoreCase } from '../store-case.ts'
import { accountsCase, storeCase } from '../store-case.ts'

export const endingCases: readonly StoreCase[] = [
  storeCase('a revoked session is gone with its handle and from the list of its account', async ({ store, other, now }) => {
    const account = newAccount(now)
    const [session, bystander] = [newSession(now, { accounts: [account] }), newSession(now, { accounts: [account] })]
    for (const each of [session, bystander]) await store.create(each)
    assert.equal(await store.revoke(session.id), true)
    await assertNothingLeft(other, session.id, ELMER, now, account.id)
    assert.equal(await store.revoke(session.id), false)
    assert.deepEqual(await store.read(bystander.id, ELMER), bystander)
    await assertLists(store, account.id, now, [bystander.id])
  }),

  storeCase('revoking a scope that the session has no handle for ends nothing', async ({ store, now }) => {
    const session = newSession(now)
    await store.create(session)
    assert.equal(await store.revoke(session.id, FUDD), false)
    assert.deepEqual(await store.read(session.id, ELMER), session)
  }),

  storeCase('revoking the scope of the last handle ends the session', async ({ store, now }) => {
    const account = newAccount(now)
    const session = newSession(now, { accounts: [account] })
    await store.create(session)
    assert.equal(await store.revoke(session.id, ELMER), true)
    await assertNothingLeft(store, session.id, ELMER, now, account.id)
  }),

  storeCase('a save after the end is refused and leaves nothing', async ({ store, other, now }) => {
    const account = newAccount(now)
    for (const place of ['session', 'handle'] as const) {
      const session = newSession(now, { accounts: [account] })
      const next = newSuccessor(now, { accounts: [account] })
      await store.create(session)
      await store.revoke(session.id)
      assert.equal(await other.update(session.id, ELMER, newDelta(now, { cart: '1' }, { place }), now), 'gone')
      assert.equal(await other.renew(session.id, ELMER, next, now), 'gone')
      for (const { id } of [session, next]) await assertNothingLeft(store, id, ELMER, now, account.id)
    }
  }),

  accountsCase('an account lists its live sessions, whole and no others', async ({ store, now }) => {
    const [ann, ben] = [newAccount(now), newAccount(now)]
    const live = newSession(now, { accounts: [ann] })
    const shared = newSession(now, { accounts: [ben, ann] })
    const late = now + 1000
    const ended = newSession(now, { accounts: [ann], expiresAt: late, handle: { expiresAt: late } })
    const idle = newSession(now, { accounts: [ann], handle: { expiresAt: late } })
    for (const session of [live, shared, ended, idle, newSession(now)]) await store.create(session)
    const { handle, ...record } = shared
    assert.deepEqual(await store.sessionsOf(ben.id, late), [{ ...record, handles: [handle] }])
    assert.deepEqual(await idsOf(store, ann.id, late), [live.id, shared.id].sort(), 'neither ended nor idle sessions are live')
    assert.deepEqual(await store.sessionsOf(newAccount(now).id, now), [])
  }),

  accountsCase('a session is listed with all its handles, as they are now', async ({ store, other, now }) => {
    const ann = newAccount(now)
    const session = newSession(now, { accounts: [ann] })
    await store.create(session)
    const second = newHandle(now, { values: textOf({ theme: '"dark"' }) })
    await store.attach(session.id, ELMER, second, now, now)
    await other.update(session.id, ELMER, newDelta(now, { cart: '1' }, { seenAt: now + 1000 }), now)
    const [listed] = await store.sessionsOf(ann.id, now)
    const byScope = Object.fromEntries((listed?.handles ?? []).map((each) => [each.scope, each]))
    assert.deepEqual(Object.keys(byScope).sort(), [ELMER, FUDD].sort())
    assert.deepEqual(byScope[FUDD], second)
    assert.deepEqual([byScope[ELMER]?.seenAt, byScope[ELMER]?.values], [now + 1000, textOf({ cart: '1' })])
  }),

  accountsCase('ids of accounts are told apart byte for byte', async ({ store, now }) => {
    const base = newId()
    const ids = [`${base}a`, `${base}A`, `${base}a `, `${base}%`, `${base}\u0000`, `${base}\ud800`, `${base}\ud801`, `${base}\ufffd`]
    const sessions = ids.map((id) => newSession(now, { accounts: [{ id, signedInAt: now }] }))
    for (const session of sessions) await store.create(session)
    for (const [index, id] of ids.entries()) assert.deepEqual(await idsOf(store, id, now), [sessions[index]!.id])
    assert.equal(await store.revokeAccount(ids[5]!), 1)
    for (const [index, id] of ids.entries()) assert.equal((await idsOf(store, id, now)).length, index === 5 ? 0 : 1)
  }),

  accountsCase('revoking an account ends its sessions, says how many, and no others', async ({ store, other, now }) => {
    const [ann, ben] = [newAccount(now), newAccount(now)]
    const sessions = [[ann], [ann], [ann, ben]].map((accounts) => newSession(now, { accounts }))
    const bystanders = [newSession(now, { accounts: [ben] }), newSession(now)]
    for (const session of [...sessions, ...bystanders]) await store.create(session)
    assert.equal(await store.revokeAccount(ann.id), 3)
    for (const { id } of sessions) await assertNothingLeft(other, id, ELMER, now, ann.id)
    for (const session of bystanders) assert.deepEqual(await store.read(session.id, ELMER), session)
    assert.deepEqual(await idsOf(store, ben.id, now), [bystanders[0]!.id])
    assert.equal(await store.revokeAccount(ann.id), 0)
  }),

  accountsCase('revoking an account can leave one session, and it stays whole', async ({ store, now }) => {
    const account = newAccount(now)
    const sessions = Array.from({ length: 4 }, () => newSession(now, { accounts: [account] }))
    for (const session of sessions) await store.create(session)
    const kept = sessions[2]!
    assert.equal(await store.revokeAccount(account.id, kept.id), 3)
    assert.deepEqual(await store.read(kept.id, ELMER), kept)
    assert.deepEqual(await idsOf(store, account.id, now), [kept.id])
    assert.equal(await store.revokeAccount(account.id, newId()), 1, 'an id of no session leaves none')
    assert.deepEqual(await idsOf(store, account.id, now), [])
  }),

  accountsCase('revoking an account misses none of the sessions that were created at once before it', async ({ store, other, now }) => {
    const account = newAccount(now)
    const sessions = await atOnce(40, async (index) => {
      const session = newSession(now, { accounts: [account] })
      await (index % 2 ? store : other).create(session)
      return session
    })
    assert.equal(await other.revokeAccount(account.id), 40)
    for (const { id } of sessions) await assertNothingLeft(store, id, ELMER, now, account.id)
  }),

  accountsCase(
    'a session does not escape the revocation of its account by being renewed or updated at the same time',
    async ({ store, other, now }) => {
      const account = newAccount(now)
      const sessions = Array.from({ length: 30 }, () => newSession(now, { accounts: [account] }))
      const successors = sessions.map(() => newSuccessor(now, { accounts: [account] }))
      for (const session of sessions) await store.create(session)
      const works: (() => unknown)[] = sessions.flatMap(({ id }, index) => [
        () => other.update(id, ELMER, newDelta(now, { cart: '1' }), now),
        () => other.renew(id, ELMER, successors[index]!, now),
      ])
      works.splice(works.length / 2, 0, () => store.revokeAccount(account.id))
      await atOnce(works.length, (index) => works[index]!())
      for (const { id } of [...sessions, ...successors]) await assertNothingLeft(store, id, ELMER, now, account.id)
    },
  ),

  accountsCase('an account can sign in again after it was revoked', async ({ store, now }) => {
    const account = newAccount(now)
    await store.create(newSession(now, { accounts: [account] }))
    await store.revokeAccount(account.id)
    const again = newSession(now, { accounts: [account] })
    await store.create(again)
    await readLive(store, again.id, ELMER, now)
    assert.deepEqual(await idsOf(store, account.id, now), [again.id])
  }),
]
