import { performance } from 'node:perf_hooks'
import type { Scope, SessionId, Store, StoreRead } from '../core/store.ts'
import type { MaybePromise } from '../core/types.ts'
import { isPromise } from '../core/types.ts'
import type { Echo } from './cached-channel.ts'
import { kinOf } from '../core/handle.ts'
import { Channel } from './cached-channel.ts'
import type { CacheLayer } from './cached-layer.ts'
import { SharedLayer } from './cached-layer.ts'
import type { Clocks, Loaded } from './near-cache.ts'
import { NearCache } from './near-cache.ts'

export type { CacheLayer } from './cached-layer.ts'

export interface CachedOptions {
  /** How much memory the cache may take, in bytes. Default 32 MiB. */
  readonly maxBytes?: number
  /** How old what a read tells may be, in milliseconds, when no message says that it changed. Default 5000. */
  readonly maxStaleMs?: number
  /** Reads that always ask the store: all, or those of the scopes for which this returns true. */
  readonly alwaysAsk?: boolean | ((scope: Scope) => boolean)
  /** A cache that the near caches of several processes share, such as `memcached(client)` from `landbridge/memcached`. Default none. */
  readonly layer?: CacheLayer
  /** The clock, in milliseconds since the epoch, as `createSessions` has one. Default `Date.now`. */
  readonly clock?: () => number
  /** A clock that nobody sets, in milliseconds, for tests. Default `performance.now`. */
  readonly monotonicClock?: () => number
}

/**
 * A near cache in front of a store: reads are answered from this process's memory, writes go to the store. A session that another
 * process ended or changed is asked for again as soon as the store's message about that is here (`watch`), and after `maxStaleMs` in any
 * case. What exactly is promised is in docs/stores/cached.md. Closing it closes the store. Throws `RangeError` for a number that is none, and
 * `TypeError` for a store that keeps sessions in cookies.
 */
