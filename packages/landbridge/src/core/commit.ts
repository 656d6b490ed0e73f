/** Brings what a request changed to the store, in one call. */
import { checkSize } from './entry.ts'
import { LandbridgeError } from './errors.ts'
import type { Presented } from './handle.ts'
import { hashSecret, mintHandle, readCookieValue } from './handle.ts'
import { cookieAge, idleEnd, lifeOf } from './lifetime.ts'
import type { Identity } from './identify.ts'
import type { Live, Recognised } from './recognise.ts'
import { isLive } from './records.ts'
import { thoughRotated } from './rotated.ts'
import type { RotationDue } from './rotation.ts'
import { confirmedAt, nextSecret, rotatedFrom, rotationKey } from './rotation.ts'
import type { Context } from './session.ts'
import type { Changes, Delta, Outcome, StoredSession } from './store.ts'
import type { Place } from './topology.ts'
import type { MaybePromise, Scope, SessionId, StoredAccount } from './types.ts'
import { applyChanges } from './values.ts'

/** What the commit will do, gathered from the calls of the application. */
export interface Pending {
  readonly changes: Map<string, string | null>
  /** Id and secret of the session that is about to be created or renewed. */
  fresh: Presented | null
  /** Who is signed in from now on, the active account first; `null` leaves that as it is. */
  accounts: readonly StoredAccount[] | null
  /** The account that has just signed in: the lifetimes begin anew. */
  signedIn: StoredAccount | null
  /** Whether the stored values are dropped at the renewal: another account signed in. */
  dropValues: boolean
  /** Accounts that sign in again with another password: their other sessions end. */
  changedPasswords: readonly string[]
  /** What is due about the secret of the handle that the request came with. */
  rotation: RotationDue
}

/** What the browser is to be given. */
export interface Given extends Presented {
  /** For how long its cookie is kept, in seconds; `undefined` where it ends with the browser. */
  readonly maxAgeS: number | undefined
}

/** How long a renewal leaves a trace of the old id, in milliseconds: requests that run beside it have come to their end by then. */
const TRACE_MS = 60_000

/** Saves, and returns what the browser has to be given, or `null` when it keeps what it has. */
export async function savePending(
  context: Context,
  place: Place,
  { live, refused }: Recognised,
  { values, guard }: Identity,
  pending: Pending,
): Promise<Given | null> {
  checkSize(applyChanges(values, pending.changes), values)
  if (live === null) return start(context, place, refused, pending)
  const { fresh, changes } = pending
  if (fresh !== null && !isDerived(place, live)) return renew(context, place, { live, guard }, pending, fresh)
  // Nothing of the secret before counts any more.
  if (fresh !== null) changes.set(rotationKey(place.scope), null)
  else if (pending.rotation !== null) {
    const settled = await settleSecret(context, place, { live, guard }, pending)
    if (settled !== undefined) return settled
  }
  if (fresh === null && changes.size === 0) return recordVisit(context, place, live)
  const renewed = fresh === null ? {} : { hash: hashSecret(fresh.secret) }
  const outcome = await updateLive(context, place, live, { changes, expect: guard, ...renewed })
  if (outcome === 'gone') throw ended(context, place, live.session.id)
  if (outcome === 'conflict') throw accountChanged()
  return fresh === null ? null : renewHandle(context, place, live, fresh)
}

/** Where nothing else changes, a store that fails is no reason to refuse the page: the secret at hand still counts, and the next visit tries again. */
async function settleSecret(context: Context, place: Place, renewed: Renewed, pending: Pending): Promise<Given | null | undefined> {
  try {
    return await rotate(context, place, renewed, pending)
  } catch (error) {
    if (pending.changes.size > 0) throw error
    return null
  }
}

/**
 * Replaces the secret, or notes that the new one was seen, in the same step as everything else; `undefined` when a request beside this one
 * was first, or something conflicts.
 */
async function rotate(
  context: Context,
  place: Place,
  { live, guard }: Renewed,
  { changes, rotation }: Pending,
): Promise<Given | null | undefined> {
  const { store, lifetime, now, emit } = context
  const { session, handle } = live
  const secret = rotation === 'rotate' ? nextSecret(live.secret) : null
  const record = secret === null ? confirmedAt(session, handle, now()) : rotatedFrom(session, handle, live.secret, now())
  const delta = {
    place: place.values,
    changes: new Map([...changes, [rotationKey(place.scope), record]]),
    expect: guard,
    // Strictly: whatever took its place since has a record of its own.
    expectHash: handle.hash,
    ...(secret === null ? {} : { hash: hashSecret(secret) }),
    seenAt: now(),
    expiresAt: idleEnd(lifetime, now(), session),
    ...keptAlive(place, live),
  }
  if ((await store.update(session.id, place.scope, delta, now())) !== 'saved') return undefined
  if (secret === null) return null
  emit(place.host, { type: 'handle.rotated', session: session.id, scope: place.scope })
  return { id: session.id, secret, maxAgeS: cookieAge(session, now()) }
}

