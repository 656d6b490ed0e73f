/** Whose session it is on this host: the active account, and at a spoke the one that the application lets in there. */
import type { AccountInfo } from './accounts.ts'
import {
  accountFor,
  ACTIVE_KEY,
  activeAccount,
  BOUND_KEY,
  CLAIMS_KEY,
  isExpired,
  publicAccount,
  recordAt,
  removalsOf,
  unexpired,
} from './accounts.ts'
import type { Authorize, Claims } from './bridge.ts'
import { accountChanged, updateLive } from './commit.ts'
import { withinDeadline } from './deadline.ts'
import { jsonOf } from './entry.ts'
import { LandbridgeError } from './errors.ts'
import type { Live } from './recognise.ts'
import { valuesAt } from './records.ts'
import { isStill } from './rotated.ts'
import type { Context } from './session.ts'
import type { Expectation } from './store.ts'
import type { Place } from './topology.ts'
import type { Account, Host, MaybePromise, StoredAccount } from './types.ts'
import { isPromise } from './types.ts'
import { applyChanges, valueOf } from './values.ts'

export interface Identity {
  readonly account: StoredAccount | null
  /** What `authorize` said of the account on this host; `null` where nobody asks it. */
  readonly claims: Claims | null
  readonly values: string
  /** What must still be so when changes are saved: otherwise another account has taken this one's place. */
  readonly guard: readonly Expectation[]
}

const NO_GUARD: readonly Expectation[] = []
export const NOBODY_KNOWN: Identity = { account: null, claims: null, values: '', guard: NO_GUARD }
/** The password has changed since the sign-in, and the session has ended. */
export const OUTDATED: Identity = { ...NOBODY_KNOWN }

/** How long an answer of `authorize` holds, in milliseconds: a membership that is withdrawn ends by then. */
const CLAIMS_MS = 300_000

/** `null`: the session opens nothing here, because its account may not use this host, or has to sign in again. */
export function identify(context: Context, place: Place, live: Live): MaybePromise<Identity | null> {
  const identity =
    place.span?.role === 'spoke' && live.session.accounts.length > 0 ? atSpoke(context, place, live) : identifyHere(context, place, live)
  if (context.authHashes === null) return identity
  return isPromise(identity) ? identity.then((each) => confirmed(context, place, live, each)) : confirmed(context, place, live, identity)
}

/** A sign-in from before the password changed ends, with all the session: what it holds was meant for whoever knew that password. */
function confirmed(context: Context, place: Place, live: Live, identity: Identity | null): MaybePromise<Identity | null> {
  if (identity === null || identity.account === null) return identity
  const { account } = identity
  const holds = context.authHashes!.holds(account)
  if (!isPromise(holds)) return holds ? identity : endOutdated(context, place, live, account)
  return holds.then((does) => (does ? identity : endOutdated(context, place, live, account)))
}

/** This very session: the one that took its place signed in again, beside this request, with what the password is now. */
async function endOutdated(
  { store, emit }: Context,
  { host }: Place,
  { session }: Live,
  { id: account }: StoredAccount,
): Promise<Identity> {
  if (await isEnded(() => store.revoke(session.id, undefined, true))) {
    emit(host, { type: 'account.auth-changed', session: session.id, account })
    emit(host, { type: 'session.ended', session: session.id, scope: null })
  }
  return OUTDATED
}

/** One that travels in a cookie cannot be cleared after the head has left. It opens nothing all the same, now and whenever it is shown. */
async function isEnded(end: () => MaybePromise<boolean>): Promise<boolean> {
  try {
    return await end()
  } catch (error) {
    if ((error as LandbridgeError).code !== 'ERR_HEADERS_SENT') throw error
    return false
  }
}

function identifyHere(context: Context, place: Place, { session, handle }: Live): Identity {
  const values = valuesAt(session, handle, place.values)
  const account = unexpired(activeAccount(session, values), context.now(), context.lifetime)
  const guard = session.accounts.length < 2 ? NO_GUARD : [{ key: ACTIVE_KEY, json: valueOf(values, ACTIVE_KEY) }]
  return { account, claims: null, values, guard }
}

