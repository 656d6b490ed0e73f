/** The event log: the latest entries, and whoever wants to hear of the next one. */
import type { Entry, NewEntry } from './entry.ts'

const KEPT = 100

export class EventLog {
  readonly #listeners = new Set<(entry: Entry) => void>()
  #entries: readonly Entry[] = []
  #last = 0

  add(entry: NewEntry): void {
    const added = { ...entry, number: ++this.#last }
    this.#entries = [...this.#entries, added].slice(-KEPT)
    for (const listener of this.#listeners) listener(added)
  }

  /** Number of the newest entry. */
  get last(): number {
    return this.#last
  }

  /** The kept entries after a number, oldest first. */
  after(number: number): readonly Entry[] {
    return this.#entries.filter((entry) => entry.number > number)
  }

  /** Calls the listener with each entry from now on; returns the function that ends it. */
  subscribe(listener: (entry: Entry) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
