/**
 * The secrets of a remembered handle. They are replaced while the handle lives, so that a copied cookie is found out: whoever shows a
 * secret that was replaced is not the browser that has its successor, or the other one is not.
 *
 * A secret begins with its series, which stays. What else it holds is replaced. The store keeps of it:
 *
 *   current --age--> rotated, the one before still counts --the new one was seen--> confirmed --grace--> the one before is theft
 *
 * The one before counts until the new one was seen: an answer that never reached the browser must not sign anybody out. A secret of the
 * series that is neither is theft at once, however many rotations ago it was made: one who stole it may have gone on with it while the
 * visitor was away, and then it is the visitor who shows the old one.
 */
import { recordAt } from './accounts.ts'
import { reservedKey } from './entry.ts'
import { constantTimeEqual, mintSecret, SERIES_LENGTH, seriesOf, sha256 } from './handle.ts'
import { isRemembered } from './lifetime.ts'
import type { Lifetime } from './lifetime.ts'
import type { StoredHandle, StoredSession } from './store.ts'
import type { HandleSecret, Scope, SecretHash } from './types.ts'

/** How long requests of one browser may run beside the one that brought the new secret, in milliseconds. */
export const GRACE_MS = 60_000

/** What a rotation leaves among the values. Times are milliseconds since the epoch. */
interface Rotation {
  /** SHA-256 of the series. */
  readonly series: string
  /** When the secret was replaced last. */
  readonly at: number
  /** The hash of the secret before. */
  readonly before: SecretHash
  /** When the new one was seen first; `null` while it was not. */
  readonly seen: number | null
}

export const rotationKey = (scope: Scope): string => reservedKey(`rotation:${scope}`)

const seriesHash = (secret: HandleSecret): string => sha256(`landbridge series ${seriesOf(secret)}`)

/** What the last rotation of a handle left; `null` when its secret is the first one. That of an earlier handle of the scope does not count. */
function rotationOf({ values }: StoredSession, handle: StoredHandle): Rotation | null {
  const key = rotationKey(handle.scope)
  const found = recordAt<Rotation>(values, key) ?? recordAt<Rotation>(handle.values, key)
  return found !== null && found.at > handle.createdAt ? found : null
}

/** What a secret is that is not the handle's: the one before, which still counts; one that was stolen; or none of this handle's. */
export function judgeOld(session: StoredSession, handle: StoredHandle, secret: HandleSecret, now: number): 'before' | 'stolen' | 'unknown' {
  const rotation = rotationOf(session, handle)
  if (rotation === null || !constantTimeEqual(seriesHash(secret), rotation.series)) return 'unknown'
  const isBefore = constantTimeEqual(sha256(secret), rotation.before)
  return isBefore && (rotation.seen === null || now < rotation.seen + GRACE_MS) ? 'before' : 'stolen'
}

/** Whether a rotation since took the place of this hash, and nothing else happened to the handle. */
export const followsHash = (session: StoredSession, handle: StoredHandle, hash: SecretHash): boolean =>
  rotationOf(session, handle)?.before === hash

/** What a request is to do about the secret that it showed. */
export type RotationDue = 'rotate' | 'confirm' | null

/** `isOld`: it showed the one before. */
export function rotationDue(
  session: StoredSession,
  handle: StoredHandle,
  isOld: boolean,
  { rotateMs }: Lifetime,
  now: number,
): RotationDue {
  if (!isRemembered(session.accounts)) return null
  const rotation = rotationOf(session, handle)
  // Long after, the new one was never seen: it was lost on the way, and another one has to follow.
  if (isOld) return rotation!.seen === null && now - rotation!.at >= GRACE_MS ? 'rotate' : null
  if (rotation?.seen === null) return 'confirm'
  return now - (rotation?.at ?? handle.createdAt) >= rotateMs ? 'rotate' : null
}

/** The secret that follows, of the same series. */
export const nextSecret = (secret: HandleSecret): HandleSecret => (seriesOf(secret) + mintSecret().slice(SERIES_LENGTH)) as HandleSecret

/** The record of a rotation from this secret. */
export function rotatedFrom(secret: HandleSecret, now: number): string {
  const rotation: Rotation = { series: seriesHash(secret), at: now, before: sha256(secret) as SecretHash, seen: null }
  return JSON.stringify(rotation)
}

/** The record once the new secret was seen; `null` where there is none. */
export function confirmedAt(session: StoredSession, handle: StoredHandle, now: number): string | null {
  const rotation = rotationOf(session, handle)
  return rotation && JSON.stringify({ ...rotation, seen: now })
}
