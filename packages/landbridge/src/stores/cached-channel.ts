/**
 * The messages of a store about sessions that changed, as one process of many hears them.
 *
 * A write of this process waits until its own message has come back: then those to the other processes are on their way, too. When one
 * does not come in time, the channel is deaf. Nobody waits for a deaf channel, and it is opened anew.
 */
import type { Changed, SessionId, Stop, Store } from '../core/store.ts'
import { kinOf } from '../core/handle.ts'
import { isPromise } from '../core/types.ts'

/** How long a write waits for its message, in milliseconds. */
const ECHO_MS = 100
/** How long reads go past the cache while the channel opens for the first time, in milliseconds. */
const OPENING_MS = 1000
const RETRY_MS = [50, 100, 200, 400, 800, 1000] as const

/** A write whose message is awaited. */
export interface Echo {
  /** Whether the message has come, or comes in time. */
  heard(): Promise<boolean>
  /** There will be none: nothing was written. */
  none(): void
}

interface Expected {
  heard: boolean
  resolve: (() => void) | null
}

export class Channel {
  readonly #watch: Store['watch']
  readonly #changed: Changed
  /** By what the ids of a session have in common: the message of an end by an old id tells of the successor. */
  readonly #expected = new Map<string, Expected[]>()
  /** `idle`: nobody has needed it yet. `opening`: for the first time. `deaf`: it is not known to work. */
  #state: 'idle' | 'opening' | 'open' | 'deaf' | 'closed'
  #stop: Stop | null = null
  /** Which opening it is whose messages tell that the channel works. */
  #turn = 0
  #failures = 0
  #timer: NodeJS.Timeout | undefined

  constructor(watch: Store['watch'], changed: Changed) {
    this.#watch = watch
    this.#changed = changed
    this.#state = watch === undefined ? 'deaf' : 'idle'
  }

  /** Whether reads may be kept: not before the messages that would end them are listened for, or known to be out of reach. */
  isReady(): boolean {
    if (this.#state === 'idle') this.#openFirst()
    return this.#state !== 'opening'
  }

  /** Whether a write would wait for its message. */
  isOpen(): boolean {
    return this.#state === 'open'
  }

  /** Before a write. `null`: nothing would be heard. Each message is taken for that of the write which waits the longest. */
  expect(id: SessionId): Echo | null {
    if (this.#state === 'idle') this.#openFirst()
    if (this.#state !== 'open') return null
    const mine: Expected = { heard: false, resolve: null }
    const kin = kinOf(id)
    this.#expected.set(kin, [...(this.#expected.get(kin) ?? []), mine])
    return {
      heard: () => this.#heard(kin, mine),
      none: () => this.#forget(kin, mine),
    }
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    clearTimeout(this.#timer)
    for (const each of [...this.#expected.values()].flat()) each.resolve?.()
    await this.#silence()
  }

  async #heard(kin: string, mine: Expected): Promise<boolean> {
    if (!mine.heard) {
      const come = Promise.withResolvers<void>()
      mine.resolve = come.resolve
      const timer = setTimeout(come.resolve, ECHO_MS)
      await come.promise
      clearTimeout(timer)
      if (!mine.heard) this.#goDeaf()
    }
    const { heard } = mine
    mine.heard = false
    this.#forget(kin, mine)
    return heard
  }

  /** A message that was taken for that of a write without one belongs to the next. */
  #forget(kin: string, mine: Expected): void {
    const left = (this.#expected.get(kin) ?? []).filter((each) => each !== mine)
    if (left.length > 0) this.#expected.set(kin, left)
    else this.#expected.delete(kin)
    if (mine.heard) this.#tell(kin)
  }

  #tell(kin: string): void {
    const next = this.#expected.get(kin)?.find(({ heard }) => !heard)
    if (next === undefined) return
    next.heard = true
    next.resolve?.()
  }

  #message(id: SessionId | null, turn: number): void {
    this.#changed(id)
    if (turn !== this.#turn) return
    if (this.#state === 'deaf') this.#state = 'open'
    if (id === null) return
    this.#failures = 0
    this.#tell(kinOf(id))
  }

  #openFirst(): void {
    this.#state = 'opening'
    const timer = setTimeout(() => {
      if (this.#state === 'opening') this.#state = 'deaf'
    }, OPENING_MS)
    timer.unref()
    this.#open()
  }

  #open(): void {
    const turn = ++this.#turn
    let stop: ReturnType<NonNullable<Store['watch']>>
    try {
      stop = this.#watch!((id) => this.#message(id, turn))
    } catch {
      this.#failed(turn)
      return
    }
    if (!isPromise(stop)) this.#opened(stop, turn)
    else
      stop.then(
        (late) => this.#opened(late, turn),
        () => this.#failed(turn),
      )
  }

  #opened(stop: Stop, turn: number): void {
    if (this.#state === 'closed' || turn !== this.#turn) {
      void silence(stop)
      return
    }
    this.#stop = stop
    this.#state = 'open'
    // What changed while nobody listened was missed.
    this.#changed(null)
  }

  #failed(turn: number): void {
    if (this.#state === 'closed' || turn !== this.#turn) return
    this.#state = 'deaf'
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#open(), RETRY_MS[Math.min(this.#failures++, RETRY_MS.length - 1)])
    this.#timer.unref()
  }

  /** Its connection may be dead without knowing it. What still comes over it does not count: it is not the one that is opened next. */
  #goDeaf(): void {
    if (this.#state !== 'open') return
    void this.#silence()
    this.#failed(++this.#turn)
  }

  async #silence(): Promise<void> {
    const stop = this.#stop
    this.#stop = null
    await silence(stop)
  }
}

async function silence(stop: Stop | null): Promise<void> {
  try {
    await stop?.()
  } catch {
    // Whatever it is, it does not listen any more.
  }
}
