/**
 * What ends the sessions of an account when its password changes: each sign-in keeps a tag of the account's `authHash`, and what the
 * application gives now is compared with it at each request that somebody is signed in at.
 */
import { checkedAccountId } from './account.ts'
import { withinDeadline } from './deadline.ts'
import { LandbridgeError } from './errors.ts'
import { sha256 } from './handle.ts'
import type { MaybePromise, StoredAccount } from './types.ts'
import { isPromise } from './types.ts'

/**
 * Gives what changes with the password of an account, such as its hash, or an HMAC of it under a secret of the application. A list names
 * what else still counts: first what a new sign-in keeps, then those under secrets that were replaced. `null` for an account that is gone,
 * or must not be signed in any more.
 */
export type AuthHash = (accountId: string) => MaybePromise<string | readonly string[] | null>

/** How long an answer may confirm a sign-in, in milliseconds. It never ends one: then the application is asked again first. */
const CONFIRMS_MS = 5000
const KNOWN_LIMIT = 10_000
const TAG_LENGTH = 22
const HASH_LIMIT = 4096

/** What stands for an auth hash in a store: nothing that was put in can be learned from it, and the same one differs between accounts. */
const authTagOf = (accountId: string, hash: string): string =>
  sha256(`landbridge auth ${JSON.stringify(accountId)} ${hash}`).slice(0, TAG_LENGTH)

export interface AuthHashes {
  /** Whether the sign-in still stands. Throws `ERR_AUTH_HASH_UNAVAILABLE` when the application cannot tell. */
  holds(account: StoredAccount): MaybePromise<boolean>
  /** Asks the application now: the tags that count, the one for a new sign-in first; empty for an account that is gone. */
  ask(accountId: string): Promise<readonly string[]>
}

export function authHashes(given: AuthHash, now: () => number): AuthHashes {
  const known = new Map<string, { readonly until: number; readonly tags: readonly string[] }>()
  /** Questions of requests that are under way. */
  const asking = new Map<string, Promise<readonly string[]>>()

  const ask = async (accountId: string): Promise<readonly string[]> => {
    // From when it was asked: how long the application took must not make its answer last, nor come before a newer one.
    const until = now() + CONFIRMS_MS
    const tags = await askedOf(given, accountId)
    const newer = known.get(accountId)
    if (newer !== undefined && newer.until > until && newer.until <= now() + CONFIRMS_MS) return tags
    known.delete(accountId)
    if (known.size >= KNOWN_LIMIT) known.delete(known.keys().next().value!)
    known.set(accountId, { until, tags })
    return tags
  }

  /** One question for all requests of one moment. */
  const join = (accountId: string): Promise<readonly string[]> => {
    const joined = asking.get(accountId)
    if (joined !== undefined) return joined
    const asked = ask(accountId).finally(() => asking.delete(accountId))
    asking.set(accountId, asked)
    return asked
  }

  /** What was asked before a request came may confirm its sign-in, and never ends it: then the application is asked again. */
  const confirm = async (accountId: string, auth: string): Promise<boolean> => {
    const isFirst = !asking.has(accountId)
    const tags = await join(accountId)
    return tags.includes(auth) || (!isFirst && (await join(accountId)).includes(auth))
  }

  return {
    ask,
    holds({ id, auth }) {
      if (auth === undefined) return false
      const answer = known.get(id)
      // A clock that was set back must not make an answer last.
      const confirms = answer !== undefined && answer.until > now() && answer.until <= now() + CONFIRMS_MS
      return confirms && answer.tags.includes(auth) ? true : confirm(id, auth)
    },
  }
}

async function askedOf(given: AuthHash, accountId: string): Promise<readonly string[]> {
  try {
    const answer = given(accountId)
    const hashes = isPromise(answer) ? await withinDeadline(answer, 'authHash function') : answer
    if (hashes === null) return []
    return (typeof hashes === 'string' ? [hashes] : [...hashes]).map((hash) => authTagOf(accountId, checkedHash(hash)))
  } catch (cause) {
    throw new LandbridgeError('ERR_AUTH_HASH_UNAVAILABLE', 'The authHash function of the application failed.', {
      hint: 'Look at `cause`. A sign-in that cannot be confirmed does not count.',
      cause,
    })
  }
}

function checkedHash(hash: unknown): string {
  if (isAuthHash(hash)) return hash
  throw new TypeError(`It gave ${hash === '' ? 'an empty text' : `a ${typeof hash}`} where a text is due, a list of texts, or null.`)
}

/** `undefined` is so often a column that was not selected that it must not mean anything. */
const isAuthHash = (hash: unknown): hash is string => typeof hash === 'string' && hash !== '' && hash.length <= HASH_LIMIT

/** What a sign-in says of its account. */
export interface SignIn {
  readonly id: string
  /** What changes with the password: see the option `authHash`. Without it that function is asked. */
  readonly authHash?: string
  /** Whether the sign-in outlives the browser's end: see `lifetime.remember`. */
  readonly remember?: boolean
}

/** The account that a sign-in at this time makes. Throws `ERR_ACCOUNT_INVALID`, without showing the hash. */
export async function accountOf(given: SignIn, hashes: AuthHashes | null, now: number, caller: string): Promise<StoredAccount> {
  const id = checkedAccountId(given?.id, caller)
  const auth = given.authHash === undefined ? await tagNow(hashes, id, caller) : authTagOf(id, checkedGiven(given.authHash, caller))
  return { id, signedInAt: now, ...(auth === null ? {} : { auth }), ...(given.remember === true ? { remembered: true } : {}) }
}

async function tagNow(hashes: AuthHashes | null, id: string, caller: string): Promise<string | null> {
  if (hashes === null) return null
  const [tag] = await hashes.ask(id)
  if (tag !== undefined) return tag
  throw invalid(
    `${caller} was called for an account that the authHash function does not know.`,
    'Have authHash give its hash, or refuse it.',
  )
}

function checkedGiven(hash: unknown, caller: string): string {
  if (isAuthHash(hash)) return hash
  throw invalid(
    `${caller} got an authHash that is no text of 1 to ${HASH_LIMIT} characters.`,
    'Pass the hash of the password, or leave it out.',
  )
}

const invalid = (message: string, hint: string): LandbridgeError => new LandbridgeError('ERR_ACCOUNT_INVALID', message, { hint })
