/** How long anyone waits for the turn of somebody else, in milliseconds: as long as a visitor is kept waiting for the store. */
const PATIENCE_MS = 800

/**
 * A lock for each key, within this process. Unlike the queue of `recordStore` it is no courtesy: there is no compare-and-swap behind it,
 * so whoever waits in vain fails, and is never carried out. A write that hangs holds up its own session and no other.
 */
export class Turns {
  /** Settles when the last one in the line is through; never rejects. */
  readonly #line = new Map<string, Promise<unknown>>()

  async alone<Result>(key: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#line.get(key)
    const { promise: through, resolve: leave } = Promise.withResolvers<void>()
    // Those behind somebody who gave up still wait for the one before him.
    const mine = before === undefined ? through : before.then(() => through)
    this.#line.set(key, mine)
    try {
      if (before !== undefined) await patiently(before)
      return await work()
    } finally {
      leave()
      void mine.then(() => this.#line.get(key) === mine && this.#line.delete(key))
    }
  }

  /** Waits until the writes that are under way now are through: half of a renewal is nothing to be seen. */
  async quiet(key: string): Promise<void> {
    const last = this.#line.get(key)
    if (last !== undefined) await patiently(last)
  }
}

async function patiently(before: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('An earlier write of this session is still under way.')), PATIENCE_MS)
  try {
    await Promise.race([before, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
