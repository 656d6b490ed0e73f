import { Breaker } from './breaker.ts'
import type { LandbridgeError } from './errors.ts'
import { storeError } from './errors.ts'
import type { EventDetails } from './events.ts'
import { Outstanding } from './outstanding.ts'
import type { Store } from './store.ts'
import type { MaybePromise } from './types.ts'
import { isPromise } from './types.ts'

/** How long the store may take for one call, in milliseconds. The answer that says so has to leave within a second. */
const CALL_MS = 800
/** For calls that touch many records, and for an end in good order. */
const LONG_CALL_MS = 5000

/**
 * The store with every failure turned into `ERR_STORE_UNAVAILABLE` and reported once, in one place. A call that is not answered in
 * time has failed, whatever the driver thinks: a hanging database must not hang the application. While the store does not answer at
 * all, calls fail at once and do not reach it (see `Breaker`), and are not reported one by one: `store.back` counts them.
 *
 * What a store throws at once, as an embedded one does, cost nobody any waiting: it fails that call and no other.
 */
export function guardStore(store: Store, emit: (event: EventDetails) => void): Store {
  let down: { readonly since: number; readonly cause: Error; failedCalls: number } | null = null

  const breaker = new Breaker(() => store.ping(), {
    opened(cause) {
      const error = storeError(cause)
      down = {
        since: performance.now(),
        cause: new Error('The store did not answer before, and this call was not sent.', { cause }),
        failedCalls: 0,
      }
      emit({ type: 'store.down', error })
    },
    closed() {
      const { since, failedCalls } = down!
      down = null
      emit({ type: 'store.back', downMs: Math.round(performance.now() - since), failedCalls })
    },
  })

  const failure = (cause: unknown): LandbridgeError => {
    const error = storeError(cause)
    // It answered: that it has no such thing.
    if (error.code === 'ERR_STORE_INCAPABLE') return error
    if (down === null) emit({ type: 'store.failed', error })
    else down.failedCalls += 1
    return error
  }
  const rejected = (cause: unknown): Error => {
    const error = failure(cause)
    if (error.code !== 'ERR_STORE_INCAPABLE') breaker.doubt()
    return error
  }
  const missed = (limitMs: number, since: number): Error => {
    const error = failure(new Error(`The store did not answer within ${limitMs} ms.`))
    breaker.missed(error.cause, since)
    return error
  }
  const missedLong = (limitMs: number): Error => rejected(new Error(`The store did not answer within ${limitMs} ms.`))

  const guarded =
    (outstanding: Outstanding, late: typeof missed, whileDown = false) =>
    <Args extends unknown[], Result>(method: (...args: Args) => MaybePromise<Result>) =>
    (...args: Args): MaybePromise<Result> => {
      if (down !== null && !whileDown) throw failure(down.cause)
      let result: MaybePromise<Result>
      try {
        result = method(...args)
      } catch (cause) {
        throw failure(cause)
      }
      return isPromise(result) ? outstanding.answer(result, rejected, late) : result
    }
  const long = new Outstanding(LONG_CALL_MS)
  const call = guarded(new Outstanding(CALL_MS), missed)
  const longCall = guarded(long, missedLong)
  const lastCall = guarded(long, missedLong, true)

  return {
    name: store.name,
    read: call((id, scope, fresh) => store.read(id, scope, fresh)),
    create: call((session) => store.create(session)),
    update: call((id, scope, delta, now) => store.update(id, scope, delta, now)),
    renew: call((id, scope, next, now) => store.renew(id, scope, next, now)),
    attach: call((id, through, handle, issuedAt, now, expect) => store.attach(id, through, handle, issuedAt, now, expect)),
    revoke: call((id, scope, only) => store.revoke(id, scope, only)),
    wasRenewed: call((id, now) => store.wasRenewed(id, now)),
    handlesOf: call((id) => store.handlesOf(id)),
    put: call((key, value, expiresAt, now) => store.put(key, value, expiresAt, now)),
    take: call((key, now) => store.take(key, now)),
    sessionsOf: longCall((account, now) => store.sessionsOf(account, now)),
    revokeAccount: longCall((account, except) => store.revokeAccount(account, except)),
    sweep: longCall((now, limit) => store.sweep(now, limit)),
    ping: call(() => store.ping()),
    close: lastCall(() => {
      breaker.stop()
      return store.close()
    }),
  }
}
