/** Attack 30: prefetch on p, ask, in: nothing minted or spent; the later real click works. */
import { describe, expect, test } from 'vitest'
import type { Form } from '../support/browser.ts'
import { answerTo, ELMER, HUB, hubOf, newHandles, peersOf, seen, SHOP_A, SHOP_B, signIn, statuses } from '../support/crossing.ts'

const PREFETCHES: Record<string, Record<string, string>> = {
  'Sec-Purpose: prefetch': { 'sec-purpose': 'prefetch' },
  'Sec-Purpose: prefetch;prerender': { 'sec-purpose': 'prefetch;prerender' },
  'Sec-Purpose: prefetch;anonymous-client-ip': { 'sec-purpose': 'prefetch;anonymous-client-ip' },
  'Purpose: prefetch': { purpose: 'prefetch' },
  'X-Moz: prefetch': { 'x-moz': 'prefetch' },
}

describe.each(Object.entries(PREFETCHES))('%s', (_, headers) => {
  test('on each step of a crossing mints and spends nothing, and the click afterwards works', async () => {
    const { browser, events, watched } = hubOf()
    await signIn(browser, HUB)
    watched.calls.length = events.length = 0
    const prefetched = async (to: string | Form, status: number) => {
      const url = typeof to === 'string' ? to : to.action
      const cookies = await browser.jar.getCookieString(url)
      const { response, form } = await browser.hop(to, { headers })
      expect(form).toBe(null)
      expect([response.status, response.headers.get('location'), response.headers.getSetCookie()]).toEqual([status, null, []])
      expect(await browser.jar.getCookieString(url)).toBe(cookies)
    }
    await prefetched(`${ELMER}/page`, 503)
    await prefetched(`${ELMER}/private`, 503)
    await prefetched(`${ELMER}/.session/begin?to=/page`, 503)
    const ask = (await browser.hop(`${ELMER}/page`)).location!
    await prefetched(ask, 503)
    expect(watched.calls).not.toContain('put')
    const form = await answerTo(browser, ask)
    await prefetched(form, 503)
    await prefetched({ ...form, action: `${ELMER}/.session/frame` }, 503)
    await prefetched(`${form.action}?rid=${form.fields['rid']}&st=${form.fields['st']}`, 503)
    await prefetched(`${ELMER}/.session/frame?rid=${form.fields['rid']}`, 503)
    expect(watched.calls).not.toContain('take')
    const visit = await browser.go(form)
    expect([visit.url, seen(visit).id]).toEqual([`${ELMER}/page`, 'ada'])
    for (const { response } of visit.steps.slice(0, 1)) expect(newHandles(response).length).toBe(1)
  })

  test('of a first visit to a peer, of the hub’s sign-in link and of a script token is nothing', async () => {
    const { browser, watched } = peersOf({ topology: { sync: 'first-visit', script: true } })
    await signIn(browser, SHOP_A)
    const [script] = JSON.parse((await browser.go(`${SHOP_A}/scripts`)).text) as string[]
    watched.calls.length = 0
    for (const url of [`${SHOP_B}/page`, `${SHOP_B}/.session/begin?to=/`, `${SHOP_A}/.session/accounts`, script!]) {
      const { response, location } = await browser.hop(url, { headers: { 'sec-fetch-dest': 'script', referer: `${SHOP_A}/`, ...headers } })
      expect([location, response.headers.getSetCookie()]).toEqual([null, []])
    }
    expect(watched.calls.filter((call) => call !== 'read')).toEqual([])
    expect(statuses(await browser.go(`${SHOP_B}/page`))).toEqual([303, 200, 303, 303, 200])
  })
})

test('a prefetch is not kept for the click', async () => {
  const { browser } = hubOf()
  await signIn(browser, HUB)
  const { response } = await browser.hop(`${ELMER}/private`, { headers: { 'sec-purpose': 'prefetch' } })
  expect([response.status, response.headers.get('cache-control')]).toEqual([503, 'no-store'])
})
