/** The accounts of a browser: signed in, added, switched, chosen for one host, removed. */
import type { AccountInfo } from './accounts.ts'
import type { SignIn } from './auth-hash.ts'
import { accountOf } from './auth-hash.ts'
import { ACCOUNTS_LIMIT, ACTIVE_KEY, activeAccount, choiceKey, choicesIn, choicesOf, publicAccount, removalsOf } from './accounts.ts'
import type { Change, Pending } from './commit.ts'
import { DEVICE_KEY, deviceRecord } from './devices.ts'
import { accountChanged, ended, updateLive } from './commit.ts'
import { LandbridgeError } from './errors.ts'
import { mintHandle } from './handle.ts'
import { accountInfos, identify, NOBODY_KNOWN } from './identify.ts'
import type { Live } from './recognise.ts'
import type { RequestState } from './request-state.ts'
import { refresh } from './session-values.ts'
import type { StoredAccount } from './types.ts'
import { applyChanges } from './values.ts'
import { memberAt } from './visit.ts'

/** As many hosts as one browser may make a choice for. */
const CHOICES_LIMIT = 100

/** The account that is signed in as this request sees it; `find` has been awaited. */
export const accountNow = ({ pending, identity }: RequestState): StoredAccount | null => pending?.accounts?.[0] ?? identity.account

export async function listAccounts(state: RequestState): Promise<readonly AccountInfo[]> {
  await state.find()
  const pending = state.pending?.accounts
  if (pending) return pending.map((account, i) => ({ ...publicAccount(account), active: i === 0, expired: false }))
  return state.live === null ? [] : accountInfos(state.context, state.place, state.live, state.identity)
}

/** Signs an account in, as the only one. */
export async function signInAlone(state: RequestState, given: SignIn): Promise<void> {
  await enter(state, await entering(state, given, 'signIn'), [])
}

/** Signs an account in beside those that are there. */
export async function signInBeside(state: RequestState, given: SignIn): Promise<void> {
  const account = await entering(state, given, 'addAccount')
  const others = storedAccounts(state).filter((each) => each.id !== account.id)
  if (others.length >= ACCOUNTS_LIMIT) {
    throw new LandbridgeError('ERR_TOO_MANY_ACCOUNTS', `This browser has ${ACCOUNTS_LIMIT} accounts already.`, {
      hint: 'Remove one with removeAccount first.',
    })
  }
  await enter(state, account, others)
}

/** The account that signs in, once the session was read. */
async function entering(state: RequestState, given: SignIn, caller: string): Promise<StoredAccount> {
  assertIssuer(state, caller)
  const account = await accountOf(given, state.context.authHashes, state.context.now(), caller)
  if (account.remembered && state.context.carry !== null) throw cannotRemember(caller)
  await state.find()
  return account
}

function cannotRemember(caller: string): LandbridgeError {
  return new LandbridgeError('ERR_STORE_INCAPABLE', `${caller} was called with remember, and this store keeps sessions in cookies.`, {
    hint: 'A cookie that was copied is found out on a server alone: leave remember out, or use a store that is one.',
  })
}

export async function switchTo(state: RequestState, id: string): Promise<boolean> {
  assertIssuer(state, 'switchAccount')
  const target = (await listAccounts(state)).find((account) => account.id === id && !account.expired)
  if (target === undefined || target.active) return target !== undefined
  const { live, pending } = state
  if (live === null || pending?.accounts) return reorder(state, state.change(), id)
  await moveTo(state, live, id)
  // What this request set before was meant for the other account.
  pending?.changes.clear()
  state.emit({ type: 'account.switched', session: live.session.id, account: id })
  return true
}

const SWITCH_TRIES = 16

/** The values of the account before go, all of them: also one that a request beside this one has just saved. */
async function moveTo(state: RequestState, live: Live, id: string): Promise<void> {
  for (let tries = 0; tries < SWITCH_TRIES; tries++) {
    const changes = new Map<string, string | null>(removalsOf(state.values))
    changes.set(ACTIVE_KEY, JSON.stringify({ id, at: state.context.now() }))
    if (await writeAtOnce(state, live, { changes, expect: state.identity.guard, expectValues: state.values })) return
    await refresh(state, live)
  }
  throw accountChanged()
}

export async function choose(state: RequestState, host: string, id: string | null): Promise<boolean> {
  const { place, context } = state
  if (place.span?.role !== 'hub') throw notAtHub('chooseAccount')
  await state.find()
  const { live } = state
  const spoke = await memberAt(context, place.span.bridge, host)
  if (live === null || spoke?.span.role !== 'spoke') return false
  if (id !== null && !live.session.accounts.some((account) => account.id === id)) return false
  const choices = choicesIn(state.values)
  if (id !== null && choices.size >= CHOICES_LIMIT && !choices.has(spoke.host)) return false
  const changes = new Map([[choiceKey(spoke.host), id === null ? null : JSON.stringify(id)]])
  if (!(await writeAtOnce(state, live, { changes, expect: state.identity.guard }))) throw accountChanged()
  return true
}

