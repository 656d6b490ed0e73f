/**
 * Keeps calls away from a store that does not answer, and notices when it does again.
 *
 *   closed ── a call got no answer in time ──────────────────────────▶ open
 *   closed ── a call failed ──▶ one ping ── fails, or no answer ─────▶ open
 *   open   ── a ping is answered in time ────────────────────────────▶ closed
 *
 * A call that fails proves little: the record may be what the store stumbles over. So a ping decides, and no visitor's session shuts out
 * the others.
 */
import type { MaybePromise } from './types.ts'

/** A ping that takes longer is no answer: a store that slow could not serve a request either. */
const PING_LIMIT_MS = 500
/** While open, in milliseconds: the store is back within a second for visitors, too. */
const PING_EVERY_MS = 200
/** With this many pings that were never answered, the next ones come at longer intervals. */
const PINGS_AT_ONCE = 4
const PING_SELDOM_MS = 800

/** Told when it opens, and why; and when it closes. */
export interface BreakerEvents {
  opened(cause: unknown): void
  closed(): void
}

export class Breaker {
  readonly #ping: () => MaybePromise<void>
  readonly #events: BreakerEvents
  #open = false
  #timer: NodeJS.Timeout | undefined
  #closedAt = -Infinity
  #doubtedAt = -Infinity
  #unanswered = 0
  #stopped = false

  constructor(ping: () => MaybePromise<void>, events: BreakerEvents) {
    this.#ping = ping
    this.#events = events
  }

  /** A call got no answer in time; `since` is when it was made, as `performance.now()` counts. */
  missed(cause: unknown, since: number): void {
    // What was lost in the last outage says nothing of now.
    if (since <= this.#closedAt) return this.doubt()
    if (this.#open || this.#stopped) return
    this.#trip(cause)
    // If that one call was slow for reasons of its own, the others are kept away for no longer than a ping takes.
    this.#askAgain()
  }

  /** A call failed. A ping tells whether the store did; a load of failures makes no load of pings. */
  doubt(): void {
    if (this.#open || this.#stopped || performance.now() - this.#doubtedAt < PING_EVERY_MS) return
    this.#doubtedAt = Infinity // until the answer
    const askedAt = performance.now()
    void this.#ask().then((failure) => {
      this.#doubtedAt = performance.now()
      // As above: a ping from before the store was back may have been lost.
      if (failure === null || askedAt <= this.#closedAt || this.#open || this.#stopped) return
      this.#trip(failure.cause)
      this.#askIn(PING_EVERY_MS)
    })
  }

  /** Ends the pings. It stays as it is. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #trip(cause: unknown): void {
    this.#open = true
    this.#events.opened(cause)
  }

  #askIn(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#open && !this.#stopped) this.#timer = setTimeout(() => this.#askAgain(), ms).unref()
  }

  /** Does not wait for the ping before: it may have gone where nobody answers it. */
  #askAgain(): void {
    void this.#ask().then((failure) => failure === null && this.#close())
    this.#askIn(this.#pauseMs())
  }

  #close(): void {
    if (!this.#open || this.#stopped) return
    this.#open = false
    clearTimeout(this.#timer)
    this.#closedAt = performance.now()
    this.#events.closed()
  }

  /** The more pings hang, the slower: however long it lasts, they are never many, but it never stops asking. */
  #pauseMs(): number {
    return this.#unanswered < PINGS_AT_ONCE ? PING_EVERY_MS : Math.max(PING_SELDOM_MS, this.#unanswered)
  }

  /** Sends one ping: `null` when it is answered in time. */
  #ask(): Promise<{ readonly cause: unknown } | null> {
    this.#unanswered += 1
    return new Promise((resolve) => {
      const late = (): void => resolve({ cause: new Error(`The store did not answer a ping within ${PING_LIMIT_MS} ms.`) })
      const timer = setTimeout(late, PING_LIMIT_MS).unref()
      const settled = (failure: { readonly cause: unknown } | null): void => {
        clearTimeout(timer)
        this.#unanswered -= 1
        resolve(failure)
        // It answers, if too late: worth asking again soon.
        this.#askIn(PING_EVERY_MS)
      }
      void pinged(this.#ping).then(
        () => settled(null),
        (cause: unknown) => settled({ cause }),
      )
    })
  }
}

async function pinged(ping: () => MaybePromise<void>): Promise<void> {
  await ping()
}
