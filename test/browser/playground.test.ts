/** The playground as a new user meets it: the real server, a real Chromium, every act by the page's own controls. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { complaintsOf, cookieOf, launchChromium, missingChromium } from './chromium.ts'
import type { PlaygroundServer } from './playground-server.ts'
import { startPlayground } from './playground-server.ts'

const ELMER = 'elmer.acme.localhost'
const FUDD = 'fudd.acme.localhost'
const APP = 'app.example.localhost'
const ACCOUNTS = 'accounts.example.localhost'

let playground: PlaygroundServer
let browser: Browser
let context: BrowserContext
let page: Page
let complaints: string[]

beforeAll(async () => {
  if (missingChromium !== null) return
  ;[playground, browser] = await Promise.all([startPlayground(), launchChromium()])
})
afterAll(async () => {
  await browser?.close()
  await playground?.stop()
})
beforeEach(async (ctx) => {
  ctx.skip(missingChromium !== null, missingChromium ?? '')
  context = await browser.newContext()
  page = await context.newPage()
  complaints = complaintsOf(page)
})
afterEach(async () => {
  await context?.close()
})

const open = async (host: string, on = page): Promise<void> => void (await on.goto(playground.url(host)))
const press = (name: string, on = page): Promise<void> => on.getByRole('button', { name, exact: true }).click()
const who = (on = page): Promise<string | null> => on.getByTestId('who').textContent()
const sessionId = async (): Promise<string> => (await page.getByTestId('session-id').innerText()).trim()
const newestLog = async (on = page): Promise<string> => on.getByTestId('log').locator('li').first().innerText()

async function signIn(name: string, host: string): Promise<void> {
  await open(host)
  await page.getByRole('textbox', { name: 'Name, any will do' }).fill(name)
  await press('Sign in')
  await page.getByText('Signed in. The session got').waitFor()
}

async function setValue(key: string, value: string): Promise<void> {
  await page.getByRole('combobox', { name: 'Key' }).selectOption(key)
  await page.getByRole('textbox', { name: 'Value' }).fill(value)
  await press('Set')
  await page.getByText('The value is stored.').waitFor()
}

/** Presses the experiment's button, and returns what the page says came of it. */
async function showCookieTo(host: string): Promise<string> {
  await page.getByRole('combobox', { name: 'Other host' }).selectOption(host)
  await press('Show it')
  await page.waitForURL(/result=/)
  return (await page.getByTestId('verdict').innerText()).replace(/\s+/g, ' ')
}

async function switchTo(mode: 'Landbridge' | 'express-session'): Promise<void> {
  await press(mode)
  await page.locator(`button[aria-pressed=true]:text-is("${mode}")`).waitFor()
}

