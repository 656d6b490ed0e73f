// The near cache against a model, under any order of reads, writes, messages and answers.
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import type { SessionId, Store } from 'landbridge/store'
import { valueOf } from 'landbridge/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ELMER, FUDD, newDelta, newHandle, newId, newSession } from './cached-records.ts'
import { Gated, settle, twoClocks } from './gated.ts'
import type { Inbox } from './pushing.ts'
import { Pushing } from './pushing.ts'

const MAX_STALE_MS = 1000
/** Of an ended session. */
const ENDED = Number.MAX_SAFE_INTEGER

/** What a version was at some moment. */
interface Version {
  readonly at: number
  readonly version: number
}

/** What is known of one session: its versions in order, and the least one that a read that begins now may still tell. */
interface Known {
  readonly id: SessionId
  readonly history: Version[]
  floor: number
}

interface Model {
  now: number
  readonly sessions: readonly Known[]
  /** Changes elsewhere whose messages have not arrived, in order. */
  readonly messages: { readonly index: number; readonly version: number }[]
  /** Writes of this process that are carried out, and not answered. */
  readonly writing: { readonly index: number; readonly version: number }[]
}

interface Real {
  readonly clocks: ReturnType<typeof twoClocks>
  readonly near: Store
  readonly elsewhere: Store
  readonly inbox: Inbox
  readonly gated: Gated
  readonly reads: Promise<void>[]
  readonly held: Set<'read' | 'update' | 'revoke'>
}

type Command = fc.AsyncCommand<Model, Real>

const latest = ({ history }: Known): number => history.at(-1)!.version
const versionAt = ({ history }: Known, at: number): number => history.findLast((each) => each.at <= at)!.version
const knows = (known: Known, version: number): void => {
  known.floor = Math.max(known.floor, version)
}

