import { setTimeout as pause } from 'node:timers/promises'
import type { Limits } from './plan.ts'
import { Stopped } from './trouble.ts'
import { count } from './show.ts'

/** Lets requests through: so many at all, so many a second, and none once the scan is stopped. */
export class Pace {
  /** Its reason is always `Stopped`. */
  readonly stop: AbortSignal
  readonly #limits: Limits
  taken = 0
  #freeAtMs = 0

  constructor(limits: Limits, stop: AbortSignal) {
    this.#limits = limits
    this.stop = stop
  }

  async next(): Promise<void> {
    this.stop.throwIfAborted()
    const { maxRequests, ratePerS } = this.#limits
    if (this.taken >= maxRequests) {
      throw new Stopped(`The limit of ${count(maxRequests, 'request')} was reached (--max-requests).`)
    }
    this.taken += 1
    const now = performance.now()
    const turnMs = Math.max(now, this.#freeAtMs)
    this.#freeAtMs = turnMs + 1000 / ratePerS
    if (turnMs > now) await this.#sleep(turnMs - now)
  }

  async #sleep(ms: number): Promise<void> {
    try {
      await pause(ms, undefined, { signal: this.stop })
    } catch {
      this.stop.throwIfAborted()
    }
  }
}
