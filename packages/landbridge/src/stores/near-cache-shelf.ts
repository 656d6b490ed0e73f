/** What a near cache holds, up to a number of bytes: the reads of sessions by scope, the least recently used session first to go. */
import type { Scope, SessionId, StoreRead } from '../core/store.ts'

/** One moment by both clocks, in milliseconds. */
export interface Moment {
  readonly time: number
  readonly tick: number
}

/** A read that is kept. */
export interface Slot {
  readonly scope: Scope
  readonly read: StoreRead | null
  /** Until when it may be served. */
  readonly ends: Moment
}

interface Entry {
  readonly id: SessionId
  /** Rarely more than one or two: an array costs less than a map. */
  readonly slots: readonly Slot[]
  readonly bytes: number
  /** Neighbours in the order of use. */
  older: Entry
  newer: Entry
}

/** Scopes of one session that are kept; whoever shows one cookie on a thousand hosts must not make a look-up slow. */
const SLOTS_LIMIT = 8

export class Shelf {
  readonly #maxBytes: number
  readonly #entries = new Map<SessionId, Entry>()
  /**
   * In a ring with the entries: the oldest is next to it on one side, the newest on the other. (The order of a `Map` would do, were it not
   * that its first key is found by passing all places from which something was deleted.)
   */
  readonly #end = newEnd()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  find(id: SessionId, scope: Scope): Slot | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    for (const slot of entry.slots) {
      if (slot.scope === scope) {
        unlink(entry)
        this.#link(entry)
        return slot
      }
    }
    return undefined
  }

  /** Keeps a slot in place of the one before it, unless it is larger than all there may be. The strings given are kept as they are. */
  put(id: SessionId, slot: Slot): void {
    const others = this.#entries.get(id)?.slots.filter(({ scope }) => scope !== slot.scope) ?? []
    this.delete(id)
    if (ENTRY_BYTES + bytesOf(slot) > this.#maxBytes) return
    this.#set(id, [...others.slice(1 - SLOTS_LIMIT), slot])
    while (this.#bytes > this.#maxBytes) this.delete(this.#end.newer.id)
  }

  deleteSlot(id: SessionId, scope: Scope): void {
    const entry = this.#entries.get(id)
    const left = entry?.slots.filter((slot) => slot.scope !== scope) ?? []
    if (entry === undefined || left.length === entry.slots.length) return
    this.delete(id)
    if (left.length > 0) this.#set(entry.id, left)
  }

  delete(id: SessionId): void {
    const entry = this.#entries.get(id)
    if (entry === undefined) return
    this.#bytes -= entry.bytes
    this.#entries.delete(id)
    unlink(entry)
  }

  /** Looks at every entry: for what is rare. */
  deleteWhere(goes: (id: SessionId, slots: readonly Slot[]) => boolean): void {
    for (const { id, slots } of this.#entries.values()) if (goes(id, slots)) this.delete(id)
  }

  clear(): void {
    this.#entries.clear()
    this.#end.older = this.#end.newer = this.#end
    this.#bytes = 0
  }

  #set(id: SessionId, slots: readonly Slot[]): void {
    const bytes = slots.reduce((sum, slot) => sum + bytesOf(slot), ENTRY_BYTES)
    const entry: Entry = { id, slots, bytes, older: this.#end, newer: this.#end }
    this.#entries.set(id, entry)
    this.#link(entry)
    this.#bytes += bytes
  }

  /** As the newest. */
  #link(entry: Entry): void {
    entry.older = this.#end.older
    entry.newer = this.#end
    entry.older.newer = entry
    this.#end.older = entry
  }
}

function unlink({ older, newer }: Entry): void {
  older.newer = newer
  newer.older = older
}

function newEnd(): Entry {
  const end = { id: '' as SessionId, slots: [], bytes: 0 } as unknown as Entry
  end.older = end.newer = end
  return end
}

/** What V8 needs beside the texts, as `test/stores/cached-memory.test.ts` measures it: objects, numbers, heads of strings, places in maps. */
const ENTRY_BYTES = 400
const SLOT_BYTES = 120
const SESSION_BYTES = 160
const HANDLE_BYTES = 240
const ACCOUNT_BYTES = 100

function bytesOf({ scope, read }: Slot): number {
  if (read === null) return SLOT_BYTES + textBytes(scope)
  const accounts = read.accounts.reduce((sum, { id, auth = '' }) => sum + ACCOUNT_BYTES + textBytes(id) + textBytes(auth), 0)
  const handle = read.handle === null ? 0 : HANDLE_BYTES + textBytes(read.handle.values)
  return SLOT_BYTES + SESSION_BYTES + textBytes(scope) + textBytes(read.values) + accounts + handle
}

/** One byte for each character, or two for each where one of them needs that. */
const textBytes = (text: string): number => (/[^\u0000-\u00ff]/.test(text) ? 2 * text.length : text.length)
