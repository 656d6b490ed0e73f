/** The playground by keyboard, without script, on narrow and wide screens, in both colour schemes. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { ACCOUNTS, APP, DAFFY, PORKY, visitPlayground } from './visit.ts'

const begin = visitPlayground()

test('A name can be typed and signed in with by keyboard alone, and what happened takes the focus', async () => {
  const visit = await begin()
  await visit.open(DAFFY)
  await tabTo(visit.page, 'input#name')
  await visit.page.keyboard.type('linus')
  await visit.page.keyboard.press('Enter')
  await visit.sees('Signed in. The session got')
  expect(await visit.who()).toBe('linus')
  await visit.page.waitForFunction(() => document.activeElement?.id === 'notice')
  await tabTo(visit.page, 'button:text-is("Show it")')
  await visit.page.keyboard.press('Enter')
  await visit.page.waitForURL(/result=/)
  await visit.page.waitForFunction(() => document.activeElement?.id === 'result')
})

test('The log shows one host or all of them, as the reader likes', async () => {
  const visit = await begin()
  await visit.signIn('ada', PORKY)
  await visit.open(DAFFY)
  const ofFudd = visit.page.getByTestId('log').locator('li.host-porky').first()
  expect(await ofFudd.isVisible()).toBe(true)
  await visit.page.getByRole('radio', { name: 'this host' }).check()
  expect(await ofFudd.isVisible()).toBe(false)
})

test('Without script every form works, and the log is there after each load', async () => {
  const visit = await begin({ script: false })
  await visit.signIn('ada', DAFFY)
  expect(await visit.newestLog()).toContain('ada signed in.')
  expect(await visit.showCookieTo(PORKY)).toContain('(wrong-host)')
  await visit.press('Sign out here')
  await visit.sees('Signed out on this host.')
  expect(await visit.who()).toBe('Nobody')
})

for (const width of [400, 1400]) {
  test(`Nothing is cut off at ${width} pixels`, async () => {
    const visit = await begin()
    await visit.page.setViewportSize({ width, height: 900 })
    await visit.signIn('a-name-of-sixty-characters-without-any-place-to-break-the-line', DAFFY)
    await visit.setValue('note', 'x'.repeat(500))
    await visit.showCookieTo(PORKY)
    expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
  })
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(
    `axe finds nothing to object to in the ${colorScheme} scheme, and the page's own policy blocks nothing`,
    { timeout: 120_000 },
    async () => {
      const visit = await begin()
      await visit.page.emulateMedia({ colorScheme })
      await visit.open('localhost')
      expect(await violations(visit.page)).toEqual([])
      await visit.open(PORKY)
      expect(await violations(visit.page)).toEqual([])
      await visit.signIn('ada', DAFFY)
      await visit.setValue('note', 'hello')
      expect(await violations(visit.page)).toEqual([])
      await visit.showCookieTo(PORKY)
      expect(await violations(visit.page)).toEqual([])
      await visit.signIn('grace', APP)
      await visit.showCookieTo(ACCOUNTS)
      expect(await violations(visit.page)).toEqual([])
      await visit.withExpressSession(async () => {
        await visit.signIn('ada', DAFFY)
        await visit.showCookieTo(PORKY)
        expect(await violations(visit.page)).toEqual([])
      })
      expect(visit.complaints).toEqual([])
    },
  )
}

test('The policy of a page allows its own script and styles and nothing else', async () => {
  const visit = await begin()
  for (const host of ['localhost', DAFFY]) {
    const response = await visit.page.goto(visit.server.url(host))
    const policy = (await response?.headerValue('content-security-policy')) ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';")
    expect(policy).not.toContain('unsafe')
  }
})

/** What axe objects to, one line each: the rule and the elements. */
async function violations(page: Page): Promise<string[]> {
  const results = await new AxeBuilder({ page }).analyze()
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(' | ')}`)
}

/** Presses Tab until the element has the focus, as somebody without a mouse does. */
async function tabTo(page: Page, selector: string): Promise<void> {
  const target = page.locator(selector)
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${selector} cannot be reached by Tab.`)
}