/** A spoke's session hangs on the hub's: it must not take that one's place, so only its own handle gets a new secret. */
const isDerived = ({ span }: Place, { session }: Live): boolean => span?.role === 'spoke' && session.accounts.length > 0

function renewHandle({ emit, now }: Context, { host, scope }: Place, { session }: Live, { secret }: Presented): Given {
  emit(host, { type: 'session.renewed', session: session.id, scope, account: session.accounts[0]?.id ?? null, before: session.id })
  return { id: session.id, secret, maxAgeS: cookieAge(session, now()) }
}

/** Starts a session for a visitor who has none, if there is anything to keep in it. */
async function start(context: Context, place: Place, refused: readonly string[], pending: Pending): Promise<Given | null> {
  if (!worthCreating(pending)) return null
  if (!pending.signedIn) await refuseLatecomer(context, place, refused)
  return create(context, place, pending)
}

/**
 * A request that was sent before a sign-in and arrives after it still shows the old cookie. The cookie of a new session would
 * take the place of the one that the sign-in has just set, and sign the visitor out.
 */
async function refuseLatecomer(context: Context, place: Place, refused: readonly string[]): Promise<void> {
  for (const value of refused) {
    const id = readCookieValue(value)?.id
    if (id !== undefined && ((await context.store.wasRenewed(id, context.now())) || (await hasNewSecret(context, place, id)))) {
      throw ended(context, place, id)
    }
  }
}

/** A spoke's renewal leaves the id as it is: what shows is a handle that somebody used a moment ago, with another secret. */
async function hasNewSecret({ store, now }: Context, { span, scope }: Place, id: SessionId): Promise<boolean> {
  if (span?.role !== 'spoke') return false
  const read = await store.read(id, scope)
  return isLive(read, now()) && now() - read.handle.seenAt < TRACE_MS
}

/** A visit that cannot be recorded shortens the idle lifetime a little; that is no reason to refuse a page that changes nothing. */
async function recordVisit(context: Context, place: Place, live: Live): Promise<null> {
  try {
    await updateLive(context, place, live, { changes: NO_CHANGES })
  } catch {
    // The guard around the store has reported it.
  }
  return null
}

const NO_CHANGES: Changes = new Map()

/**
 * Applies a delta to the session that the request came with, and records that it was seen. Through its very own handle: what was read may
 * be seconds old, and since then another secret may have taken the place of the one that the browser showed.
 */
export function updateLive(context: Context, place: Place, live: Live, change: Change): MaybePromise<Outcome> {
  const now = context.now()
  const expiresAt = idleEnd(context.lifetime, now, live.session)
  const delta = { ...change, place: place.values, seenAt: now, expiresAt, ...keptAlive(place, live) }
  return thoughRotated(context.store, now, live, (expectHash) =>
    context.store.update(live.session.id, place.scope, { ...delta, expectHash }, now),
  )
}

export type Change = Pick<Delta, 'changes' | 'expect' | 'expectValues' | 'hash'>

/** Who works at a spoke is not idle at the hub either. */
function keptAlive(place: Place, live: Live): Partial<Pick<Delta, 'alsoSeen'>> {
  return isDerived(place, live) ? { alsoSeen: place.span!.bridge.issuerFor(place.host) as string as Scope } : {}
}

/** No record and no cookie for a session that would be empty: that is also what removing a value from nothing amounts to. */
const worthCreating = ({ fresh, changes }: Pending): boolean => fresh !== null || [...changes.values()].some((json) => json !== null)

async function create(context: Context, place: Place, pending: Pending): Promise<Given> {
  const fresh = (pending.fresh ??= mintHandle())
  const accounts = pending.accounts ?? []
  const { createdAt, expiresAt, handle } = newLifetime(context, fresh, accounts)
  const text = applyChanges('', pending.changes)
  const [own, shared] = place.values === 'handle' ? [text, ''] : ['', text]
  await context.store.create({
    id: fresh.id,
    createdAt,
    expiresAt,
    accounts,
    values: shared,
    handle: { ...handle, scope: place.scope, values: own },
  })
  announce(context, place, { id: fresh.id, before: null }, accounts, pending)
  return { ...fresh, maxAgeS: cookieAge({ expiresAt, accounts }, createdAt) }
}

