// Remembered sign-ins, and passwords that change, where a session is used on several hosts.
import { describe, expect, onTestFinished, test } from 'vitest'
import { delayed } from '../core/support.ts'
import { Browser } from '../support/browser.ts'
import {
  ALICE,
  answerTo,
  askedFor,
  ELMER,
  HUB,
  hubOf,
  newHandles,
  peersOf,
  SHOP_A,
  SHOP_B,
  signIn,
  statuses,
  whoAt,
} from '../support/crossing.ts'
import { STORES } from '../support/stores.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

const remember = (browser: Browser, host: string, as = 'ada') => browser.post(`${host}/login?as=${as}&remember`, {})
const cookieOf = (browser: Browser, host: string) => browser.jar.getCookieString(host)
const types = ({ events }: { events: readonly { type: string }[] }) => events.map(({ type }) => type)
/** How long each cookie is kept that a browser was given on the way, in seconds. */
const ages = (visit: Awaited<ReturnType<Browser['go']>>, name: string) =>
  visit.steps.flatMap(({ response }) =>
    response.headers.getSetCookie().flatMap((line) => {
      const age = /; Max-Age=(\d+)/.exec(line)?.[1]
      return line.startsWith(name) && !line.includes('Max-Age=0') ? [age === undefined ? null : Number(age)] : []
    }),
  )

describe.each([
  ...STORES,
  { name: 'a store that answers later', make: () => ({ store: delayed(STORES[0]!.make().store), remove: () => {} }) },
])('a remembered visitor of a hub, over $name', ({ make }) => {
  const start = () => {
    const { store, remove } = make()
    onTestFinished(remove)
    return hubOf({ inner: store })
  }

  test('keeps the cookies of hub and spokes, and the hint, as long as the session lives', async () => {
    const { browser, clock } = start()
    const signedIn = await remember(browser, HUB)
    expect([ages(signedIn, '__Host-sid'), ages(signedIn, '__Secure-hint')]).toEqual([[60 * 86_400], [60 * 86_400]])
    clock.advance(DAY)
    expect(ages(await browser.go(`${ELMER}/`), '__Host-sid')).toEqual([59 * 86_400])
    await remember(browser, HUB)
    await browser.post(`${HUB}/add?as=ben&remember`, {})
    const switched = await browser.post(`${HUB}/switch?as=ada`, {})
    expect(ages(switched, '__Secure-hint'), 'also when accounts are switched').toEqual([60 * 86_400])
    const forgotten = await signIn(browser, HUB)
    expect([ages(forgotten, '__Host-sid'), ages(forgotten, '__Secure-hint')]).toEqual([[null], [null]])
    expect(ages(await browser.go(`${ELMER}/`), '__Host-sid')).toEqual([null])
  })

  test('has the secrets of hub and spokes replaced apart, and works at one without the other', async () => {
    const { browser, clock, events } = start()
    await remember(browser, HUB)
    for (const host of [ELMER, ALICE]) expect(await whoAt(browser, `${host}/`)).toBe('ada')
    const before = await Promise.all([HUB, ELMER, ALICE].map((host) => cookieOf(browser, host)))
    clock.advance(DAY)
    for (let visit = 0; visit < 3; visit++) expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
    const after = await Promise.all([HUB, ELMER, ALICE].map((host) => cookieOf(browser, host)))
    expect(after.map((cookie, i) => cookie === before[i])).toEqual([true, false, true])
    for (let day = 0; day < 10; day++) {
      clock.advance(DAY)
      for (const host of [ELMER, HUB, ALICE, ELMER]) expect(await whoAt(browser, `${host}/`)).toBe('ada')
    }
    expect(types({ events })).not.toContain('session.stolen')
  })

  test('whose cookie of a spoke was copied loses that handle only, and comes back by himself, without a circle', async () => {
    const { browser, clock, events, serve, sessions } = start()
    await remember(browser, HUB)
    for (const host of [ELMER, ALICE]) await browser.go(`${host}/`)
    const thief = new Browser(serve)
    thief.forced = await cookieOf(browser, ELMER)
    expect(await whoAt(thief, `${ELMER}/`)).toBe('ada')
    clock.advance(DAY)
    for (let visit = 0; visit < 2; visit++) await browser.go(`${ELMER}/`)
    clock.advance(MINUTE)
    expect(await whoAt(thief, `${ELMER}/`)).toBe(null)
    expect(events).toContainEqual(expect.objectContaining({ type: 'session.stolen', scope: 'elmer.acme.example', account: 'ada' }))
    expect(events.filter(({ type }) => type === 'session.ended')).toEqual([expect.objectContaining({ scope: 'elmer.acme.example' })])
    const [session] = await sessions.sessionsOf('ada')
    expect((await sessions.handlesOf(session!.id)).map(({ scope }) => scope).sort()).toEqual(['acme.example', 'alice.acme.example'])
    const visit = await browser.go(`${ELMER}/`)
    expect(visit.steps.length).toBeLessThanOrEqual(4)
    expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
    expect([await whoAt(browser, `${HUB}/`), await whoAt(browser, `${ALICE}/`)]).toEqual(['ada', 'ada'])
    // The copy is worth nothing from then on, and ends nothing again.
    for (let again = 0; again < 3; again++) expect(await whoAt(thief, `${ELMER}/`)).toBe(null)
    expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
    expect(events.filter(({ type }) => type === 'session.stolen')).toHaveLength(1)
  })

  test('whose cookie of the hub was copied is out everywhere, also when the thief only has tickets made by it', async () => {
    for (const page of [`${HUB}/`, `${ELMER}/`]) {
      const { browser, clock, events, serve } = start()
      await remember(browser, HUB)
      await browser.go(`${ELMER}/`)
      const thief = new Browser(serve)
      await thief.jar.setCookie(`${await cookieOf(browser, HUB)}; Secure; Path=/`, HUB)
      clock.advance(DAY)
      for (let visit = 0; visit < 2; visit++) await browser.go(`${HUB}/`)
      clock.advance(MINUTE)
      expect(await whoAt(thief, page === `${HUB}/` ? page : `${ELMER}/.session/begin?to=/`).catch(() => null)).toBe(null)
      expect(types({ events })).toContain('session.stolen')
      expect([await whoAt(browser, `${HUB}/`), await whoAt(browser, `${ELMER}/`)]).toEqual([null, null])
    }
  })
})

