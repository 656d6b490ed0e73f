// Attack 38: a remembered cookie was copied. Whoever shows a secret that was replaced ends the session, and the event says why.
import { expect, test } from 'vitest'
import { memory } from 'landbridge/memory'
import type { AnySession, Browser } from '../core/support.ts'
import { delayed, ELMER, MINUTE, world } from '../core/support.ts'

const DAY = 24 * 60 * MINUTE
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36'

const account = async (session: AnySession) => (await session.account())?.id ?? null
const copyOf = async (browser: Browser) => ({ headers: { cookie: await browser.cookies(ELMER), 'user-agent': CHROME } })

async function signedIn(store = memory()) {
  const made = world({ store })
  const ada = made.browser()
  await ada.visit(ELMER, (session) => session.signIn({ id: 'ada', remember: true }), { headers: { 'user-agent': FIREFOX } })
  return { ...made, ada, thief: made.browser() }
}

test.each([
  ['memory', memory],
  ['a store that answers later', () => delayed(memory())],
] as const)('the visitor came first: the thief is found out once the grace is over, and both are out: %s', async (_name, make) => {
  const { ada, thief, clock, events } = await signedIn(make())
  const copy = await copyOf(ada)
  clock.now += DAY
  await ada.visit(ELMER, account)
  await ada.visit(ELMER, account)
  clock.now += MINUTE
  const { result, response } = await thief.visit(ELMER, account, copy)
  expect(result).toBe(null)
  expect(response.headers.getSetCookie()).toEqual([])
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'session.stolen', account: 'ada', known: 'Firefox 140 on Linux', shown: 'Chrome 142 on Windows' }),
  )
  expect(events.slice(-3).map(({ type }) => type)).toEqual(['session.stolen', 'session.ended', 'cookie.refused'])
  expect(await ada.at(ELMER, account)).toBe(null)
})

test('the thief came first, and went on for days: the visitor finds him out', async () => {
  const { ada, thief, clock, types } = await signedIn()
  await thief.jar.setCookie((await ada.cookies(ELMER)) + '; Secure; Path=/', ELMER)
  for (let day = 0; day < 9; day++) {
    clock.now += DAY
    expect(await thief.at(ELMER, account)).toBe('ada')
    expect(await thief.at(ELMER, account)).toBe('ada')
  }
  expect(await ada.at(ELMER, account)).toBe(null)
  expect(types()).toContain('session.stolen')
  expect(await thief.at(ELMER, account)).toBe(null)
})

test('a secret that was made for him and never arrived is no way round it', async () => {
  const { ada, thief, clock, types } = await signedIn()
  const copy = await copyOf(ada)
  clock.now += DAY
  // The thief gets the successor, and keeps it for later; the visitor gets another one.
  const stolen = await thief.visit(ELMER, account, copy)
  const [successor] = stolen.response.headers.getSetCookie()[0]!.split(';')
  clock.now += 10 * MINUTE
  expect(await ada.at(ELMER, account)).toBe('ada')
  expect((await thief.visit(ELMER, account, { headers: { cookie: successor! } })).result).toBe(null)
  expect(types()).toContain('session.stolen')
  expect(await ada.at(ELMER, account)).toBe(null)
})

test('a thief who throws each new secret away, to keep the old one good for both, does not get through for long', async () => {
  const { ada, thief, clock, types } = await signedIn()
  const copy = await copyOf(ada)
  clock.now += DAY
  for (let minute = 0; minute < 120; minute++) {
    clock.now += MINUTE
    await thief.visit(ELMER, account, copy)
    // He comes a moment after the thief each time, who was given the new secret then.
    await ada.visit(ELMER, account)
  }
  expect(types()).toContain('session.stolen')
  expect((await thief.visit(ELMER, account, copy)).result).toBe(null)
})

test('nobody signs anybody out with what he made up: the series has to be right', async () => {
  const { ada, thief, clock, types } = await signedIn()
  clock.now += DAY
  await ada.visit(ELMER, account)
  await ada.visit(ELMER, account)
  const [name, id] = (await ada.cookies(ELMER)).split(/[=.]/)
  clock.now += MINUTE
  await thief.visit(ELMER, account, { headers: { cookie: `${name}=${id}.${'A'.repeat(43)}` } })
  expect(types()).not.toContain('session.stolen')
  expect(await ada.at(ELMER, account)).toBe('ada')
})

test('a cookie from before a sign-out or a new sign-in is no theft', async () => {
  const { ada, thief, clock, types } = await signedIn()
  const copy = await copyOf(ada)
  clock.now += DAY
  await ada.visit(ELMER, account)
  await ada.visit(ELMER, (session) => session.signIn({ id: 'ada', remember: true }))
  clock.now += MINUTE
  expect((await thief.visit(ELMER, account, copy)).result).toBe(null)
  expect(types()).not.toContain('session.stolen')
  expect(await ada.at(ELMER, account)).toBe('ada')
})
