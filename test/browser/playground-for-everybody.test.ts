/** The playground by keyboard, without script, on narrow and wide screens, in both colour schemes. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import type { Visit } from './visit.ts'
import { ACCOUNTS, APP, BUGS, DAFFY, ELMER, FUDD, HUB, PORKY, SHOP_A, SHOP_B, visitPlayground } from './visit.ts'

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

/** Every page of the hosts that cross, in a state that shows all it can; `look` is called on each. */
async function seeEverything(visit: Visit, look: () => Promise<void>): Promise<void> {
  const see = async (host: string, path = '/'): Promise<void> => {
    await visit.page.goto(visit.server.url(host, path))
    await visit.page.waitForURL((url) => !url.pathname.startsWith('/.session/'))
    await look()
  }
  for (const host of [HUB, ELMER, SHOP_A]) await see(host)
  await see(ELMER, '/private')
  await visit.signInFor(ELMER, 'elmer')
  await look()
  await see(BUGS)
  await see(BUGS, '/private')
  await visit.signInAtHub('a-name-of-sixty-characters-without-any-place-to-break-a-line')
  for (const host of [ELMER, FUDD, HUB]) await see(host)
  for (let presses = 0; presses < 2; presses++) {
    await visit.press('Let 8 days pass')
    await visit.sees('Eight days passed')
    if (presses === 0) await visit.signInAtHub('fudd')
  }
  await look()
  await see(ELMER)
  await visit.page.getByText('Other crossings of this host').click()
  await look()
  await staleForm(visit)
  await look()
  await visit.open(SHOP_A)
  await visit.buy('Tea')
  await visit.press('Take it to shop-b')
  await visit.page.waitForURL((url) => url.hostname === SHOP_B && url.pathname === '/')
  await look()
}

/** Leaves the page with the answer 409. */
async function staleForm(visit: Visit): Promise<void> {
  await visit.page.locator('form[action="/set-value"] input[name=account]').evaluate((field) => field.setAttribute('value', 'another'))
  await visit.page.getByRole('textbox', { name: 'Value' }).fill('late')
  await visit.press('Set')
  await visit.sees('This page was made for another account')
}

/** Bugs has just heard that nobody is there who may come, and does not ask again at once. */
const UNAUTHORIZED = 'Failed to load resource: the server responded with a status of 401 (Unauthorized)'
const CONFLICT = 'Failed to load resource: the server responded with a status of 409 (Conflict)'

const SIZES = [390, 1400]

test(
  'No page of the hub, its tenants and the shops is cut off on a phone or a desk, and axe objects to none in either scheme',
  {
    timeout: 240_000,
  },
  async () => {
    const visit = await begin()
    await seeEverything(visit, async () => {
      const at = visit.page.url()
      for (const width of SIZES) {
        await visit.page.setViewportSize({ width, height: 900 })
        expect(await visit.page.evaluate(() => document.documentElement.scrollWidth), at).toBe(width)
      }
      expect(await violations(visit.page), at).toEqual([])
      await visit.page.emulateMedia({ colorScheme: 'dark' })
      expect(await violations(visit.page, ['color-contrast']), at).toEqual([])
      await visit.page.emulateMedia({ colorScheme: 'light' })
    })
    // A browser reports the two refusals that were asked for; nothing else.
    expect(visit.complaints).toEqual([UNAUTHORIZED, CONFLICT])
  },
)

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

test('Without script the way to a tenant goes over a button, and everything else is as with it', async () => {
  const visit = await begin({ script: false })
  await visit.page.goto(visit.server.url(ELMER, '/private'))
  await visit.page.getByRole('textbox', { name: 'Name, any will do' }).fill('elmer')
  await visit.press('Sign in')
  await visit.press(`Go to ${ELMER}`)
  expect(await visit.who()).toBe('elmer')
  expect(await visit.page.getByTestId('outcome').innerText()).toBe('attached')
})

test('The policy of a page allows its own script and styles and nothing else', async () => {
  const visit = await begin()
  for (const host of ['localhost', DAFFY, HUB, ELMER, SHOP_A]) {
    const response = await visit.page.goto(visit.server.url(host))
    const policy = (await response?.headerValue('content-security-policy')) ?? ''
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self';")
    expect(policy).not.toContain('unsafe')
  }
})

/** What axe objects to, one line each: the rule and the elements. */
async function violations(page: Page, rules?: string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page })
  const results = await (rules ? axe.withRules(rules) : axe).analyze()
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
