/**
 * Remembered visitors in virtual time, by chance: a browser whose requests and answers are late, lost, and beside each other, which is
 * never taken for a thief; and a thief beside a browser, whatever he does with what he gets, who never stays beside it.
 */
import { setImmediate } from 'node:timers/promises'
import type { SessionEvent, Sessions, Store } from 'landbridge'
import type { MaybePromise } from 'landbridge/store'
import { createSessions } from 'landbridge'
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AnySession } from '../core/support.ts'
import { delayed, ELMER, START } from '../core/support.ts'
import type { RealStore } from '../stores/real-stores.ts'
import { REAL_STORES } from '../stores/real-stores.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

interface World {
  readonly clock: { now: number }
  readonly events: SessionEvent[]
  readonly processes: readonly Sessions[]
}

type Clock = () => number
/** One store for each process. */
type Make = (clock: Clock) => MaybePromise<readonly Store[]>

async function worldOf(make: Make): Promise<World> {
  const clock = { now: START }
  const events: SessionEvent[] = []
  const now = (): number => clock.now
  const processes = (await make(now)).map((store) =>
    createSessions({
      topology: { kind: 'isolated', hosts: ['*.acme.com'] },
      clock: now,
      onEvent: (event) => events.push(event),
      store,
    }),
  )
  return { clock, events, processes }
}

interface Answer {
  readonly status: number
  readonly account: string | null
  /** The cookie that came with it. */
  readonly given: string | null
}

const act = async (session: AnySession): Promise<string | null> => {
  const account = (await session.account())?.id ?? null
  if (account !== null) await session.update('visits', (visits) => ((visits as number | undefined) ?? 0) + 1)
  return account
}

async function request(sessions: Sessions, cookie: string, work = act): Promise<Answer> {
  let account: string | null = null
  const response = await sessions.handle(new Request(ELMER, { headers: { cookie } }), async (session) => {
    account = await work(session)
    return new Response('ok')
  })
  return { status: response.status, account, given: response.headers.getSetCookie()[0]?.split(';')[0] ?? null }
}

async function signedIn({ processes }: World): Promise<string> {
  const { given } = await request(processes[0]!, '', async (session) => {
    await session.signIn({ id: 'ada', remember: true })
    return null
  })
  return given!
}

interface Step {
  readonly gapMs: number
  readonly burst: number
  readonly sentMs: number
  readonly answeredMs: number
  readonly lost: boolean
  readonly process: number
}

const step = fc.record<Step>({
  gapMs: fc.constantFrom(0, 1, SECOND, 5 * SECOND, 59 * SECOND, 61 * SECOND, 9 * MINUTE, 10 * MINUTE, 11 * MINUTE, HOUR, DAY, 1.5 * DAY),
  burst: fc.integer({ min: 1, max: 4 }),
  // A request is younger than the grace when it arrives, and an answer is there within ten minutes or never.
  sentMs: fc.constantFrom(0, 0, SECOND, 20 * SECOND, 50 * SECOND),
  answeredMs: fc.constantFrom(0, 0, SECOND, 30 * SECOND, 90 * SECOND, 5 * MINUTE, 9 * MINUTE),
  lost: fc.boolean(),
  process: fc.nat(),
})

const life = fc.array(step, { minLength: 20, maxLength: 35 })
const LOST_IN_A_ROW = 6

/** Runs what a browser does, and returns every answer to it. */
async function honest(world: World, steps: readonly Step[]): Promise<{ answers: Answer[]; cookie: string }> {
  const { clock, processes } = world
  let cookie = await signedIn(world)
  let lostInARow = 0
  const answers: Answer[] = []
  const due: { readonly at: number; run(): unknown }[] = []
  const later = (at: number, run: () => unknown): void => void due.push({ at, run })
  let at = START
  for (const { gapMs, burst, sentMs, answeredMs, lost, process } of steps) {
    at += gapMs
    later(at, () => {
      const sent = cookie
      for (let i = 0; i < burst; i++) {
        later(clock.now + sentMs, async () => {
          const answer = await request(processes[(process + i) % processes.length]!, sent)
          answers.push(answer)
          const { given } = answer
          if (given === null) return
          lostInARow = lost && lostInARow < LOST_IN_A_ROW ? lostInARow + 1 : 0
          if (lostInARow === 0) later(clock.now + answeredMs, () => void (cookie = given))
        })
      }
    })
  }
  while (due.length > 0) {
    clock.now = Math.max(clock.now, Math.min(...due.map((each) => each.at)))
    const now = due.filter((each) => each.at <= clock.now)
    for (const each of now) due.splice(due.indexOf(each), 1)
    await Promise.all(now.map(({ run }) => run()))
    await setImmediate()
  }
  return { answers, cookie }
}

/** Runs a check in a world of its own. */
async function inWorld(make: Make, check: (world: World) => Promise<void>): Promise<void> {
  const world = await worldOf(make)
  try {
    await check(world)
  } finally {
    await Promise.all(world.processes.map((each) => each.close()))
  }
}

