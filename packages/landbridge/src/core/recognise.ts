/** From the Cookie header of a request to the session it may use. Refusals are events; the request goes on anonymously. */
import { cookieValues } from './cookie.ts'
import type { CookieReason } from './events.ts'
import type { Presented } from './handle.ts'
import { constantTimeEqual, hashSecret, readCookieValue } from './handle.ts'
import { isLive } from './records.ts'
import type { Context } from './session.ts'
import type { StoredHandle, StoreRead } from './store.ts'
import type { Place } from './topology.ts'
import type { HandleSecret, MaybePromise, Scope, SessionId } from './types.ts'
import { isPromise } from './types.ts'

/** A session whose handle the browser proved. */
export interface Live {
  readonly session: StoreRead
  readonly handle: StoredHandle
  readonly secret: HandleSecret
}

export interface Recognised {
  readonly live: Live | null
  /** Whether cookies of the same name sit beside the right one, so that they have to be cleared. */
  readonly strays: boolean
  /** Cookie values that were presented and refused. */
  readonly refused: readonly string[]
}

/** Each well-formed candidate costs one read, so a header full of forged cookies costs at most this many. */
const CANDIDATE_LIMIT = 8

const NONE: readonly string[] = []
const NOBODY: Recognised = { live: null, strays: false, refused: NONE }

/** With `fresh` no cache answers: for what leads to a handle of another host. */
export function recognise(context: Context, place: Place, header: string | undefined, fresh = false): MaybePromise<Recognised> {
  if (header === undefined) return NOBODY
  const values = cookieValues(header, place.cookie.name)
  if (values.length === 0) return NOBODY
  if (values.length > 1) return recogniseAmong(context, place, values, fresh)
  const value = values[0]!
  const live = verify(context, place, value, fresh)
  return isPromise(live) ? live.then((found) => alone(value, found)) : alone(value, live)
}

const alone = (value: string, live: Live | null): Recognised => ({ live, strays: false, refused: live === null ? [value] : NONE })

/**
 * Several cookies of one name: order proves nothing, so each is tried. When two belong to live sessions, one was planted and
 * nothing tells which: this request is anonymous, and clearing the strays lets the next one be clear.
 */
async function recogniseAmong(context: Context, place: Place, values: readonly string[], fresh: boolean): Promise<Recognised> {
  context.emit(place.host, { type: 'cookie.duplicate', count: values.length })
  const found: Live[] = []
  const candidates = values.filter(readCookieValue)
  const tried = candidates.slice(0, CANDIDATE_LIMIT)
  for (const value of tried) {
    const live = await verify(context, place, value, fresh)
    if (live !== null) found.push(live)
  }
  // Beyond the limit the right one may stand unseen behind planted ones: those have to go, or it would never be reached.
  const strays = found.length > 0 || candidates.length > CANDIDATE_LIMIT
  if (found.length > 1) refuse(context, place, 'ambiguous', null)
  const live = found.length === 1 ? found[0]! : null
  return { live, strays, refused: live === null ? tried : NONE }
}

function verify(context: Context, place: Place, value: string, fresh: boolean): MaybePromise<Live | null> {
  const presented = readCookieValue(value)
  if (presented === null) return refuse(context, place, 'malformed', null)
  const read = context.store.read(presented.id, place.scope, fresh)
  return isPromise(read) ? read.then((session) => judge(context, place, presented, session)) : judge(context, place, presented, read)
}

function judge(context: Context, place: Place, presented: Presented, session: StoreRead | null): MaybePromise<Live | null> {
  if (session === null) return refuse(context, place, 'unknown-handle', presented.id)
  const hash = hashSecret(presented.secret)
  const { handle } = session
  if (handle === null || !constantTimeEqual(hash, handle.hash)) return explain(context, place, presented, session)
  // Asked this way round, a time that is no number is over.
  if (!isLive(session, context.now())) return refuse(context, place, 'expired', session.id)
  return { session, handle, secret: presented.secret }
}

/**
 * The cold path of a refusal: was this the cookie of another scope of that session? The handles come from the store itself: a cookie of
 * this scope among them is newer than what a near cache remembered, and right.
 */
function explain(context: Context, place: Place, presented: Presented, session: StoreRead): MaybePromise<Live | null> {
  const { id } = presented
  const hash = hashSecret(presented.secret)
  const answer = (handles: readonly StoredHandle[]): MaybePromise<Live | null> => {
    const owner = handles.find((handle) => constantTimeEqual(hash, handle.hash))
    if (owner?.scope === place.scope) return judge(context, place, presented, { ...session, handle: owner })
    return refuse(context, place, owner ? 'wrong-host' : 'unknown-handle', id, owner?.scope)
  }
  const handles = context.store.handlesOf(id)
  return isPromise(handles) ? handles.then(answer) : answer(handles)
}

function refuse(context: Context, place: Place, reason: CookieReason, session: SessionId | null, belongsTo: Scope | null = null): null {
  context.emit(place.host, { type: 'cookie.refused', reason, session, belongsTo })
  return null
}
