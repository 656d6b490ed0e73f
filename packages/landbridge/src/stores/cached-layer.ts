/**
 * A cache that several processes share, between their near caches and the store.
 *
 * Each session has a fence there: a random text. A read is put in together with the fence that was found before the store was read, and
 * counts for as long as that same fence stands. A write puts up a new fence after the store has the change, and before it is answered. So
 * what was read before a write, and is put in after it, counts for nobody. That takes no operation but get and set: one that hangs and is
 * carried out late can only make something count for nothing. A fence that was evicted never comes back, as it is random.
 */
import { hash, randomBytes } from 'node:crypto'
import type { Scope, SessionId, Store, StoreRead } from '../core/store.ts'
import { kinOf } from '../core/handle.ts'
import type { Clocks, Loaded } from './near-cache.ts'

/**
 * A cache of texts, such as Memcached. It may forget anything at any time, and must not bring back what a later `set` replaced. Promises
 * reject when something failed. Keys are ASCII without spaces, at most 50 characters; texts are ASCII, at most 256 kB.
 */
export interface CacheLayer {
  /** What stands under the keys, without those under which nothing does. */
  get(keys: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** Puts a text under a key, for so many seconds, in place of any other. Resolves only when whoever gets it from now on finds it. */
  set(key: string, text: string, seconds: number): Promise<unknown>
}

/** How long anybody waits for the layer, in milliseconds. */
const PATIENCE_MS = 50
/** How long it is left alone after it failed, in milliseconds. */
const REST_MS = 1000
const FENCE_SECONDS = 3600
const MAX_TEXT = 256 * 1024
/** Sessions that go past the layer; when there are more, all of them do. */
const PAST_LIMIT = 10_000
/** Of the form in which reads are put in. Another version counts as nothing. */
const VERSION = 1

export class SharedLayer {
  readonly #layer: CacheLayer
  readonly #store: Pick<Store, 'read'>
  readonly #maxStaleMs: number
  readonly #clocks: Clocks
  /** Until when sessions go past the layer, by what their ids have in common. In the order of time. */
  readonly #past = new Map<string, number>()
  #allPastUntil = -Infinity
  #restsUntil = -Infinity

  constructor(layer: CacheLayer, store: Pick<Store, 'read'>, maxStaleMs: number, clocks: Clocks) {
    this.#layer = layer
    this.#store = store
    this.#maxStaleMs = maxStaleMs
    this.#clocks = clocks
  }

  async read(id: SessionId, scope: Scope): Promise<Loaded> {
    if (this.#isPast(id)) return this.#readStore(id, scope)
    const [fenceKey, valueKey] = [fenceKeyOf(id), valueKeyOf(id, scope)]
    const found = await this.#tried(() => this.#layer.get([fenceKey, valueKey]))
    const fence = found?.get(fenceKey)
    const kept = this.#opened(found?.get(valueKey), fence, id, scope)
    // A message may have come meanwhile.
    if (kept !== null && !this.#isPast(id)) return kept
    const loaded = await this.#readStore(id, scope)
    // What is absent is not put in: forged ids must not fill the layer.
    if (found === null || loaded.read?.handle == null) return loaded
    // Nobody waits for these. With no fence before the read, this read cannot be put in; the next one can.
    if (fence === undefined) void this.#tried(() => this.#layer.set(fenceKey, newFence(), FENCE_SECONDS))
    else this.#putIn(valueKey, fence, loaded)
    return loaded
  }

  /** After a write, and before it is answered. It never fails. */
  async forget(id: SessionId): Promise<void> {
    const forgotten = await this.#tried(async () => {
      await this.#layer.set(fenceKeyOf(id), newFence(), FENCE_SECONDS)
      return true
    })
    if (forgotten === null) this.goPast(id)
  }

  /** For as long as there may be something old under it, a session is read from the store: the message of a change can overtake `forget`. */
  goPast(id: SessionId | null): void {
    const until = this.#clocks.tick() + this.#maxStaleMs
    if (id !== null && this.#past.size < PAST_LIMIT) {
      this.#past.delete(kinOf(id))
      this.#past.set(kinOf(id), until)
    } else {
      this.#past.clear()
      this.#allPastUntil = until
    }
  }

  #isPast(id: SessionId): boolean {
    const now = this.#clocks.tick()
    if (this.#allPastUntil > now || this.#restsUntil > now) return true
    for (const [kin, until] of this.#past) {
      if (until > now) break
      this.#past.delete(kin)
    }
    return this.#past.has(kinOf(id))
  }

  async #readStore(id: SessionId, scope: Scope): Promise<Loaded> {
    const began = { time: this.#clocks.now(), tick: this.#clocks.tick() }
    return { read: await this.#store.read(id, scope), began }
  }

  #putIn(key: string, fence: string, { read, began }: Loaded): void {
    const text = closed([VERSION, fence, began.time, read!])
    if (text.length > MAX_TEXT) return
    void this.#tried(() => this.#layer.set(key, text, Math.max(1, Math.ceil(this.#maxStaleMs / 1000))))
  }

  /** What was put in under a fence that still stands, unless it is too old or has expired. */
  #opened(text: string | undefined, fence: string | undefined, id: SessionId, scope: Scope): Loaded | null {
    if (text === undefined || fence === undefined) return null
    const kept = contentOf(text)
    if (kept === null) return null
    const [version, under, time, read] = kept
    const now = this.#clocks.now()
    const age = now - time
    const isRight = version === VERSION && under === fence && read.id === id && read.handle?.scope === scope
    if (!isRight || !(age >= 0 && age < this.#maxStaleMs) || !(read.expiresAt > now && read.handle.expiresAt > now)) return null
    return { read, began: { time, tick: this.#clocks.tick() - age } }
  }

  /** `null` when the layer fails or takes too long; then it is left alone for a while. */
  async #tried<Result>(work: () => Promise<Result>): Promise<Result | null> {
    if (this.#restsUntil > this.#clocks.tick()) return null
    const late = Promise.withResolvers<never>()
    const timer = setTimeout(() => late.reject(new Error('The cache layer did not answer in time.')), PATIENCE_MS)
    try {
      return await Promise.race([work(), late.promise])
    } catch {
      this.#restsUntil = this.#clocks.tick() + REST_MS
      return null
    } finally {
      clearTimeout(timer)
    }
  }
}

type Content = readonly [version: number, fence: string, time: number, read: StoreRead]

const fenceKeyOf = (id: SessionId): string => `f:${kinOf(id)}`
const valueKeyOf = (id: SessionId, scope: Scope): string => `v:${id}:${sumOf(scope)}`
const newFence = (): string => randomBytes(16).toString('base64url')
const sumOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, 22)

/** With a sum, so that what was damaged or cut off counts as nothing. JSON in ASCII: a text need not survive any encoding. */
function closed(content: Content): string {
  const json = JSON.stringify(content).replace(/[^\u0020-\u007e]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return sumOf(json) + json
}

function contentOf(text: string): Content | null {
  const json = text.slice(22)
  return sumOf(json) === text.slice(0, 22) ? (JSON.parse(json) as Content) : null
}
