import type { Store } from './store.ts'

const EVERY_MS = 60_000
/** A small bite blocks an embedded store for a millisecond or two; a thousand rows at once would block it for 20 to 30. */
const BITE = 50
const PAUSE_MS = 20

/** Removes expired records once a minute, bite by bite; returns the function that stops it. Keeps no process alive. */
export function startSweeping(store: Store, now: () => number): () => void {
  let timer: NodeJS.Timeout
  let stopped = false

  const next = (ms: number): void => {
    if (!stopped) timer = setTimeout(() => void bite(), ms).unref()
  }
  const bite = async (): Promise<void> => {
    let removed = 0
    try {
      removed = await store.sweep(now(), BITE)
    } catch {
      // The guard around the store has reported it; the next minute tries again.
    }
    next(removed >= BITE ? PAUSE_MS : EVERY_MS)
  }

  next(EVERY_MS)
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
