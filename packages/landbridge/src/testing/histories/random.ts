/** Random numbers that a seed decides, so that a failure can be tried again. Not for secrets. */
export interface Random {
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number
  /** True in this many of a hundred cases. */
  percent(chance: number): boolean
  pick<Item>(items: readonly Item[]): Item
  /** A key of the table, each as often as its weight says. */
  weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key
}

/** The generator "mulberry32": 32 bits of state are plenty to choose a few hundred steps. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number): number => Math.floor(fraction() * limit)
  return {
    below,
    percent: (chance) => below(100) < chance,
    pick: (items) => items[below(items.length)]!,
    weighted(weights) {
      const entries = Object.entries<number>(weights) as [keyof typeof weights, number][]
      let left = below(entries.reduce((sum, [, weight]) => sum + weight, 0))
      return entries.find(([, weight]) => (left -= weight) < 0)![0]
    },
  }
}