describe('a remembered visitor of peers', () => {
  test('has the secret of each host replaced apart, and what was set stays', async () => {
    const { browser, clock, events } = peersOf()
    await remember(browser, SHOP_A)
    await browser.post(`${SHOP_A}/set?note=cart`, {})
    expect(await whoAt(browser, `${SHOP_B}/.session/begin?to=/`)).toBe('ada')
    for (let day = 0; day < 5; day++) {
      clock.advance(DAY)
      for (const host of [SHOP_B, SHOP_A, SHOP_B, SHOP_A]) {
        expect(JSON.parse((await browser.go(`${host}/`)).text)).toMatchObject({ id: 'ada', note: 'cart' })
      }
    }
    expect(events.filter(({ type }) => type === 'handle.rotated')).toHaveLength(10)
    expect(types({ events })).not.toContain('session.stolen')
  })

  test.each([
    [SHOP_A, SHOP_B],
    [SHOP_B, SHOP_A],
  ])('is out everywhere when the cookie of one was copied: %s', async (stolen, other) => {
    const { browser, clock, events, serve } = peersOf()
    await remember(browser, SHOP_A)
    await browser.go(`${SHOP_B}/.session/begin?to=/`)
    const copy = await cookieOf(browser, stolen)
    clock.advance(DAY)
    for (let visit = 0; visit < 2; visit++) await browser.go(`${stolen}/`)
    clock.advance(MINUTE)
    const answer = await serve(new Request(`${stolen}/`, { headers: { cookie: copy } }))
    expect(await answer.json()).toMatchObject({ id: null })
    expect(types({ events })).toContain('session.stolen')
    expect([await whoAt(browser, `${stolen}/`), await whoAt(browser, `${other}/`)]).toEqual([null, null])
  })
})

