import type { LiveRead } from './records.ts'
import { isLive } from './records.ts'
import { follows } from './rotation.ts'
import { isRemembered } from './lifetime.ts'
import type { Outcome, Store, StoredHandle, StoredSession, StoreRead } from './store.ts'
import type { HandleSecret, MaybePromise, SecretHash } from './types.ts'
import { isPromise } from './types.ts'

/** A session with the handle that a request came with, as it was read. */
interface Came {
  readonly session: StoredSession
  readonly handle: StoredHandle
  /** What the request showed; absent where the handle is somebody else's. */
  readonly secret?: HandleSecret
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

async function writeAgain(store: Store, now: number, came: Came, write: (hash: SecretHash) => MaybePromise<Outcome>): Promise<Outcome> {
  const read = await store.read(came.session.id, came.handle.scope, true)
  return isStill(read, now, came) ? write(read.handle.hash) : 'gone'
}

/** Whether the handle of a request lives, and no secret took the place of its own but by rotation. */
export const isStill = (read: StoreRead | null, now: number, { handle, secret }: Came): read is LiveRead =>
  isLive(read, now) && follows(read, handle.hash, secret)