/** The session that is renewed, and what must still be so. */
interface Renewed extends Pick<Identity, 'guard'> {
  readonly live: Live
}

async function renew(context: Context, place: Place, { live, guard }: Renewed, pending: Pending, fresh: Presented): Promise<Given> {
  const { session } = live
  const accounts = pending.accounts ?? session.accounts
  const lifetime = newLifetime(context, fresh, accounts, pending.signedIn ? undefined : session)
  for (const account of pending.changedPasswords) await endOthers(context, session.id, account)
  const next = {
    id: fresh.id,
    ...lifetime,
    accounts,
    keepValues: !pending.dropValues,
    place: place.values,
    changes: pending.changes,
    expect: guard,
    traceUntil: context.now() + TRACE_MS,
  }
  const replace = (changed: Partial<typeof next>): MaybePromise<Outcome> =>
    thoughRotated(context.store, context.now(), live, (expectHash) =>
      context.store.renew(session.id, place.scope, { ...next, ...changed, expectHash }, context.now()),
    )
  let outcome = await replace({})
  if (outcome === 'conflict') {
    if (!pending.signedIn) throw accountChanged()
    // The browser was switched meanwhile: what is stored now is of another account than the one that has just signed in.
    outcome = await replace({ keepValues: false, expect: [] })
  }
  if (outcome === 'saved') {
    announce(context, place, { id: fresh.id, before: session.id }, accounts, pending)
    return { ...fresh, maxAgeS: cookieAge({ expiresAt: lifetime.expiresAt, accounts }, context.now()) }
  }
  // Someone who just proved who they are need not suffer from the end of the visit before: they get a new session, with
  // nothing of the ended one, nor any account that was beside theirs. A mere renewal has nothing to go on with.
  if (pending.signedIn) return create(context, place, { ...pending, accounts: [pending.signedIn] })
  throw ended(context, place, session.id)
}

/**
 * Before the session at hand is renewed: if the store fails here, nothing has changed, and the visitor tries again. A session that signs in
 * meanwhile did so with the password before, and `authHash` tells.
 */
async function endOthers({ store, emit }: Context, except: SessionId, account: string): Promise<void> {
  try {
    const sessions = await store.revokeAccount(account, except)
    emit(null, { type: 'account.revoked', account, sessions })
  } catch (error) {
    // A store that cannot list the sessions of an account: they end one by one, at their next requests.
    if ((error as LandbridgeError).code !== 'ERR_STORE_INCAPABLE') throw error
  }
}

/** Lifetimes of a new session, or of a successor that keeps the end of the session before it. */
function newLifetime({ lifetime, now: clock }: Context, fresh: Presented, accounts: readonly StoredAccount[], before?: StoredSession) {
  const now = clock()
  const createdAt = before?.createdAt ?? now
  const expiresAt = before?.expiresAt ?? now + lifeOf(lifetime, accounts)
  const handle = { hash: hashSecret(fresh.secret), createdAt: now, seenAt: now, expiresAt: idleEnd(lifetime, now, { expiresAt, accounts }) }
  return { createdAt, expiresAt, handle }
}

function announce(
  { emit }: Context,
  { host, scope }: Place,
  { id: session, before }: { readonly id: SessionId; readonly before: SessionId | null },
  accounts: readonly StoredAccount[],
  { signedIn }: Pending,
): void {
  const type = before === null ? 'session.created' : 'session.renewed'
  emit(host, { type, session, scope, account: accounts[0]?.id ?? null, before })
  if (signedIn) emit(host, { type: 'account.signed-in', session, account: signedIn.id })
}

/** The error of a request that came too late: its session ended while it ran, and stays ended. */
export function ended(context: Context, place: Place, session: SessionId): LandbridgeError {
  context.emit(place.host, { type: 'save.refused', session })
  return new LandbridgeError('ERR_SESSION_ENDED', 'The session ended while the request was under way; its change was not saved.', {
    hint: 'Answer 409 and let the visitor start again: the session was signed out, renewed or expired meanwhile.',
  })
}

/** The error of a request that was made for another account than the one that is signed in now. */
export function accountChanged(): LandbridgeError {
  return new LandbridgeError('ERR_ACCOUNT_CHANGED', 'Another account is signed in than the page was made for; nothing was saved.', {
    hint: 'Answer 409 and let the visitor load the page again, which then shows the account that is signed in now.',
  })
}
