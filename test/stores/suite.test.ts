// The conformance suite itself: it accepts a store that answers late, and notices each way in which a store can break the contract.
import { setImmediate } from 'node:timers/promises'
import { memory } from 'landbridge/memory'
import type { Store } from 'landbridge/store'
import { afterDelta, isLive, successorOf } from 'landbridge/store'
import { storeConformance, virtualClock } from 'landbridge/testing'
import { describe, expect, test } from 'vitest'
import { ALSO_SEEN } from './broken-also-seen.ts'
import { ATTACHING } from './broken-attach.ts'
import type { Defect } from './defect.ts'
import { changingDeltas } from './defect.ts'

/** The store, with answers that come later than the calls return: as from a system elsewhere. */
function late(store: Store): Store {
  const wrap = <Args extends unknown[], Result>(call: (...args: Args) => Result) => {
    return async (...args: Args) => {
      await setImmediate()
      return call(...args)
    }
  }
  const methods = Object.entries(store).filter(([, value]) => typeof value === 'function')
  return Object.assign({ ...store }, Object.fromEntries(methods.map(([name, call]) => [name, wrap(call)])))
}

async function failures(make: () => Store): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of storeConformance) await run(make).catch(() => failed.push(name))
  return failed
}

/** Without what is expected of the hash. */
const blind = <Kind extends object>(given: Kind): Kind => Object.assign({ ...given }, { expectHash: undefined })

function readsThenWrites(store: Store): Partial<Store> {
  return {
    async update(id, scope, delta, now) {
      const before = await store.read(id, scope)
      if (!isLive(before, now)) return 'gone'
      const after = afterDelta(before, delta)
      if (after === null) return 'conflict'
      await setImmediate()
      await store.revoke(id)
      await store.create(after)
      return 'saved'
    },
  }
}

