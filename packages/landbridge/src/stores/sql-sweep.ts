/** What a sweep makes of the records whose rows say that something in them may have ended. */
import type { SessionId } from '../core/store.ts'
import { decode, revisionOf } from './record-codec.ts'
import { withoutExpired } from './record-steps.ts'
import type { Found, NewRow, RecordEnd, RecordTable } from './record-table.ts'

/** A record as it was found, with the accounts on whose lists it is. */
interface DueRow {
  readonly id: SessionId
  readonly record: Buffer
}

interface Later {
  readonly found: Found
  readonly first: number
}

interface Sorted {
  /** Nothing in it is good any more, or nobody can read it. */
  readonly dead: readonly Found[]
  /** It goes on without the handles that have expired. */
  readonly shrunk: readonly { readonly found: Found; readonly row: NewRow }[]
  /** Nothing has ended: it was used since its row was written. */
  readonly later: readonly Later[]
}

function sortDue(rows: readonly DueRow[], now: number): Sorted {
  const dead: Found[] = []
  const shrunk: { found: Found; row: NewRow }[] = []
  const later: Later[] = []
  for (const { id, record } of rows) {
    const content = decode(record, id)
    const accounts = content !== null && 'session' in content ? content.session.accounts.map((account) => account.id) : []
    const found = { id, revision: revisionOf(record), accounts }
    const left = content === null ? null : withoutExpired(content, now)
    if (left === null) dead.push(found)
    else if (typeof left === 'number') later.push({ found, first: left })
    else shrunk.push({ found, row: left })
  }
  return { dead, shrunk, later }
}

/** What a database does for `sweepRecords`. Nothing waits for a row that somebody else is writing: that one is not due any more. */
export interface DueTable {
  /** At most `limit` rows, those that are due longest first. */
  due(now: number, limit: number): Promise<readonly DueRow[]>
  /** Removes those that are as they were found; how many. */
  bury(dead: readonly Found[]): Promise<number>
  /** Writes when those that are as they were found have to be looked at again. */
  postpone(later: readonly Later[], now: number): Promise<unknown>
  replace: RecordTable['replace']
}

/** However many rows were used since they were written, a bite comes to its end. */
const ROUNDS = 20

/** Removes up to `limit` records, or takes handles out of them. 0 only where none is due any more, or others are at it. */
export async function sweepRecords(table: DueTable, now: number, limit: number): Promise<number> {
  for (let rounds = 0; rounds < ROUNDS && limit > 0; rounds++) {
    const rows = await table.due(now, limit)
    if (rows.length === 0) return 0
    const { dead, shrunk, later } = sortDue(rows, now)
    if (later.length > 0) await table.postpone(later, now)
    const swapped = await Promise.all(shrunk.map(({ found, row }) => table.replace(found, row, false)))
    const removed = (dead.length === 0 ? 0 : await table.bury(dead)) + swapped.filter((each) => each === true).length
    if (removed > 0) return removed
  }
  return 0
}

/**
 * How far `due` may lie before the true end: half of the time to it. A change of `due` has to be brought into an index, so most writes leave
 * it where it was, and a sweep that looks too early writes when to look again.
 */
export const slackOf = (end: RecordEnd | null): number => (end === null ? 0 : Math.max(0, Math.floor((end.first - end.now) / 2)))
