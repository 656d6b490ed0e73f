/** From the Cookie header of a request to the session it may use. Refusals are events; the request goes on anonymously. */
import { agentLabel } from './agent.ts'
import { cookieValues } from './cookie.ts'
import { deviceOf } from './devices.ts'
import type { CookieReason } from './events.ts'
import type { Presented } from './handle.ts'
import { constantTimeEqual, hashSecret, readCookieValue } from './handle.ts'
import { isRemembered } from './lifetime.ts'
import { isLive } from './records.ts'
import { judgeOld } from './rotation.ts'
import type { Inbound } from './request.ts'
import type { Context } from './session.ts'
import type { StoredHandle, StoreRead } from './store.ts'
import type { Place } from './topology.ts'
import type { HandleSecret, MaybePromise, Scope, SecretHash, SessionId } from './types.ts'
import { isPromise } from './types.ts'

/** A session whose handle the browser proved. */
export interface Live {
  readonly session: StoreRead
  readonly handle: StoredHandle
  readonly secret: HandleSecret
  /** The secret is not the handle's any more: the one before it, which still counts, or one that counts for nothing but what goes on. */
  readonly old?: 'before' | 'stolen'
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

/** How a request is looked at. */
export interface Look {
  /** No cache answers: for what leads to a handle of another host. */
  readonly fresh?: boolean | undefined
  /** The request was recognised before, and goes on, as an open socket does: secrets of its handle that were replaced since are no theft. */
  readonly standing?: boolean | undefined
  /** When the request came; now, where that is not told. */
  readonly came?: number | undefined
  /** Asked for its `User-Agent` header by the event that tells of a theft. */
  readonly request?: Inbound | undefined
}

const FIRST_LOOK: Look = {}

export function recognise(context: Context, place: Place, header: string | undefined, look: Look = FIRST_LOOK): MaybePromise<Recognised> {
  if (header === undefined) return NOBODY
  const values = cookieValues(header, place.cookie.name)
  if (values.length === 0) return NOBODY
  if (values.length > 1) return recogniseAmong(context, place, values, look)
  const value = values[0]!
  const live = verify(context, place, value, look)
  return isPromise(live) ? live.then((found) => alone(value, found)) : alone(value, live)
}

const alone = (value: string, live: Live | null): Recognised => ({ live, strays: false, refused: live === null ? [value] : NONE })

/**
 * Several cookies of one name: order proves nothing, so each is tried. When two belong to live sessions, one was planted and
 * nothing tells which: this request is anonymous, and clearing the strays lets the next one be clear. Of one session the newest secret
 * counts: a browser that has it is not out of step, whatever somebody planted beside it.
 */
async function recogniseAmong(context: Context, place: Place, values: readonly string[], look: Look): Promise<Recognised> {
  context.emit(place.host, { type: 'cookie.duplicate', count: values.length })
  const candidates = values.filter(readCookieValue)
  const tried = candidates.slice(0, CANDIDATE_LIMIT)
  const newest = new Map<SessionId, Live>()
  const { fresh, came, request } = look
  for (const value of tried) {
    // Which of them counts is seen when all are known.
    const live = await verify(context, place, value, { fresh, came, request, standing: true })
    if (live !== null && isNewer(live, newest.get(live.session.id))) newest.set(live.session.id, live)
  }
  const found: Live[] = []
  for (const live of newest.values()) {
    if (live.old !== 'stolen' || look.standing) found.push(live)
    else await endStolen(context, place, live.session, look)
  }
  // Beyond the limit the right one may stand unseen behind planted ones: those have to go, or it would never be reached.
  const strays = found.length > 0 || candidates.length > CANDIDATE_LIMIT
  if (found.length > 1) refuse(context, place, 'ambiguous', null)
  const live = found.length === 1 ? found[0]! : null
  return { live, strays, refused: live === null ? tried : NONE }
}

const AGES = [undefined, 'before', 'stolen'] as const
const isNewer = (live: Live, than: Live | undefined): boolean => than === undefined || AGES.indexOf(live.old) < AGES.indexOf(than.old)

function verify(context: Context, place: Place, value: string, look: Look): MaybePromise<Live | null> {
  const presented = readCookieValue(value)
  if (presented === null) return refuse(context, place, 'malformed', null)
  const read = context.store.read(presented.id, place.scope, look.fresh)
  return isPromise(read)
    ? read.then((session) => judge(context, place, presented, session, look))
    : judge(context, place, presented, read, look)
}

function judge(context: Context, place: Place, presented: Presented, session: StoreRead | null, look: Look): MaybePromise<Live | null> {
  if (session === null) return refuse(context, place, 'unknown-handle', presented.id)
  const hash = hashSecret(presented.secret)
  const { handle } = session
  if (handle === null || !constantTimeEqual(hash, handle.hash)) return explain(context, place, { ...presented, hash }, session, look)
  // Asked this way round, a time that is no number is over.
  if (!isLive(session, context.now())) return refuse(context, place, 'expired', session.id)
  return { session, handle, secret: presented.secret }
}

/** What a request showed, with its hash. */
interface Shown extends Presented {
  readonly hash: SecretHash
}

/**
 * The cold path of a refusal: is this a secret that was replaced, or the cookie of another scope of that session? What decides comes from
 * the store itself: a cookie may be newer than what a near cache remembered, and right.
 */
function explain(context: Context, place: Place, shown: Shown, read: StoreRead, look: Look): MaybePromise<Live | null> {
  return isRemembered(read.accounts) ? explainRemembered(context, place, shown, read, look) : findOwner(context, place, shown, read, look)
}

async function explainRemembered(context: Context, place: Place, shown: Shown, read: StoreRead, look: Look): Promise<Live | null> {
  const { id, secret, hash } = shown
  const session = await context.store.read(id, place.scope, true)
  const now = context.now()
  if (!isLive(session, now)) return findOwner(context, place, shown, read, look)
  const { handle } = session
  if (constantTimeEqual(hash, handle.hash)) return { session, handle, secret }
  const judged = judgeOld(session, handle, secret, { now, came: look.came ?? now })
  if (judged === 'unknown') return findOwner(context, place, shown, read, look)
  if (judged === 'stolen' && !look.standing) return endStolen(context, place, session, look)
  return { session, handle, secret, old: judged }
}

/** Whose secret it is, of the scopes of the session. */
function findOwner(context: Context, place: Place, shown: Shown, read: StoreRead, look: Look): MaybePromise<Live | null> {
  const { id, hash } = shown
  const answer = (handles: readonly StoredHandle[]): MaybePromise<Live | null> => {
    const owner = handles.find((handle) => constantTimeEqual(hash, handle.hash))
    if (owner?.scope === place.scope) return judge(context, place, shown, { ...read, handle: owner }, look)
    return refuse(context, place, owner ? 'wrong-host' : 'unknown-handle', id, owner?.scope)
  }
  const handles = context.store.handlesOf(id)
  return isPromise(handles) ? handles.then(answer) : answer(handles)
}

/** At a spoke, whose host may be anybody's, no more than its own handle is at stake: the next visit there brings a new one from the hub. */
async function endStolen(context: Context, place: Place, session: StoreRead, { request }: Look): Promise<null> {
  const { store, emit } = context
  const scope = place.span?.role === 'spoke' ? place.scope : undefined
  // Of this very session: one that took its place is of somebody who has just signed in.
  const ended = await store.revoke(session.id, scope, true)
  const known = deviceOf(session)?.agent ?? null
  const account = session.accounts[0]?.id ?? null
  emit(place.host, {
    type: 'session.stolen',
    session: session.id,
    scope: place.scope,
    account,
    known,
    shown: agentLabel(request?.header('user-agent')),
  })
  if (ended) emit(place.host, { type: 'session.ended', session: session.id, scope: scope ?? null })
  return refuse(context, place, 'stolen', session.id)
}

function refuse(context: Context, place: Place, reason: CookieReason, session: SessionId | null, belongsTo: Scope | null = null): null {
  context.emit(place.host, { type: 'cookie.refused', reason, session, belongsTo })
  return null
}