/** `last`: it was the only one, and signing it out is the caller's. `gone`: it was not there. */
export async function remove(state: RequestState, id: string): Promise<'gone' | 'removed' | 'last'> {
  assertIssuer(state, 'removeAccount')
  await state.find()
  const accounts = storedAccounts(state)
  const left = accounts.filter((account) => account.id !== id)
  if (left.length === accounts.length) return 'gone'
  if (left.length === 0) return 'last'
  const before = accountNow(state)
  const pending = state.change()
  pending.fresh ??= mintHandle(state.live?.session.id)
  settle(state, pending, before === null ? left : firstOf(left, before.id), before === null || before.id === id)
  if (state.id !== null) state.emit({ type: 'account.removed', session: state.id, account: id })
  return 'removed'
}

/** At the commit, with all that a renewal does. */
async function enter(state: RequestState, account: StoredAccount, others: readonly StoredAccount[]): Promise<void> {
  const owner = ownerOf(state)
  const isOther = owner !== null && owner.id !== account.id
  const passwordChanged = await hasNewPassword(state, account)
  const pending = state.change()
  // What this very request minted before, for a CSRF token, nobody has seen yet.
  pending.fresh ??= mintHandle(state.live?.session.id)
  pending.signedIn = { ...account, signedInAt: state.context.now() }
  if (passwordChanged) pending.changedPasswords = [...pending.changedPasswords, account.id]
  settle(state, pending, [pending.signedIn, ...others], isOther)
  state.left = false
}

/** Whether the account was signed in here with another password. One that still counts, under a secret that was replaced, is the same. */
async function hasNewPassword({ live, context }: RequestState, { id, auth }: StoredAccount): Promise<boolean> {
  const before = live?.session.accounts.find((account) => account.id === id)?.auth
  if (before === undefined || before === auth) return false
  return !((await context.authHashes?.ask(id)) ?? []).includes(before)
}

/** Whose values they are: also those of an account whose sign-in has expired are not for another one. */
export const ownerOf = ({ pending, live, values }: RequestState): StoredAccount | null =>
  pending?.accounts?.[0] ?? (live && activeAccount(live.session, values))

/**
 * Who is signed in from now on. Another person's values must not reach this account, neither the stored ones nor those set earlier in
 * this request; which hosts are used with an account that stays is kept all the same, and goes with one that leaves.
 */
function settle(state: RequestState, pending: Pending, accounts: readonly StoredAccount[], isOther: boolean): void {
  const choices = choicesOf(applyChanges(state.values, pending.changes))
  // Its name in the list is for those who stay: nobody else is told that the browser is the same.
  const isShared = storedAccounts(state).some(({ id }) => accounts.some((account) => account.id === id))
  const device = deviceRecord(isShared ? state.values : '', state.request.header('user-agent'))
  if (isOther) {
    pending.dropValues = true
    pending.changes.clear()
    state.identity = { ...NOBODY_KNOWN, account: state.identity.account }
  }
  const staying = new Set(accounts.map(({ id }) => JSON.stringify(id)))
  for (const [key, json] of choices) {
    if (!staying.has(json)) pending.changes.set(key, null)
    else if (pending.dropValues) pending.changes.set(key, json)
  }
  pending.changes.set(DEVICE_KEY, device)
  pending.accounts = accounts
  state.stirred = true
}

/** The accounts of this browser as the commit will store them. */
const storedAccounts = ({ pending, live }: RequestState): readonly StoredAccount[] => pending?.accounts ?? live?.session.accounts ?? []

/** A switch among accounts that this very request signed in. */
function reorder(state: RequestState, pending: Pending, id: string): boolean {
  settle(state, pending, firstOf(pending.accounts ?? [], id), true)
  return true
}

const firstOf = (accounts: readonly StoredAccount[], id: string): readonly StoredAccount[] =>
  accounts.toSorted((a, b) => Number(b.id === id) - Number(a.id === id))

/** What concerns the accounts takes effect at once, so that a request beside this one cannot undo it. `false` after a conflict. */
async function writeAtOnce(state: RequestState, live: Live, change: Change): Promise<boolean> {
  const { context, place } = state
  state.assertOpen()
  const outcome = await updateLive(context, place, live, change)
  if (outcome === 'gone') throw ended(context, place, live.session.id)
  if (outcome === 'conflict') return false
  state.stirred = true
  const values = applyChanges(state.values, change.changes)
  const { session, handle } = live
  const now = place.values === 'session' ? { session: { ...session, values } } : { handle: { ...handle, values } }
  state.identity = (await identify(context, place, { ...live, ...now })) ?? NOBODY_KNOWN
  return true
}

export function assertIssuer({ place }: RequestState, method: string): void {
  if (place.span?.role === 'spoke') throw notAtHub(method)
}

/** The error of an act that belongs to the host which holds the accounts. */
function notAtHub(method: string): LandbridgeError {
  return new LandbridgeError('ERR_NOT_AT_HUB', `${method} was called on a host that does not hold the accounts.`, {
    hint: 'Sign in and choose accounts at the hub. A spoke sends the browser there: link to /.session/begin?to=/path, or protect the route.',
  })
}
