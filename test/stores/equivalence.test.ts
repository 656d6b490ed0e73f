import fc from 'fast-check'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import type { Scope, SecretHash, SessionId, Store } from 'landbridge/store'
import { expect, test } from 'vitest'

const SCOPES = ['elmer.acme.example', 'fudd.acme.example'] as Scope[]
const ACCOUNTS = ['ann', 'ben', '\ud800']
const KEYS = ['a', 'b', '__proto__']
const TICKETS = ['x', 'y']
const idOf = (index: number): SessionId => `session-${index}` as SessionId

// Times are small numbers, so that records expire while the steps run.
const length = fc.integer({ min: -2, max: 60 })
/** A handle never ends after its session: that is the caller's part of the contract. */
const ends = fc.tuple(length, length).map(([a, b]) => ({ session: Math.max(a, b), handle: Math.min(a, b) }))
/** How many sessions ago the one was made that a step is about. */
const back = fc.nat({ max: 4 })
const scope = fc.constantFrom(SCOPES[0]!, SCOPES[0]!, SCOPES[0]!, SCOPES[1]!)
const place = fc.constantFrom('session' as const, 'handle' as const)
const json = fc.constantFrom('1', '2')
const changes = fc.array(fc.tuple(fc.constantFrom(...KEYS), fc.option(json)), { maxLength: 3 })
const accounts = fc.subarray(ACCOUNTS)
const ticket = fc.constantFrom(...TICKETS)
const step = <Kind extends string, Shape>(kind: Kind, shape: { [Key in keyof Shape]: fc.Arbitrary<Shape[Key]> }) =>
  fc.record<{ kind: Kind } & Shape>({ kind: fc.constant(kind), ...shape } as never)

const create = step('create', { ends, accounts, scope, own: json, shared: json })
const expectation = fc.record({ key: fc.constantFrom(...KEYS), json: fc.option(json) })
const expected = fc.option(fc.array(expectation, { maxLength: 2 }), { nil: undefined })
const alsoSeen = fc.option(fc.constantFrom(...SCOPES), { nil: undefined })
const update = step('update', { back, scope, place, changes, expected, alsoSeen, length })
// Short, so that many an attached handle expires before its session does.
const brief = fc.integer({ min: -2, max: 15 })
const attach = step('attach', {
  back,
  through: scope,
  scope: fc.constantFrom(...SCOPES),
  length: brief,
  age: fc.integer({ min: -2, max: 20 }),
  own: json,
})
const renew = step('renew', { back, scope, ends, accounts, keepValues: fc.boolean(), place, changes })
const revoke = step('revoke', { back, scope: fc.option(scope, { nil: undefined }) })
const revokeAccount = step('revokeAccount', { account: fc.constantFrom(...ACCOUNTS), except: fc.option(back) })
const put = step('put', { ticket, value: json, length })
const take = step('take', { ticket })
const sweep = step('sweep', { limit: fc.integer({ min: 1, max: 4 }) })

const anyStep = fc.oneof(
  { weight: 6, arbitrary: create },
  { weight: 10, arbitrary: update },
  { weight: 3, arbitrary: renew },
  { weight: 6, arbitrary: attach },
  { weight: 1, arbitrary: fc.oneof(revoke, revokeAccount, sweep) },
  { weight: 3, arbitrary: fc.oneof(put, take) },
)
type Step = typeof anyStep extends fc.Arbitrary<infer Each> ? Each : never

