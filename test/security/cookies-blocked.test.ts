/** Attacks 14 and 29: cookies blocked or flooded, hint forced: at most two redirects, then 200; sign-in works afterwards. */
import { describe, expect, test } from 'vitest'
import { ELMER, HUB, hubOf, peersOf, reasons, seen, SHOP_B, signIn, statuses } from '../support/crossing.ts'

describe('with cookies blocked and the hint forced', () => {
  test('a page is shown after at most two redirects, each time', async () => {
    const { browser, events } = hubOf()
    browser.blocksCookies = true
    browser.forced = '__Secure-hint=x'
    for (let i = 0; i < 3; i++) {
      const visit = await browser.go(`${ELMER}/page`)
      expect(statuses(visit)).toEqual([303, 303, 200])
      expect(visit.text).toContain('keeps no cookies')
      expect(visit.text).toContain('href="/page"')
    }
    expect(reasons(events)).toEqual(['request-unknown', 'request-unknown', 'request-unknown'])
  })

  test('a ticket in such a browser ends in a page too, and is not even looked for', async () => {
    const { browser, watched } = hubOf()
    await signIn(browser, HUB)
    // Cookies of the hub are kept, those of elmer are not.
    const ask = (await browser.hop(`${ELMER}/page`)).location!
    await browser.jar.removeAllCookies()
    browser.forced = null
    await signIn(browser, HUB)
    const visit = await browser.go(ask)
    expect(statuses(visit)).toEqual([200, 303, 400])
    expect(watched.calls).not.toContain('take')
  })

  test('an anonymous session that is there all the same leads in no circle', async () => {
    const { browser } = hubOf()
    await browser.post(`${ELMER}/set`, {})
    browser.forced = `__Secure-hint=x; __Host-sid=${await browser.cookie(ELMER, '__Host-sid')}`
    browser.blocksCookies = true
    expect(statuses(await browser.go(`${ELMER}/page`))).toEqual([303, 303, 200])
  })

  test('the first visit to a peer is shown after at most two redirects', async () => {
    const { browser } = peersOf({ topology: { sync: 'first-visit' } })
    browser.blocksCookies = true
    expect(statuses(await browser.go(`${SHOP_B}/`))).toEqual([303, 303, 200])
  })

  test('whoever goes on from there sees the page of the peer', async () => {
    const { browser } = peersOf({ topology: { sync: 'first-visit' } })
    browser.blocksCookies = true
    const told = await browser.go(`${SHOP_B}/page`)
    expect(told.text).toContain('href="/page"')
    const visit = await browser.go(`${SHOP_B}/page`, { from: told.url })
    expect([statuses(visit), seen(visit).id]).toEqual([[200], null])
  })

  test('a protected page is the sign-in page, and no circle', async () => {
    const { browser } = hubOf()
    browser.blocksCookies = true
    expect((await browser.go(`${ELMER}/private`)).text).toBe('login page')
  })
})

describe('floods of cookies', () => {
  const FLOODS = {
    'two hundred requests in flight': Array.from({ length: 200 }, (_, i) => `__Host-rq.${String(i).padStart(8, '0')}${'a'.repeat(22)}=x`),
    'two hundred backoffs': Array.from({ length: 200 }, (_, i) => `__Host-nb=${i}`),
    'two hundred hints': Array.from({ length: 200 }, (_, i) => `__Secure-hint=${i}`),
    '64 kB of one': [`__Host-nb=${'x'.repeat(65_536)}`, '__Secure-hint=x'],
    'two hundred cookies of others': Array.from({ length: 200 }, (_, i) => `c${i}=${'y'.repeat(40)}`),
  }

  test.each(Object.entries(FLOODS))('%s: a page, and sign-in works afterwards', async (_, flood) => {
    const { browser } = hubOf()
    browser.forced = [...flood, '__Secure-hint=last'].join('; ')
    const visit = await browser.go(`${ELMER}/page`)
    expect(visit.response.status).toBe(200)
    expect(visit.steps.length).toBeLessThanOrEqual(4)
    for (const { response } of visit.steps) expect(response.headers.getSetCookie().length).toBeLessThanOrEqual(40)
    browser.forced = null
    await signIn(browser, HUB)
    expect(seen(await browser.go(`${ELMER}/private`)).id).toBe('ada')
  })

  test('requests in flight are kept to a bound, the newest ones', async () => {
    const { browser, clock } = hubOf()
    await signIn(browser, HUB)
    for (let i = 0; i < 60; i++) {
      await browser.hop(`${ELMER}/.session/begin?to=/${i}`)
      clock.advance(1)
    }
    const kept = (await browser.cookieNames(ELMER)).filter((name) => name.startsWith('__Host-rq.'))
    expect(kept.length).toBeGreaterThanOrEqual(10)
    expect((await browser.jar.getCookieString(ELMER)).length).toBeLessThan(8000)
    const last = (await browser.hop(`${ELMER}/.session/begin?to=/last`)).location!
    expect((await browser.go(last)).url).toBe(`${ELMER}/last`)
  })
})