/** The account is chosen anew at each request, so a switch at the hub needs no redirect. */
function atSpoke(context: Context, place: Place, live: Live, tries = 0): MaybePromise<Identity | null> {
  const { session, handle } = live
  const now = context.now()
  const account = unexpired(accountFor(session, session.values, place.host), now, context.lifetime)
  if (account === null) return null
  const known = recordAt<{ at: number; claims: Claims | false }>(handle.values, CLAIMS_KEY)
  const bound = recordAt<string>(handle.values, BOUND_KEY)
  const isKnown = bound === account.id && known !== null && now - known.at < CLAIMS_MS
  if (isKnown) return identityAtSpoke(account, known.claims, handle.values)
  return bound === account.id ? refreshClaims(context, place, live, account) : rebind(context, place, live, account, tries)
}

function identityAtSpoke(account: StoredAccount, claims: Claims | false, values: string): Identity | null {
  return claims === false ? null : { account, claims, values, guard: [{ key: BOUND_KEY, json: JSON.stringify(account.id) }] }
}

/** Asks the application again and keeps its answer with the handle. */
async function refreshClaims(context: Context, place: Place, live: Live, account: StoredAccount): Promise<Identity | null> {
  const { values } = live.handle
  const { claims, changes } = await boundTo(context, place, account)
  // When another request was first, it has found the same, or the next request will look again.
  const outcome = await updateLive(context, place, live, { changes, expect: [{ key: BOUND_KEY, json: valueOf(values, BOUND_KEY) }] })
  return outcome === 'gone' ? null : identityAtSpoke(account, claims, applyChanges(values, changes))
}

const REBIND_TRIES = 16

/**
 * Gives the handle to another account. The values of the one before go, all of them: one that was saved while the application was asked
 * would otherwise stay behind, so then this is done again with what is there now.
 */
async function rebind(context: Context, place: Place, live: Live, account: StoredAccount, tries: number): Promise<Identity | null> {
  const { values } = live.handle
  const { claims, changes } = await boundTo(context, place, account)
  const moved = new Map([...removalsOf(values), ...changes])
  const outcome = await updateLive(context, place, live, { changes: moved, expectValues: values })
  if (outcome === 'gone') return null
  if (outcome === 'saved') return identityAtSpoke(account, claims, applyChanges(values, moved))
  if (tries >= REBIND_TRIES) throw accountChanged()
  const session = await context.store.read(live.session.id, place.scope)
  return isStill(session, context.now(), live) ? atSpoke(context, place, { ...live, session, handle: session.handle }, tries + 1) : null
}

/** The changes by which a handle belongs to an account. */
async function boundTo(context: Context, place: Place, account: StoredAccount) {
  const claims = await authorizeAt(place.span!.bridge.authorize!, account, place.host)
  const changes = new Map([
    [BOUND_KEY, JSON.stringify(account.id)],
    [CLAIMS_KEY, JSON.stringify({ at: context.now(), claims })],
  ])
  return { claims, changes }
}

/** The claims of an account on a host, or `false`. Throws `ERR_AUTHORIZE_UNAVAILABLE` when the application cannot tell. */
export async function authorizeAt(authorize: Authorize, account: Account, host: Host): Promise<Claims | false> {
  let answer: unknown
  try {
    const given = authorize(publicAccount(account), host)
    answer = isPromise(given) ? await withinDeadline(given, 'authorize function') : given
  } catch (cause) {
    throw new LandbridgeError('ERR_AUTHORIZE_UNAVAILABLE', 'The authorize function of the application failed.', {
      hint: 'Look at `cause`. An account that cannot be decided is not let in.',
      cause,
    })
  }
  // A list is no record of claims, but what a query found: an empty one must not let anybody in.
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return answer === true ? {} : false
  // As JSON and back: what is kept is what the application is handed.
  return JSON.parse(jsonOf('claims', answer)) as Claims
}

/** The accounts of this browser as this host may know them: at a spoke only its own. */
export async function accountInfos(
  context: Context,
  place: Place,
  { session, handle }: Live,
  { account }: Identity,
): Promise<readonly AccountInfo[]> {
  if (place.span?.role === 'spoke') return account === null ? [] : [{ ...publicAccount(account), active: true, expired: false }]
  const active = activeAccount(session, valuesAt(session, handle, place.values))
  return Promise.all(
    session.accounts.map(async (each) => ({
      ...publicAccount(each),
      active: each.id === active?.id,
      expired: isExpired(each, context.now(), context.lifetime) || !((await context.authHashes?.holds(each)) ?? true),
    })),
  )
}
