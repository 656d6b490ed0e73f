/** How long a write waits for the one before it, in milliseconds. That one has failed then, whatever its driver still hopes for. */
const WAIT_MS = 1000

/**
 * Runs the writes of one session one after another. That is a courtesy, not a lock: whoever waits in vain goes ahead, and the
 * compare-and-swap of the database decides.
 */
export function queueById(): <Result>(id: string, work: () => Promise<Result>) => Promise<Result> {
  const last = new Map<string, Promise<unknown>>()
  return async (id, work) => {
    const before = last.get(id)
    const mine = before === undefined ? work() : settled(before).then(work)
    last.set(id, mine)
    try {
      return await mine
    } finally {
      if (last.get(id) === mine) last.delete(id)
    }
  }
}

async function settled(work: Promise<unknown>): Promise<void> {
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, WAIT_MS)
  await Promise.race([work.catch(() => undefined), late.promise])
  clearTimeout(timer)
}
