/** How often calls are looked at, in milliseconds. A timer of its own for each call would cost more than all the rest of the guard. */
const LOOK_MS = 25

/** A call in a ring of calls, the oldest first: cheaper than a `Set`, where entries come and go by the thousand. */
interface Call {
  /** When it was made, as `performance.now()` counts. Asked each time: the last look may be long ago where the process was busy. */
  readonly since: number
  readonly giveUp: (since: number) => void
  before: Call | null
  after: Call | null
}

/** Calls that wait for their answer, each for the same time. One timer looks after all of them, while there are any. */
export class Outstanding {
  readonly #limitMs: number
  #oldest: Call | null = null
  #newest: Call | null = null
  #timer: NodeJS.Timeout | undefined

  /** `limitMs` is how long a call may take; it is given up then or shortly after, never before. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  /** The answer to a call; rejects with what `failed` makes of its failure, or with what `late` makes of there being none in time. */
  answer<Result>(
    answer: PromiseLike<Result>,
    failed: (cause: unknown) => Error,
    late: (limitMs: number, since: number) => Error,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const call = this.#add((since) => reject(late(this.#limitMs, since)))
      answer.then(
        (result) => {
          this.#remove(call)
          resolve(result)
        },
        (cause: unknown) => {
          // The failure of a call that was given up is no news.
          if (this.#remove(call)) reject(failed(cause))
        },
      )
    })
  }

  #add(giveUp: Call['giveUp']): Call {
    if (this.#timer === undefined) this.#start()
    const call: Call = { since: performance.now(), giveUp, before: this.#newest, after: null }
    if (this.#newest === null) this.#oldest = call
    else this.#newest.after = call
    this.#newest = call
    return call
  }

  /** Whether it was there. */
  #remove(call: Call): boolean {
    const { before, after } = call
    if (before === null && this.#oldest !== call) return false
    if (before === null) this.#oldest = after
    else before.after = after
    if (after === null) this.#newest = before
    else after.before = before
    call.before = call.after = null
    return true
  }

  #start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  #look(): void {
    const now = performance.now()
    if (this.#oldest === null) {
      clearInterval(this.#timer)
      this.#timer = undefined
    } else if (this.#isLate(this.#oldest, now)) {
      // When the process itself was busy for long, the answers are here and only wait to be read. That comes before `setImmediate`.
      setImmediate(() => this.#giveUp(now))
    }
  }

  #giveUp(now: number): void {
    for (let call = this.#oldest; call !== null && this.#isLate(call, now); call = this.#oldest) {
      this.#remove(call)
      call.giveUp(call.since)
    }
  }

  #isLate({ since }: Call, now: number): boolean {
    return now - since >= this.#limitMs + LOOK_MS
  }
}
