import type { MaybePromise, Store, StoreLack } from '../core/store.ts'
import { assertRefuses, lacks } from './lacking.ts'

/**
 * Makes a store for one case: one connection, or two connections to the same data. The cases on concurrency then work through
 * both, which is how two processes would; with one they use it twice.
 */
export type StoreFactory = () => MaybePromise<Store | readonly [Store, Store]>

/** One point of the contract. */
export interface StoreCase {
  /** A sentence on what the store does. */
  readonly name: string
  /** What the case cannot do without. Of a store that `lacks` it, the case checks that it says so by `ERR_STORE_INCAPABLE`. */
  readonly needs?: readonly StoreLack[]
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

type MakeCase = (name: string, check: (ground: Ground) => Promise<void>) => StoreCase

export const storeCase: MakeCase = caseThatNeeds()
export const takeCase: MakeCase = caseThatNeeds('take')
export const accountsCase: MakeCase = caseThatNeeds('accounts')

function caseThatNeeds(...needs: readonly StoreLack[]): MakeCase {
  return (name, check) => ({
    name,
    ...(needs.length > 0 && { needs }),
    run: (make) => onNewGround(make, (ground) => checkOrRefusal(ground, check, needs)),
  })
}

async function checkOrRefusal(ground: Ground, check: (ground: Ground) => Promise<void>, needs: readonly StoreLack[]): Promise<void> {
  const lacking = needs.filter((need) => lacks(ground.store, need))
  if (lacking.length === 0) await check(ground)
  for (const lack of lacking) await assertRefuses(ground.store, lack, ground.now)
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
