/** Attack 27: sign-out here only: reload stays out; hub and others unaffected. Only the visitor's own act ends it. */
import type { SessionEvent } from 'landbridge'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Browser } from '../support/browser.ts'
import type { Crossing } from '../support/crossing.ts'
import {
  ALICE,
  answerTo,
  askedFor,
  ELMER,
  HUB,
  hubOf,
  newHandles,
  peersOf,
  reasons,
  SHOP_A,
  SHOP_B,
  signIn,
  statuses,
  whoAt,
} from '../support/crossing.ts'
import { STORES } from '../support/stores.ts'

async function start(out: string, before: (browser: Browser) => Promise<void> = async () => undefined): Promise<Crossing> {
  const world = hubOf()
  await signIn(world.browser, HUB)
  await before(world.browser)
  for (const host of [ELMER, ALICE]) await world.browser.go(`${host}/`)
  await world.browser.post(ELMER + out, out.startsWith('/.session') ? { reach: 'here' } : {})
  return world
}

const becauses = (events: readonly SessionEvent[]): string[] =>
  events.flatMap((event) => (event.type === 'crossing.answered-nobody' ? [event.because] : []))

const begin = async (browser: Browser, mode: string) => {
  const { response } = await browser.fetch(`${ELMER}/.session/begin`, { method: 'POST', body: JSON.stringify({ mode }) })
  return (await response.json()) as { rid: string; ask: string }
}

describe.each(['/out-here', '/.session/sign-out'])('signed out here by %s', (out) => {
  test('reloads stay out for as long as the browser runs, and the hub and others are as before', async () => {
    const { browser, clock } = await start(out)
    for (let i = 0; i < 5; i++) {
      const visit = await browser.go(`${ELMER}/page`)
      expect([statuses(visit), JSON.parse(visit.text).id]).toEqual([[200], null])
      clock.advance(301_000)
    }
    expect((await browser.go(`${ELMER}/private`)).response.status).toBe(401)
    expect([await whoAt(browser, `${HUB}/`), await whoAt(browser, `${ALICE}/`)]).toEqual(['ada', 'ada'])
    // A switch or a new sign-in at the hub changes the hint, and that is no act of his here.
    await signIn(browser, HUB, 'ada')
    expect(statuses(await browser.go(`${ELMER}/page`))).toEqual([200])
  })

  test('his own click on the sign-in link ends it', async () => {
    const { browser } = await start(out)
    expect(await whoAt(browser, `${ELMER}/.session/begin?to=/page`)).toBe('ada')
    expect(await whoAt(browser, `${ELMER}/page`)).toBe('ada')
    expect(statuses(await browser.go(`${ELMER}/private`))).toEqual([200])
  })

  test('the link of another site to that address does not end it', async () => {
    const { browser, events } = await start(out)
    for (const from of ['https://evil.example/', `${ALICE}/`]) {
      await browser.go(`${ELMER}/.session/begin?to=/page`, { from })
      expect(await whoAt(browser, `${ELMER}/page`)).toBe(null)
    }
    expect(becauses(events)).toEqual(['signed-out-here', 'signed-out-here'])
  })

  test('the silent ways of a page’s script are not begun', async () => {
    const { browser } = await start(out)
    for (const mode of ['web-message', 'fetch']) expect(await begin(browser, mode)).toMatchObject({ rid: null, ask: null })
    expect(await whoAt(browser, `${ELMER}/page`)).toBe(null)
  })

  test('nor do those that were begun before end it', async () => {
    const begun: { rid: string; ask: string }[] = []
    const { browser, events } = await start(out, async (here) => {
      for (const mode of ['web-message', 'fetch']) begun.push(await begin(here, mode))
    })
    const [framed, fetched] = begun
    await expect(answerTo(browser, framed!.ask, { 'sec-fetch-dest': 'iframe' })).rejects.toThrow('no ticket')
    const asked = await browser.fetch(fetched!.ask, { from: ELMER })
    expect(await asked.response.json()).toEqual({ ticket: null })
    expect(becauses(events)).toEqual(['signed-out-here', 'signed-out-here'])
    expect(await whoAt(browser, `${ELMER}/page`)).toBe(null)
  })
})

test('a push of a sister does not sign in where somebody signed out', async () => {
  const { browser } = peersOf()
  await signIn(browser, SHOP_A)
  await browser.go(`${SHOP_B}/.session/begin?to=/`)
  await browser.post(`${SHOP_B}/out-here`, {})
  const { response } = await browser.fetch(`${SHOP_A}/.session/push`, { method: 'POST', body: `to=${SHOP_B}/` })
  expect(await response.json()).toEqual({ url: `${SHOP_B}/` })
  expect([await whoAt(browser, `${SHOP_B}/`), await whoAt(browser, `${SHOP_A}/`)]).toEqual([null, 'ada'])
})

/** The ways that a ticket of the session can be under way to a host, begun before its sign-out here. Each hands the ticket in. */
type Way = (browser: Browser) => Promise<() => Promise<Response[]>>

