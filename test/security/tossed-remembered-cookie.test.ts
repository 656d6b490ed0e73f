/**
 * Attacks 12 and 38 together: a host that shares the cookie's domain plants an old cookie of the visitor's beside the right one. A browser
 * that shows the newest secret is not out of step: nobody is signed out by what was planted, and a copy shown alone is found out as ever.
 */
import { memory } from 'landbridge/memory'
import { describe, expect, test } from 'vitest'
import type { AnySession, Browser } from '../core/support.ts'
import { delayed, MINUTE, world } from '../core/support.ts'

const DAY = 24 * 60 * MINUTE
const WWW = 'https://www.acme.com/'
const account = async (session: AnySession) => (await session.account())?.id ?? null

/** Her cookies, the oldest first: of the last one no request has been answered yet. */
async function cookiesOf(days: number, store = memory()) {
  const made = world({ store, topology: { kind: 'shared', domain: '.acme.com' } })
  const ada = made.browser()
  const cookies: string[] = []
  const keep = async (browser: Browser) => cookies.push(await browser.cookies(WWW))
  await ada.visit(WWW, (session) => session.signIn({ id: 'ada', remember: true }))
  await keep(ada)
  for (let day = 0; day < days; day++) {
    // The new secret is seen by the second visit.
    if (day > 0) await ada.visit(WWW, account)
    made.clock.now += DAY
    await ada.visit(WWW, account)
    await keep(ada)
  }
  const show = (...shown: string[]) => made.browser().visit(WWW, account, { headers: { cookie: shown.join('; ') } })
  return { ...made, ada, cookies, show }
}

describe.each([
  ['memory', memory],
  ['a store that answers later', () => delayed(memory())],
] as const)('%s', (_name, make) => {
  test.each([
    ['before', [0, 1, 2, 3]],
    ['behind', [3, 2, 1, 0]],
    ['around', [0, 3, 1]],
    ['alone and just replaced', [3, 2]],
  ])('planted %s it: the right one counts, and the others are cleared', async (_where, order) => {
    const { ada, cookies, show, types } = await cookiesOf(3, make())
    const { result, response } = await show(...order.map((i) => cookies[i]!))
    expect(result).toBe('ada')
    const cleared = response.headers.getSetCookie().filter((line) => line.includes('Max-Age=0'))
    expect(cleared.length).toBeGreaterThan(0)
    expect(cleared.every((line) => !/; Path=\/; Domain=acme\.com;/.test(line))).toBe(true)
    expect(types()).not.toContain('session.stolen')
    expect(await ada.at(WWW, account)).toBe('ada')
  })

  test('where the right one has not arrived, the one before it does, and what is older is no theft beside it', async () => {
    const { ada, cookies, show, types } = await cookiesOf(3, make())
    expect((await show(cookies[0]!, cookies[2]!)).result).toBe('ada')
    expect(types()).not.toContain('session.stolen')
    expect(await ada.at(WWW, account)).toBe('ada')
  })

  test('without any that counts it is theft', async () => {
    const { ada, cookies, show, types } = await cookiesOf(3, make())
    expect((await show(cookies[0]!, cookies[1]!)).result).toBe(null)
    expect(types().filter((type) => type === 'session.stolen')).toHaveLength(1)
    expect(await ada.at(WWW, account)).toBe(null)
  })

  test("a stranger's live cookie beside it leaves nobody signed in for that request, and ends nothing", async () => {
    const { ada, browser, cookies, show, types } = await cookiesOf(3, make())
    const stranger = browser()
    await stranger.visit(WWW, (session) => session.signIn({ id: 'eve', remember: true }))
    expect((await show(cookies[0]!, await stranger.cookies(WWW), cookies[3]!)).result).toBe(null)
    expect(types()).not.toContain('session.stolen')
    expect([await ada.at(WWW, account), await stranger.at(WWW, account)]).toEqual(['ada', 'eve'])
  })
})
