/** The time of the playground: the machine's, and the days that visitors let pass to see sign-ins expire. */
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

  readonly now = (): number => Date.now() + this.#days * DAY_MS

  pass(days: number): void {
    this.#days += days
    writeFileSync(this.#file, String(this.#days))
  }
}

function daysIn(file: string): number {
  try {
    const days = Number(readFileSync(file, 'utf8'))
    return Number.isSafeInteger(days) && days > 0 ? days : 0
  } catch {
    return 0 // no day passed yet
  }
}
