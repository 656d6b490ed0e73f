// Stores whose methods are right one at a time, and wrong when others come between their steps.
import { setImmediate } from 'node:timers/promises'
import type { Delta, SessionId, Store, StoreRead } from 'landbridge/store'
import { afterDelta, entriesOf, isLive, successorOf } from 'landbridge/store'
import { handleAt, nothing } from './defect.ts'

type Break = (store: Store) => Partial<Store>

/** A delta that writes what was read, too, under all keys. */
function writingAll(before: StoreRead, delta: Delta): Delta {
  const values = delta.place === 'session' ? before.values : (before.handle?.values ?? '')
  const others = entriesOf(values).filter(([key]) => !delta.changes.has(key))
  const { expect: _, expectValues: __, ...rest } = delta
  return { ...rest, changes: new Map([...others, ...delta.changes]) }
}

/** Decides by what it reads, and lets a turn pass before it writes. */
const deciding = (store: Store, write: (before: StoreRead, delta: Delta, again: (delta: Delta) => unknown) => unknown): Partial<Store> => ({
  async update(id, scope, delta, now) {
    const before = await store.read(id, scope)
    if (!isLive(before, now)) return 'gone'
    if (afterDelta(before, delta) === null) return 'conflict'
    await write(before, delta, (changed) => store.update(id, scope, changed, now))
    return 'saved'
  },
})

export const BROKEN_UPDATES: Record<string, Break> = {
  'an update reads, then writes all values back': (store) =>
    deciding(store, async (before, delta, save) => {
      await setImmediate()
      await save(writingAll(before, delta))
    }),
  'a compare-and-swap compares too early': (store) =>
    deciding(store, async (_, { expect: __, expectValues: ___, ...delta }, save) => {
      await setImmediate()
      await save(delta)
    }),
  'an update is acknowledged before it is written': (store) =>
    deciding(store, (_, delta, save) => {
      void setImmediate().then(() => save(delta))
    }),
  'a late update brings an ended session back': (store) =>
    deciding(store, async (before, delta, save) => {
      await setImmediate()
      const isEnded = (await store.handlesOf(before.id)).length === 0 && !(await store.wasRenewed(before.id, 0))
      if (isEnded) await store.create({ ...before, handle: before.handle! })
      await save(delta)
    }),
  'an update is acknowledged, and now and then not written': (store) => {
    let updates = 0
    return deciding(store, (_, delta, save) => (++updates % 20 === 0 ? undefined : save(delta)))
  },
  'an update that was carried out is tried again': (store) => ({
    update(id, scope, delta, now) {
      const { expect: _, expectValues: __, ...again } = delta
      const outcome = store.update(id, scope, delta, now)
      if (outcome === 'saved') void setImmediate().then(() => store.update(id, scope, again, now))
      return outcome
    },
  }),
  'a handle that is also seen is moved a turn later, to where it would have been': (store) => ({
    async update(id, scope, { alsoSeen, ...delta }, now) {
      const handle = alsoSeen === undefined ? null : await handleAt(store, id, alsoSeen)
      const outcome = await store.update(id, scope, delta, now)
      if (outcome !== 'saved' || handle === null) return outcome
      await setImmediate()
      const { seenAt, expiresAt } = delta
      await store.update(id, handle.scope, { ...delta, hash: handle.hash, changes: nothing, expect: [], seenAt, expiresAt }, now)
      return outcome
    },
  }),
}