async function checkHonest(world: World, steps: readonly Step[]): Promise<void> {
  const { answers, cookie } = await honest(world, steps)
  const { events, processes } = world
  expect(answers.filter(({ status, account }) => status !== 200 || account !== 'ada')).toEqual([])
  expect(events.map(({ type }) => type)).not.toContain('session.stolen')
  const visits = await request(processes[0]!, cookie, async (session) => String(await session.get('visits')))
  expect(Number(visits.account ?? 0) || 0).toBe(answers.length)
}

/** What a thief shows next, of all that he ever got, the newest last. */
const STRATEGIES: Record<string, (got: readonly string[], chance: number) => string> = {
  'goes on with what he is given': (got) => got.at(-1)!,
  'keeps showing what he copied': (got) => got[0]!,
  'shows any of them': (got, chance) => got[chance % got.length]!,
}

interface Visit {
  readonly isThief: boolean
  readonly gapMs: number
  readonly chance: number
}

const visit = fc.record<Visit>({
  isThief: fc.boolean(),
  gapMs: fc.integer({ min: HOUR, max: 8 * HOUR }),
  chance: fc.nat(),
})

/** Whether each of both was let in at his last visit. */
async function besideThief(world: World, strategy: string, visits: readonly Visit[]): Promise<{ visitor: boolean; thief: boolean }> {
  const { clock, processes } = world
  let cookie = await signedIn(world)
  const got = [cookie]
  const last = { visitor: true, thief: true }
  for (const { isThief, gapMs, chance } of visits) {
    clock.now += gapMs
    const shown = isThief ? STRATEGIES[strategy]!(got, chance) : cookie
    const { given, account } = await request(processes[chance % processes.length]!, shown)
    last[isThief ? 'thief' : 'visitor'] = account === 'ada'
    if (given !== null && isThief) got.push(given)
    else if (given !== null) cookie = given
  }
  return last
}

/** Both come often enough in a fortnight, at any time of the day. */
const fortnight = fc.array(visit, { minLength: 120, maxLength: 160 })

async function checkThief(world: World, strategy: string, visits: readonly Visit[]): Promise<void> {
  expect(await besideThief(world, strategy, visits)).toEqual({ visitor: false, thief: false })
  expect(world.events.map(({ type }) => type)).toContain('session.stolen')
}

/** Closing a process closes its near cache, and leaves the store to the others. */
const borrowed = (store: Store): Store => ({ ...store, close: () => undefined })
const near = (store: Store, clock: Clock): Store => cached(borrowed(store), { clock, monotonicClock: clock })

const IN_PROCESS: Record<string, Make> = {
  memory: () => [memory()],
  sqlite: () => [sqlite(':memory:')],
  'a store that answers later, for two processes': () => {
    const store = borrowed(delayed(memory()))
    return [store, store]
  },
  'a near cache': (clock) => [near(memory(), clock)],
  'near caches of two processes, without messages': (clock) => {
    const store = delayed(memory())
    return [near(store, clock), near(store, clock)]
  },
}

describe.each(Object.entries(IN_PROCESS))('%s', (_name, make) => {
  test('a browser stays signed in, whatever is late, lost or at one moment, and what it changes is saved', async () => {
    const property = fc.asyncProperty(life, (steps) => inWorld(make, (world) => checkHonest(world, steps)))
    await fc.assert(property, { numRuns: 60 })
  }, 60_000)

  test.each(Object.keys(STRATEGIES))(
    'a thief who %s does not stay beside the browser',
    async (strategy) => {
      const property = fc.asyncProperty(fortnight, (visits) => inWorld(make, (world) => checkThief(world, strategy, visits)))
      await fc.assert(property, { numRuns: 10 })
    },
    60_000,
  )
})

const SHARED = /^(sqlite|Redis over (ioredis|node-redis)|PostgreSQL over (pg|postgres)|MariaDB over mysql2)$/
describe.each(REAL_STORES.filter(({ name }) => SHARED.test(name)))(
  '$name, of two processes with near caches',
  ({ missing, start }: RealStore) => {
    let reached: Awaited<ReturnType<RealStore['start']>>
    beforeAll(async () => {
      if (missing === null) reached = await start()
    }, 60_000)
    afterAll(() => reached?.stop())
    const make: Make = async (clock) => [await reached.make()].flat().map((store) => near(store, clock))

    test.skipIf(missing !== null)(
      'a browser stays signed in, and what it changes is saved',
      async () => {
        const property = fc.asyncProperty(life, (steps) => inWorld(make, (world) => checkHonest(world, steps)))
        await fc.assert(property, { numRuns: 5 })
      },
      120_000,
    )

    test.skipIf(missing !== null)(
      'a thief does not stay beside the browser',
      async () => {
        for (const strategy of Object.keys(STRATEGIES)) {
          const property = fc.asyncProperty(fortnight, (visits) => inWorld(make, (world) => checkThief(world, strategy, visits)))
          await fc.assert(property, { numRuns: 2 })
        }
      },
      120_000,
    )
  },
)