describe('when the password changes elsewhere', () => {
  const users = () => {
    const user = { password: 'one' }
    return { user, authHash: async () => user.password }
  }

  test.each([`${HUB}/`, `${ELMER}/`, `${ELMER}/private`, `${ALICE}/.session/begin?to=/`])(
    'the next request at %s ends all',
    async (page) => {
      const { user, authHash } = users()
      const { browser, clock, sessions, events } = hubOf({ authHash })
      await remember(browser, HUB)
      await browser.go(`${ELMER}/`)
      user.password = 'two'
      clock.advance(5000)
      const visit = await browser.go(page)
      expect(visit.steps.length).toBeLessThanOrEqual(6)
      expect(visit.text).not.toContain('"ada"')
      for (const host of [HUB, ELMER, ALICE]) expect(await whoAt(browser, `${host}/`)).toBe(null)
      expect(await sessions.sessionsOf('ada')).toEqual([])
      expect(events.filter(({ type }) => type === 'account.auth-changed')).toHaveLength(1)
    },
  )

  test.each(['at once', 'five seconds later'])('a ticket that was under way opens nothing that lasts: redeemed %s', async (when) => {
    const { user, authHash } = users()
    const { browser, clock, sessions } = hubOf({ authHash })
    await signIn(browser, HUB)
    const { form } = await askedFor(browser, `${ELMER}/`)
    user.password = 'two'
    if (when === 'five seconds later') clock.advance(5000)
    await browser.go(form)
    clock.advance(5000)
    expect(await whoAt(browser, `${ELMER}/`)).toBe(null)
    expect(await sessions.sessionsOf('ada')).toEqual([])
  })

  test('no ticket is made, by any way', async () => {
    const { user, authHash } = users()
    const { browser, clock, watched, events } = hubOf({ authHash })
    await signIn(browser, HUB)
    const ask = (await browser.hop(`${ELMER}/`)).location!
    user.password = 'two'
    clock.advance(5000)
    watched.calls.length = 0
    await expect(answerTo(browser, ask)).rejects.toThrow()
    expect(watched.calls).not.toContain('put')
    expect(events).toContainEqual(expect.objectContaining({ type: 'crossing.answered-nobody' }))
  })

  test('peers make neither a script nor a push of it', async () => {
    const { user, authHash } = users()
    const { browser, clock, serve } = peersOf({ authHash, topology: { script: true } })
    await signIn(browser, SHOP_A)
    const [early] = JSON.parse((await browser.go(`${SHOP_A}/scripts`)).text) as string[]
    user.password = 'two'
    const cookie = await cookieOf(browser, SHOP_A)
    clock.advance(5000)
    const headers = { cookie, 'sec-fetch-site': 'same-origin', origin: SHOP_A }
    const pushed = await serve(
      new Request(`${SHOP_A}/.session/push`, { method: 'POST', headers, body: JSON.stringify({ to: `${SHOP_B}/` }) }),
    )
    expect(JSON.parse(await pushed.text())).not.toHaveProperty('fields')
    expect(JSON.parse((await browser.go(`${SHOP_A}/scripts`)).text)).toEqual([])
    const late = await browser.send(early!, { headers: { 'sec-fetch-dest': 'script', referer: `${SHOP_A}/` } })
    expect(newHandles(late.response)).toEqual([])
    expect(await whoAt(browser, `${SHOP_B}/`)).toBe(null)
  })
})

test('a spoke asked by a page it protects answers like any other visitor once the handle was stolen', async () => {
  const { browser, clock, serve } = hubOf()
  await remember(browser, HUB)
  await browser.go(`${ELMER}/private`)
  const copy = await cookieOf(browser, ELMER)
  clock.advance(DAY)
  for (let visit = 0; visit < 2; visit++) await browser.go(`${ELMER}/private`)
  clock.advance(MINUTE)
  const thief = new Browser(serve)
  thief.forced = copy
  const stolen = await thief.hop(`${ELMER}/private`)
  const visit = await browser.go(`${ELMER}/private`)
  expect([stolen.response.status, statuses(visit).at(-1)]).toEqual([303, 200])
})
