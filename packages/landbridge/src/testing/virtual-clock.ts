/** A clock that moves only when a test says so. Times are milliseconds since the epoch. */
export interface VirtualClock {
  /** What `createSessions({ clock })` takes: it needs no `this`. */
  readonly now: () => number
  /** Moves the clock, and returns the new time. Throws `RangeError` for a step that is negative or not finite: time never goes back. */
  advance(ms: number): number
}

/** Makes a clock that stands still at `start` (default: the real now) until it is advanced. */
export function virtualClock(start: number = Date.now()): VirtualClock {
  let time = start
  return {
    now: () => time,
    advance(ms) {
      if (!Number.isFinite(ms) || ms < 0) throw new RangeError(`advance(${ms}): a step is a number of milliseconds, 0 or more.`)
      time += ms
      return time
    },
  }
}
