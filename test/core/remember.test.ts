// "Remember me": a sign-in that outlives the browser, with secrets that are replaced while it lives.
import { expect, test } from 'vitest'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import { sealedCookie } from 'landbridge/sealed-cookie'
import type { AnySession, Browser } from './support.ts'
import { ALICE, codeOf, delayed, ELMER, MINUTE, START, world } from './support.ts'

const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const signIn = (session: AnySession) => session.signIn({ id: 'ada', remember: true })
const account = async (session: AnySession) => (await session.account())?.id ?? null
const setCookies = (response: Response) => response.headers.getSetCookie()

/** The cookie header of a browser, and a way to show it from elsewhere. */
const copyOf = async (browser: Browser) => ({ headers: { cookie: await browser.cookies(ELMER) } })

test('its cookie is kept for as long as the session lives, and others end with the browser', async () => {
  const { browser } = world()
  const remembered = await browser().visit(ELMER, signIn)
  const ordinary = await browser().visit(ELMER, (session) => session.signIn({ id: 'ada' }))
  expect(setCookies(remembered.response)).toEqual([
    expect.stringMatching(/^__Host-sid=[^;]+; Path=\/; Max-Age=5184000; Secure; HttpOnly; SameSite=Lax$/),
  ])
  expect(setCookies(ordinary.response)).toEqual([expect.not.stringMatching(/max-age/i)])
})

test('it knows no idle end, and ends sixty days after the sign-in', async () => {
  const { browser, clock } = world()
  const ada = browser()
  await ada.visit(ELMER, signIn)
  clock.now += 59 * DAY
  expect(await ada.at(ELMER, account)).toBe('ada')
  expect(await ada.at(ELMER, (session) => session.expiresAt())).toBe(START + 60 * DAY)
  clock.now = START + 60 * DAY
  expect(await ada.at(ELMER, account)).toBe(null)
})

test('what was set before and what is set afterwards stays', async () => {
  const { browser, clock } = world()
  const ada = browser()
  await ada.visit(ELMER, (session) => session.set('theme', 'dark'))
  await ada.visit(ELMER, signIn)
  for (let day = 0; day < 5; day++) {
    clock.now += DAY
    await ada.visit(ELMER, (session) => session.update('days', (days) => ((days as number | undefined) ?? 0) + 1))
  }
  expect(await ada.at(ELMER, (session) => session.all())).toEqual({ theme: 'dark', days: 5 })
})

test('its secret is replaced once a day, and its id is not', async () => {
  const { browser, clock, types } = world()
  const ada = browser()
  await ada.visit(ELMER, signIn)
  const first = await ada.cookies(ELMER)
  clock.now += DAY - 1
  await ada.visit(ELMER, account)
  expect(await ada.cookies(ELMER)).toBe(first)
  clock.now += 1
  const { response } = await ada.visit(ELMER, account)
  const second = await ada.cookies(ELMER)
  expect(setCookies(response)).toEqual([expect.stringContaining(`; Max-Age=${59 * 86_400};`)])
  expect(second).not.toBe(first)
  expect(second.split('.')[0]).toBe(first.split('.')[0])
  await ada.visit(ELMER, account)
  expect(await ada.cookies(ELMER)).toBe(second)
  expect(types().filter((type) => type === 'handle.rotated')).toHaveLength(1)
})

test.each([
  ['memory', memory],
  ['sqlite', () => sqlite(':memory:')],
  ['a store that answers later', () => delayed(memory())],
] as const)('requests beside the one that replaces the secret are served, and their changes saved: %s', async (_name, make) => {
  const { browser, clock, types } = world({ store: make() })
  const ada = browser()
  await ada.visit(ELMER, signIn)
  clock.now += DAY
  const copy = await copyOf(ada)
  const beside = Array.from({ length: 20 }, () =>
    ada.at(ELMER, async (session) => {
      session.set(`key${Math.random()}`, 1)
      return session.update('count', (count) => ((count as number | undefined) ?? 0) + 1)
    }),
  )
  await Promise.all(beside)
  expect(types().filter((type) => type === 'handle.rotated')).toHaveLength(1)
  expect(await ada.at(ELMER, async (session) => [await session.get('count'), Object.keys(await session.all()).length])).toEqual([20, 21])
  clock.now += MINUTE - 1
  const { result } = await browser().visit(ELMER, account, copy)
  expect(result).toBe('ada')
})

