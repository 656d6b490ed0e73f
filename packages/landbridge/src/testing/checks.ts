/** What several cases check, through the contract alone. */
import assert from 'node:assert/strict'
import type { LiveRead } from '../core/records.ts'
import type { Scope, SessionId, Store, StoredHandle } from '../core/store.ts'
import { isLive } from '../core/store.ts'
import { lacks } from './lacking.ts'

/** Reads a session that has to be there and live. */
export async function readLive(store: Store, id: SessionId, scope: Scope, now: number): Promise<LiveRead> {
  const read = await store.read(id, scope)
  assert(isLive(read, now), 'the session is live')
  return read
}

/** Not one trace of a session is left: neither record nor handle nor a place in the account's list. */
export async function assertNothingLeft(store: Store, id: SessionId, scope: Scope, now: number, accountId?: string): Promise<void> {
  await assertOpensNothing(store, id, scope, now, accountId)
  assert.equal(await store.revoke(id), false, 'there is nothing to end')
}

/** The same, but for the trace that a renewal leaves. */
export async function assertOpensNothing(store: Store, id: SessionId, scope: Scope, now: number, accountId?: string): Promise<void> {
  assert.equal(await store.read(id, scope), null, 'no session is left')
  assert.deepEqual(await store.handlesOf(id), [], 'no handle is left')
  if (accountId === undefined || lacks(store, 'accounts')) return
  assert(!(await idsOf(store, accountId, now)).includes(id), 'the account no longer lists the session')
}

/** The account lists exactly these sessions, where the store can tell: for cases that are about something else. */
export async function assertLists(store: Store, accountId: string, now: number, ids: readonly SessionId[]): Promise<void> {
  if (!lacks(store, 'accounts')) assert.deepEqual(await idsOf(store, accountId, now), ids.toSorted())
}

/** The session has these handles and no others. */
export async function assertHandles(store: Store, id: SessionId, handles: readonly StoredHandle[]): Promise<void> {
  assert.deepEqual((await store.handlesOf(id)).toSorted(byScope), handles.toSorted(byScope))
}

const byScope = (a: StoredHandle, b: StoredHandle): number => (a.scope < b.scope ? -1 : 1)

/** Ids of the live sessions of an account, sorted. */
export async function idsOf(store: Store, accountId: string, now: number): Promise<SessionId[]> {
  return (await store.sessionsOf(accountId, now)).map(({ id }) => id).sort()
}

/** Runs `work` for 0 … count-1 without waiting for one before the next begins. */
export function atOnce<Result>(count: number, work: (index: number) => Promise<Result> | Result): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, async (_, index) => work(index)))
}
