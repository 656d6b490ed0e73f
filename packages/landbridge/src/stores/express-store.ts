/**
 * Sessions in any store that was written for express-session: `get`, `set` and `destroy` of whole records, with a callback, and nothing
 * that compares before it writes. What is missing for the contract is done here, as far as one process can:
 *
 * - Each change of a session is a get, a comparison and a set under a lock of this process. Two processes that change one session at the
 *   same moment overwrite each other: the last write wins. That is what `lacks` calls `atomicity-across-processes`.
 * - What this process ended or renewed stays so for it, whatever a write that was late, or that of another process, leaves in the store.
 * - A renewal writes the trace over the old record first and the successor second. Between the two the visitor is signed out; the other
 *   order would leave two live sessions when the process ends there.
 */
import { LandbridgeError } from '../core/errors.ts'
import type { SessionId, Store, StoreLack } from '../core/store.ts'
import type { ExpressSessionStore } from './express-store-calls.ts'
import { callStore } from './express-store-calls.ts'
import { Turns } from './express-store-turns.ts'
import { revisionOf } from './record-codec.ts'
import { recordStore } from './record-store.ts'
import type { End, Found, RecordTable, Swapped } from './record-table.ts'

export type { ExpressSessionStore } from './express-store-calls.ts'

export interface ExpressStoreOptions {
  /** What all session ids begin with in the store, before whatever the store itself puts there. Default `lb:`. */
  readonly prefix?: string
}

/** How long the store may keep what has expired, in milliseconds: a visitor who comes a little late is told so, and clocks differ. */
const LATE_MS = 60_000
const ENDED_LIMIT = 10_000
const LACKS: readonly StoreLack[] = ['take', 'accounts', 'atomicity-across-processes']

/**
 * Sessions in an express-session store, which stays the application's. For `isolated` and `shared` topologies; those that cross are
 * refused. Use it to keep a database in service that has no store of Landbridge's own, from one process; see docs/stores/express-store.md.
 */
export function expressStore(store: ExpressSessionStore, { prefix = 'lb:' }: ExpressStoreOptions = {}): Store {
  checkStore(store)
  return { ...recordStore(expressTable(store, prefix)), lacks: LACKS, sessionsOf: cannotList, revokeAccount: cannotList }
}

function checkStore(store: unknown): void {
  const methods = (store ?? {}) as Record<string, unknown>
  const missing = ['get', 'set', 'destroy'].filter((method) => typeof methods[method] !== 'function')
  if (missing.length === 0) return
  throw new LandbridgeError('ERR_CONFIG_INVALID', `expressStore was given no express-session store: it has no ${missing.join(', ')}.`, {
    hint: 'Write expressStore(new RedisStore({ client })): an object of the class that the package exports or makes, not the class itself.',
  })
}

/** Thrown at once and not by a promise: the store is well, and nothing was sent to it. */
function cannotKeep(): never {
  throw incapable('cannot give a value out exactly once')
}

function cannotList(): never {
  throw incapable('cannot find the sessions of an account')
}

const incapable = (what: string): LandbridgeError =>
  new LandbridgeError('ERR_STORE_INCAPABLE', `An express-session store ${what}.`, {
    hint: 'Use a store of the library for that, such as sqlite, redis or postgres.',
  })

/** A record as it stands in the store, and until when the store is to keep it. */
interface Standing {
  readonly record: Buffer
  readonly until: number
}

/** What all stores over one express-session store share, so that there is one lock for each record. */
interface Shared {
  readonly turns: Turns
  /** What became of sessions that this process ended (`null`) or renewed (their trace), for as long as there is room. */
  readonly ended: Map<string, Standing | null>
}

const sharedBy = new WeakMap<ExpressSessionStore, Shared>()

function sharedOf(store: ExpressSessionStore): Shared {
  const shared = sharedBy.get(store) ?? { turns: new Turns(), ended: new Map<string, Standing | null>() }
  sharedBy.set(store, shared)
  return shared
}

