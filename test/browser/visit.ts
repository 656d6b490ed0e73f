/** One visitor of a running playground: a fresh browser context for each test, and the acts that the page's own controls offer. */
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { complaintsOf, launchChromium, missingChromium } from './chromium.ts'
import type { PlaygroundOptions, PlaygroundServer } from './playground-server.ts'
import { startPlayground } from './playground-server.ts'

export const HUB = 'acme.localhost'
export const ELMER = 'elmer.acme.localhost'
export const FUDD = 'fudd.acme.localhost'
export const BUGS = 'bugs.acme.localhost'
export const SHOP_A = 'shop-a.localhost'
export const SHOP_B = 'shop-b.localhost'
export const DAFFY = 'daffy.solo.localhost'
export const PORKY = 'porky.solo.localhost'
export const APP = 'app.example.localhost'
export const ACCOUNTS = 'accounts.example.localhost'

export class Visit {
  readonly server: PlaygroundServer
  readonly context: BrowserContext
  readonly page: Page
  readonly complaints: readonly string[]

  constructor(server: PlaygroundServer, context: BrowserContext, page: Page) {
    this.server = server
    this.context = context
    this.page = page
    this.complaints = complaintsOf(page)
  }

  /** Waits until the page itself is there: a crossing may be on the way. */
  async open(host: string): Promise<void> {
    await this.page.goto(this.server.url(host))
    await this.page.waitForURL((url) => url.hostname === host && !url.pathname.startsWith('/.session/'))
    await this.page.locator('#main').waitFor()
  }

  /** A second window of the same browser. */
  async secondWindow(): Promise<Visit> {
    return new Visit(this.server, this.context, await this.context.newPage())
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click()
  }

  async sees(text: string): Promise<void> {
    await this.page.getByText(text).waitFor()
  }

  /** Waits until the page gets its events as they happen. */
  async isLive(): Promise<void> {
    await this.page.getByText('live', { exact: true }).waitFor()
  }

  async who(): Promise<string | null> {
    return this.page.getByTestId('who').textContent()
  }

  async sessionId(): Promise<string> {
    return (await this.page.getByTestId('session-id').innerText()).trim()
  }

  async newestLog(): Promise<string> {
    return this.page.getByTestId('log').locator('li').first().innerText()
  }

  /** The value of a cookie as the browser holds it. */
  async cookie(host: string, name: string) {
    // Playwright's own filter takes a host-only cookie of a parent host for one of this host.
    const all = await this.context.cookies(this.server.url(host))
    const found = all.find(({ name: each, domain }) => each === name && (domain === host || domain.startsWith('.')))
    if (!found) throw new Error(`The browser holds no ${name} for ${host}.`)
    return found
  }

  async signIn(name: string, host: string): Promise<void> {
    await this.open(host)
    await this.page.getByRole('textbox', { name: 'Name, any will do' }).fill(name)
    await this.press('Sign in')
    await this.sees('Signed in. The session got')
  }

  /** At the hub's own sign-in page, beside the accounts that are there. */
  async signInAtHub(name: string): Promise<void> {
    await this.page.goto(this.server.url(HUB, '/login'))
    await this.#fillSignIn(name)
    await this.page.getByTestId('accounts').getByText(name, { exact: true }).waitFor()
  }

  /** At the sign-in page to which a tenant sent the browser; it ends at the tenant. */
  async signInFor(host: string, name: string): Promise<void> {
    await this.page.getByTestId('target').getByText(host).waitFor()
    await this.#fillSignIn(name)
    await this.page.waitForURL((url) => url.hostname === host && !url.pathname.startsWith('/.session/'))
  }

  async #fillSignIn(name: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Name, any will do' }).fill(name)
    await this.press('Sign in')
  }

  /** Puts something into the cart of the shop that is open. */
  async buy(item: string): Promise<void> {
    await this.press(`+ ${item}`)
    await this.page.getByTestId('cart').getByText(item).waitFor()
  }

  /** The messages and notes of the drawing, in order, as a screen reader reads them. */
  async drawn(): Promise<string[]> {
    const steps = await this.page.getByRole('list', { name: 'What happened, in order' }).locator('> li').allTextContents()
    return steps.map((text) => text.replace(/\s+/g, ' ').trim())
  }

  async setValue(key: string, value: string): Promise<void> {
    await this.page.getByRole('combobox', { name: 'Key' }).selectOption(key)
    await this.page.getByRole('textbox', { name: 'Value' }).fill(value)
    await this.press('Set')
    await this.sees('The value is stored.')
  }

  /** Presses the experiment's button, and returns what the page says came of it. */
  async showCookieTo(host: string): Promise<string> {
    await this.page.getByRole('combobox', { name: 'Other host' }).selectOption(host)
    await this.press('Show it')
    await this.page.waitForURL(/result=/)
    return (await this.page.getByTestId('verdict').innerText()).replace(/\s+/g, ' ')
  }

  /** Does something with express-session on, and turns Landbridge on again whatever comes of it. */
  async withExpressSession(act: () => Promise<void>): Promise<void> {
    await this.open(DAFFY)
    await this.#switchTo('express-session')
    try {
      await act()
    } finally {
      await this.open(DAFFY)
      await this.#switchTo('Landbridge')
    }
  }

  async #switchTo(mode: string): Promise<void> {
    await this.press(mode)
    await this.page.locator(`button[aria-pressed=true]:text-is("${mode}")`).waitFor()
  }
}

/** Starts server and browser for a file of tests; the function returned gives the visit of the test that runs. */
export function visitPlayground(options: PlaygroundOptions = {}): (options?: { script: boolean }) => Promise<Visit> {
  let server: PlaygroundServer
  let browser: Browser
  let contexts: BrowserContext[] = []
  beforeAll(async () => {
    if (missingChromium !== null) return
    server = await startPlayground(options)
    browser = await launchChromium(server.trusted === null ? [] : [`--ignore-certificate-errors-spki-list=${server.trusted}`])
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })
  beforeEach((ctx) => ctx.skip(missingChromium !== null, missingChromium ?? ''))
  afterEach(async () => {
    for (const context of contexts) await context.close()
    contexts = []
  })
  return async ({ script } = { script: true }) => {
    const context = await browser.newContext({ javaScriptEnabled: script })
    contexts.push(context)
    return new Visit(server, context, await context.newPage())
  }
}
