/**
 * What the contract says of an account's sessions under concurrency. `revokeAccount` is no single step in stores that list accounts
 * apart from sessions, so it has no place in the histories of `checkHistories`; it has a rule of its own: a session that was signed in
 * before the call does not escape it, however it is renewed, updated or ended meanwhile.
 */
import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import type { Account, SessionId, Store } from '../../core/store.ts'
import { idsOf } from '../checks.ts'
import { ELMER, newAccount, newDelta, newSession, newSuccessor } from '../records.ts'
import { lacks } from '../lacking.ts'
import type { Ground, StoreFactory } from '../store-case.ts'
import { onNewGround } from '../store-case.ts'
import type { HistoryOptions } from './check-histories.ts'
import type { Random } from './random.ts'
import { randomFrom } from './random.ts'

/** A session with its successors, and when it came to be signed in: between the call that did it and its answer. */
interface Chain {
  readonly ids: SessionId[]
  signingIn: number
  signedIn: number
}

interface Revocation {
  readonly invoked: number
  readonly answered: number
}

const CLIENTS = 6
const CALLS_PER_CLIENT = 10

/** As `checkHistories`, for the rule of `revokeAccount`. A store that lacks accounts passes. */
export async function checkRevocations(make: StoreFactory, options: Omit<HistoryOptions, 'failures'> = {}): Promise<void> {
  await onNewGround(make, (ground) => checkRevocationsOn(ground, options))
}

export async function checkRevocationsOn(ground: Ground, { seed = 1, rounds = 25 }: Omit<HistoryOptions, 'failures'> = {}): Promise<void> {
  if (lacks(ground.store, 'accounts')) return
  for (let round = 0; round < rounds; round++) {
    const scene = new Scene(ground)
    await scene.begin()
    await scene.play(seed + round)
    await scene.check(`(seed ${seed + round}; try it again: checkRevocations(factory, { seed: ${seed + round}, rounds: 1 }))`)
  }
}

class Scene {
  readonly #ground: Ground
  readonly #account: Account
  /** The first one is the exception of every revocation. */
  readonly #chains: Chain[] = []
  readonly #revocations: Revocation[] = []
  #ended = 0
  #moment = 0

  constructor(ground: Ground) {
    this.#ground = ground
    this.#account = newAccount(ground.now)
  }

  /** Half of the visitors are signed in at the start, the others may sign in later. */
  async begin(): Promise<void> {
    for (let index = 0; index < 8; index++) await this.#create(this.#ground.store, index % 2 === 0)
  }

  async play(seed: number): Promise<void> {
    const { store, other } = this.#ground
    await Promise.all(
      Array.from({ length: CLIENTS }, async (_, client) => {
        const random = randomFrom(seed * CLIENTS + client)
        for (let call = 0; call < CALLS_PER_CLIENT; call++) {
          for (let left = random.below(4); left > 0; left--) await setImmediate()
          await this.#act(client % 2 ? other : store, random)
        }
      }),
    )
  }

  async #act(store: Store, random: Random): Promise<void> {
    const { now } = this.#ground
    const chain = random.pick(this.#chains)
    const id = chain.ids.at(-1)!
    switch (random.weighted({ create: 15, renew: 35, update: 35, revokeAccount: 10, revoke: 5 })) {
      case 'create':
        return this.#create(store, true)
      case 'renew':
        // The exception is named by its id, so it keeps it.
        if (chain !== this.#chains[0]) await this.#renew(store, chain)
        return
      case 'update':
        await store.update(id, ELMER, newDelta(now, { cart: String(this.#moment) }), now)
        return
      case 'revokeAccount':
        return this.#revokeAccount(store)
      case 'revoke':
        if (chain !== this.#chains[0] && (await store.revoke(id))) this.#ended++
    }
  }

  async #create(store: Store, isSignedIn: boolean): Promise<void> {
    const session = newSession(this.#ground.now, { accounts: isSignedIn ? [this.#account] : [] })
    const signingIn = isSignedIn ? this.#moment++ : Infinity
    await store.create(session)
    this.#chains.push({ ids: [session.id], signingIn, signedIn: isSignedIn ? this.#moment++ : Infinity })
  }

  async #renew(store: Store, chain: Chain): Promise<void> {
    const next = newSuccessor(this.#ground.now, { accounts: [this.#account] })
    const invoked = this.#moment++
    chain.signingIn = Math.min(chain.signingIn, invoked)
    const outcome = await store.renew(chain.ids.at(-1)!, ELMER, next, this.#ground.now)
    if (outcome !== 'saved') return
    chain.ids.push(next.id)
    chain.signedIn = Math.min(chain.signedIn, this.#moment++)
  }

  async #revokeAccount(store: Store): Promise<void> {
    const invoked = this.#moment++
    const ended = await store.revokeAccount(this.#account.id, this.#chains[0]!.ids[0])
    this.#ended += ended
    this.#revocations.push({ invoked, answered: this.#moment++ })
  }

  async check(hint: string): Promise<void> {
    const { store, now } = this.#ground
    const listed = await idsOf(store, this.#account.id, now)
    let ended = 0
    for (const [index, chain] of this.#chains.entries()) {
      const left = await this.#left(chain)
      ended += Number(left.length === 0)
      if (index === 0) assert.deepEqual(left, chain.ids, `the session that was to be left is left ${hint}`)
      else if (this.#hadToEnd(chain)) assert.deepEqual(left, [], `no session that was signed in before the revocation escapes it ${hint}`)
      assert.deepEqual(
        listed.filter((id) => chain.ids.includes(id)),
        chain.signedIn === Infinity ? [] : left,
        `the account lists what is left ${hint}`,
      )
    }
    assert.equal(this.#ended, ended, `each session that ended was counted once ${hint}`)
  }

  #hadToEnd({ signedIn }: Chain): boolean {
    return this.#revocations.some(({ invoked }) => invoked > signedIn)
  }

  async #left({ ids }: Chain): Promise<SessionId[]> {
    const left = await Promise.all(ids.map(async (id) => ((await this.#ground.other.read(id, ELMER)) === null ? [] : [id])))
    return left.flat()
  }
}