/** Performs step number `index` at the time `now`, and returns the store's answer. */
async function perform(store: Store, each: Step, index: number, now: number): Promise<unknown> {
  const earlier = (back: number): SessionId => idOf(index - 1 - back)
  switch (each.kind) {
    case 'create':
      return store.create({
        ...beginning(each, index, now),
        values: `\n"a":${each.shared}`,
        handle: { ...handleOf(each, now), scope: each.scope, values: `\n"a":${each.own}` },
      })
    case 'update': {
      const id = earlier(each.back)
      const times = { seenAt: now, expiresAt: await endOf(store, id, now + each.length) }
      const options = { ...(each.expected && { expect: each.expected }), ...(each.alsoSeen && { alsoSeen: each.alsoSeen }) }
      return store.update(id, each.scope, { place: each.place, changes: new Map(each.changes), ...times, ...options }, now)
    }
    case 'attach': {
      const id = earlier(each.back)
      const times = { createdAt: now, seenAt: now, expiresAt: await endOf(store, id, now + each.length) }
      const handle = { scope: each.scope, hash: `attached ${now}` as SecretHash, ...times, values: `\n"b":${each.own}` }
      return store.attach(id, each.through, handle, now - each.age, now)
    }
    case 'renew': {
      const { keepValues, place: at } = each
      const how = { keepValues, place: at, changes: new Map(each.changes), traceUntil: now + 50 }
      const next = { ...beginning(each, index, now), handle: handleOf(each, now), ...how }
      return store.renew(earlier(each.back), each.scope, next, now)
    }
    case 'revoke':
      return store.revoke(earlier(each.back), each.scope)
    case 'revokeAccount':
      return store.revokeAccount(each.account, each.except === null ? undefined : earlier(each.except))
    case 'put':
      return store.put(each.ticket, each.value, now + each.length, now)
    case 'take':
      return store.take(each.ticket, now)
    case 'sweep':
      return sweepAll(store, now, each.limit)
  }
}

/** When a handle may end that is to end at a time: with its session, at the latest. */
async function endOf(store: Store, id: SessionId, end: number): Promise<number> {
  return Math.min(end, (await store.read(id, SCOPES[0]!))?.expiresAt ?? end)
}

interface Beginning {
  readonly ends: { readonly session: number; readonly handle: number }
  readonly accounts: readonly string[]
}

function beginning({ ends: end, accounts: who }: Beginning, index: number, now: number) {
  return { id: idOf(index), createdAt: now, expiresAt: now + end.session, accounts: who.map((id) => ({ id, signedInAt: now })) }
}

const handleOf = ({ ends: end }: Beginning, now: number) => ({
  hash: `hash ${now}` as SecretHash,
  createdAt: now,
  seenAt: now,
  expiresAt: now + end.handle,
})

/** Which of several expired records goes first is the store's own business, so a sweep runs to its end. */
async function sweepAll(store: Store, now: number, limit: number): Promise<number> {
  let total = 0
  for (let removed = -1; removed !== 0; total += removed) removed = await store.sweep(now, limit)
  return total
}

/** All that the contract lets one see. */
async function stateOf(store: Store, ids: readonly SessionId[], now: number): Promise<unknown[]> {
  const state: unknown[] = []
  for (const id of ids) {
    for (const each of SCOPES) state.push(await store.read(id, each))
    state.push((await store.handlesOf(id)).toSorted((a, b) => (a.scope < b.scope ? -1 : 1)))
  }
  for (const id of ids) state.push(await store.wasRenewed(id, now))
  for (const account of ACCOUNTS) {
    const sessions = (await store.sessionsOf(account, now)).toSorted((a, b) => (a.id < b.id ? -1 : 1))
    state.push(sessions.map(({ handles, ...each }) => ({ ...each, handles: handles.toSorted((a, b) => (a.scope < b.scope ? -1 : 1)) })))
  }
  return state
}

test('memory and sqlite give the same answers to any series of calls, and end in the same state', { timeout: 60_000 }, async () => {
  const reached: Record<string, number> = {}
  const series = fc.array(fc.tuple(anyStep, fc.nat(5)), { minLength: 5, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(series, async (steps) => {
      const [one, two] = [memory(), sqlite(':memory:')]
      let now = 1000
      for (const [index, [each, pause]] of steps.entries()) {
        now += pause
        const answer = await perform(one, each, index, now)
        expect(await perform(two, each, index, now)).toEqual(answer)
        const what = `${each.kind} ${JSON.stringify(answer)}`
        reached[what] = (reached[what] ?? 0) + 1
      }
      const ids = steps.map((_, index) => idOf(index))
      expect(await stateOf(two, ids, now)).toEqual(await stateOf(one, ids, now))
      await two.close()
    }),
    { numRuns: 2000 },
  )
  const often = [
    'update "saved"',
    'update "conflict"',
    'update "gone"',
    'renew "saved"',
    'renew "gone"',
    'attach "attached"',
    'attach "kept"',
    'attach "gone"',
    'revoke true',
    'revokeAccount 1',
    'take "1"',
    'sweep 1',
  ]
  for (const what of often) expect(reached[what], `the steps reached: ${what}`).toBeGreaterThan(5)
})
