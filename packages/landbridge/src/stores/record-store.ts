/**
 * The store contract over a table of whole records, for databases that can replace a record while it is still the one that was read.
 *
 * What happens to a record is worked out here, from the revision at hand, and brought to the database by one compare-and-swap. Where
 * the record moved on meanwhile, the database answers with what stands there now, and the work is done again with that. A change of a
 * session is thus one round trip as a rule: the revision at hand is the one that the request has just read. Inside one process the
 * writes of one session wait for each other, so fifty at once do not make each other try again.
 */
import type { Changed, ListedSession, Scope, SessionId, Store, StoreRead } from '../core/store.ts'
import { batched } from './batch.ts'
import { queueById } from './queue.ts'
import type { SessionRecord, TraceRecord } from './record-codec.ts'
import { decode, decodeFor, revisionOf } from './record-codec.ts'
import type { Work } from './record-steps.ts'
import { attachStep, endStep, isListed, isUsable, listingOf, newRow, renewStep, updateStep } from './record-steps.ts'
import type { RecordTable } from './record-table.ts'

/** Ids are made by the library: what looks otherwise is nobody's, and never reaches the database. */
const ID = /^[\w-]{22}$/
/** Each try loses only to a write of another process that succeeded. */
const TRIES = 1000
/** More than a session can be renewed while its traces stand: longer than this only a damaged one leads, in a circle. */
const TRACES = 1000
/** What was read last is kept for the write that may follow: a guess, and not worth much memory. */
const RECENT_LIMIT = 1000
const RECENT_BYTES = 8192

type Decoded = SessionRecord | TraceRecord | null

export function recordStore(table: RecordTable): Store {
  const recent = new Map<SessionId, Buffer>()
  const alone = queueById()
  const ask =
    table.loadMany === undefined ? (id: SessionId) => table.load(id) : batched((ids: readonly SessionId[]) => table.loadMany!(ids))

  const remember = (id: SessionId, record: Buffer): void => {
    recent.delete(id)
    if (record.length > RECENT_BYTES) return
    if (recent.size >= RECENT_LIMIT) recent.delete(recent.keys().next().value!)
    // A copy: what the driver hands over may be a small part of a large block.
    recent.set(id, Buffer.from(record))
  }

  const load = async (id: SessionId): Promise<Buffer | null> => {
    if (!ID.test(id)) return null
    const record = await ask(id)
    if (record === null) recent.delete(id)
    else remember(id, record)
    return record
  }

  /** Works out what becomes of a record and swaps that in, as often as it takes. An answer without a write rests on what was just read. */
  const swap = <Answer>(id: SessionId, work: Work<Answer>): Promise<Answer> =>
    alone(id, async () => {
      const guess = recent.get(id)
      let record = guess ?? (await load(id))
      for (let tries = 0; tries < TRIES; tries++) {
        const step = work(record)
        if ('answer' in step) {
          if (record !== guess || guess === undefined) return step.answer
          record = await load(id)
          continue
        }
        recent.delete(id)
        const swapped = await step.write(table)
        if (swapped === true || isSame(swapped, step.record)) {
          if (step.record !== null) remember(id, step.record)
          return step.done
        }
        record = swapped
      }
      throw new Error(`Other processes changed the session ${TRIES} times while one change of it was tried.`)
    })

  /** Follows renewals, but not to `except`: its trace may be on the list of an account still. */
  const end = async (id: SessionId, scope?: Scope, account?: string, except?: SessionId): Promise<boolean> => {
    for (let at = id, followed = 0; followed < TRACES; followed++) {
      const ended = await swap(at, endStep(at, scope, account))
      if (typeof ended === 'boolean') return ended
      if (ended === except) return false
      at = ended
    }
    return false
  }

  return {
    name: table.name,
    ...(table.expiry === undefined ? {} : { expiry: table.expiry }),

    async read(id, scope): Promise<StoreRead | null> {
      const record = await load(id)
      return record && decodeFor(record, id, scope)
    },

    create: ({ handle, ...session }) => table.insert(newRow({ session, handles: [handle] }, handle.seenAt), listingOf(session)),

    update: (id, scope, delta, now) => swap(id, updateStep(id, scope, delta, now)),
    renew: (id, scope, next, now) => swap(id, renewStep(id, scope, next, now)),
    attach: (id, through, handle, issuedAt, now, expect) => swap(id, attachStep(id, through, { handle, issuedAt, now, expect })),
    revoke: async (id, scope, only = false) => (only ? (await swap(id, endStep(id, scope))) === true : end(id, scope)),

    async wasRenewed(id, now) {
      const found = await decoded(id)
      return found !== null && 'until' in found && found.until > now
    },

    async handlesOf(id) {
      const found = await decoded(id)
      return found !== null && 'handles' in found ? found.handles : []
    },

    put: (key, value, expiresAt, now) => table.put(key, value, { at: expiresAt, now }),
    take: (key, now) => table.take(key, now),

    sessionsOf,

    async revokeAccount(account, except) {
      const rows = await table.loadOf(account)
      const others = rows.filter(([id]) => id !== except)
      const ended = await Promise.all(others.map(([id]) => end(id, undefined, account, except)))
      return ended.filter(Boolean).length
    },

    sweep: (now, limit) => table.sweep(now, limit),
    ping: () => table.ping(),
    close: () => table.close(),
    ...(table.watch === undefined ? {} : { watch: (changed: Changed) => table.watch!(changed) }),
  }

  /** A trace on the list is a renewal under way: what it became may not have been on the list yet. */
  async function sessionsOf(account: string, now: number): Promise<readonly ListedSession[]> {
    const listed = new Map((await table.loadOf(account)).map(([id, record]) => [id, decode(record, id)]))
    const found = await Promise.all([...listed.values()].map((each) => successorBeyond(listed, each)))
    const usable = found.filter((each) => each !== null).filter((each) => isListed(each, account) && isUsable(each, now))
    return usable.map(({ session, handles }) => ({ ...session, handles }))
  }

  /** A session as it is; of a trace what it leads to, unless that is listed itself. */
  async function successorBeyond(listed: ReadonlyMap<SessionId, unknown>, from: Decoded): Promise<SessionRecord | null> {
    let found = from
    for (let followed = 0; found !== null && 'successor' in found; followed++) {
      if (followed === TRACES || listed.has(found.successor)) return null
      found = await decoded(found.successor)
    }
    return found
  }

  async function decoded(id: SessionId): Promise<Decoded> {
    const record = await load(id)
    return record && decode(record, id)
  }
}

/**
 * Whether what stands in the way is the very record that was to be written: some drivers send a command again whose answer was lost with
 * the connection, and the first one had done its work.
 */
const isSame = (found: Buffer | null, written: Buffer | null): boolean =>
  found !== null && written !== null && revisionOf(found).equals(revisionOf(written))
