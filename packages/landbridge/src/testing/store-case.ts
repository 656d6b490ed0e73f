import type { MaybePromise, Store } from '../core/store.ts'

/**
 * Makes a store for one case: one connection, or two connections to the same data. The cases on concurrency then work through
 * both, which is how two processes would; with one they use it twice.
 */
export type StoreFactory = () => MaybePromise<Store | readonly [Store, Store]>

/** One point of the contract. */
export interface StoreCase {
  /** A sentence on what the store does. */
  readonly name: string
  /** Resolves when the store does so; rejects with an `AssertionError` when not, or with what the store or the factory threw. */
  run(make: StoreFactory): Promise<void>
}

/** What a case works with. */
export interface Ground {
  readonly store: Store
  /** The second connection, or the first one again. */
  readonly other: Store
  /** When the case began, by the real clock: a store may have expiry of its own. */
  readonly now: number
}

export function storeCase(name: string, check: (ground: Ground) => Promise<void>): StoreCase {
  return { name, run: (make) => onNewGround(make, check) }
}

/** Runs a check with connections of its own, and closes them. */
export async function onNewGround(make: StoreFactory, check: (ground: Ground) => Promise<void>): Promise<void> {
  const made = await make()
  const [store, other] = isPair(made) ? made : [made, made]
  try {
    await check({ store, other, now: Date.now() })
  } finally {
    await store.close()
    if (other !== store) await other.close()
  }
}

const isPair = (made: Store | readonly [Store, Store]): made is readonly [Store, Store] => Array.isArray(made)