export const BROKEN_REST: Record<string, Break> = {
  'a read comes from a replica that lags': (store) => {
    const cached = new Map<string, StoreRead | null>()
    return {
      async read(id, scope) {
        const key = `${id} ${scope}`
        const stale = cached.get(key)
        const read = await store.read(id, scope)
        if (stale === undefined) cached.set(key, read)
        else cached.delete(key)
        return stale === undefined ? read : stale
      },
    }
  },
  'a read takes session and handle from two moments': (store) => ({
    async read(id, scope) {
      const first = await store.read(id, scope)
      await setImmediate()
      return first && { ...first, handle: await handleAt(store, id, scope) }
    },
  }),
  'of two renewals at once both win': (store) => ({
    async renew(id, scope, next, now) {
      const before = await store.read(id, scope)
      const successor = isLive(before, now) ? successorOf(before, scope, next) : null
      await setImmediate()
      const outcome = await store.renew(id, scope, next, now)
      if (outcome !== 'gone' || successor === null) return outcome
      await store.create(successor)
      return 'saved'
    },
  }),
  'a renewal takes the values along that it read before': (store) => ({
    async renew(id, scope, next, now) {
      const before = await store.read(id, scope)
      if (!isLive(before, now) || successorOf(before, scope, next) === null) return store.renew(id, scope, next, now)
      await setImmediate()
      const values = next.place === 'session' ? before.values : before.handle.values
      const others = entriesOf(values).filter(([key]) => next.keepValues && !next.changes.has(key))
      const { expect: _, ...rest } = next
      return store.renew(id, scope, { ...rest, changes: new Map([...others, ...next.changes]) }, now)
    },
  }),
  'an attach looks whether there is a handle, then writes': (store) => ({
    async attach(id, through, handle, issuedAt, now, expected) {
      const before = await handleAt(store, id, handle.scope)
      await setImmediate()
      const isKept = before !== null && before.createdAt >= issuedAt
      return store.attach(id, through, handle, isKept ? issuedAt : Infinity, now, expected)
    },
  }),
  'the end of the last handle takes along one that was attached meanwhile': (store) => ({
    async revoke(id, scope) {
      const handles = await store.handlesOf(id)
      await setImmediate()
      const isLast = handles.length === 1 && handles[0]!.scope === scope
      return store.revoke(id, isLast ? undefined : scope)
    },
  }),
  'an end does not follow a renewal that comes between': (store) => ({
    async revoke(id, scope) {
      const wasRenewed = await store.wasRenewed(id, 0)
      await setImmediate()
      return (wasRenewed || !(await store.wasRenewed(id, 0))) && store.revoke(id, scope)
    },
  }),
  'an end is acknowledged before it is carried out': (store) => ({
    async revoke(id, scope) {
      const handles = await store.handlesOf(id)
      const has = handles.some((handle) => scope === undefined || handle.scope === scope)
      if (!has) return store.revoke(id, scope)
      void setImmediate().then(() => store.revoke(id, scope))
      return true
    },
  }),
  'a kept value is given out twice': (store) => {
    const values = new Map<string, string>()
    return {
      put: (key, value) => void values.set(key, value),
      async take(key) {
        const value = values.get(key) ?? null
        await setImmediate()
        values.delete(key)
        return value
      },
      read: store.read,
    }
  },
  'a kept value is put down a turn after it was said to be': (store) => ({
    put(...args) {
      void setImmediate().then(() => store.put(...args))
    },
  }),
}

export const BROKEN_ACCOUNTS: Record<string, Break> = {
  'a list of sessions is read, and what it named is ended under the ids of then': (store) => ({
    async revokeAccount(account, except) {
      const found = (await store.sessionsOf(account, 0)).filter(({ id }) => id !== except)
      await setImmediate()
      const ended = await Promise.all(found.map(async ({ id }) => (await store.handlesOf(id)).length > 0 && store.revoke(id)))
      return ended.filter(Boolean).length
    },
  }),
  'a successor is on the list of its account a turn late': (store) => {
    const late = new Set<SessionId>()
    return {
      async renew(id, scope, next, now) {
        late.add(next.id)
        const outcome = await store.renew(id, scope, next, now)
        void setImmediate().then(() => late.delete(next.id))
        return outcome
      },
      async revokeAccount(account, except) {
        const found = (await store.sessionsOf(account, 0)).filter(({ id }) => id !== except && !late.has(id))
        const ended = await Promise.all(found.map(async ({ id }) => store.revoke(id)))
        return ended.filter(Boolean).length
      },
    }
  },
  'a session that is ended by two revocations at once counts twice': (store) => ({
    async revokeAccount(account, except) {
      const found = (await store.sessionsOf(account, 0)).filter(({ id }) => id !== except)
      await setImmediate()
      for (const { id } of found) await store.revoke(id)
      return found.length
    },
  }),
}
