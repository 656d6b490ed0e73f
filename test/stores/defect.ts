import type { Changes, Delta, Scope, SessionId, Store, StoredHandle } from 'landbridge/store'

/** A way to break the contract, made of a store that keeps it. */
export interface Defect {
  make(store: Store): Partial<Store>
  /** The case that has to notice. */
  readonly noticedBy: RegExp
}

export const changingDeltas = (store: Store, change: (delta: Delta) => Delta): Partial<Store> => ({
  update: (id, scope, delta, now) => store.update(id, scope, change(delta), now),
})

export const handleAt = async (store: Store, id: SessionId, scope: Scope): Promise<StoredHandle | null> =>
  (await store.read(id, scope))?.handle ?? null

export const nothing: Changes = new Map()
