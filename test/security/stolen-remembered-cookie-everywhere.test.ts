/** Attack 38 on every adapter, and on every store that makes a difference, with two processes where they share one. */
import type { SessionEvent, Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Browser, ELMER } from '../core/support.ts'
import { REAL_STORES } from '../stores/real-stores.ts'
import { ADAPTERS } from '../support/adapters.ts'
import { sessionCookie } from '../support/client.ts'
import { launch } from '../support/launch.ts'
import { STORES } from '../support/stores.ts'
import { ROUTES } from '../support/visitor.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

describe.each(ADAPTERS)('$name', (adapter) => {
  test.each(STORES)('a copy that is shown after the grace ends the session, and says which browsers: over $name', async ({ make }) => {
    const { store, remove } = make()
    onTestFinished(remove)
    const time = { now: Date.now() }
    const remember = async (session: Parameters<(typeof ROUTES)['/who'] & {}>[0]) => {
      await session.signIn({ id: 'elmer', remember: true })
      return { body: 'in' }
    }
    const options = { inner: store, clock: () => time.now }
    const { ask, events } = await launch(adapter, { routes: { ...ROUTES, '/remember': remember } }, options)
    const signedIn = await ask('/remember', { headers: { 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0' } })
    expect(signedIn.setCookies[0]).toMatch(/; Max-Age=5184000;/)
    const copy = sessionCookie(signedIn)!
    time.now += DAY
    const rotated = await ask('/who', { cookie: copy })
    expect(await rotated.text()).toBe('elmer')
    const own = sessionCookie(rotated)!
    expect(own).not.toBe(copy)
    expect(await (await ask('/who', { cookie: own })).text()).toBe('elmer')
    time.now += MINUTE - 1
    expect(await (await ask('/who', { cookie: copy })).text(), 'within the grace it may be a request that was under way').toBe('elmer')
    time.now += 1
    const stolen = await ask('/who', { cookie: copy, headers: { 'user-agent': 'curl/8.5.0' } })
    expect([stolen.status, await stolen.text(), stolen.setCookies]).toEqual([200, 'anonymous', []])
    expect(events).toContainEqual(expect.objectContaining({ type: 'session.stolen', known: 'Firefox 140 on Linux', shown: 'curl 8' }))
    expect(await (await ask('/who', { cookie: own })).text()).toBe('anonymous')
  })
})

const SHARED = /^(sqlite|Redis over (ioredis|node-redis)|PostgreSQL over (pg|postgres)|MariaDB over mysql2|express-store over .*)$/
describe.each(REAL_STORES.filter(({ name }) => SHARED.test(name)))('two processes over $name', ({ missing, start }) => {
  let reached: Awaited<ReturnType<typeof start>>
  beforeAll(async () => {
    if (missing === null) reached = await start()
  }, 60_000)
  afterAll(() => reached?.stop())

  async function processes() {
    const time = { now: Date.now() }
    const events: SessionEvent[] = []
    const open = (store: Store) =>
      createSessions({
        topology: { kind: 'isolated', hosts: ['*.acme.com'] },
        clock: () => time.now,
        onEvent: (event) => events.push(event),
        store: { ...store, close: () => undefined },
      })
    const pair = [await reached.make()].flat().map(open)
    onTestFinished(async () => void (await Promise.all(pair.map((each) => each.close()))))
    const who = async (process: number, cookie: string) => {
      let account: string | null = null
      const response = await pair[process % pair.length]!.handle(new Request(ELMER, { headers: { cookie } }), async (session) => {
        account = (await session.account())?.id ?? null
        if (account !== null) session.set(`visit ${Math.random()}`, true)
        return new Response('ok')
      })
      return { account, status: response.status, given: response.headers.getSetCookie()[0]?.split(';')[0] }
    }
    const ada = new Browser(pair[0]!.handle)
    await ada.visit(ELMER, (session) => session.signIn({ id: 'ada', remember: true }))
    return { time, events, who, first: await ada.cookies(ELMER), types: () => events.map(({ type }) => type) }
  }

  test.skipIf(missing !== null)('a copy shown at the other one ends the session at both', async () => {
    const { time, who, first, types } = await processes()
    time.now += DAY
    const { given } = await who(0, first)
    expect((await who(1, given!)).account).toBe('ada')
    time.now += MINUTE
    expect((await who(1, first)).account).toBe(null)
    expect(types()).toContain('session.stolen')
    expect([(await who(0, given!)).account, (await who(1, given!)).account]).toEqual([null, null])
  })

  test.skipIf(missing !== null)('twenty requests beside the replacement are served, one of them gets the new secret', async () => {
    const { time, who, first, types } = await processes()
    time.now += DAY
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => who(i, first)))
    expect(answers.filter(({ account, status }) => account !== 'ada' || status !== 200)).toEqual([])
    const given = answers.flatMap((answer) => answer.given ?? [])
    expect(given).toHaveLength(1)
    expect((await who(1, given[0]!)).account).toBe('ada')
    time.now += MINUTE
    expect((await who(0, given[0]!)).account).toBe('ada')
    expect(types()).not.toContain('session.stolen')
  })
})
