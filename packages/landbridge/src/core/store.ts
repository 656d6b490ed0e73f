import type { CarriedStore, Carrier } from './carried.ts'
import type { MaybePromise, Scope, SecretHash, SessionId, StoredAccount } from './types.ts'

export { afterDelta, isLive, successorOf } from './records.ts'
export { applyChanges, entriesOf, valueOf } from './values.ts'
export type { CarriedStore, Carrier } from './carried.ts'
export type { Account, MaybePromise, Scope, SecretHash, SessionId, StoredAccount } from './types.ts'

/** The handle that lets one scope use a session, as a store keeps it. Times are whole milliseconds since the epoch. */
export interface StoredHandle {
  readonly scope: Scope
  readonly hash: SecretHash
  readonly createdAt: number
  readonly seenAt: number
  /** End of the idle lifetime; never after the session's own `expiresAt`. */
  readonly expiresAt: number
  /** Values of this scope alone, as text (see `applyChanges`). */
  readonly values: string
}

/** A session as a store keeps it, without its handles. */
export interface StoredSession {
  readonly id: SessionId
  readonly createdAt: number
  /** End of the absolute lifetime. */
  readonly expiresAt: number
  /** Empty for an anonymous visitor. Whatever stands with an account is kept, names that this version does not know included. */
  readonly accounts: readonly StoredAccount[]
  /** Values that all scopes of the session share, as text (see `applyChanges`). */
  readonly values: string
}

/** What one read tells: the session, and the handle of the scope that asked, if it has one. */
export interface StoreRead extends StoredSession {
  readonly handle: StoredHandle | null
}

/** A session with all its handles, in no particular order. Expired ones may be among them. */
export interface ListedSession extends StoredSession {
  readonly handles: readonly StoredHandle[]
}

export interface NewSession extends StoredSession {
  readonly handle: StoredHandle
}

/** Where a scope keeps its values: on the session (shared by its scopes) or on the handle (its own). */
export type ValuesPlace = 'session' | 'handle'

/** Values to change: JSON text to set, `null` to remove. Keys that are not named stay as they are. */
export type Changes = ReadonlyMap<string, string | null>

/** A key that still has to hold exactly this JSON text (`null`: has to be absent). */
export interface Expectation {
  readonly key: string
  readonly json: string | null
}

export interface Delta {
  readonly place: ValuesPlace
  readonly changes: Changes
  /** Compare-and-swap: the delta applies only while every one of these holds, at the same `place`. */
  readonly expect?: readonly Expectation[]
  /** Compare-and-swap on everything at `place`: the delta applies only while the values are exactly this text. */
  readonly expectValues?: string
  /** The hash that the handle has to have still: otherwise another secret took the place of the caller's, and it is `gone`. */
  readonly expectHash?: SecretHash
  /** The hash of a new secret, which takes the place of the one before. */
  readonly hash?: SecretHash
  readonly seenAt: number
  /** The handle's new end; the store keeps what is given, the caller has bounded it by the session's. */
  readonly expiresAt: number
  /**
   * The scope of another handle of the session that is used together with this one: a spoke keeps the hub's handle alive. When that
   * handle is live, its `seenAt` and `expiresAt` move as given, in the same step, but its end never moves back. When it is absent or
   * expired, nothing happens to it, and the delta applies all the same.
   */
  readonly alsoSeen?: Scope
}

/** How many characters the ids of a session have in common, whenever it was renewed. */
export const KINSHIP = 4

/** What takes the place of a session at a renewal: only the handle of one scope goes along. */
export interface Successor {
  /** It begins with the same `KINSHIP` characters as the id before: a store that is spread over machines keeps both in one place. */
  readonly id: SessionId
  readonly createdAt: number
  readonly expiresAt: number
  readonly accounts: readonly StoredAccount[]
  readonly handle: Omit<StoredHandle, 'scope' | 'values'>
  /** Whether the values of the old session and handle go along, or start empty. */
  readonly keepValues: boolean
  readonly place: ValuesPlace
  readonly changes: Changes
  /** Compare-and-swap: nothing is replaced unless every one of these holds, at the same `place`, before. */
  readonly expect?: readonly Expectation[]
  /** As in a delta. */
  readonly expectHash?: SecretHash
  /** Until when the old id leaves a trace: see `renew`. */
  readonly traceUntil: number
}

/**
 * `gone`: the session, or its handle for the scope, is absent or expired, or the handle has another secret than `expectHash` says.
 * `conflict`: `expect` or `expectValues` did not hold.
 */
export type Outcome = 'saved' | 'gone' | 'conflict'

/** `attached`: the handle is the session's for its scope. `kept`: another one is. `gone`: there was nothing live to add it to. */
export type Attachment = 'attached' | 'kept' | 'gone'

/**
 * What a reduced store cannot do: `take` a value exactly once; find the sessions of an account; be atomic against other processes, so that
 * the last of two writes wins. What has methods of its own (`put` and `take`, `sessionsOf` and `revokeAccount`) throws
 * `ERR_STORE_INCAPABLE` there.
 */
export type StoreLack = 'take' | 'accounts' | 'atomicity-across-processes'

export type Changed = (id: SessionId | null) => void
export type Stop = () => MaybePromise<void>

