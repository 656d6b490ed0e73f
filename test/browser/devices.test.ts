/** The ready-made list of browsers in a real one: its forms without script, on narrow and wide screens, in both colour schemes. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { mounted, MOUNTS, PATH } from '../devices/mounted.ts'
import { complaintsOf, launchChromium, missingChromium } from './chromium.ts'

let chromium: Browser
beforeAll(async () => {
  if (missingChromium === null) chromium = await launchChromium()
})
afterAll(() => chromium?.close())
beforeEach((ctx) => ctx.skip(missingChromium !== null, missingChromium ?? ''))

const express = MOUNTS.find(({ name }) => name === 'Express 5')!
const HOUR = 3_600_000

/** One remembered Chromium, three other browsers that signed in before, and the page open in Chromium. */
async function opened() {
  const { clock, port, visitor } = await mounted(express, { afterSignOut: '/bye' }, { lifetime: { idle: '3d' } })
  const others = [visitor(), visitor('alice.acme.localhost'), visitor()]
  for (const each of others) {
    await each.signIn('ada')
    clock.advance(7 * HOUR)
  }
  const context = await chromium.newContext()
  const page = await context.newPage()
  const complaints = complaintsOf(page)
  await page.goto(`http://elmer.acme.localhost:${port}/`)
  await page.evaluate(() => fetch('/sign-in/ada?remember', { method: 'POST' }))
  clock.advance(120_000)
  await page.goto(`http://elmer.acme.localhost:${port}${PATH}`)
  return { page, complaints, others, context }
}

const labels = (page: Page): Promise<string[]> => page.locator('li h2').allTextContents()

test('its buttons end one browser, all others and this one, with the policy of the page kept', async () => {
  const { page, complaints, context } = await opened()
  expect(await labels(page)).toEqual([expect.stringMatching(/^Chrome \d+ on Linux$/), ...Array<string>(3).fill('Firefox 140 on Linux')])
  expect(await page.locator('li.own').innerText()).toMatch(
    /This browser[^]*Stays signed in[^]*2 minutes ago[^]*now[^]*elmer\.acme\.localhost/,
  )
  await page.getByRole('button', { name: 'Sign out Firefox 140 on Linux' }).first().click()
  await page.waitForURL((url) => url.search === '')
  expect(await labels(page)).toHaveLength(3)
  await page.getByRole('button', { name: 'Sign out all others' }).click()
  await page.waitForFunction(() => document.querySelectorAll('li').length === 1)
  expect(await page.getByRole('button', { name: 'Sign out all others' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.waitForURL((url) => url.pathname === '/bye')
  expect([complaints, await context.cookies()]).toEqual([[], []])
})

test('nothing of it is cut off on a phone or a desk, and axe objects to nothing in either scheme', async () => {
  const { page } = await opened()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    }
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ target }) => target)])).toEqual([])
  }
})
