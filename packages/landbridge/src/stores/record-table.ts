import type { Changed, SessionId, Stop } from '../core/store.ts'

/** `true`: it is done. Otherwise nothing was written, because this is what stands there now; `null` for nothing. */
export type Swapped = true | Buffer | null

/** A record as it is written. */
interface Row {
  readonly id: SessionId
  readonly record: Buffer
  /** When nothing in it is good any more; `null` leaves what was said before. */
  readonly end: RecordEnd | null
}

/** A record that begins, so that it has to be said when it ends. */
export type NewRow = Row & { readonly end: RecordEnd }

/** In milliseconds since the epoch; `now` is the caller's, so that a server may count on from its own. */
export interface End {
  readonly at: number
  readonly now: number
}

/** `first` is when the first of what it holds ends: a table without expiry of its own looks at it then. */
export type RecordEnd = End & { readonly first: number }

/** The accounts on whose lists a session is from now on, and until when it can be there at the longest. */
export interface Listing {
  readonly accounts: readonly string[]
  readonly until: number
}

/**
 * What those who watch are told of a write: `ended`: less can be opened than before; `changed`: readers see something else; `false`: only
 * times moved, and they are told nothing.
 */
export type Visible = 'ended' | 'changed' | false

/** A record that a write has to find as it was read, and the accounts on whose lists its id is. */
export interface Found {
  readonly id: SessionId
  /** What the record's bytes 1 to 4 have to be: see `revisionOf`. */
  readonly revision: Buffer
  readonly accounts: readonly string[]
}

/**
 * What a database does for `recordStore`. Each write is atomic. The list of an account is complete: an id is on it from before its
 * session can be read until after it no longer can; ids on it that lead nowhere do no harm. Ids that arrive here are well-formed;
 * keys and account ids are any text. A promise that rejects is a failure of the system.
 */
export interface RecordTable {
  readonly name: string
  readonly expiry?: 'system'
  load(id: SessionId): Promise<Buffer | null>
  /** Several at once, in one round trip, in the order of the ids; where there is no such thing, each is loaded by itself. */
  loadMany?(ids: readonly SessionId[]): Promise<readonly (Buffer | null)[]>
  /** Rejects when there is a record already. */
  insert(row: NewRow, listing: Listing): Promise<void>
  replace(found: Found, row: Row, visible: Visible): Promise<Swapped>
  /** Puts a trace in the place of a session, and its successor beside it. Those who watch are told of the old one. */
  succeed(found: Found, trace: NewRow, next: NewRow, listing: Listing): Promise<Swapped>
  /** Those who watch are told. */
  remove(found: Found): Promise<Swapped>
  /**
   * The records of the ids on an account's list; those that lead nowhere may be left out. A session and its successor are seen at one
   * moment, so that never both are live.
   */
  loadOf(account: string): Promise<readonly (readonly [SessionId, Buffer])[]>
  put(key: string, value: string, end: End): Promise<void>
  take(key: string, now: number): Promise<string | null>
  sweep(now: number, limit: number): Promise<number>
  ping(): Promise<void>
  close(): Promise<void>
  watch?(changed: Changed): Promise<Stop>
}
