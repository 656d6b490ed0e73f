import { stat } from 'node:fs/promises'
import type { SessionEvent, SessionId } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Remote } from '../support/remote.ts'
import { Watched } from '../support/stores.ts'

const topology = { kind: 'isolated', hosts: ['app.localhost'] } as const
const OUTAGE = /^store\./

/** Sessions over a store behind a network, and a visitor who has one. */
async function up(remote: Pick<Remote, 'store'>) {
  const events: SessionEvent[] = []
  const sessions = createSessions<{ theme: string }>({ topology, store: remote.store, onEvent: (event) => events.push(event) })
  const visit = (cookie = '') =>
    sessions.handle(new Request('http://app.localhost/', { headers: { cookie } }), async (session) => {
      const theme = await session.get('theme')
      if (theme === undefined) session.set('theme', 'dark')
      return new Response(theme ?? 'none')
    })
  const newVisitor = async (): Promise<string> => (await visit()).headers.getSetCookie()[0]!.split(';')[0]!
  const statusOf = async (cookie: string): Promise<number> => (await visit(cookie)).status
  const cookie = await newVisitor()
  const said = (): string[] => events.filter(({ type }) => OUTAGE.test(type)).map(({ type }) => type)
  return { sessions, events, visit, statusOf, newVisitor, cookie, said }
}

const never = Promise.withResolvers<never>().promise
const after = (ms: number): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  setTimeout(resolve, ms)
  return promise
}

/** What has an answer by now, without time to go by. */
const atOnce = async <Result>(promise: Promise<Result>): Promise<Result | 'no answer'> => {
  await vi.advanceTimersByTimeAsync(0)
  return Promise.race([promise, nothing()])
}

/** Comes after the microtasks that lead an answer through a few promises. */
const nothing = async (): Promise<'no answer'> => {
  for (let i = 0; i < 100; i++) await Promise.resolve()
  return 'no answer'
}