/** Ways to break the contract, each made of a store that keeps it, and a case that has to notice. */
const BROKEN: Record<string, Defect> = {
  'update reads, then writes all values back': {
    make: readsThenWrites,
    noticedBy: /50 updates at once on the handle/,
  },
  'a late update brings an ended session back': { make: readsThenWrites, noticedBy: /in 200 races of an end with a save/ },
  'compare-and-swap compares too early': {
    make: (store) => ({
      async update(id, scope, { expect: expected, ...delta }, now) {
        const before = await store.read(id, scope)
        if (expected && isLive(before, now) && afterDelta(before, { ...delta, expect: expected }) === null) return 'conflict'
        await setImmediate()
        return store.update(id, scope, delta, now)
      },
    }),
    noticedBy: /50 increments at once on the session/,
  },
  'update goes by the first expectation only': {
    make: (store) => changingDeltas(store, ({ expect: expected = [], ...delta }) => ({ ...delta, expect: expected.slice(0, 1) })),
    noticedBy: /update of the handle that expects several keys/,
  },
  'update goes by the last expectation only': {
    make: (store) => changingDeltas(store, ({ expect: expected = [], ...delta }) => ({ ...delta, expect: expected.slice(-1) })),
    noticedBy: /update of the session that expects several keys/,
  },
  'update is content when one expectation holds': {
    make: (store) => ({
      async update(id, scope, { expect: expected = [], ...delta }, now) {
        const before = await store.read(id, scope)
        const holds = expected.find((each) => isLive(before, now) && afterDelta(before, { ...delta, expect: [each] }) !== null)
        return store.update(id, scope, { ...delta, expect: holds ? [holds] : expected }, now)
      },
    }),
    noticedBy: /update of the session that expects several keys/,
  },
  'update takes an empty list for one that cannot hold': {
    make: (store) => ({
      async update(id, scope, delta, now) {
        return delta.expect?.length === 0 ? 'conflict' : store.update(id, scope, delta, now)
      },
    }),
    noticedBy: /update of the handle that expects several keys/,
  },
  'update looks for what it expects in both places': {
    make: (store) => ({
      async update(id, scope, { expect: expected, ...delta }, now) {
        const before = await store.read(id, scope)
        const places = ['session', 'handle'] as const
        const holds = places.some(
          (place) => isLive(before, now) && afterDelta(before, { ...delta, place, expect: expected ?? [] }) !== null,
        )
        return store.update(id, scope, holds || !expected ? delta : { ...delta, expect: expected }, now)
      },
    }),
    noticedBy: /expects nothing of the same key elsewhere/,
  },
  ...ALSO_SEEN,
  'update goes by a clock of its own': {
    make: (store) => ({ update: (id, scope, delta) => store.update(id, scope, delta, Date.now()) }),
    noticedBy: /update of an expired handle or session is gone/,
  },
  'update creates what is absent': {
    make: (store) => ({
      async update(id, scope, delta, now) {
        const outcome = await store.update(id, scope, delta, now)
        if (outcome === 'gone' && (await store.read(id, scope)) === null) {
          const times = { createdAt: now, expiresAt: delta.expiresAt }
          await store.create({
            id,
            ...times,
            accounts: [],
            values: '',
            handle: { scope, hash: '' as never, ...times, seenAt: now, values: '' },
          })
        }
        return outcome
      },
    }),
    noticedBy: /a save after the end is refused/,
  },
  'renew is a create and a revoke': {
    make: (store) => ({
      async renew(id, scope, next, now) {
        const before = await store.read(id, scope)
        if (!isLive(before, now)) return 'gone'
        const successor = successorOf(before, scope, next)
        if (successor === null) return 'conflict'
        await store.create(successor)
        await store.revoke(id)
        return 'saved'
      },
    }),
    noticedBy: /of 16 renewals at once exactly one wins/,
  },
  'renew does not look at what is expected': {
    make: (store) => ({ renew: (id, scope, next, now) => store.renew(id, scope, { ...next, expect: [] }, now) }),
    noticedBy: /a renewal that expects values of the session/,
  },
  'update does not look at the hash that is expected': {
    make: (store) => changingDeltas(store, blind),
    noticedBy: /an update that expects the hash of a secret/,
  },
  'renew does not look at the hash that is expected': {
    make: (store) => ({ renew: (id, scope, next, now) => store.renew(id, scope, blind(next), now) }),
    noticedBy: /a renewal that expects the hash of a secret/,
  },
  'update does not look at whether all values are as expected': {
    make: (store) => changingDeltas(store, ({ place, changes, seenAt, expiresAt }) => ({ place, changes, seenAt, expiresAt })),
    noticedBy: /an update of the session that expects all values/,
  },
  'renew drops values that are to be kept': {
    make: (store) => ({ renew: (id, scope, next, now) => store.renew(id, scope, { ...next, keepValues: false }, now) }),
    noticedBy: /a renewal can keep all values/,
  },
  'renew keeps values that are to be dropped': {
    make: (store) => ({ renew: (id, scope, next, now) => store.renew(id, scope, { ...next, keepValues: true }, now) }),
    noticedBy: /a renewal can drop all values/,
  },
  'renew leaves no trace': {
    make: (store) => ({ renew: (id, scope, next, now) => store.renew(id, scope, { ...next, traceUntil: 0 }, now) }),
    noticedBy: /leaves a trace of the old id/,
  },
  ...ATTACHING,
  'revoke does not follow a renewal': {
    make: (store) => ({ revoke: async (id, scope) => (await store.handlesOf(id)).length > 0 && store.revoke(id, scope) }),
    noticedBy: /ends the session that it has become/,
  },
  'revoke always follows a renewal': {
    make: (store) => ({ revoke: (id, scope) => store.revoke(id, scope) }),
    noticedBy: /only the id that was renewed ends nothing/,
  },
  'revokeAccount goes through a list and ends what it still finds': {
    make: (store) => ({
      async revokeAccount(account, except) {
        const found = (await store.sessionsOf(account, 0)).filter(({ id }) => id !== except)
        for (const { id } of found) {
          await setImmediate()
          if ((await store.handlesOf(id)).length > 0) await store.revoke(id)
        }
        return found.length
      },
    }),
    noticedBy: /does not escape the revocation/,
  },
  'revokeAccount ignores the exception': {
    make: (store) => ({ revokeAccount: (account) => store.revokeAccount(account) }),
    noticedBy: /can leave one session/,
  },
  'revoke of any scope ends the session': {
    make: (store) => ({ revoke: (id) => store.revoke(id) }),
    noticedBy: /no handle for ends nothing/,
  },
  'read ignores the scope': {
    make: (store) => ({
      async read(id, scope) {
        const read = await store.read(id, scope)
        return read && { ...read, handle: (await store.handlesOf(id))[0] ?? null }
      },
    }),
    noticedBy: /under its own scope only/,
  },
  'take reads, then removes': {
    make: () => {
      const kept = new Map<string, { value: string; expiresAt: number }>()
      return {
        put: (key, value, expiresAt) => void kept.set(key, { value, expiresAt }),
        async take(key, now) {
          const found = kept.get(key)
          await setImmediate()
          kept.delete(key)
          return found && found.expiresAt > now ? found.value : null
        },
      }
    },
    noticedBy: /of 32 takers/,
  },
  'take ignores the end of a value': {
    make: (store) => ({ take: (key) => store.take(key, 0) }),
    noticedBy: /an expired value takes null/,
  },
  'sweep ignores its limit': {
    make: (store) => ({ sweep: (now) => store.sweep(now, 1000) }),
    noticedBy: /no more than its limit/,
  },
  'sweep removes what is live': {
    make: (store) => ({ sweep: (now, limit) => store.sweep(now + 1e9, limit) }),
    noticedBy: /and leaves the live ones/,
  },
  'sessionsOf lists what has expired': {
    make: (store) => ({ sessionsOf: (account) => store.sessionsOf(account, 0) }),
    noticedBy: /lists its live sessions/,
  },
  'a malformed id throws': {
    make: (store) => ({
      read(id, scope) {
        if (id.includes('\u0000')) throw new Error('invalid byte sequence')
        return store.read(id, scope)
      },
    }),
    noticedBy: /a malformed id or scope is nobody/,
  },
}

describe('the conformance suite', () => {
  test('accepts a store that answers late', async () => {
    expect(await failures(() => late(memory()))).toEqual([])
  })

  for (const [defect, { make, noticedBy }] of Object.entries(BROKEN)) {
    test(`notices when ${defect}`, async () => {
      const failed = await failures(() => {
        const store = memory()
        return { ...store, ...make(store) }
      })
      expect(failed.join('\n')).toMatch(noticedBy)
    })
  }
})

describe('the virtual clock', () => {
  test('begins at the real time or at the given one, and stands still until it is advanced', () => {
    const { now, advance } = virtualClock(1000)
    expect([now(), now(), advance(500), now(), advance(0)]).toEqual([1000, 1000, 1500, 1500, 1500])
    expect(Math.abs(virtualClock().now() - Date.now())).toBeLessThan(1000)
  })

  test('refuses to go back', () => {
    for (const step of [-1, Number.NaN, Infinity]) expect(() => virtualClock(0).advance(step)).toThrow(RangeError)
  })
})
