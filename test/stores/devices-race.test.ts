/**
 * The browsers of an account while they sign in, are renewed, have their secrets replaced, and end each other, all at one moment and from
 * two processes: who is in is listed, who is listed can be ended, and nothing that was ended stays.
 */
import type { Sessions, Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { cached } from 'landbridge/cached'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { AnySession } from '../core/support.ts'
import { Browser, ELMER } from '../core/support.ts'
import type { RealStore } from './real-stores.ts'
import { REAL_STORES } from './real-stores.ts'

type Wrap = (store: Store, clock: () => number) => Store

const DAY = 24 * 3_600_000
const BROWSERS = 8
const ROUNDS = 4
/** Those of express-session cannot list the sessions of an account. */
const LISTING = REAL_STORES.filter(({ name }) => !name.startsWith('express-store'))

const who = async (session: AnySession) => (await session.account())?.id ?? null
const signIn = (session: AnySession) => session.signIn({ id: 'ada', remember: true })

/** What a browser does, beside the others. */
const ACTS: readonly ((session: AnySession) => unknown)[] = [
  signIn,
  (session) => session.renew(),
  who,
  (session) => session.update('n', (n) => ((n as number | undefined) ?? 0) + 1),
  async (session) => {
    const others = (await session.devices()).filter(({ current }) => !current)
    if (others.length > 0) await session.endDevice(others[0]!.id)
  },
  signIn,
]

describe.each(LISTING)('over $name', ({ missing, start }: RealStore) => {
  let reached: Awaited<ReturnType<RealStore['start']>>
  beforeAll(async () => {
    if (missing === null) reached = await start()
  }, 60_000)
  afterAll(() => reached?.stop())

  async function open(wrap: Wrap) {
    const time = { now: Date.now() }
    const stores = [await reached.make()].flat()
    const processes = [stores[0]!, stores.at(-1)!].map((store) =>
      createSessions({
        topology: { kind: 'isolated', hosts: ['*.acme.com'] },
        clock: () => time.now,
        store: wrap({ ...store, close: () => undefined }, () => time.now),
      }),
    )
    onTestFinished(async () => void (await Promise.all(processes.map((each) => each.close()))))
    await processes[0]!.revokeAccount('ada')
    const browsers = Array.from({ length: BROWSERS }, (_, i) => new Browser(processes[i % 2]!.handle))
    await Promise.all(browsers.map((each) => each.visit(ELMER, signIn)))
    return { time, processes: processes as [Sessions, Sessions], browsers }
  }

  test.skipIf(missing !== null).each([
    ['alone', (store: Store) => store],
    ['behind near caches', (store: Store, clock: () => number) => cached(store, { clock, monotonicClock: clock })],
  ])('the list is complete, and what it names can be ended: %s', async (_how, wrap) => {
    const { time, processes, browsers } = await open(wrap)
    for (let round = 0; round < ROUNDS; round++) {
      time.now += DAY
      await Promise.all(browsers.map((each, i) => each.visit(ELMER, ACTS[(i + round) % ACTS.length]!)))
      const inside = (await Promise.all(browsers.map((each) => each.at(ELMER, who)))).filter((id) => id === 'ada').length
      const listed = await processes[0].sessionsOf('ada')
      expect(listed.length).toBeGreaterThanOrEqual(inside)
      expect(listed.every(({ device }) => device.id.length === 22 && Number.isFinite(device.seenAt) && device.scopes.length === 1)).toBe(
        true,
      )
    }
    const [own, ...others] = browsers
    await own!.visit(ELMER, signIn)
    for (const { id } of (await own!.at(ELMER, (session) => session.devices())).filter(({ current }) => !current)) {
      expect(await own!.at(ELMER, (session) => session.endDevice(id))).toBe(true)
    }
    // As late as that a near cache hears of it where the store sends no messages.
    time.now += 5000
    expect(await own!.at(ELMER, (session) => session.devices())).toEqual([expect.objectContaining({ current: true })])
    expect(await Promise.all(others.map((each) => each.at(ELMER, who)))).toEqual(others.map(() => null))
    expect(await processes[1].sessionsOf('ada')).toHaveLength(1)
  })

  test.skipIf(missing !== null)('to end all others beside renewals, sign-ins and replacements leaves this one alone', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { time, processes, browsers } = await open((store) => store)
      time.now += DAY
      const [own, ...others] = browsers
      const acts = [(session: AnySession) => session.renew(), who, (session: AnySession) => session.set('a', 1)]
      const beside = others.map((each, i) => each.visit(ELMER, acts[(i + round) % acts.length]!))
      await Promise.all([own!.visit(ELMER, (session) => session.endOtherDevices()), ...beside])
      expect(await own!.at(ELMER, (session) => session.devices())).toEqual([expect.objectContaining({ current: true })])
      expect(await Promise.all(others.map((each) => each.at(ELMER, who)))).toEqual(others.map(() => null))
      expect(await processes[1].sessionsOf('ada')).toHaveLength(1)
    }
  })
})
