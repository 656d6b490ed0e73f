// Stores that do too much, too little or too late for the handle that a delta names as `alsoSeen`.
import { setImmediate } from 'node:timers/promises'
import type { Delta, Outcome, Scope, SessionId, Store, StoredHandle } from 'landbridge/store'
import { isLive } from 'landbridge/store'
import type { Defect } from './defect.ts'
import { changingDeltas, handleAt, nothing } from './defect.ts'

/** Updates without `alsoSeen`, then does its part as it is told, with the handle as it was before. */
function alsoSeenApart(store: Store, move: (step: AlsoSeenStep) => unknown): Partial<Store> {
  return {
    async update(id, scope, { alsoSeen, ...delta }, now) {
      const handle = alsoSeen === undefined ? null : await handleAt(store, id, alsoSeen)
      const outcome = await store.update(id, scope, delta, now)
      const put = (moved: StoredHandle) => store.attach(id, scope, moved, Infinity, now)
      if (alsoSeen !== undefined) await move({ id, alsoSeen, handle, delta, now, outcome, put })
      return outcome
    },
  }
}

interface AlsoSeenStep {
  readonly id: SessionId
  readonly alsoSeen: Scope
  readonly handle: StoredHandle | null
  readonly delta: Delta
  readonly now: number
  readonly outcome: Outcome
  put(handle: StoredHandle): unknown
}

function readsThenMoves(store: Store): Partial<Store> {
  return alsoSeenApart(store, async ({ handle, delta: { seenAt, expiresAt }, now, outcome, put }) => {
    await setImmediate()
    if (outcome !== 'saved' || handle === null || handle.expiresAt <= now) return
    await put({ ...handle, seenAt, expiresAt: Math.max(handle.expiresAt, expiresAt) })
  })
}

export const ALSO_SEEN: Record<string, Defect> = {
  'update forgets the handle that is also seen': {
    make: (store) => alsoSeenApart(store, () => undefined),
    noticedBy: /update of the handle can record that a second handle was seen/,
  },
  'update forgets it when the values are those of the session': {
    make: (store) =>
      changingDeltas(store, ({ alsoSeen, ...delta }) => (alsoSeen && delta.place === 'handle' ? { ...delta, alsoSeen } : delta)),
    noticedBy: /update of the session can record that a second handle was seen/,
  },
  'update moves the end of a handle that is also seen back': {
    make: (store) =>
      alsoSeenApart(store, ({ id, alsoSeen, delta, now, outcome }) => {
        return outcome === 'saved' && store.update(id, alsoSeen, { ...delta, changes: nothing, expect: [] }, now)
      }),
    noticedBy: /never moves back/,
  },
  'update moves the end of a handle that is also seen, but not when it was seen': {
    make: (store) =>
      alsoSeenApart(store, ({ handle, delta, now, outcome, put }) => {
        const expiresAt = Math.max(handle?.expiresAt ?? 0, delta.expiresAt)
        return outcome === 'saved' && handle !== null && handle.expiresAt > now && put({ ...handle, expiresAt })
      }),
    noticedBy: /update of the handle can record that a second handle was seen/,
  },
  'update applies the changes to a handle that is also seen': {
    make: (store) => ({
      async update(id, scope, delta, now) {
        const outcome = await store.update(id, scope, delta, now)
        const also = delta.alsoSeen === undefined ? null : await handleAt(store, id, delta.alsoSeen)
        if (outcome === 'saved' && also !== null) await store.update(id, also.scope, { ...delta, expiresAt: also.expiresAt }, now)
        return outcome
      },
    }),
    noticedBy: /update of the handle can record that a second handle was seen/,
  },
  'update revives an expired handle that is also seen': {
    make: (store) =>
      alsoSeenApart(store, ({ handle, delta: { seenAt, expiresAt }, outcome, put }) => {
        return outcome === 'saved' && handle !== null && put({ ...handle, seenAt, expiresAt: Math.max(handle.expiresAt, expiresAt) })
      }),
    noticedBy: /neither makes nor revives it/,
  },
  'update makes the handle that is also seen': {
    make: (store) =>
      alsoSeenApart(store, ({ alsoSeen: scope, handle, delta: { seenAt, expiresAt }, outcome, put }) => {
        const made = { scope, hash: '' as never, createdAt: seenAt, seenAt, expiresAt, values: '' }
        return outcome === 'saved' && handle === null && put(made)
      }),
    noticedBy: /neither makes nor revives it/,
  },
  'update is gone where the handle that is also seen is': {
    make: (store) => ({
      async update(id, scope, delta, now) {
        if (delta.alsoSeen !== undefined && !isLive(await store.read(id, delta.alsoSeen), now)) return 'gone'
        return store.update(id, scope, delta, now)
      },
    }),
    noticedBy: /neither makes nor revives it/,
  },
  'update records that a handle was also seen, whatever becomes of the update': {
    make: (store) =>
      alsoSeenApart(store, ({ id, alsoSeen, delta, now }) => {
        return store.update(id, alsoSeen, { ...delta, changes: nothing, expect: [] }, now)
      }),
    noticedBy: /a conflict or gone records of no handle/,
  },
  'update reads the handle that is also seen, then writes it back': {
    make: readsThenMoves,
    noticedBy: /an update that also sees it, it stays ended/,
  },
  'update goes by the end that the handle that is also seen had before': {
    make: readsThenMoves,
    noticedBy: /ends at the latest of their ends/,
  },
}
