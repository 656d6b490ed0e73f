import { withinDeadline } from '../core/deadline.ts'

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

  const sendAll = async (): Promise<void> => {
    while (waiting.size > 0) {
      const ids = [...waiting]
      waiting.clear()
      await withinDeadline(send(ids), 'database')
    }
    sending = false
  }

  const start = (): void => {
    sending = true
    sendAll().catch(() => {
      sending = false
      // The next message makes good what is lost here; until then a cache believes in what it has no longer than it says.
      const next = waiting.size > 0
      waiting.add(ANYTHING)
      if (next) start()
    })
  }

  return (id) => {
    if (waiting.size >= LIMIT) {
      waiting.clear()
      waiting.add(ANYTHING)
    }
    // Beside it, too: whoever wrote waits for this very message.
    waiting.add(id)
    if (!sending) start()
  }
}