const atIn = (host: string, fields: object) => ({
  url: `${host}/.session/in`,
  options: { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) },
})

const waysTo = (host: string, issuer: string): Record<string, Way> => ({
  redirect: async (browser) => {
    const { form } = await askedFor(browser, `${host}/.session/begin?to=/`)
    return async () => (await browser.go(form)).steps.map(({ response }) => response)
  },
  fetch: async (browser) => {
    const begun = await browser.fetch(`${host}/.session/begin`, { method: 'POST', body: '{}' })
    const { rid, ask } = (await begun.response.json()) as { rid: string; ask: string }
    const answer = await browser.send(ask, { headers: { origin: host } })
    const { url, options } = atIn(host, { rid, ...((await answer.response.json()) as object) })
    return async () => [(await browser.fetch(url, options)).response]
  },
  push: async (browser) => {
    const { response } = await browser.fetch(`${issuer}/.session/push`, { method: 'POST', body: `to=${host}/` })
    const { action, fields } = (await response.json()) as { action: string; fields: Record<string, string> }
    return async () => (await browser.post(action, fields, `${issuer}/`)).steps.map((step) => step.response)
  },
  ...(host === ELMER
    ? {
        'web-message': async (browser: Browser) => {
          const begun = await browser.fetch(`${host}/.session/begin`, { method: 'POST', body: '{"mode":"web-message"}' })
          const headers = { 'sec-fetch-dest': 'iframe' }
          const form = await answerTo(browser, ((await begun.response.json()) as { ask: string }).ask, headers)
          return async () => [(await browser.hop(form, { headers })).response]
        },
      }
    : {
        script: async (browser: Browser) => {
          const [url] = JSON.parse((await browser.go(`${issuer}/scripts`)).text) as string[]
          const headers = { 'sec-fetch-dest': 'script', referer: `${issuer}/` }
          return async () => [(await browser.send(url!, { headers })).response]
        },
      }),
})

describe.each(STORES)('over $name', ({ make }) => {
  const world = (kind: string) => {
    const { store, remove } = make()
    onTestFinished(remove)
    return kind === 'hub' ? hubOf({ inner: store }) : peersOf({ inner: store, topology: { script: true } })
  }
  const CASES = [
    ...Object.entries(waysTo(ELMER, HUB)).map(([name, way]) => ({ kind: 'hub', name, way, host: ELMER, issuer: HUB })),
    ...Object.entries(waysTo(SHOP_B, SHOP_A)).map(([name, way]) => ({ kind: 'peers', name, way, host: SHOP_B, issuer: SHOP_A })),
  ]

  test.each(CASES)(
    'a ticket by $name ($kind) from before the sign-out here is refused, even without the cookie that says so',
    async (given) => {
      const { browser, events, sessions } = world(given.kind)
      await signIn(browser, given.issuer)
      const handIn = await given.way(browser)
      await browser.go(`${given.host}/.session/begin?to=/`)
      await browser.post(`${given.host}/out-here`, {})
      await browser.jar.setCookie('__Host-out=; Max-Age=0; Path=/; Secure', given.host)
      expect(await browser.cookieNames(given.host)).not.toContain('__Host-out')
      events.length = 0
      expect((await handIn()).flatMap(newHandles)).toEqual([])
      expect(reasons(events)).toEqual(['session-ended'])
      const [session] = await sessions.sessionsOf('ada')
      expect((await sessions.handlesOf(session!.id)).map(({ scope }) => scope)).toEqual([new URL(given.issuer).host])
      // The next ticket, by the visitor's own act, is good.
      expect(await whoAt(browser, `${given.host}/.session/begin?to=/`)).toBe('ada')
    },
  )

  test.each(CASES)('so is one by $name ($kind) that is being redeemed at that very moment', async (given) => {
    const { browser, serve, events, sessions, watched, clock } = world(given.kind)
    await signIn(browser, given.issuer)
    const handIn = await given.way(browser)
    await browser.go(`${given.host}/.session/begin?to=/`)
    // As if the request that redeems had left before the session was there: it shows none.
    const cookies = await browser.jar.getCookies(given.host)
    const own = cookies.find(({ key }) => key === '__Host-sid')!
    await browser.jar.setCookie('__Host-sid=; Max-Age=0; Path=/; Secure', given.host)
    const { open, reached } = watched.hold('attach')
    const redeeming = handIn()
    await reached
    clock.advance(1)
    const headers = { cookie: own.cookieString(), 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }
    const out = await serve(new Request(`${given.host}/out-here`, { method: 'POST', headers, body: '' }))
    expect(out.headers.getSetCookie()).toContainEqual(expect.stringMatching(/^__Host-sid=;/))
    events.length = 0
    open()
    expect((await redeeming).flatMap(newHandles)).toEqual([])
    expect(reasons(events)).toEqual(['session-ended'])
    const [session] = await sessions.sessionsOf('ada')
    expect((await sessions.handlesOf(session!.id)).map(({ scope }) => scope)).toEqual([new URL(given.issuer).host])
  })
})
