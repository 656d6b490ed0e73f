/** What the store methods do to records, as pure functions: stores that hold whole records wrap them in their own atomicity. */
import type { Delta, Expectation, NewSession, StoredHandle, StoredSession, StoreRead, Successor } from './store.ts'
import type { Scope, SecretHash } from './types.ts'
import { applyChanges, valueOf } from './values.ts'

/** A session as it was read together with a handle that it has. */
export type LiveRead = StoreRead & { readonly handle: StoredHandle }

/** Whether session and handle exist and neither has expired; with a hash, whether it is still that of the handle's secret. */
export function isLive(read: StoreRead | null, now: number, expectHash?: SecretHash): read is LiveRead {
  if (read === null || read.handle === null || !(read.expiresAt > now && read.handle.expiresAt > now)) return false
  return expectHash === undefined || read.handle.hash === expectHash
}

/** The values that a place names. */
export function valuesAt(session: StoredSession, handle: StoredHandle, place: Delta['place']): string {
  return place === 'session' ? session.values : handle.values
}

/** The session and handle values and times after a delta, or `null` when an expectation does not hold. */
export function afterDelta(read: LiveRead, { place, changes, expect, expectValues, hash, seenAt, expiresAt }: Delta): LiveRead | null {
  const values = valuesAt(read, read.handle, place)
  if (!holds(values, expect) || (expectValues !== undefined && values !== expectValues)) return null
  const changed = applyChanges(values, changes)
  const handle = { ...read.handle, hash: hash ?? read.handle.hash, seenAt, expiresAt }
  return place === 'session' ? { ...read, values: changed, handle } : { ...read, handle: { ...handle, values: changed } }
}

/** Whether every expectation holds. */
export function holds(values: string, expect: readonly Expectation[] = []): boolean {
  return expect.every(({ key, json }) => valueOf(values, key) === json)
}

/** A handle that counts as seen together with another one, as `alsoSeen` says and `attach` does; `null` when nothing happens to it. */
export function afterAlsoSeen(
  handle: StoredHandle | undefined,
  { seenAt, expiresAt }: Pick<StoredHandle, 'seenAt' | 'expiresAt'>,
  now: number,
): StoredHandle | null {
  if (handle === undefined || handle.expiresAt <= now) return null
  return { ...handle, seenAt, expiresAt: Math.max(handle.expiresAt, expiresAt) }
}

/** Whether an `attach` keeps the handle that the session has for the scope. */
export function isKept(handle: StoredHandle | null | undefined, issuedAt: number, now: number): boolean {
  return handle != null && handle.expiresAt > now && handle.createdAt >= issuedAt
}

/** The session that takes the place of another at a renewal, or `null` when an expectation does not hold. */
export function successorOf(read: LiveRead, scope: Scope, next: Successor): NewSession | null {
  const { keepValues, place, changes, expect, handle, ...session } = next
  if (!holds(valuesAt(read, read.handle, place), expect)) return null
  const kept = keepValues ? [read.values, read.handle.values] : ['', '']
  const [shared, own] = place === 'session' ? [applyChanges(kept[0]!, changes), kept[1]!] : [kept[0]!, applyChanges(kept[1]!, changes)]
  const { id, createdAt, expiresAt, accounts } = session
  return { id, createdAt, expiresAt, accounts, values: shared, handle: { ...handle, scope, values: own } }
}
