/**
 * Epochs end what cannot be reached: a session in a cookie carries the number that was current when it was sealed, one for everybody and
 * one for each of its accounts; when the number on the server has moved on, the session is over. They are counted, not timed, so that no
 * clock that is off lets a session through.
 *
 * Each number is a session-like record of the store that was given, under an id that is made from the account. Nobody has its secret.
 */
import { LandbridgeError } from '../../core/errors.ts'
import { hashSecret, mintSecret, sha256 } from '../../core/handle.ts'
import type { LiveRead } from '../../core/records.ts'
import type { Store, StoreRead } from '../../core/store.ts'
import { applyChanges, valueOf } from '../../core/store.ts'
import type { Account, MaybePromise, Scope, SessionId } from '../../core/types.ts'
import { isPromise } from '../../core/types.ts'
import type { Travelling } from './codec.ts'

type Kept = Pick<Store, 'read' | 'create' | 'update'>

interface Epoch {
  readonly number: number
  /** The one session that goes on all the same. */
  readonly except: string | null
}

const SCOPE = 'landbridge epoch' as Scope
const NONE: Epoch = { number: 0, except: null }
/** The end of the year 9999: there is no later time that every store can write. */
const NEVER = Date.UTC(9999, 11, 31)
const TRIES = 64

/** 128 bits, as every session id has. */
const idOf = (account: string | null): SessionId =>
  Buffer.from(sha256(account === null ? 'landbridge epoch of all' : `landbridge epoch of account ${account}`), 'base64url')
    .subarray(0, 16)
    .toString('base64url') as SessionId

/** The numbers that a session is held against: those of everybody, then of each account. */
function epochsOf(kept: Kept, accounts: readonly Account[]): MaybePromise<readonly Epoch[]> {
  const ids = [idOf(null), ...accounts.map(({ id }) => idOf(id))]
  const read = (records: readonly (StoreRead | null)[]): readonly Epoch[] =>
    records.map((record) => (record === null ? NONE : epochIn(record.values)))
  const asked = ids.map((id) => kept.read(id, SCOPE))
  const answers = asked.filter((each): each is StoreRead | null => !isPromise(each))
  return answers.length === asked.length ? read(answers) : Promise.all(asked.map(async (each) => each)).then(read)
}

/** A record that cannot be read ends everything, without an exception: what it said may have been just that. */
const OVER: Epoch = { number: Infinity, except: null }

function epochIn(values: string): Epoch {
  try {
    const number: unknown = JSON.parse(valueOf(values, 'number') ?? '')
    if (!Number.isFinite(number)) return OVER
    return { number: number as number, except: JSON.parse(valueOf(values, 'except') ?? 'null') as string | null }
  } catch {
    return OVER
  }
}

/** The session with the numbers of now, or `null` when one of those that it carries is over. */
export function inEpoch(kept: Kept, { session, epochs }: Travelling): MaybePromise<Travelling | null> {
  const judge = (now: readonly Epoch[]): Travelling | null => {
    const isOver = now.some(({ number, except }, i) => !((epochs[i] ?? 0) >= number || except === session.id))
    return isOver ? null : { session, epochs: now.map(({ number }) => number) }
  }
  const now = epochsOf(kept, session.accounts)
  return isPromise(now) ? now.then(judge) : judge(now)
}

/** A session that begins now, or takes the place of one that was `inEpoch` a moment ago. */
export function begunNow(kept: Kept, session: LiveRead): MaybePromise<Travelling> {
  // What cannot be read is carried as nothing, and so is over again at once.
  const numbers = (now: readonly Epoch[]): number[] => now.map(({ number }) => (Number.isFinite(number) ? number : NONE.number))
  const begun = (now: readonly Epoch[]): Travelling => ({ session, epochs: numbers(now) })
  const now = epochsOf(kept, session.accounts)
  return isPromise(now) ? now.then(begun) : begun(now)
}

/** Ends what carries the number of now: all sessions of an account (`null`: of everybody) but one. */
export async function moveOn(kept: Kept, account: string | null, except: SessionId | null): Promise<void> {
  const id = idOf(account)
  for (let tries = 0; tries < TRIES; tries++) {
    const record = await kept.read(id, SCOPE)
    const before = record === null ? NONE.number : epochIn(record.values).number
    // The time is no time here: it only is larger than what a store that lost its records may have counted to before.
    const number = Math.max(Number.isFinite(before) ? before + 1 : 0, Date.now())
    const changes = new Map([
      ['number', String(number)],
      ['except', JSON.stringify(except)],
    ])
    const isDone = record === null ? await begin(kept, id, applyChanges('', changes)) : await replace(kept, id, record.values, changes)
    if (isDone) return
  }
  throw new LandbridgeError('ERR_STORE_CONFLICT', `An epoch changed under each of ${TRIES} tries to move it on.`, {
    hint: 'Too many calls of revokeAccount for one account at once. Try again.',
  })
}

/** `false` when another process was first: ids are never taken otherwise. */
async function begin(kept: Kept, id: SessionId, values: string): Promise<boolean> {
  const handle = { scope: SCOPE, hash: hashSecret(mintSecret()), createdAt: 0, seenAt: 0, expiresAt: NEVER, values: '' }
  try {
    await kept.create({ id, createdAt: 0, expiresAt: NEVER, accounts: [], values, handle })
    return true
  } catch (error) {
    if ((await kept.read(id, SCOPE)) === null) throw error
    return false
  }
}

async function replace(kept: Kept, id: SessionId, expectValues: string, changes: ReadonlyMap<string, string>): Promise<boolean> {
  const delta = { place: 'session', changes, expectValues, seenAt: 0, expiresAt: NEVER } as const
  return (await kept.update(id, SCOPE, delta, 0)) === 'saved'
}
