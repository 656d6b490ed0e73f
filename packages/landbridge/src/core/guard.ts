import { withinDeadline } from './deadline.ts'
import { storeError } from './errors.ts'
import type { Store } from './store.ts'
import type { MaybePromise } from './types.ts'
import { isPromise } from './types.ts'

/**
 * The store with every failure turned into `ERR_STORE_UNAVAILABLE` and reported once, in one place. A call that is not answered
 * within two seconds has failed, whatever the driver thinks: a hanging database must not hang the application.
 */
export function guardStore(store: Store, failed: (error: Error) => void): Store {
  const fail = (cause: unknown): never => {
    const error = storeError(cause)
    failed(error)
    throw error
  }
  const guard = <Args extends unknown[], Result>(call: (...args: Args) => MaybePromise<Result>) => {
    return (...args: Args): MaybePromise<Result> => {
      try {
        const result = call(...args)
        return isPromise(result) ? withinDeadline(result, 'store').catch(fail) : result
      } catch (cause) {
        return fail(cause)
      }
    }
  }
  return {
    name: store.name,
    read: guard((id, scope) => store.read(id, scope)),
    create: guard((session) => store.create(session)),
    update: guard((id, scope, delta, now) => store.update(id, scope, delta, now)),
    renew: guard((id, scope, next, now) => store.renew(id, scope, next, now)),
    attach: guard((id, through, handle, issuedAt, now, expect) => store.attach(id, through, handle, issuedAt, now, expect)),
    revoke: guard((id, scope) => store.revoke(id, scope)),
    wasRenewed: guard((id, now) => store.wasRenewed(id, now)),
    handlesOf: guard((id) => store.handlesOf(id)),
    put: guard((key, value, expiresAt, now) => store.put(key, value, expiresAt, now)),
    take: guard((key, now) => store.take(key, now)),
    sessionsOf: guard((account, now) => store.sessionsOf(account, now)),
    revokeAccount: guard((account, except) => store.revokeAccount(account, except)),
    sweep: guard((now, limit) => store.sweep(now, limit)),
    ping: guard(() => store.ping()),
    close: guard(() => store.close()),
  }
}
