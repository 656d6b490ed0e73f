// The near cache against a model, under any order of reads, writes, messages and answers.
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import type { SessionId, Store, StoreRead } from 'landbridge/store'
import { valueOf } from 'landbridge/store'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ELMER, FUDD, newDelta, newHandle, newId, newSession } from './cached-records.ts'
import { Gated, settle, twoClocks } from './gated.ts'
import { MapLayer } from './map-layer.ts'
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
}

interface Real {
  readonly clocks: ReturnType<typeof twoClocks>
  readonly near: Store
  readonly elsewhere: Store
  readonly inbox: Inbox
  readonly gated: Gated
  readonly reads: Promise<void>[]
  readonly shared: MapLayer
}

type Command = fc.AsyncCommand<Model, Real>

const versionOf = (read: StoreRead | null): number => (read === null ? ENDED : Number(valueOf(read.values, 'version')))
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
      const version = versionOf(read)
      expect(version).toBeGreaterThanOrEqual(least)
      expect(version).toBeLessThanOrEqual(latest(known))
    }
    reads.push(judge())
    await settle()
  }
  toString = (): string => `read ${this.#index}${this.#other ? ' at the other scope' : ''}`
}

/** A read by the other process, whose messages come at once: so it puts into the layer what is so now, and never tells what is over. */
class ReadElsewhere implements Command {
  readonly #index: number
  constructor(index: number) {
    this.#index = index
  }
  check = (): boolean => true
  async run(model: Model, { elsewhere }: Real): Promise<void> {
    const known = model.sessions[this.#index]!
    expect(versionOf(await elsewhere.read(known.id, ELMER))).toBe(latest(known))
    await settle()
  }
  toString = (): string => `read ${this.#index} elsewhere`
}

/** What is put into the layer arrives late. */
class PuttingIn implements Command {
  readonly #late: boolean
  constructor(late: boolean) {
    this.#late = late
  }
  check = (): boolean => true
  async run(_: Model, { shared }: Real): Promise<void> {
    shared.arrive()
    if (this.#late) shared.holdReads()
  }
  toString = (): string => (this.#late ? 'put in late' : 'arrive in the layer')
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

const index = fc.constantFrom(0, 0, 0, 1)
const name = fc.constantFrom('read' as const, 'read' as const, 'update' as const, 'revoke' as const)
const read = fc.tuple(index, fc.constantFrom(false, false, true)).map((given) => new Read(...given))
const readElsewhere = index.map((given) => new ReadElsewhere(given))
const change = fc.tuple(index, fc.constant(false), fc.boolean()).map((given) => new Write(...given))
const end = fc.tuple(index, fc.constant(true), fc.boolean()).map((given) => new Write(...given))
const deliver = fc.constant(new Deliver())
const hold = name.map((given) => new Answers(given, 'hold'))
const release = name.map((given) => new Answers(given, 'release'))
const answer = fc.tuple(name, fc.nat({ max: 2 })).map((given) => new Answers(...given))
const advance = fc.constantFrom(1, 400, 999, 1000).map((ms) => new Advance(ms))
const puttingIn = fc.boolean().map((late) => new PuttingIn(late))
// What stands here several times is that much more frequent.
const reading = [read, read, read, read, readElsewhere, readElsewhere]
const changing = [change, change, deliver, deliver, end, fc.constant(new Missed())]
const timing = [hold, hold, answer, answer, release, advance, advance, puttingIn]
const commands = fc.commands([...reading, ...changing, ...timing], { maxCommands: 60, size: 'max' })

test.each(['alone', 'with a layer that it shares'])(
  'no read tells what a message, a write of this process or the bound says is over: %s',
  async (how) => {
    await fc.assert(
      fc.asyncProperty(commands, async (given) => {
        const clocks = twoClocks()
        const now = clocks.wall.now()
        const pushing = new Pushing(memory())
        const [here, there] = [pushing.connect(), pushing.connect()]
        const gated = new Gated(here.store)
        const shared = new MapLayer()
        const layer = how === 'alone' ? {} : { layer: shared.layer }
        const options = { ...layer, maxStaleMs: MAX_STALE_MS, clock: clocks.wall.now, monotonicClock: clocks.ticks.now }
        const [near, elsewhere] = [cached(gated.store, options), cached(there.store, options)]
        const sessions = [newSession(now, { id: newId() }), newSession(now, { id: newId() })]
        for (const session of sessions) {
          await near.create({ ...session, values: '\n"version":0' })
          await there.store.attach(session.id, ELMER, newHandle(now), now, now)
        }
        for (const store of [near, elsewhere]) await store.read(sessions[0]!.id, ELMER)
        for (let i = 0; i < 3; i++) await settle()
        // Since the channels were opened, all went past the layer.
        clocks.advance(MAX_STALE_MS)
        here.inbox.hold()
        const real: Real = { clocks, near, elsewhere, inbox: here.inbox, gated, reads: [], shared }
        const model: Model = {
          now: now + MAX_STALE_MS,
          sessions: sessions.map(({ id }) => ({ id, history: [{ at: now - 2 * MAX_STALE_MS, version: 0 }], floor: 0 })),
          messages: [],
        }
        await fc.asyncModelRun(() => ({ model, real }), given)
        for (const each of ['read', 'update', 'revoke'] as const) gated.release(each)
        here.inbox.deliver()
        await Promise.all(real.reads)
        await Promise.all([near.close(), elsewhere.close()])
      }),
      { numRuns: 1000 },
    )
  },
)