/**
 * The contract of a session store. The comment on each method is its specification; `landbridge/testing` checks it.
 *
 * Rules for all methods: `now` is the caller's clock in milliseconds, a store reads no clock of its own. What is absent,
 * expired or malformed is an answer (`null`, `false`, `gone`), never an exception; a store throws only when the system
 * behind it fails. Each method is atomic against all others, from any number of processes. No method sees a secret.
 */
export interface Store {
  /** Short name for messages, such as `sqlite`. */
  readonly name: string

  /** `system`: what has expired goes by itself, by the clock of the system behind the store; `sweep` has nothing to do then. */
  readonly expiry?: 'system'

  /** What it cannot do. Absent: nothing. Topologies that cross need `take`, and `createSessions` refuses them without. */
  readonly lacks?: readonly StoreLack[]

  /**
   * Reads a session and the handle of one scope in one round trip; `null` when the session is absent.
   * An expired record may be returned as it is: the caller judges `expiresAt`.
   * With `fresh`, a cache in front of the store asks it: what is made of the answer will outlast the moment. The store itself always is.
   */
  read(id: SessionId, scope: Scope, fresh?: boolean): MaybePromise<StoreRead | null>

  /** Stores a new session with its first handle. The id is fresh and random: an id that is taken is a system failure. */
  create(session: NewSession): MaybePromise<void>

  /** Applies a delta to a live session through its live handle. Never creates and never revives anything: `gone` then. */
  update(id: SessionId, scope: Scope, delta: Delta, now: number): MaybePromise<Outcome>

  /**
   * Replaces a live session by its successor in one step: afterwards the old id and all its handles are gone and the
   * successor has one handle, for `scope`. `gone` when there was nothing live to replace, `conflict` when `expect` did not hold: then nothing changes.
   * The old id leaves a trace until `traceUntil`, for requests of the same browser that were under way: it opens nothing, but
   * `wasRenewed` tells of it, and `revoke` follows it. It may be followed for longer, until it is swept.
   */
  renew(id: SessionId, scope: Scope, next: Successor, now: number): MaybePromise<Outcome>

  /**
   * Adds a handle for a further scope to a live session. `through` names the handle that vouches for it: unless the session and that
   * handle are live, the answer is `gone` and nothing is written. Never creates and never revives a session, and does not follow a renewal.
   *
   * When the session has a live handle of `handle.scope` that was made at or after `issuedAt`, it is kept untouched: `kept`. Several tabs
   * of one browser redeem tickets at one moment, and the first one wins, so that the cookie in the browser is the right one whatever the
   * order of the answers. An older or expired handle of that scope is replaced as a whole, even where it is `through` itself.
   *
   * The handle that vouches counts as seen with the new one: `seenAt` and `expiresAt` are those of the new handle, but its end never
   * moves back.
   *
   * With `expect`, `gone` as well unless every expectation holds among the values of the session.
   */
  attach(
    id: SessionId,
    through: Scope,
    handle: StoredHandle,
    issuedAt: number,
    now: number,
    expect?: readonly Expectation[],
  ): MaybePromise<Attachment>

  /**
   * Ends a session with all its handles, or only the handle of one scope (and the session when that was its last one); of an id
   * that a renewal replaced, its successor, unless `only` this very id is meant. `true` when there was something to end.
   */
  revoke(id: SessionId, scope?: Scope, only?: boolean): MaybePromise<boolean>

  /** Whether a renewal replaced the id, and its trace still stands. */
  wasRenewed(id: SessionId, now: number): MaybePromise<boolean>

  /** The handles of a session, in no particular order; empty when it is absent. Expired ones may be among them. */
  handlesOf(id: SessionId): MaybePromise<readonly StoredHandle[]>

  /** Keeps a value under a key until `expiresAt`, for one `take`. An earlier value of the same key is replaced. */
  put(key: string, value: string, expiresAt: number, now: number): MaybePromise<void>

  /** Removes and returns a value: of any number of concurrent callers exactly one gets it, the others `null`. */
  take(key: string, now: number): MaybePromise<string | null>

  /** All live sessions in which the account is signed in, each as it is at one moment. */
  sessionsOf(accountId: string, now: number): MaybePromise<readonly ListedSession[]>

  /** Ends all sessions of the account but `except`, and returns how many. A session signed in before the call does not escape it. */
  revokeAccount(accountId: string, except?: SessionId): MaybePromise<number>

  /** Removes at most `limit` expired records (handles, sessions, kept values, traces) and returns how many; 0 means that all are gone. */
  sweep(now: number, limit: number): MaybePromise<number>

  /**
   * Only stores whose system can push have this. From now on `changed` is called for each session that any process ends, or changes in
   * what a `read` of it tells beyond the times; with `null` when messages may have been missed, so that any session may have changed.
   * What it returns stops that.
   */
  watch?(changed: Changed): MaybePromise<Stop>

  /**
   * Only stores that keep sessions in the browser's cookies have this: the store for one request. `kept` is this store itself, with its
   * failures turned into ours, for what is kept on a server all the same. Nothing is read before the first call of a method.
   */
  forRequest?(carrier: Carrier, kept: Store): CarriedStore

  /** Resolves when the system behind the store answers; throws otherwise. */
  ping(): MaybePromise<void>

  /** Releases what the store holds. What belongs to the application, such as a client handed in, stays open. */
  close(): MaybePromise<void>
}