describe('in virtual time', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  /** An outage that was noticed. */
  async function down(state: 'hangs' | 'refuses', remote = new Remote()) {
    const world = await up(remote)
    remote.turn(state)
    const first = world.statusOf(world.cookie)
    await vi.advanceTimersByTimeAsync(state === 'hangs' ? 850 : 1)
    expect(await atOnce(first)).toBe(503)
    return { remote, ...world }
  }

  test('a ping that was lost before the store was back says nothing of now', async () => {
    const inner = memory()
    let state: 'well' | 'hangs' | 'fails' = 'well'
    const pings: Promise<void>[] = []
    const read: typeof inner.read = (...args) => {
      if (state === 'fails') return Promise.reject(new Error('no'))
      return state === 'hangs' ? never : inner.read(...args)
    }
    const { statusOf, cookie, said } = await up({ store: { ...inner, read, ping: () => pings.shift() } })
    state = 'hangs'
    const first = statusOf(cookie)
    await vi.advanceTimersByTimeAsync(700)
    state = 'fails'
    pings.push(never)
    expect(await atOnce(statusOf(cookie))).toBe(503) // asks whether the store is there, and that ping is lost
    state = 'well'
    await vi.advanceTimersByTimeAsync(150)
    expect(await atOnce(first)).toBe(503)
    expect(said()).toEqual(['store.failed', 'store.failed', 'store.down', 'store.back'])
    for (let ms = 0; ms < 1000; ms += 50) {
      await vi.advanceTimersByTimeAsync(50)
      expect([ms, await atOnce(statusOf(cookie))]).toEqual([ms, 200])
    }
  })

  describe.each(['hangs', 'refuses'] as const)('while the store %s', (state) => {
    test('every call fails at once and none reaches it but pings and the close', async () => {
      const { remote, sessions, statusOf, cookie } = await down(state)
      const sent = remote.calls.length
      const pings = remote.count('ping')
      for (let i = 0; i < 20; i++) expect(await atOnce(statusOf(cookie))).toBe(503)
      const id = cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf('.')) as SessionId
      const calls = [
        () => sessions.sessionsOf('ada'),
        () => sessions.revokeAccount('ada'),
        () => sessions.revoke(id),
        () => sessions.handlesOf(id),
      ]
      for (const call of calls) {
        const error = await atOnce(call().catch((thrown: unknown) => thrown))
        expect(error).toMatchObject({
          code: 'ERR_STORE_UNAVAILABLE',
          status: 503,
          cause: { message: expect.stringContaining('did not answer before') },
        })
        expect((error as { cause: Error }).cause.cause).toBeInstanceOf(Error)
      }
      expect(remote.calls.length - sent).toBe(remote.count('ping') - pings)
      remote.turn('up')
      await sessions.close()
      expect(remote.calls.at(-1)).toBe('close')
    })

    test('nothing is asked but a few pings a second, and it serves again within a second of its return', async () => {
      const { remote, statusOf, cookie, sessions } = await down(state)
      await vi.advanceTimersByTimeAsync(60_000)
      expect(remote.count('ping')).toBeLessThan(310)
      expect(remote.waiting).toBeLessThan(100)
      remote.turn('up')
      await vi.advanceTimersByTimeAsync(900)
      expect(await atOnce(statusOf(cookie))).toBe(200)
      await sessions.close()
    })

    test('the outage is one event and its end another, however many calls failed', async () => {
      const { remote, statusOf, cookie, said, events, sessions } = await down(state)
      for (let i = 0; i < 1000; i++) await statusOf(cookie)
      expect(said()).toEqual(['store.failed', 'store.down'])
      remote.turn('up')
      await vi.advanceTimersByTimeAsync(900)
      expect(said()).toEqual(['store.failed', 'store.down', 'store.back'])
      const back = events.find((event) => event.type === 'store.back')!
      expect(back.failedCalls).toBe(1000)
      expect(back.downMs).toBeGreaterThan(0)
      expect(back.downMs).toBeLessThanOrEqual(1000)
      await sessions.close()
    })

    test('the end of the sessions ends the pings', async () => {
      const { remote, sessions } = await down(state)
      remote.turn('up')
      await sessions.close()
      const pings = remote.count('ping')
      await vi.advanceTimersByTimeAsync(5000)
      expect(remote.count('ping')).toBe(pings)
      expect(vi.getTimerCount()).toBe(0)
    })
  })

  test('pings that hang for an hour become rare, do not pile up, and still one is sent', async () => {
    const { remote, statusOf, cookie, sessions } = await down('hangs')
    await vi.advanceTimersByTimeAsync(10 * 60_000)
    expect(remote.waiting).toBeLessThan(800)
    await vi.advanceTimersByTimeAsync(50 * 60_000)
    const pings = remote.count('ping')
    expect(pings).toBeLessThan(3000)
    while (remote.count('ping') === pings) await vi.advanceTimersByTimeAsync(10)
    // That ping is too old to count, and the next one far off: that the old ones are answered at last brings it nearer.
    await vi.advanceTimersByTimeAsync(600)
    expect(remote.count('ping')).toBe(pings + 1)
    remote.answerLeft()
    await vi.advanceTimersByTimeAsync(210)
    expect([await atOnce(statusOf(cookie)), remote.waiting]).toEqual([200, 0])
    await sessions.close()
  })

  test('a store that goes on after a pause serves at once, and answers that come late change nothing', async () => {
    const { remote, statusOf, cookie, said, sessions } = await down('hangs')
    await vi.advanceTimersByTimeAsync(30_000)
    remote.answerLeft()
    await vi.advanceTimersByTimeAsync(210)
    expect(await atOnce(statusOf(cookie))).toBe(200)
    expect(said()).toEqual(['store.failed', 'store.down', 'store.back'])
    await sessions.close()
  })

  test('a store that takes a second for each answer stays shut out until it is quicker', async () => {
    const { remote, statusOf, cookie, said, sessions } = await down('hangs')
    remote.trouble = () => after(1000)
    remote.answerLeft()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(await atOnce(statusOf(cookie))).toBe(503)
    expect(said()).toEqual(['store.failed', 'store.down'])
    remote.trouble = () => undefined
    await vi.advanceTimersByTimeAsync(900)
    expect(await atOnce(statusOf(cookie))).toBe(200)
    await sessions.close()
  })

  test('a call that was lost in the outage does not bring the next one', async () => {
    const remote = new Remote()
    const { statusOf, cookie, said, sessions } = await up(remote)
    remote.turn('hangs')
    const first = statusOf(cookie)
    await vi.advanceTimersByTimeAsync(700)
    const lost = statusOf(cookie)
    await vi.advanceTimersByTimeAsync(150)
    expect(await atOnce(first)).toBe(503)
    remote.turn('up')
    await vi.advanceTimersByTimeAsync(250)
    expect(said()).toEqual(['store.failed', 'store.down', 'store.back'])
    await vi.advanceTimersByTimeAsync(450)
    expect(await atOnce(lost)).toBe(503)
    expect(said()).toEqual(['store.failed', 'store.down', 'store.back', 'store.failed'])
    await sessions.close()
  })

  describe('one session whose record the store stumbles over', () => {
    test('fails alone, and a load of its failures is no load of pings', async () => {
      const remote = new Remote()
      const { statusOf, cookie, newVisitor, said, sessions } = await up(remote)
      const other = await newVisitor()
      remote.trouble = (method, [id]) => {
        if (method === 'read' && cookie.includes(id as string)) throw new Error('page 7 of the table is damaged')
      }
      for (let i = 0; i < 100; i++) {
        expect(await statusOf(cookie)).toBe(503)
        expect(await statusOf(other)).toBe(200)
      }
      expect(new Set(said())).toEqual(new Set(['store.failed']))
      expect(remote.count('ping')).toBeLessThan(5)
      await sessions.close()
    })

    test('and never answers keeps the others away for no longer than a ping takes', async () => {
      const remote = new Remote()
      const { statusOf, cookie, newVisitor, said, sessions } = await up(remote)
      const other = await newVisitor()
      remote.trouble = (method, [id]) => (method === 'read' && cookie.includes(id as string) ? never : undefined)
      const hung = statusOf(cookie)
      await vi.advanceTimersByTimeAsync(850)
      expect(await atOnce(hung)).toBe(503)
      expect(await atOnce(statusOf(other))).toBe(200)
      expect(said()).toEqual(['store.failed', 'store.down', 'store.back'])
      await sessions.close()
    })
  })

  test('calls that touch many records have five seconds, and one that takes longer shuts nobody out', async () => {
    const remote = new Remote()
    const { sessions, said } = await up(remote)
    remote.trouble = (method) => (method === 'ping' ? undefined : after(4000))
    const patient = sessions.revokeAccount('ada')
    await vi.advanceTimersByTimeAsync(4000)
    expect(await atOnce(patient)).toBe(0)
    remote.trouble = (method) => (method === 'ping' ? undefined : never)
    const hung = sessions.sessionsOf('ada').catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(5100)
    expect(await atOnce(hung)).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
    expect(said()).toEqual(['store.failed'])
    remote.trouble = () => undefined
    await sessions.close()
  })

  test('what a store throws at once fails that call and no other, and needs no timer', async () => {
    const watched = new Watched()
    const { statusOf, cookie, said, sessions } = await up(watched)
    const timers = vi.getTimerCount()
    watched.fail('read', 'ping')
    expect([await statusOf(cookie), await statusOf(cookie)]).toEqual([503, 503])
    watched.fail()
    expect(await statusOf(cookie)).toBe(200)
    expect(said()).toEqual(['store.failed', 'store.failed'])
    expect(watched.calls).not.toContain('ping')
    expect(vi.getTimerCount()).toBe(timers)
    await sessions.close()
  })
})

test('a process that was busy itself reads the answers that are here before it calls them late', async () => {
  const inner = memory()
  // The answer comes while the event loop stands still.
  const read: typeof inner.read = async (...args) => stat('.').then(() => inner.read(...args))
  const { statusOf, cookie, said, sessions } = await up({ store: { ...inner, read } })
  const answer = statusOf(cookie)
  await after(0) // the call is under way
  const next = statusOf(cookie)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500)
  expect([await answer, await next]).toEqual([200, 200])
  expect(said()).toEqual([])
  await sessions.close()
})
