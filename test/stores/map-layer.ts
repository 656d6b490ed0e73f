import type { CacheLayer } from 'landbridge/cached'

/** A layer that several near caches of a test share. What it does can wait, fail, or be looked into. */
export class MapLayer {
  readonly texts = new Map<string, string>()
  readonly calls: string[] = []
  /** What happens in place of the next calls. */
  instead: (() => Promise<never>) | null = null
  #heldSets: (() => void)[] | null = null

  readonly layer: CacheLayer = {
    get: async (keys) => {
      this.calls.push('get')
      if (this.instead !== null) return this.instead()
      return new Map(keys.flatMap((key) => (this.texts.has(key) ? [[key, this.texts.get(key)!] as const] : [])))
    },
    set: async (key, text, seconds) => {
      this.calls.push('set')
      if (this.instead !== null) return this.instead()
      if (!(Number.isInteger(seconds) && seconds > 0)) throw new Error(`${seconds} seconds`)
      if (this.#heldSets !== null && key.startsWith('v:')) this.#heldSets.push(() => this.texts.set(key, text))
      else this.texts.set(key, text)
      return undefined
    },
  }

  /** From now on reads that are put in arrive late: with `arrive`. */
  holdReads(): void {
    this.#heldSets = []
  }

  arrive(): void {
    for (const set of this.#heldSets ?? []) set()
    this.#heldSets = null
  }

  /** The keys of reads that were put in. */
  get reads(): string[] {
    return [...this.texts.keys()].filter((key) => key.startsWith('v:'))
  }
}