test('an answer that never arrived signs nobody out: the secret before counts until its successor was seen', async () => {
  const { browser, clock, types } = world()
  const ada = browser()
  await ada.visit(ELMER, signIn)
  const copy = await copyOf(ada)
  for (let day = 0; day < 3; day++) {
    clock.now += DAY
    // The answer, and the cookie in it, are lost.
    expect((await browser().visit(ELMER, account, copy)).result).toBe('ada')
  }
  expect(await ada.at(ELMER, account)).toBe('ada')
  expect(types()).not.toContain('session.stolen')
  // Another secret was made each time, and the last one is in the browser now.
  await ada.visit(ELMER, account)
  clock.now += MINUTE
  expect(await ada.at(ELMER, account)).toBe('ada')
})

test('on each visit the longest-lived cookie is asked of the store once, and a visit in between writes as often as without', async () => {
  const { browser, clock, calls } = world()
  const ada = browser()
  await ada.visit(ELMER, signIn)
  calls.length = 0
  await ada.visit(ELMER, account)
  expect(calls).toEqual(['read'])
  clock.now += DAY
  calls.length = 0
  await ada.visit(ELMER, account)
  expect(calls).toEqual(['read', 'update'])
  calls.length = 0
  await ada.visit(ELMER, account)
  await ada.visit(ELMER, account)
  expect(calls, 'the first visit after it says that the new secret has arrived').toEqual(['read', 'update', 'read'])
})

test('it opens nothing on another host, replaced or not', async () => {
  const { browser, clock, events } = world()
  const ada = browser()
  await ada.visit(ELMER, signIn)
  clock.now += DAY
  await ada.visit(ELMER, account)
  const { result } = await browser().visit(ALICE, account, await copyOf(ada))
  expect(result).toBe(null)
  expect(events.at(-1)).toMatchObject({ type: 'cookie.refused', reason: 'wrong-host' })
  expect(await ada.at(ELMER, account)).toBe('ada')
})

test('a browser is remembered when everybody in it asked for it', async () => {
  const { browser, clock } = world()
  const both = browser()
  await both.visit(ELMER, signIn)
  const { response } = await both.visit(ELMER, (session) => session.addAccount({ id: 'ben' }))
  expect(setCookies(response)[0]).not.toMatch(/max-age/i)
  clock.now += 31 * MINUTE
  expect(await both.at(ELMER, account)).toBe(null)
})

test('whoever is left asked for it: he is remembered again', async () => {
  const { browser } = world()
  const both = browser()
  await both.visit(ELMER, signIn)
  await both.visit(ELMER, (session) => session.addAccount({ id: 'ben' }))
  const { response } = await both.visit(ELMER, (session) => session.removeAccount('ben'))
  expect(setCookies(response)[0]).toMatch(/Max-Age=\d+/)
})

test('sessions that travel in cookies cannot be remembered, and say so', async () => {
  const { browser } = world({ store: sealedCookie({ keys: ['k'.repeat(40)] }) })
  expect(await browser().at(ELMER, (session) => codeOf(() => signIn(session)))).toBe('ERR_STORE_INCAPABLE')
})

test('a sign-in is fresh for as long as is asked, and a remembered visit is not', async () => {
  const { browser, clock } = world()
  const ada = browser()
  const fresh = (maxAge: unknown) => ada.at(ELMER, (session) => session.fresh(maxAge as '10m'))
  expect(await fresh('10m')).toBe(false)
  await ada.visit(ELMER, signIn)
  expect(await fresh('10m')).toBe(true)
  clock.now += 10 * MINUTE
  expect(await fresh('10m')).toBe(true)
  clock.now += 1
  expect([await fresh('10m'), await fresh(10 * MINUTE), await fresh('1h')]).toEqual([false, false, true])
  await ada.visit(ELMER, (session) => session.renew())
  expect(await fresh('10m'), 'a renewal is no sign-in').toBe(false)
  await ada.visit(ELMER, signIn)
  expect(await fresh('10m')).toBe(true)
  clock.now = START - MINUTE
  expect(await fresh('10m'), 'a clock that was set back makes nothing fresh').toBe(false)
  for (const wrong of ['10', 0, -1, Number.NaN, null, undefined, '10 m'])
    expect(await codeOf(() => fresh(wrong))).toBe('ERR_DURATION_INVALID')
})