/** A read: what it tells is judged by what was known when it was asked for. */
class Read implements Command {
  readonly #index: number
  readonly #other: boolean
  constructor(index: number, other: boolean) {
    this.#index = index
    this.#other = other
  }
  check = (): boolean => true
  async run(model: Model, { near, reads }: Real): Promise<void> {
    const known = model.sessions[this.#index]!
    // No message is needed for this: what was so before, by the clock, is over.
    const oldest = versionAt(known, model.now - MAX_STALE_MS)
    const least = Math.max(known.floor, oldest)
    const judge = async (): Promise<void> => {
      const read = await near.read(known.id, this.#other ? FUDD : ELMER)
      const version = read === null ? ENDED : Number(valueOf(read.values, 'version'))
      expect(version).toBeGreaterThanOrEqual(least)
      expect(version).toBeLessThanOrEqual(latest(known))
    }
    reads.push(judge())
    await settle()
  }
  toString = (): string => `read ${this.#index}${this.#other ? ' at the other scope' : ''}`
}

/** A change or an end, by this process or by another one. */
class Write implements Command {
  readonly #index: number
  readonly #ends: boolean
  readonly #here: boolean
  constructor(index: number, ends: boolean, here: boolean) {
    this.#index = index
    this.#ends = ends
    this.#here = here
  }
  check = (model: Readonly<Model>): boolean => latest(model.sessions[this.#index]!) !== ENDED
  async run(model: Model, { near, elsewhere, reads }: Real): Promise<void> {
    const known = model.sessions[this.#index]!
    const version = this.#ends ? ENDED : latest(known) + 1
    const changes = { version: String(version) }
    const store = this.#here ? near : elsewhere
    const write = async (): Promise<void> => {
      if (this.#ends) await store.revoke(known.id)
      else await store.update(known.id, ELMER, newDelta(model.now, changes, { place: 'session' }), model.now)
      if (this.#here) knows(known, version)
    }
    known.history.push({ at: model.now, version })
    model.messages.push({ index: this.#index, version })
    const writing = write()
    if (this.#here) reads.push(writing)
    else await writing
    await settle()
  }
  toString = (): string => `${this.#ends ? 'end' : 'change'} ${this.#index} ${this.#here ? 'here' : 'elsewhere'}`
}

/** The oldest message arrives. */
class Deliver implements Command {
  check = (model: Readonly<Model>): boolean => model.messages.length > 0
  async run(model: Model, { inbox }: Real): Promise<void> {
    const { index, version } = model.messages.shift()!
    inbox.deliver(1)
    knows(model.sessions[index]!, version)
    await settle()
  }
  toString = (): string => 'deliver'
}

/** Messages were missed, and the channel says so. */
class Missed implements Command {
  check = (): boolean => true
  async run(model: Model, { inbox }: Real): Promise<void> {
    inbox.missed()
    for (const known of model.sessions) knows(known, latest(known))
    await settle()
  }
  toString = (): string => 'missed'
}

class Advance implements Command {
  readonly #ms: number
  constructor(ms: number) {
    this.#ms = ms
  }
  check = (): boolean => true
  async run(model: Model, { clocks }: Real): Promise<void> {
    model.now += this.#ms
    clocks.advance(this.#ms)
  }
  toString = (): string => `advance ${this.#ms}`
}

/** From now on answers wait, or one that waits is given: not always the oldest. */
class Answers implements Command {
  readonly #name: 'read' | 'update' | 'revoke'
  readonly #what: 'hold' | 'release' | number
  constructor(name: 'read' | 'update' | 'revoke', what: 'hold' | 'release' | number) {
    this.#name = name
    this.#what = what
  }
  check = (): boolean => true
  async run(_: Model, { gated }: Real): Promise<void> {
    if (this.#what === 'hold') gated.hold(this.#name)
    else if (this.#what === 'release') gated.release(this.#name)
    else await gated.answer(this.#name, this.#what)
    await settle()
  }
  toString = (): string => `${this.#name}: ${this.#what}`
}

const index = fc.nat({ max: 1 })
const name = fc.constantFrom('read' as const, 'update' as const, 'revoke' as const)
const commands = fc.commands(
  [
    fc.tuple(index, fc.boolean()).map((given) => new Read(...given)),
    fc.tuple(index, fc.boolean()).map((given) => new Read(...given)),
    fc.tuple(index, fc.constant(false), fc.boolean()).map((given) => new Write(...given)),
    fc.tuple(index, fc.boolean(), fc.boolean()).map((given) => new Write(...given)),
    fc.constant(new Deliver()),
    fc.constant(new Missed()),
    fc.constantFrom(1, 400, 999, 1000).map((ms) => new Advance(ms)),
    fc.tuple(name, fc.constantFrom('hold' as const, 'hold' as const, 'release' as const)).map((given) => new Answers(...given)),
    fc.tuple(name, fc.nat({ max: 2 })).map((given) => new Answers(...given)),
  ],
  { maxCommands: 40 },
)

test('no read tells what a message, a write of this process or the bound says is over', async () => {
  await fc.assert(
    fc.asyncProperty(commands, async (given) => {
      const clocks = twoClocks()
      const now = clocks.wall.now()
      const pushing = new Pushing(memory())
      const [here, there] = [pushing.connect(), pushing.connect()]
      const gated = new Gated(here.store)
      const near = cached(gated.store, { maxStaleMs: MAX_STALE_MS, clock: clocks.wall.now, monotonicClock: clocks.ticks.now })
      const sessions = [newSession(now, { id: newId() }), newSession(now, { id: newId() })]
      for (const session of sessions) {
        await near.create({ ...session, values: '\n"version":0' })
        await there.store.attach(session.id, ELMER, newHandle(now), now, now)
      }
      for (let i = 0; i < 3; i++) await settle()
      here.inbox.hold()
      const real: Real = { clocks, near, elsewhere: there.store, inbox: here.inbox, gated, reads: [], held: new Set() }
      const model: Model = {
        now,
        sessions: sessions.map(({ id }) => ({ id, history: [{ at: now - 2 * MAX_STALE_MS, version: 0 }], floor: 0 })),
        messages: [],
        writing: [],
      }
      await fc.asyncModelRun(() => ({ model, real }), given)
      for (const each of ['read', 'update', 'revoke'] as const) gated.release(each)
      here.inbox.deliver()
      await Promise.all(real.reads)
      await near.close()
    }),
    { numRuns: 400 },
  )
})
