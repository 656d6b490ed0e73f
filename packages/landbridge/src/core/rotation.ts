/**
 * The secrets of a remembered handle. They are replaced while the handle lives, so that a copied cookie is found out: whoever shows a
 * secret that was replaced is not the browser that has its successor, or the other one is not.
 *
 * A secret begins with its series, which stays. What else it holds is replaced. The store keeps of it:
 *
 *   current --age--> rotated, the one before still counts --the new one was seen--> confirmed --grace--> the one before is theft
 *
 * The one before counts until the new one was seen: an answer that never reached the browser must not sign anybody out. It is replaced
 * again then, but not for ever: a thief who throws each new one away would leave visitor and thief with the same secret. A secret of the
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
const GRACE_MS = 60_000

/** An answer that has not arrived by then never will, in milliseconds: another one before would let the two overtake each other. */
const ARRIVAL_MS = 600_000
/** As many answers in a row may be lost. */
const LOST_LIMIT = 8

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
  /** How many secrets that followed the one before were never seen. */
  readonly lost: number
}

export const rotationKey = (scope: Scope): string => reservedKey(`rotation:${scope}`)

const seriesHash = (secret: HandleSecret): string => sha256(`landbridge series ${seriesOf(secret)}`)

/** What the last rotation of a handle left; `null` when its secret is the first one. That of an earlier handle of the scope does not count. */
function rotationOf({ values }: StoredSession, handle: StoredHandle): Rotation | null {
  const key = rotationKey(handle.scope)
  const found = recordAt<Partial<Rotation>>(values, key) ?? recordAt<Partial<Rotation>>(handle.values, key)
  return found !== null && isWhole(found) && found.at > handle.createdAt ? found : null
}

/** Damage in the store counts as absent. */
const isWhole = (found: Partial<Rotation>): found is Rotation => {
  const { series, at, before, seen, lost } = found
  return (
    typeof series === 'string' &&
    typeof before === 'string' &&
    Number.isFinite(at) &&
    Number.isFinite(lost) &&
    (seen === null || Number.isFinite(seen))
  )
}

/** When a request came, and when its secret is judged: an upload may have been under way for long before anybody asked who sent it. */
export interface Moments {
  readonly came: number
  readonly now: number
}

/** What a secret is that is not the handle's: the one before, which still counts; one that was stolen; or none of this handle's. */
export function judgeOld(
  session: StoredSession,
  handle: StoredHandle,
  secret: HandleSecret,
  { came, now }: Moments,
): 'before' | 'stolen' | 'unknown' {
  const rotation = rotationOf(session, handle)
  if (rotation === null || !constantTimeEqual(seriesHash(secret), rotation.series)) return 'unknown'
  if (!constantTimeEqual(sha256(secret), rotation.before)) return 'stolen'
  const counts = rotation.seen === null ? rotation.lost < LOST_LIMIT || !isLost(rotation, now) : came < rotation.seen + GRACE_MS
  return counts ? 'before' : 'stolen'
}

/** Long after, the new one was never seen: it was lost on the way, and another one has to follow. */
const isLost = ({ at, seen }: Rotation, now: number): boolean => seen === null && now - at >= ARRIVAL_MS

/**
 * Whether the handle has the secret of a request still, or one that followed since: nothing but rotations happened to it. `secret` is what
 * the request showed, where one did.
 */
export function follows(read: StoredSession & { readonly handle: StoredHandle }, hash: SecretHash, secret?: HandleSecret): boolean {
  if (read.handle.hash === hash) return true
  const rotation = rotationOf(read, read.handle)
  if (rotation === null) return false
  return rotation.before === hash || (secret !== undefined && constantTimeEqual(seriesHash(secret), rotation.series))
}

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
  if (isOld) return rotation !== null && isLost(rotation, now) ? 'rotate' : null
  if (rotation === null) return now - handle.createdAt >= rotateMs ? 'rotate' : null
  if (rotation.seen === null) return 'confirm'
  // Not within the grace of the last one: of two secrets before, only one counts.
  return now - rotation.at >= rotateMs && now >= rotation.seen + GRACE_MS ? 'rotate' : null
}

/** The secret that follows, of the same series. */
export const nextSecret = (secret: HandleSecret): HandleSecret => (seriesOf(secret) + mintSecret().slice(SERIES_LENGTH)) as HandleSecret

/** The record of a rotation from this secret. */
export function rotatedFrom(session: StoredSession, handle: StoredHandle, secret: HandleSecret, now: number): string {
  const before = sha256(secret) as SecretHash
  const last = rotationOf(session, handle)
  const lost = last?.before === before ? last.lost + 1 : 0
  const rotation: Rotation = { series: seriesHash(secret), at: now, before, seen: null, lost }
  return JSON.stringify(rotation)
}

/** The record once the new secret was seen; `null` where there is none. */
export function confirmedAt(session: StoredSession, handle: StoredHandle, now: number): string | null {
  const rotation = rotationOf(session, handle)
  return rotation && JSON.stringify({ ...rotation, seen: now })
}