describe('isolated hosts', () => {
  test('Signing in on elmer lasts over a reload, and leaves fudd alone', async () => {
    await signIn('ada', ELMER)
    await page.reload()
    expect(await who()).toBe('ada')
    await open(FUDD)
    expect(await who()).toBe('Nobody')
  })

  test('The cookie of elmer copied into the jar of fudd is refused there with wrong-host, and elmer is still signed in', async () => {
    await signIn('ada', ELMER)
    // A browser lets a __Host- cookie be written for a secure address only; it then sends it to localhost over plain http too.
    const { value } = (await cookieOf(context, playground.url(ELMER), '__Host-sid'))!
    await context.addCookies([{ name: '__Host-sid', value, url: `https://${FUDD}/`, secure: true, httpOnly: true, sameSite: 'Lax' }])
    await open(FUDD)
    expect(await cookieOf(context, playground.url(FUDD), '__Host-sid')).toMatchObject({ value, domain: FUDD })
    expect(await who()).toBe('Nobody')
    expect(await page.getByTestId('cookie-refused').innerText()).toContain('wrong-host')
    const entry = await newestLog()
    expect(entry).toContain(FUDD)
    expect(entry).toContain('cookie.refused wrong-host')
    await open(ELMER)
    expect(await who()).toBe('ada')
  })

  test('The page shows the cookie with the attributes that the browser holds, and neither page nor script sees the secret', async () => {
    await signIn('ada', ELMER)
    const cookie = (await cookieOf(context, playground.url(ELMER), '__Host-sid'))!
    expect(cookie).toMatchObject({ domain: ELMER, path: '/', secure: true, httpOnly: true, sameSite: 'Lax' })
    const shown = await page.locator('section', { hasText: 'The cookie of this host' }).innerText()
    for (const attribute of ['no Domain', 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax']) expect(shown).toContain(attribute)
    const [id = '', secret = ''] = cookie.value.split('.')
    await showCookieTo(FUDD)
    const markup = await page.content()
    expect(markup).toContain(id)
    expect(markup).toContain(`${secret.slice(0, 4)}•`)
    expect(markup).not.toContain(secret.slice(0, 8))
    expect(markup).not.toContain(secret.slice(8))
    expect(await page.evaluate(() => document.cookie)).toBe('')
  })

  test('Renewing changes id and secret and keeps who is signed in and the values', async () => {
    await signIn('ada', ELMER)
    await setValue('note', 'kept')
    const [id, cookie] = [await sessionId(), (await cookieOf(context, playground.url(ELMER), '__Host-sid'))!.value]
    await press('Renew')
    await page.getByText('Renewed: new id').waitFor()
    const renewed = (await cookieOf(context, playground.url(ELMER), '__Host-sid'))!.value
    expect(await sessionId()).not.toBe(id)
    expect(renewed.split('.')[0]).toBe(await sessionId())
    expect(renewed.split('.')[1]).not.toBe(cookie.split('.')[1])
    expect(await who()).toBe('ada')
    expect(await page.getByTestId('value-note').textContent()).toBe('kept')
  })

  test('Signing an account out ends its sessions on both hosts', async () => {
    await signIn('joan', ELMER)
    await signIn('joan', FUDD)
    await press('Sign out this account')
    await page.getByText('All sessions of this account were ended').waitFor()
    expect(await who()).toBe('Nobody')
    await open(ELMER)
    expect(await who()).toBe('Nobody')
  })
})

describe('shared hosts', () => {
  test('Signing in at app is seen at accounts, with the same session; signing out at accounts signs app out', async () => {
    await signIn('grace', APP)
    const id = await sessionId()
    await open(ACCOUNTS)
    expect(await who()).toBe('grace')
    expect(await sessionId()).toBe(id)
    expect(await page.getByTestId('handles').innerText()).toContain('.example.localhost')
    await press('Sign out everywhere')
    await page.getByText('Signed out: the session ended').waitFor()
    expect(await who()).toBe('Nobody')
    await open(APP)
    expect(await who()).toBe('Nobody')
  })

  test('A page that is open at app hears at once that its session ended at accounts', async () => {
    await signIn('grace', APP)
    await page.getByText('live', { exact: true }).waitFor()
    const other = await context.newPage()
    await open(ACCOUNTS, other)
    await press('Sign out here', other)
    await page.getByText('Something happened to this session').waitFor()
    expect(await page.getByTestId('log').innerText()).toContain('account.signed-out')
    await page.getByRole('link', { name: 'Load the page again' }).click()
    expect(await who()).toBe('Nobody')
  })
})

describe('the experiment', () => {
  test('It is refused between isolated hosts, says why, and the session stays as it was', async () => {
    await signIn('ada', ELMER)
    const verdict = await showCookieTo(FUDD)
    expect(verdict).toContain('Refused with Landbridge')
    expect(verdict).toContain('(wrong-host)')
    expect(verdict).toContain('"signedInAs":null')
    expect(verdict).toContain('the same cookie still opens it')
    expect(await who()).toBe('ada')
    expect(await newestLog()).toContain('wrong-host')
  })

  test('It is refused from a shared host at an isolated one', async () => {
    await signIn('grace', APP)
    expect(await showCookieTo(ELMER)).toContain('(wrong-host)')
  })

  test('It is accepted between hosts that share a session', async () => {
    await signIn('grace', APP)
    const verdict = await showCookieTo(ACCOUNTS)
    expect(verdict).toContain('Accepted with Landbridge')
    expect(verdict).toContain('"signedInAs":"grace"')
  })

  test('With express-session the same experiment shows the hole, without showing the cookie', async () => {
    await open(ELMER)
    await switchTo('express-session')
    try {
      await signIn('ada', ELMER)
      const verdict = await showCookieTo(FUDD)
      expect(verdict).toContain('The hole with express-session')
      expect(verdict).toContain('"signedInAs":"ada"')
      const cookie = decodeURIComponent((await cookieOf(context, playground.url(ELMER), 'connect.sid'))!.value)
      const [id = '', signature = ''] = cookie.slice(2).split('.')
      const markup = await page.content()
      expect(markup).toContain(`${id.slice(0, 4)}•`)
      for (const secret of [id, signature]) {
        expect(markup).not.toContain(secret.slice(0, 8))
        expect(markup).not.toContain(secret.slice(8))
      }
      await open(FUDD)
      expect(await page.getByRole('heading', { name: 'Default framework is on' }).isVisible()).toBe(true)
      expect(await who()).toBe('Nobody')
    } finally {
      await open(ELMER)
      await switchTo('Landbridge')
    }
  })

  test('A result is shown on the host that ran it and nowhere else', async () => {
    await signIn('ada', ELMER)
    await showCookieTo(FUDD)
    const { search } = new URL(page.url())
    await page.goto(playground.url(FUDD, `/${search}`))
    expect(await page.getByTestId('verdict').count()).toBe(0)
  })
})

describe('values', () => {
  test('A value is set, lasts, and is removed', async () => {
    await open(ELMER)
    await setValue('theme', 'dark')
    await setValue('note', 'remember the milk')
    await page.reload()
    expect(await page.getByTestId('value-theme').textContent()).toBe('dark')
    await press('Remove theme')
    await page.getByText('The value is removed.').waitFor()
    expect(await page.getByTestId('value-theme').count()).toBe(0)
    expect(await page.getByTestId('value-note').textContent()).toBe('remember the milk')
  })

  test('Markup in a name or a value is shown as text, on the page and in the log', async () => {
    const markup = `<img src=x onerror="document.title='pwned'">&lt;'"`
    await signIn(markup, ELMER)
    await setValue('note', markup)
    expect(await who()).toBe(markup)
    expect(await page.getByTestId('value-note').textContent()).toBe(markup)
    await press('Renew')
    await page.getByText('Renewed: new id').waitFor()
    const log = page.getByTestId('log')
    expect(await log.innerText()).toContain(markup)
    await page.getByText('live', { exact: true }).waitFor()
    const other = await context.newPage()
    await open(ELMER, other)
    await press('Sign out here', other)
    await log.getByText(`${markup} signed out.`).waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(await page.title()).toBe(`${ELMER} · Landbridge playground`)
  })
})

describe('for everybody', () => {
  test('A name can be typed and signed in with by keyboard alone, and what happened takes the focus', async () => {
    await open(ELMER)
    await tabTo('input#name')
    await page.keyboard.type('linus')
    await page.keyboard.press('Enter')
    await page.getByText('Signed in. The session got').waitFor()
    expect(await who()).toBe('linus')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('notice')
    await tabTo('button:text-is("Show it")')
    await page.keyboard.press('Enter')
    await page.waitForURL(/result=/)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('result')
  })

  test('The log shows one host or all of them, as the reader likes', async () => {
    await signIn('ada', FUDD)
    await open(ELMER)
    const ofFudd = page.getByTestId('log').locator('li.host-fudd').first()
    expect(await ofFudd.isVisible()).toBe(true)
    await page.getByRole('radio', { name: 'this host' }).check()
    expect(await ofFudd.isVisible()).toBe(false)
  })

  test('Without script every form works, and the log is there after each load', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false })
    page = await plain.newPage()
    await signIn('ada', ELMER)
    expect(await newestLog()).toContain('ada signed in.')
    expect(await showCookieTo(FUDD)).toContain('(wrong-host)')
    await press('Sign out here')
    await page.getByText('Signed out on this host.').waitFor()
    expect(await who()).toBe('Nobody')
    await plain.close()
  })

  for (const width of [400, 1400]) {
    test(`Nothing is cut off at ${width} pixels`, async () => {
      await page.setViewportSize({ width, height: 900 })
      await signIn('a-name-of-sixty-characters-without-any-place-to-break-the-line', ELMER)
      await setValue('note', 'x'.repeat(500))
      await showCookieTo(FUDD)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    })
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    test(
      `axe finds nothing to object to in the ${colorScheme} scheme, and the page's own policy blocks nothing`,
      { timeout: 120_000 },
      async () => {
        await page.emulateMedia({ colorScheme })
        await open('localhost')
        expect(await violations()).toEqual([])
        await open(FUDD)
        expect(await violations()).toEqual([])
        await signIn('ada', ELMER)
        await setValue('note', 'hello')
        expect(await violations()).toEqual([])
        await showCookieTo(FUDD)
        expect(await violations()).toEqual([])
        await signIn('grace', APP)
        await showCookieTo(ACCOUNTS)
        expect(await violations()).toEqual([])
        await switchTo('express-session')
        try {
          await signIn('ada', ELMER)
          await showCookieTo(FUDD)
          expect(await violations()).toEqual([])
        } finally {
          await switchTo('Landbridge')
        }
        expect(complaints).toEqual([])
      },
    )
  }
})

/** What axe objects to, one line each: the rule and the elements. */
async function violations(): Promise<string[]> {
  const results = await new AxeBuilder({ page }).analyze()
  return results.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => String(target)).join(' | ')}`)
}

/** Presses Tab until the element has the focus, as somebody without a mouse does. */
async function tabTo(selector: string): Promise<void> {
  const target = page.locator(selector)
  for (let presses = 0; presses < 60; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${selector} cannot be reached by Tab.`)
}
