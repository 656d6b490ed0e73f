/** Attack 27, what was under way: nothing that began before a sign-out here, and nobody else's word, brings the visitor back. */
import { expect, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import { answerTo, ELMER, HUB, hubOf, newHandles, reasons, signIn, statuses, whoAt } from '../support/crossing.ts'

test('the hub’s word that somebody else signed in there is no act of this visitor', async () => {
  const { browser, serve, events } = hubOf()
  await signIn(browser, HUB)
  await browser.go(`${ELMER}/`)
  await browser.post(`${ELMER}/out-here`, {})
  // Mallory signs in for himself, on the way to elmer, and keeps the link that the hub gave him.
  const mallory = new Browser(serve)
  const asked = await mallory.go(`${ELMER}/private`)
  const { response } = await mallory.send(asked.url, {
    method: 'POST',
    headers: { origin: HUB, 'sec-fetch-site': 'same-origin' },
    body: '',
  })
  const link = response.headers.get('location')!
  expect(link).toMatch(/\/\.session\/begin\?b=/)
  events.length = 0
  await browser.go(link, { from: 'https://evil.example/' })
  expect(await whoAt(browser, `${ELMER}/page`)).toBe(null)
  expect(events).toContainEqual(expect.objectContaining({ type: 'crossing.answered-nobody', because: 'signed-out-here' }))
})

test('an act from before the sign-out is over with it, though its ask was not followed yet', async () => {
  const { browser, clock, events } = hubOf()
  await signIn(browser, HUB)
  const early = await browser.hop(`${ELMER}/.session/begin?to=/page`)
  expect(await whoAt(browser, `${ELMER}/.session/begin?to=/page`)).toBe('ada')
  clock.advance(1)
  await browser.post(`${ELMER}/out-here`, {})
  events.length = 0
  await browser.go(early.location!, { from: 'https://evil.example/' })
  expect(await whoAt(browser, `${ELMER}/page`)).toBe(null)
  expect(reasons(events)).toEqual(['signed-out-here'])
})

test('a redemption that the sign-out overtook does not take its mark away', async () => {
  const { browser, clock, serve, watched } = hubOf()
  await signIn(browser, HUB)
  const begun = await browser.hop(`${ELMER}/.session/begin?to=/page`)
  const form = await answerTo(browser, begun.location!)
  expect(await whoAt(browser, `${ELMER}/.session/begin?to=/page`)).toBe('ada')
  const own = (await browser.jar.getCookies(ELMER)).find(({ key }) => key === '__Host-sid')!
  await browser.jar.setCookie('__Host-sid=; Max-Age=0; Path=/; Secure', ELMER)
  const { open, reached } = watched.hold('attach')
  const redeeming = browser.hop(form)
  await reached
  clock.advance(1)
  const headers = { cookie: own.cookieString(), 'sec-fetch-site': 'same-origin' }
  const out = await serve(new Request(`${ELMER}/out-here`, { method: 'POST', headers, body: '' }))
  for (const text of out.headers.getSetCookie()) await browser.jar.setCookie(text, ELMER)
  open()
  expect(newHandles((await redeeming).response)).toEqual([])
  clock.advance(301_000)
  expect(await browser.cookieNames(ELMER)).toContain('__Host-out')
  expect(statuses(await browser.go(`${ELMER}/page`))).toEqual([200])
})

test('a sign-out here sticks although the handle had died before', async () => {
  const { browser, clock } = hubOf()
  await signIn(browser, HUB)
  await browser.go(`${ELMER}/`)
  await signIn(browser, HUB)
  await browser.post(`${ELMER}/out-here`, {})
  clock.advance(301_000)
  expect(await whoAt(browser, `${ELMER}/page`)).toBe(null)
  expect(await whoAt(browser, `${HUB}/`)).toBe('ada')
  expect(await whoAt(browser, `${ELMER}/.session/begin?to=/page`)).toBe('ada')
})