function expressTable(store: ExpressSessionStore, prefix: string): RecordTable {
  const { turns, ended } = sharedOf(store)
  const keyOf = (id: SessionId): string => prefix + id

  const get = (key: string): Promise<unknown> =>
    callStore(store, 'get', [key]).catch((error: unknown) => {
      // As express-session has it: stores of files say so when there is none.
      if (isObject(error) && 'code' in error && error.code === 'ENOENT') return null
      throw error
    })

  const isTaken = async (id: SessionId): Promise<boolean> => ended.has(keyOf(id)) || isObject(await get(keyOf(id)))

  const standing = async (id: SessionId): Promise<Standing | null> => {
    const known = ended.get(keyOf(id))
    return known === undefined ? standingIn(await get(keyOf(id)), id) : known
  }

  const set = (id: SessionId, stands: Standing): Promise<unknown> =>
    callStore(store, 'set', [keyOf(id), sessionOf(id, stands)], () => endAgain(id))

  const hasEnded = (id: SessionId, as: Standing | null): void => {
    if (ended.size >= ENDED_LIMIT) ended.delete(ended.keys().next().value!)
    ended.set(keyOf(id), as)
  }

  /** A write that nobody waited for any longer may have brought back what ended meanwhile. */
  const endAgain = (id: SessionId): void => {
    const as = ended.get(keyOf(id))
    if (as === undefined) return
    const again = as === null ? callStore(store, 'destroy', [keyOf(id)]) : set(id, as)
    again.catch(() => undefined)
  }

  /** Does it while the record is still the one that was found, and otherwise answers with what stands there. */
  const swap = ({ id, revision }: Found, write: (before: Standing) => Promise<unknown>): Promise<Swapped> =>
    turns.alone(keyOf(id), async () => {
      const before = await standing(id)
      if (before === null || !revisionOf(before.record).equals(revision)) return before?.record ?? null
      await write(before)
      return true
    })

  return {
    name: 'express-store',
    expiry: 'system',

    async load(id) {
      await turns.quiet(keyOf(id))
      return (await standing(id))?.record ?? null
    },

    insert: ({ id, record, end }) =>
      turns.alone(keyOf(id), async () => {
        if (await isTaken(id)) throw new Error('A session with this id exists already.')
        await set(id, { record, until: untilOf(end) })
      }),

    replace: (found, { record, end }) =>
      swap(found, (before) => set(found.id, { record, until: end === null ? before.until : untilOf(end) })),

    // Whoever follows the trace waits for the successor: both are locked until both are written.
    succeed: (found, trace, next) =>
      swap(found, () =>
        turns.alone(keyOf(next.id), async () => {
          if (await isTaken(next.id)) throw new Error('A session with the id of the successor exists already.')
          const left = { record: trace.record, until: untilOf(trace.end) }
          await set(found.id, left)
          hasEnded(found.id, left)
          await set(next.id, { record: next.record, until: untilOf(next.end) })
        }),
      ),

    remove: (found) =>
      swap(found, async () => {
        await callStore(store, 'destroy', [keyOf(found.id)])
        hasEnded(found.id, null)
      }),

    loadOf: cannotList,
    put: cannotKeep,
    take: cannotKeep,
    sweep: () => Promise.resolve(0),
    ping: async () => void (await get(`${prefix}ping`)),
    close: () => Promise.resolve(),
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

/** These stores go by the real clock, whatever the caller's says. */
const untilOf = ({ at, now }: End): number => Date.now() + Math.max(0, at - now) + LATE_MS

/** The session object that holds a record. Stores read from its cookie how long they are to keep it, each in a way of its own. */
function sessionOf(id: SessionId, { record, until }: Standing): object {
  const maxAge = until - Date.now()
  return {
    cookie: { originalMaxAge: maxAge, maxAge, expires: new Date(until) },
    landbridge: `${until} ${id} ${record.toString('base64')}`,
  }
}

/** The record in a session object; `null` when it is express-session's own, or that of another id: of a database that ignores case. */
function standingIn(session: unknown, id: SessionId): Standing | null {
  const text = isObject(session) && 'landbridge' in session ? session.landbridge : null
  if (typeof text !== 'string') return null
  const [until, of, record] = text.split(' ')
  if (of !== id || record === undefined || !Number.isSafeInteger(Number(until))) return null
  return { record: Buffer.from(record, 'base64'), until: Number(until) }
}
