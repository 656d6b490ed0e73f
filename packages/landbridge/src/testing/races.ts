/** The two races that sessions are lost to, in any number of rounds. */
import assert from 'node:assert/strict'
import type { NewSession, Store, ValuesPlace } from '../core/store.ts'
import { entriesOf } from '../core/store.ts'
import { atOnce, readLive } from './checks.ts'
import { ELMER, newAccount, newDelta, newSession, newSuccessor, textOf } from './records.ts'
import { lacks } from './lacking.ts'
import type { Ground, StoreFactory } from './store-case.ts'
import { onNewGround } from './store-case.ts'

const WRITERS = 50
const PLACES: readonly ValuesPlace[] = ['session', 'handle']

/** The writers of a place find their keys there: one who writes back what he read takes the others' updates away. */
const [SHARED, OWN] = PLACES.map((_, place) => {
  const writers = Array.from({ length: WRITERS / PLACES.length }, (__, index) => index * PLACES.length + place)
  return textOf(Object.fromEntries(writers.map((writer) => [`writer${writer}`, '"before"'])))
})

/**
 * In each round, 50 writers change a session at once, each a key of its own, over both connections. Rejects with an `AssertionError`
 * when one of the changes that were saved is not there afterwards.
 */
export async function lostUpdates(make: StoreFactory, rounds = 1000): Promise<void> {
  await onNewGround(make, (ground) => lostUpdatesOn(ground, rounds))
}

export async function lostUpdatesOn({ store, other, now }: Ground, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const session = newSession(now, { values: SHARED!, handle: { values: OWN! } })
    await store.create(session)
    const outcomes = await atOnce(WRITERS, (writer) => {
      const delta = newDelta(now, { [`writer${writer}`]: String(round) }, { place: PLACES[writer % PLACES.length]! })
      // Two writers of each place at one connection, then two at the other.
      return (writer & 2 ? store : other).update(session.id, ELMER, delta, now)
    })
    assert.deepEqual(new Set(outcomes), new Set(['saved']))
    const read = await readLive(round % 2 ? store : other, session.id, ELMER, now)
    const kept = [...entriesOf(read.values), ...entriesOf(read.handle.values)].filter(([, json]) => json === String(round))
    assert.equal(kept.length, WRITERS, `of ${WRITERS} updates at once none is lost (round ${round + 1})`)
    await store.revoke(session.id)
  }
}

/**
 * In each round, a sign-out meets a save, over two connections. Rejects with an `AssertionError` when anything of the session is left:
 * a save that comes late must not bring back what has ended.
 */
export async function resurrections(make: StoreFactory, rounds = 1000): Promise<void> {
  await onNewGround(make, (ground) => resurrectionsOn(ground, rounds))
}

export async function resurrectionsOn({ store, other, now }: Ground, rounds: number): Promise<void> {
  const hasAccounts = !lacks(store, 'accounts')
  const accounts = hasAccounts ? [newAccount(now)] : []
  for (let round = 0; round < rounds; round++) {
    const session = newSession(now, { accounts })
    const next = newSuccessor(now, { accounts })
    await store.create(session)
    let ended: unknown = false
    const works: (() => Promise<unknown>)[] = [
      async () => (ended = await endOf(store, session, round)),
      async () => other.update(session.id, ELMER, newDelta(now, { cart: String(round) }), now),
      ...(round % 4 === 3 ? [async () => other.renew(session.id, ELMER, next, now)] : []),
    ]
    // Now the end begins, now the save.
    await atOnce(works.length, (index) => works[(index + round) % works.length]!())
    assert(ended, `the end is told that there was a session (round ${round + 1})`)
    for (const { id } of [session, next]) assert.equal(await other.read(id, ELMER), null, `what has ended stays ended (round ${round + 1})`)
  }
  for (const { id } of accounts) {
    assert.deepEqual(await store.sessionsOf(id, now), [])
    assert.equal(await store.revokeAccount(id), 0)
  }
}

/** The whole session, its only handle, or everything of its account, in turn. What it resolves with is true when something ended. */
async function endOf(store: Store, { id, accounts }: NewSession, round: number): Promise<boolean> {
  const account = accounts[0]?.id
  if (round % 3 === 2 && account !== undefined) return (await store.revokeAccount(account)) === 1
  return store.revoke(id, round % 3 === 1 ? ELMER : undefined)
}
