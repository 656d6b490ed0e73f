/** The time of the playground: the machine's, and the time that visitors let pass, to see what it does to a sign-in. */
import { readFileSync, writeFileSync } from 'node:fs'

const DAY_MS = 86_400_000

export class Clock {
  readonly #file: string
  #days: number

  /** `file` keeps the days: sessions that were made in a later week should not be from the future after the next start. */
  constructor(file: string) {
    this.#file = file
    this.#days = daysIn(file)
  }

  readonly now = (): number => Date.now() + Math.round(this.#days * DAY_MS)

  /** Parts of a day as well. */
  pass(days: number): void {
    this.#days += days
    writeFileSync(this.#file, String(this.#days))
  }
}

function daysIn(file: string): number {
  try {
    const days = Number(readFileSync(file, 'utf8'))
    return Number.isFinite(days) && days > 0 ? days : 0
  } catch {
    return 0 // no day passed yet
  }
}
