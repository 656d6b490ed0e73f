/**
 * Reads of sessions in this process's memory.
 *
 * 1. What is served began to be read less than `maxStaleMs` ago, by the wall clock and by a clock that nobody sets: the one stands still
 *    when it is set back, the other while the machine sleeps.
 * 2. What is served has not expired: past its end the store is asked, because another process may have put that off.
 * 3. After `drop(id)` no read that began before it is kept or joined. A read that is under way at that moment is spoiled: those who
 *    wait for it get it, as they asked before, and nobody else does.
 */
import type { Scope, SessionId, StoreRead } from '../core/store.ts'
import type { MaybePromise } from '../core/types.ts'
import { isPromise } from '../core/types.ts'
import type { Moment } from './near-cache-shelf.ts'
import { Shelf } from './near-cache-shelf.ts'

export interface Clocks {
  /** Since the epoch. */
  now(): number
  /** Since whenever; it only ever goes forward. */
  tick(): number
}

/** What was read, and when the read of the store began. */
export interface Loaded {
  readonly read: StoreRead | null
  readonly began: Moment
}

/** What a read told; `undefined` while it is under way, so that nothing is known of it but the id. */
export type IsMeant = (id: SessionId, read: StoreRead | null | undefined) => boolean

export type Load = (id: SessionId, scope: Scope) => MaybePromise<Loaded>

/** A read that is under way, and may be joined. */
interface Fill {
  readonly scope: Scope
  /** Until when: it may hang. */
  readonly ends: Moment
  readonly result: Promise<StoreRead | null>
}

/** The share of the bytes that is for the absent: a flood of forged ids pushes out no session. */
const NOTHING_SHARE = 1 / 16
/** What looks otherwise is no id, and never kept. */
const ID = /^[\w-]{22}$/

export class NearCache {
  readonly #found: Shelf
  /** Sessions that are absent, or have no handle for the scope. */
  readonly #nothing: Shelf
  readonly #fills = new Map<SessionId, readonly Fill[]>()
  readonly #maxStaleMs: number
  readonly #clocks: Clocks
  readonly #load: Load

  constructor(maxBytes: number, maxStaleMs: number, clocks: Clocks, load: Load) {
    this.#found = new Shelf(maxBytes * (1 - NOTHING_SHARE))
    this.#nothing = new Shelf(maxBytes * NOTHING_SHARE)
    this.#maxStaleMs = maxStaleMs
    this.#clocks = clocks
    this.#load = load
  }

  /** How much memory it takes, by its own count. */
  get bytes(): number {
    return this.#found.bytes + this.#nothing.bytes
  }

  read(id: SessionId, scope: Scope): MaybePromise<StoreRead | null> {
    const slot = this.#found.find(id, scope) ?? this.#nothing.find(id, scope)
    if (slot !== undefined && this.#isBefore(slot.ends)) return slot.read
    return this.#joined(id, scope) ?? this.#begin(id, scope)
  }

  /** What is known of the session is no longer so, or will not be. */
  drop(id: SessionId): void {
    this.#found.delete(id)
    this.#nothing.delete(id)
    this.#fills.delete(id)
  }

  /** The same for every session that is meant. It looks at all of them. */
  dropWhere(isMeant: IsMeant): void {
    for (const shelf of [this.#found, this.#nothing]) {
      shelf.deleteWhere((id, slots) => slots.some(({ read }) => isMeant(id, read)))
    }
    for (const id of this.#fills.keys()) if (isMeant(id, undefined)) this.#fills.delete(id)
  }

  clear(): void {
    this.#found.clear()
    this.#nothing.clear()
    this.#fills.clear()
  }

  #joined(id: SessionId, scope: Scope): Promise<StoreRead | null> | undefined {
    const fill = this.#fills.get(id)?.find((each) => each.scope === scope)
    return fill !== undefined && this.#isBefore(fill.ends) ? fill.result : undefined
  }

  #until({ time, tick }: Moment): Moment {
    return { time: time + this.#maxStaleMs, tick: tick + this.#maxStaleMs }
  }

  /** Asked this way round, a time that is no number is over. */
  #isBefore({ time, tick }: Moment): boolean {
    return tick > this.#clocks.tick() && time > this.#clocks.now()
  }

  #begin(id: SessionId, scope: Scope): MaybePromise<StoreRead | null> {
    const ends = this.#until({ time: this.#clocks.now(), tick: this.#clocks.tick() })
    const loading = this.#load(id, scope)
    if (!isPromise(loading)) return this.#keep(id, scope, loading)
    const settled = loading.then((loaded) => (this.#isJoinable(id, fill) ? this.#keep(id, scope, loaded) : loaded.read))
    const fill: Fill = { scope, ends, result: settled.finally(() => this.#end(id, fill)) }
    this.#fills.set(id, [...this.#fillsBut(id, (each) => each.scope !== scope), fill])
    return fill.result
  }

  /** Whether nobody has said meanwhile that the session is another one now. */
  #isJoinable(id: SessionId, fill: Fill): boolean {
    return this.#fills.get(id)?.includes(fill) ?? false
  }

  #end(id: SessionId, fill: Fill): void {
    if (!this.#isJoinable(id, fill)) return
    const left = this.#fillsBut(id, (each) => each !== fill)
    if (left.length > 0) this.#fills.set(id, left)
    else this.#fills.delete(id)
  }

  #fillsBut(id: SessionId, stays: (fill: Fill) => boolean): readonly Fill[] {
    return this.#fills.get(id)?.filter(stays) ?? []
  }

  #keep(id: SessionId, scope: Scope, { read, began }: Loaded): StoreRead | null {
    const kept = read === null ? null : frozen(read)
    if (!ID.test(id)) return kept
    const [shelf, other] = kept?.handle == null ? [this.#nothing, this.#found] : [this.#found, this.#nothing]
    other.deleteSlot(id, scope)
    const { time, tick } = this.#until(began)
    const ends = { tick, time: Math.min(time, kept?.expiresAt ?? Infinity, kept?.handle?.expiresAt ?? Infinity) }
    shelf.put(kept?.id ?? copied(id), { scope: kept?.handle?.scope ?? copied(scope), read: kept, ends })
    return kept
  }
}

/** A read that several requests are handed: what one of them writes on it reaches no other. */
function frozen({ id, createdAt, expiresAt, accounts, values, handle }: StoreRead): StoreRead {
  return {
    id: copied(id),
    createdAt,
    expiresAt,
    accounts: Object.freeze(accounts.map((account) => Object.freeze({ ...account }))),
    values,
    handle: handle && { ...handle, scope: copied(handle.scope) },
  }
}

/** The text without what it was cut out of: a Cookie header of 8 kB would stay in memory with the id in it. */
const copied = <Text extends string>(text: Text): Text => Buffer.from(text, 'utf16le').toString('utf16le') as Text
