import fc from 'fast-check'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import type { Delta, NewSession, Scope, SecretHash, SessionId, Store, Successor } from 'landbridge/store'
import { expect, test } from 'vitest'

const SCOPES = ['elmer.acme.example', 'fudd.acme.example'] as Scope[]
const ACCOUNTS = ['ann', 'ben', '\ud800']
const KEYS = ['a', 'b', '__proto__']
const TICKETS = ['x', 'y']
/** Sessions are made one after the other; the ids of the first few come up again and again. */
const idOf = (index: number): SessionId => `session-${index}` as SessionId
const LAST_ID = 6

type Step = (store: Store, now: number, fresh: SessionId) => unknown

// Times are small numbers, so that records expire while the steps run.
const length = fc.integer({ min: -5, max: 40 })
const id = fc.nat(LAST_ID).map(idOf)
const scope = fc.constantFrom(...SCOPES)
const place = fc.constantFrom('session' as const, 'handle' as const)
const json = fc.constantFrom('1', '2', '"x"')
const changes = fc
  .dictionary(fc.constantFrom(...KEYS), fc.option(json), { noNullPrototype: false })
  .map((each) => new Map(Object.entries(each)))
const accounts = fc.subarray(ACCOUNTS).map((ids) => ids.map((each) => ({ id: each, signedInAt: 0 })))
const hash = fc.constantFrom('h1', 'h2') as fc.Arbitrary<SecretHash>
const expect_ = fc.option(fc.record({ key: fc.constantFrom(...KEYS), json: fc.option(json) }))
const text = json.map((each) => `\n"a":${each}`)

/** A handle never ends after its session: that is the caller's part of the contract. */
const ends = fc.tuple(length, length).map(([a, b]) => ({ session: Math.max(a, b), handle: Math.min(a, b) }))

const create = fc
  .tuple(ends, accounts, scope, hash, text, text)
  .map(([end, who, where, secret, values, own]): Step => (store, now, fresh) => {
    const handle = { scope: where, hash: secret, createdAt: now, seenAt: now, expiresAt: now + end.handle, values: own }
    return store.create({ id: fresh, createdAt: now, expiresAt: now + end.session, accounts: who, values, handle } satisfies NewSession)
  })

const update = fc
  .tuple(id, scope, place, changes, expect_, length)
  .map(([which, where, at, what, expected, end]): Step => async (store, now) => {
    const bound = (await store.read(which, where))?.expiresAt ?? now
    const delta: Delta = {
      place: at,
      changes: what,
      seenAt: now,
      expiresAt: Math.min(now + end, bound),
      ...(expected && { expect: expected }),
    }
    return store.update(which, where, delta, now)
  })

const renew = fc
  .tuple(id, scope, ends, accounts, hash, fc.boolean(), place, changes)
  .map(([which, where, end, who, secret, keepValues, at, what]): Step => (store, now, fresh) => {
    const handle = { hash: secret, createdAt: now, seenAt: now, expiresAt: now + end.handle }
    const next: Successor = {
      id: fresh,
      createdAt: now,
      expiresAt: now + end.session,
      accounts: who,
      handle,
      keepValues,
      place: at,
      changes: what,
    }
    return store.renew(which, where, next, now)
  })

const step = fc.oneof(
  { weight: 6, arbitrary: create },
  { weight: 8, arbitrary: update },
  { weight: 4, arbitrary: renew },
  {
    weight: 2,
    arbitrary: fc.tuple(id, fc.option(scope)).map(
      ([which, where]): Step =>
        (store) =>
          store.revoke(which, where ?? undefined),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...ACCOUNTS), fc.option(id)).map(
      ([who, not]): Step =>
        (store) =>
          store.revokeAccount(who, not ?? undefined),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom(...TICKETS), json, length).map(
      ([name, value, end]): Step =>
        (store, now) =>
          store.put(name, value, now + end),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...TICKETS).map(
      (name): Step =>
        (store, now) =>
          store.take(name, now),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 4 }).map(
      (limit): Step =>
        (store, now) =>
          store.sweep(now, limit),
    ),
  },
)

/** All that the contract lets one see. */
async function stateOf(store: Store, ids: readonly SessionId[], now: number): Promise<unknown> {
  const sessions = await Promise.all(
    ids.map(async (each) => [...(await Promise.all(SCOPES.map(async (where) => store.read(each, where)))), await store.handlesOf(each)]),
  )
  const lists = await Promise.all(
    ACCOUNTS.map(async (who) => (await store.sessionsOf(who, now)).toSorted((a, b) => (a.id < b.id ? -1 : 1))),
  )
  return { sessions, lists }
}

test('memory and sqlite give the same answers to any series of calls, and end in the same state', async () => {
  const outcomes = new Map<unknown, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(step, fc.nat(6)), { minLength: 5, maxLength: 40 }), async (steps) => {
      const [one, two] = [memory(), sqlite(':memory:')]
      let now = 1000
      for (const [index, [run, pause]] of steps.entries()) {
        now += pause
        const answers = [await run(one, now, idOf(index)), await run(two, now, idOf(index))]
        expect(answers[1]).toEqual(answers[0])
        if (typeof answers[0] === 'string') outcomes.set(answers[0], (outcomes.get(answers[0]) ?? 0) + 1)
      }
      const ids = steps.map((_, index) => idOf(index))
      expect(await stateOf(two, ids, now)).toEqual(await stateOf(one, ids, now))
      await two.close()
    }),
    { numRuns: 500 },
  )
  for (const outcome of ['saved', 'gone', 'conflict']) expect(outcomes.get(outcome), `steps reached ${outcome}`).toBeGreaterThan(50)
}, 60_000)