export function cached(store: Store, options: CachedOptions = {}): Store {
  const { maxBytes = 32 * 1024 * 1024, maxStaleMs = 5000, alwaysAsk = false } = options
  checkAmounts({ maxBytes, maxStaleMs })
  if (store.forRequest !== undefined) throw new TypeError(`cached: ${store.name} keeps sessions in cookies, so there is nothing to cache.`)
  const clocks: Clocks = { now: options.clock ?? Date.now, tick: options.monotonicClock ?? (() => performance.now()) }
  const asks = typeof alwaysAsk === 'function' ? alwaysAsk : () => alwaysAsk

  const shared = options.layer && new SharedLayer(options.layer, store, maxStaleMs, clocks)
  const near = new NearCache(maxBytes, maxStaleMs, clocks, (id, scope): MaybePromise<Loaded> => {
    if (shared !== undefined) return shared.read(id, scope)
    const began = { time: clocks.now(), tick: clocks.tick() }
    const read = store.read(id, scope)
    return isPromise(read) ? read.then((late) => ({ read: late, began })) : { read, began }
  })
  const changed = (id: SessionId | null): void => {
    shared?.goPast(id)
    if (id === null) near.clear()
    else near.drop(id)
  }
  const channel = new Channel(store.watch && ((listener) => store.watch!(listener)), changed)

  /**
   * Around a write. What was read before it and what was read beside it is dropped, so that whoever reads after it asks the store. When
   * it shows in reads, it is not answered before its message has come back.
   */
  const write = <Result>({ drop, call, isVisible, expected, after }: Write<Result>): MaybePromise<Result> => {
    drop()
    const echoes = expected.flatMap((id) => channel.expect(id) ?? [])
    let result: MaybePromise<Result>
    try {
      result = call()
    } catch (error) {
      for (const echo of echoes) echo.none()
      void forget(expected)
      drop()
      throw error
    }
    if (isPromise(result) || echoes.length > 0 || shared !== undefined) return answered(result, echoes)
    drop()
    if (isVisible(result)) after?.(false)
    return result

    async function answered(late: MaybePromise<Result>, waiting: readonly Echo[]): Promise<Result> {
      let awaited = waiting
      try {
        const done = await late
        const echoing = isVisible(done) ? waiting.map((echo) => echo.heard()) : []
        if (isVisible(done)) awaited = []
        const [heard] = await Promise.all([Promise.all(echoing), forget(expected)])
        if (isVisible(done)) after?.(heard.length > 0 && heard.every(Boolean))
        return done
      } catch (error) {
        // It may have been carried out all the same.
        await forget(expected)
        throw error
      } finally {
        for (const echo of awaited) echo.none()
        drop()
      }
    }
  }

  const forget = async (ids: readonly SessionId[]): Promise<void> => {
    if (shared !== undefined) await Promise.all(ids.map((id) => shared.forget(id)))
  }

  const writeOf = <Result>(id: SessionId, isVisible: (result: Result) => boolean, call: () => MaybePromise<Result>) =>
    write({ drop: () => near.drop(id), call, isVisible, expected: [id] })

  /** Whose message comes under another id than the one that was ended: that of a successor, or ids that only the store knows. */
  const endAccount = (accountId: string, except: SessionId | undefined, expected: readonly SessionId[]): MaybePromise<number> =>
    write({
      drop: () => near.dropWhere((_, read) => read === undefined || (read?.accounts.some(({ id }) => id === accountId) ?? false)),
      call: () => store.revokeAccount(accountId, except),
      isVisible: (count) => count > 0,
      expected: expected.filter((id) => id !== except),
    })

  return {
    name: `cached ${store.name}`,
    ...(store.expiry === undefined ? {} : { expiry: store.expiry }),
    ...(store.lacks === undefined ? {} : { lacks: store.lacks }),

    read: (id, scope, fresh = false) => (fresh || asks(scope) || !channel.isReady() ? store.read(id, scope, fresh) : near.read(id, scope)),

    create: (session) => write({ drop: () => near.drop(session.id), call: () => store.create(session), isVisible: never, expected: [] }),

    update: (id, scope, delta, now) => {
      const isVisible = delta.changes.size > 0 || delta.hash !== undefined
      return writeOf(
        id,
        (outcome) => isVisible && outcome === 'saved',
        () => store.update(id, scope, delta, now),
      )
    },

    renew: (id, scope, next, now) =>
      write({
        drop: () => [id, next.id].forEach((each) => near.drop(each)),
        call: () => store.renew(id, scope, next, now),
        isVisible: (outcome) => outcome === 'saved',
        expected: [id],
      }),

    attach: (id, through, handle, issuedAt, now, expect) =>
      writeOf(
        id,
        (attachment) => attachment === 'attached',
        () => store.attach(id, through, handle, issuedAt, now, expect),
      ),

    revoke: (id, scope, only) =>
      write({
        drop: () => near.drop(id),
        call: () => store.revoke(id, scope, only),
        isVisible: (ended) => ended,
        expected: [id],
        // Of an id that was renewed, the successor has ended, and nothing here says which one that is.
        after: (heard) => (heard || only === true ? undefined : near.dropWhere((each) => kinOf(each) === kinOf(id))),
      }),

    revokeAccount(accountId, except) {
      if (!channel.isOpen() && shared === undefined) return endAccount(accountId, except, [])
      return idsOf(accountId).then((ids) => endAccount(accountId, except, ids))
    },

    sweep: (now, limit) =>
      write({
        drop: () => near.dropWhere((_, read) => read === undefined || (read !== null && hasExpired(read, now))),
        call: () => store.sweep(now, limit),
        isVisible: never,
        expected: [],
      }),

    wasRenewed: (id, now) => store.wasRenewed(id, now),
    handlesOf: (id) => store.handlesOf(id),
    put: (key, value, expiresAt, now) => store.put(key, value, expiresAt, now),
    take: (key, now) => store.take(key, now),
    sessionsOf: (accountId, now) => store.sessionsOf(accountId, now),
    ping: () => store.ping(),

    async close() {
      near.clear()
      await channel.close()
      await store.close()
    },

    ...(store.watch === undefined
      ? {}
      : {
          // Whoever is told and then reads here must not be faster than our own listener.
          watch: (listener) =>
            store.watch!((id) => {
              changed(id)
              listener(id)
            }),
        }),
  }

  /** The sessions whose messages will come. Nothing depends on it but how long the answer waits. */
  async function idsOf(accountId: string): Promise<readonly SessionId[]> {
    try {
      return (await store.sessionsOf(accountId, clocks.now())).map(({ id }) => id)
    } catch {
      return []
    }
  }
}

interface Write<Result> {
  drop(): void
  call(): MaybePromise<Result>
  /** Whether a read tells of it, so that there is a message. */
  isVisible(result: Result): boolean
  /** The sessions of which there will be messages. */
  readonly expected: readonly SessionId[]
  /** Once it was visible, and whether all messages came back. */
  readonly after?: (heard: boolean) => void
}

const never = (): boolean => false
const hasExpired = ({ expiresAt, handle }: StoreRead, now: number): boolean => !(expiresAt > now && (handle?.expiresAt ?? Infinity) > now)
function checkAmounts(amounts: Record<string, number>): void {
  for (const [name, amount] of Object.entries(amounts)) {
    if (!Number.isFinite(amount) || amount < 0) throw new RangeError(`cached: ${name} is ${amount}; write a number that is 0 or more.`)
  }
}
