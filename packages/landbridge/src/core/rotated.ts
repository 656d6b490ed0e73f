import { isLive } from './records.ts'
import { followsHash } from './rotation.ts'
import { isRemembered } from './lifetime.ts'
import type { Outcome, Store, StoredHandle, StoredSession } from './store.ts'
import type { MaybePromise, SecretHash } from './types.ts'
import { isPromise } from './types.ts'

/** A session with the handle that a request came with, as it was read. */
interface Came {
  readonly session: StoredSession
  readonly handle: StoredHandle
}

/**
 * Writes through the handle that a request came with, although a request beside it may have replaced the secret of that handle: then it
 * is `gone` at first, and written through the one that follows. Any other secret in its place stays the end of it.
 */
export function thoughRotated(
  store: Store,
  now: number,
  came: Came,
  write: (hash: SecretHash) => MaybePromise<Outcome>,
): MaybePromise<Outcome> {
  const outcome = write(came.handle.hash)
  if (!isRemembered(came.session.accounts)) return outcome
  const settle = (each: Outcome): MaybePromise<Outcome> => (each === 'gone' ? writeAgain(store, now, came, write) : each)
  return isPromise(outcome) ? outcome.then(settle) : settle(outcome)
}

async function writeAgain(
  store: Store,
  now: number,
  { session, handle }: Came,
  write: (hash: SecretHash) => MaybePromise<Outcome>,
): Promise<Outcome> {
  const read = await store.read(session.id, handle.scope, true)
  return isLive(read, now) && followsHash(read, read.handle, handle.hash) ? write(read.handle.hash) : 'gone'
}
