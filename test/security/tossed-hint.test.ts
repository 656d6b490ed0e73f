/** Attack 12: a sibling sets the hint for the whole domain: at worst one bounce, never a forced sign-out, and the master is untouched. */
import { describe, expect, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import { ELMER, HUB, hubOf, reasons, signIn, statuses, whoAt } from '../support/crossing.ts'

const toss = (browser: Browser, value: string, attributes = 'Domain=acme.example; Path=/') =>
  browser.jar.setCookie(`__Secure-hint=${value}; Secure; ${attributes}`, 'https://evil.acme.example/')

describe('a hint that a sibling tossed', () => {
  test('leads an anonymous visitor to the hub once, and then no more', async () => {
    const { browser } = hubOf()
    await toss(browser, 'evil')
    expect(statuses(await browser.go(`${ELMER}/a`))).toEqual([303, 303, 303, 200])
    for (const page of ['/a', '/b', '/c']) expect(statuses(await browser.go(ELMER + page))).toEqual([200])
  })

  test('signs nobody out, whatever its value', async () => {
    const { browser, clock } = hubOf()
    await signIn(browser, HUB)
    await browser.go(`${ELMER}/`)
    const before = await browser.cookie(ELMER, '__Host-sid')
    for (const value of ['', 'evil', 'x'.repeat(4000), '%00', '__proto__']) {
      await toss(browser, value)
      await toss(browser, value, 'Domain=acme.example; Path=/page')
      expect(statuses(await browser.go(`${ELMER}/page`))).toEqual([200])
      expect(await whoAt(browser, `${HUB}/`)).toBe('ada')
      clock.advance(400_000)
    }
    expect(await browser.cookie(ELMER, '__Host-sid')).toBe(before)
  })

  test('that changes all the time costs one bounce for each change, and at most two in ten seconds', async () => {
    const { browser, events } = hubOf()
    let bounces = 0
    for (let i = 0; i < 10; i++) {
      await toss(browser, `evil-${i}`)
      const visit = await browser.go(`${ELMER}/`)
      expect(visit.response.status).toBe(200)
      if (visit.steps.length > 1) bounces++
    }
    expect(bounces).toBe(2)
    expect(reasons(events)).toContain('loop-guard')
  })

  test('that was taken away costs a redirect that did not happen, and the hub still knows who is there', async () => {
    const { browser } = hubOf()
    await signIn(browser, HUB)
    await browser.jar.setCookie('__Secure-hint=; Domain=acme.example; Path=/; Secure; Max-Age=0', 'https://evil.acme.example/')
    expect(statuses(await browser.go(`${ELMER}/`))).toEqual([200])
    expect(await whoAt(browser, `${HUB}/`)).toBe('ada')
    expect(await whoAt(browser, `${ELMER}/private`)).toBe('ada')
  })
})

test('a live cookie of the attacker beside that of the visitor ends in a page, not in a circle of redirects', async () => {
  // In a browser that enforces no prefixes (7-browsers.md), a sibling can plant its own session beside the visitor's.
  const { browser, serve } = hubOf()
  const mallory = new Browser(serve)
  await signIn(mallory, HUB, 'mallory')
  await mallory.go(`${ELMER}/`)
  await signIn(browser, HUB)
  await browser.go(`${ELMER}/`)
  browser.forced = `__Host-sid=${await mallory.cookie(ELMER, '__Host-sid')}`
  const visit = await browser.go(`${ELMER}/page`)
  expect(visit.response.status).toBe(200)
  expect(visit.steps.length).toBeLessThanOrEqual(7)
  browser.forced = null
  expect(await whoAt(browser, `${ELMER}/page`)).toBe('ada')
})
