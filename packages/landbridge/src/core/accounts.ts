/** Several accounts in one browser: which one is meant where. Pure functions on records as they were read. */
import { isOwnKey, reservedKey } from './entry.ts'
import { sha256 } from './handle.ts'
import type { StoredSession } from './store.ts'
import type { Lifetime } from './lifetime.ts'
import type { Account, Host, Scope, StoredAccount } from './types.ts'
import { entriesOf, valueOf } from './values.ts'

export const ACCOUNTS_LIMIT = 10

/** Values of the session: `{ id, at }` of the last switch, and for each host that made a choice of its own the account's id. */
export const ACTIVE_KEY: string = reservedKey('active')
const CHOICE = reservedKey('choice:')
export const choiceKey = (host: Host): string => CHOICE + host

const LEFT = reservedKey('left:')
/** Value of the session that is there from a sign-out of one scope alone until an act of the visitor's own brings him back. */
export const leftKey = (scope: Scope): string => LEFT + scope

/** Values of a spoke's handle: the id of the account that they belong to, and what `authorize` said of it. */
export const BOUND_KEY: string = reservedKey('account')
export const CLAIMS_KEY: string = reservedKey('claims')

/** An account as a chooser shows it. */
export interface AccountInfo extends Account {
  readonly active: boolean
  /** Its sign-in is older than its lifetime, or than its password: it is listed, and has to sign in again to be used. */
  readonly expired: boolean
}

export function isExpired({ signedInAt, remembered }: StoredAccount, now: number, { absoluteMs, rememberMs }: Lifetime): boolean {
  return signedInAt + (remembered ? rememberMs : absoluteMs) <= now
}

/** The account, or `null` where there is none or its sign-in has expired. */
export function unexpired(account: StoredAccount | null, now: number, lifetime: Lifetime): StoredAccount | null {
  return account === null || isExpired(account, now, lifetime) ? null : account
}

/** The account as an application sees it. */
export const publicAccount = ({ id, signedInAt }: StoredAccount): Account => ({ id, signedInAt })

/** The account that is active: the one signed in last, unless a switch came later. Expired or not. */
export function activeAccount({ accounts }: StoredSession, values: string): StoredAccount | null {
  const newest = accounts[0] ?? null
  if (accounts.length < 2) return newest
  const switched = recordAt<{ id: string; at: number }>(values, ACTIVE_KEY)
  if (switched === null || switched.at < newest!.signedInAt) return newest
  return accounts.find(({ id }) => id === switched.id) ?? newest
}

/** The account that is meant on a host: its own choice, otherwise the active one. Expired or not. */
export function accountFor(session: StoredSession, values: string, host: Host): StoredAccount | null {
  const choice = session.accounts.length < 2 ? null : recordAt<string>(values, choiceKey(host))
  return session.accounts.find(({ id }) => id === choice) ?? activeAccount(session, values)
}

/** Which account each host chose, by host. */
export function choicesIn(values: string): ReadonlyMap<Host, string> {
  const chosen = [...choicesOf(values).keys()].map((key) => [key.slice(CHOICE.length) as Host, recordAt<string>(values, key)] as const)
  return new Map(chosen.filter((each): each is [Host, string] => typeof each[1] === 'string'))
}

/** Changes that carry the choices of hosts along where all other values are dropped. */
export function choicesOf(values: string): Map<string, string> {
  return new Map(entriesOf(values).filter(([key]) => key.startsWith(CHOICE)))
}

/** Changes that remove all values of the application, flash values included. */
export function removalsOf(values: string): Map<string, null> {
  const owned = entriesOf(values).filter(([key]) => isOwnKey(key) || key.startsWith(reservedKey('flash:')))
  return new Map(owned.map(([key]) => [key, null]))
}

/** What the library itself keeps under a key; damage in the store counts as absent. */
export function recordAt<Kind>(values: string, key: string): Kind | null {
  const json = valueOf(values, key)
  if (json === null) return null
  try {
    return JSON.parse(json) as Kind
  } catch {
    return null
  }
}

/** Names an account on the pages of a scope; of nobody, too. It is no secret: it only has to differ where the accounts do. */
export function accountTagOf(scope: Scope, account: string | null): string {
  return sha256(`landbridge account ${scope} ${account === null ? '' : JSON.stringify(account)}`).slice(0, 22)
}
