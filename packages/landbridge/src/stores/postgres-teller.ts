/** More than these are told as one: anything may have changed. */
const LIMIT = 1000
const ANYTHING = ''

/**
 * Tells of changes after they were made, many at once. A NOTIFY holds a lock of the whole server until its transaction is on the disk, so
 * that those with changes of their own would wait for each other; this transaction has nothing to bring to the disk.
 */
export function teller(send: (ids: readonly string[]) => Promise<unknown>): (id: string) => void {
  const waiting = new Set<string>()
  let sending = false

  const start = async (): Promise<void> => {
    sending = true
    try {
      while (waiting.size > 0) {
        const ids = waiting.size > LIMIT ? [ANYTHING] : [...waiting]
        waiting.clear()
        await send(ids)
      }
    } catch {
      // The next message makes good what is lost here; until then a cache believes in what it has no longer than it says.
      waiting.add(ANYTHING)
    } finally {
      sending = false
    }
  }

  return (id) => {
    waiting.add(id)
    if (!sending) void start()
  }
}
