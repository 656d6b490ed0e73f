import type { NewSession, Store, StoredHandle, StoredSession, StoreRead } from '../core/store.ts'
import { afterAlsoSeen, holds, isKept } from '../core/records.ts'
import { afterDelta, isLive, successorOf } from '../core/store.ts'
import type { Scope, SessionId } from '../core/types.ts'

interface Entry {
  session: StoredSession
  readonly handles: Map<Scope, StoredHandle>
}

/**
 * A store in this process's memory, for tests and for trying things out: sessions end with the process, and other processes do
 * not see them. Every method answers at once, so each is atomic.
 */
export function memory(): Store {
  const entries = new Map<SessionId, Entry>()
  const renewed = new Map<SessionId, { readonly to: SessionId; readonly until: number }>()
  const kept = new Map<string, { readonly value: string; readonly expiresAt: number }>()

  const read = (id: SessionId, scope: Scope): StoreRead | null => {
    const entry = entries.get(id)
    if (entry === undefined) return null
    // The id as it was created: the one that is asked for is a slice of a Cookie header, which would stay in memory with it.
    const { id: own, createdAt, expiresAt, accounts, values } = entry.session
    return { id: own, createdAt, expiresAt, accounts, values, handle: entry.handles.get(scope) ?? null }
  }
  const create = ({ handle, ...session }: NewSession): void => {
    if (entries.has(session.id)) throw new Error('A session with this id exists already.')
    // Applications are handed these very accounts: frozen copies, so that what one request writes on them reaches no other.
    const accounts = Object.freeze(session.accounts.map((account) => Object.freeze({ ...account })))
    entries.set(session.id, { session: { ...session, accounts }, handles: new Map([[handle.scope, handle]]) })
  }

  const revoke = (id: SessionId, scope?: Scope, only = false): boolean => {
    const entry = entries.get(id)
    if (entry === undefined) return !only && renewed.has(id) && revoke(renewed.get(id)!.to, scope)
    if (scope === undefined) return entries.delete(id)
    const ended = entry.handles.delete(scope)
    if (entry.handles.size === 0) entries.delete(id)
    return ended
  }

  return {
    name: 'memory',
    read,
    create,

    update(id, scope, delta, now) {
      const before = read(id, scope)
      if (!isLive(before, now, delta.expectHash)) return 'gone'
      const after = afterDelta(before, delta)
      if (after === null) return 'conflict'
      const { handle, ...session } = after
      const entry = entries.get(id)!
      entry.session = session
      entry.handles.set(scope, handle)
      const also = delta.alsoSeen === undefined ? null : afterAlsoSeen(entry.handles.get(delta.alsoSeen), delta, now)
      if (also !== null) entry.handles.set(also.scope, also)
      return 'saved'
    },

    renew(id, scope, next, now) {
      const before = read(id, scope)
      if (!isLive(before, now, next.expectHash)) return 'gone'
      const successor = successorOf(before, scope, next)
      if (successor === null) return 'conflict'
      create(successor)
      entries.delete(id)
      renewed.set(id, { to: next.id, until: next.traceUntil })
      return 'saved'
    },

    attach(id, through, handle, issuedAt, now, expect) {
      const voucher = read(id, through)
      if (!isLive(voucher, now) || !holds(voucher.values, expect)) return 'gone'
      const { handles } = entries.get(id)!
      if (isKept(handles.get(handle.scope), issuedAt, now)) return 'kept'
      handles.set(through, afterAlsoSeen(voucher.handle, handle, now)!)
      handles.set(handle.scope, handle)
      return 'attached'
    },

    revoke,

    wasRenewed: (id, now) => (renewed.get(id)?.until ?? 0) > now,

    handlesOf: (id) => [...(entries.get(id)?.handles.values() ?? [])],

    put(key, value, expiresAt) {
      kept.set(key, { value, expiresAt })
    },

    take(key, now) {
      const found = kept.get(key)
      kept.delete(key)
      return found !== undefined && found.expiresAt > now ? found.value : null
    },

    sessionsOf: (account, now) =>
      [...entries.values()]
        .filter((entry) => belongsTo(entry.session, account) && isUsable(entry, now))
        .map(({ session, handles }) => ({ ...session, handles: [...handles.values()] })),

    revokeAccount(account, except) {
      const ended = [...entries.values()].filter(({ session }) => session.id !== except && belongsTo(session, account))
      for (const { session } of ended) entries.delete(session.id)
      return ended.length
    },

    sweep(now, limit) {
      let removed = 0
      for (const [key, { expiresAt }] of kept) {
        if (removed >= limit) return removed
        if (expiresAt <= now) removed += Number(kept.delete(key))
      }
      for (const [id, { until }] of renewed) {
        if (removed >= limit) return removed
        if (until <= now) removed += Number(renewed.delete(id))
      }
      for (const [id, entry] of entries) {
        for (const handle of entry.handles.values()) {
          if (removed >= limit) return removed
          if (handle.expiresAt <= now || entry.session.expiresAt <= now) removed += Number(entry.handles.delete(handle.scope))
        }
        if (entry.handles.size === 0) entries.delete(id)
      }
      return removed
    },

    ping() {},
    close() {},
  }
}

const isUsable = ({ session, handles }: Entry, now: number): boolean =>
  session.expiresAt > now && [...handles.values()].some(({ expiresAt }) => expiresAt > now)

const belongsTo = (session: StoredSession, account: string): boolean => session.accounts.some(({ id }) => id === account)
