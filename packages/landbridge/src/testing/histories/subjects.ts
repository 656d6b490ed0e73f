/** What the clients of a history call, and on what: chosen by chance, but so that calls meet on the same few keys and handles. */
import type { Delta, Expectation, NewSession, Scope, SessionId, StoreRead, ValuesPlace } from '../../core/store.ts'
import { entriesOf } from '../../core/store.ts'
import { ELMER, FUDD, HOUR, newAccount, newHandle, newId, newSession, newSuccessor } from '../records.ts'
import type { Operation } from './history.ts'
import { keptModel } from './kept-model.ts'
import type { Model } from './linearize.ts'
import type { Random } from './random.ts'
import { sessionModel } from './session-model.ts'

/** One object that several clients use at once. */
export interface Subject {
  readonly model: Model<unknown, Operation>
  next(random: Random): Operation
  /** Clients go by what they were answered, as applications do: or a compare-and-swap would never hold. */
  learn(operation: Operation, answer: unknown): void
  /** What tells at the end how things stand. */
  last(): readonly Operation[]
}

const SAM = 'sam.acme.example' as Scope
const SCOPES = [ELMER, ELMER, ELMER, FUDD, FUDD, SAM]
const PLACES: readonly ValuesPlace[] = ['session', 'handle']
const KEYS = ['a', 'b', 'c']
const WEIGHTS = { read: 30, update: 36, attach: 11, renew: 6, revoke: 5, wasRenewed: 4, handlesOf: 8 }

/** Sessions differ in what mostly happens to them: two rare methods meet more often where both are frequent than where all are even. */
function unevenly<Weights extends Readonly<Record<string, number>>>(weights: Weights, random: Random): Weights {
  return Object.fromEntries(
    Object.entries(weights).map(([method, weight]) => [method, weight * random.pick([1, 2, 6])]),
  ) as unknown as Weights
}

/** A session and whatever it is renewed to. `created` has to be stored before. */
export class SessionSubject implements Subject {
  readonly created: NewSession
  readonly model: Model<unknown, Operation>
  readonly #now: number
  readonly #ids: SessionId[]
  readonly #weights: typeof WEIGHTS
  #lastRead: StoreRead | null = null
  #writes = 0

  constructor(now: number, random: Random) {
    this.#now = now
    this.#weights = unevenly(WEIGHTS, random)
    this.created = newSession(now, { expiresAt: now + 2 * HOUR, accounts: [newAccount(now)] })
    this.model = sessionModel(this.created)
    this.#ids = [this.created.id]
  }

  learn(operation: Operation, answer: unknown): void {
    if (operation.method === 'renew' && answer === 'saved') this.#ids.push(operation.next.id)
    if (operation.method === 'read' && answer !== null) this.#lastRead = answer as StoreRead
  }

  last(): readonly Operation[] {
    return this.#ids.flatMap((id) => [...new Set(SCOPES)].map((scope) => ({ method: 'read', id, scope }) as const))
  }

  next(random: Random): Operation {
    const method = random.weighted(this.#weights)
    const id = random.percent(80) ? this.#ids.at(-1)! : random.pick(this.#ids)
    const scope = random.pick(SCOPES)
    switch (method) {
      case 'update':
        return { method, id, scope, delta: this.#delta(random, scope) }
      case 'renew':
        return { method, id, scope, next: this.#successor(random) }
      case 'attach':
        return this.#attach(random, id, scope)
      case 'revoke':
        return { method, id, scope: random.percent(60) ? scope : undefined }
      case 'read':
        return { method, id, scope }
      case 'wasRenewed':
      case 'handlesOf':
        return { method, id }
    }
  }

  #delta(random: Random, scope: Scope): Delta {
    const place = random.pick(PLACES)
    const also = random.pick(SCOPES)
    return {
      place,
      changes: this.#changes(random),
      ...this.#times(random),
      expect: this.#expectations(random, place),
      ...(random.percent(15) ? { expectValues: this.#seen(place) } : {}),
      ...(random.percent(15) ? { hash: newHandle(this.#now).hash } : {}),
      ...(random.percent(30) && also !== scope ? { alsoSeen: also } : {}),
    }
  }

  #successor(random: Random): (Operation & { method: 'renew' })['next'] {
    const place = random.pick(PLACES)
    const { hash } = newHandle(this.#now)
    return newSuccessor(this.#now, {
      expiresAt: this.#now + 2 * HOUR,
      accounts: random.percent(50) ? this.created.accounts : [newAccount(this.#now)],
      handle: { hash, createdAt: this.#now, ...this.#times(random) },
      keepValues: random.percent(70),
      place,
      changes: this.#changes(random),
      expect: this.#expectations(random, place),
    })
  }

  #attach(random: Random, id: SessionId, through: Scope): Operation {
    const [createdAt, issuedAt] = [this.#now + random.below(5), this.#now + random.below(5)]
    const handle = newHandle(this.#now, { scope: random.pick(SCOPES), createdAt, ...this.#times(random) })
    const expect = random.percent(20) ? this.#expectations(random, 'session') : []
    return { method: 'attach', id, through, handle, issuedAt, expect }
  }

  /** Every write is one of its own, so that one that is lost shows. */
  #changes(random: Random): Map<string, string | null> {
    const count = random.weighted({ 0: 10, 1: 70, 2: 20 })
    return new Map(
      Array.from({ length: Number(count) }, () => [random.pick(KEYS), random.percent(15) ? null : String(this.#writes++)] as const),
    )
  }

  #times(random: Random): { seenAt: number; expiresAt: number } {
    const later = random.below(1000)
    return { seenAt: this.#now + later, expiresAt: this.#now + HOUR + later }
  }

  #expectations(random: Random, place: ValuesPlace): Expectation[] {
    if (random.percent(65)) return []
    const key = random.pick(KEYS)
    return [{ key, json: new Map(entriesOf(this.#seen(place))).get(key) ?? null }]
  }

  #seen(place: ValuesPlace): string {
    return (place === 'session' ? this.#lastRead?.values : this.#lastRead?.handle?.values) ?? ''
  }
}

/** One kept value under a key of its own. */
export class KeptSubject implements Subject {
  readonly model = keptModel as Model<unknown, Operation>
  readonly #key = `history-${newId()}`
  #puts = 0

  next(random: Random): Operation {
    if (random.percent(40)) return { method: 'put', key: this.#key, value: `value ${this.#puts++}` }
    return { method: 'take', key: this.#key }
  }

  learn(): void {
    // A taker needs to know nothing.
  }

  last(): readonly Operation[] {
    return [{ method: 'take', key: this.#key }]
  }
}
