// The applications that `landbridge scan` is proved against behave as their names say: seen by plain requests, without a scanner.
import { CookieJar } from 'tough-cookie'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Answer, Ask } from '../support/client.ts'
import { askServer } from '../support/client.ts'
import type { ForeignApplication, ForeignOptions } from '../support/foreign/application.ts'
import { ACCOUNTS, DOMAIN, HOST_A, HOST_B } from '../support/foreign/application.ts'
import { missingDjango, startDjango } from '../support/foreign/django.ts'
import { startExpressSession } from '../support/foreign/express-session.ts'
import { missingPhp, startPhp } from '../support/foreign/php.ts'

const KINDS = [
  { name: 'Django', start: startDjango, missing: missingDjango, cookie: 'sessionid', protectsByItself: true },
  { name: 'PHP', start: startPhp, missing: missingPhp, cookie: 'PHPSESSID', protectsByItself: false },
  { name: 'express-session', start: startExpressSession, missing: null, cookie: 'connect.sid', protectsByItself: false },
] as const

describe.each(KINDS)('$name', ({ start, missing, cookie, protectsByItself }) => {
  const begin = async (ctx: { skip: (when: boolean, why: string) => void }, options: ForeignOptions = {}): Promise<Browser> => {
    ctx.skip(missing !== null, missing ?? '')
    const application = await start(options)
    onTestFinished(() => application.stop())
    return new Browser(application)
  }

  test('shows who is signed in, differently on each load, and refuses a wrong password', async (ctx) => {
    const browser = await begin(ctx)
    expect(await browser.home()).toContain('Hello stranger')
    expect((await browser.signIn('ada', 'guessed')).status).toBe(401)
    expect(await browser.home()).toContain('Hello stranger')
    await browser.signIn('ada')
    const [first, second] = [await browser.home(), await browser.home()]
    expect([first, second]).toEqual([expect.stringContaining('Hello ada'), expect.stringContaining('Hello ada')])
    expect(first).not.toBe(second)
  })

  test('answers no host but its own', async (ctx) => {
    const browser = await begin(ctx)
    expect((await browser.ask('/', { host: 'c.shop.localhost' })).status).toBe(400)
  })

  test('vulnerable: a copied cookie works on the sister host, where no browser sends it', async (ctx) => {
    const browser = await begin(ctx)
    await browser.signIn('ada')
    expect(await browser.home(HOST_B)).toContain('Hello stranger')
    expect(await browser.copied(cookie, HOST_B)).toContain('Hello ada')
  })

  test('safe: a copied cookie opens nothing on the sister host, and goes on working where it belongs', async (ctx) => {
    const browser = await begin(ctx, { variant: 'safe' })
    await browser.signIn('ada')
    expect(await browser.copied(cookie, HOST_B)).toContain('Hello stranger')
    expect(await browser.copied(cookie, HOST_A)).toContain('Hello ada')
    expect(await browser.home()).toContain('Hello ada')
    await browser.signIn('bob', ACCOUNTS.bob, HOST_B)
    expect([await browser.home(HOST_A), await browser.home(HOST_B)]).toEqual([
      expect.stringContaining('Hello ada'),
      expect.stringContaining('Hello bob'),
    ])
  })

  test('domain-cookie: a browser itself carries the session to the sister host', async (ctx) => {
    const browser = await begin(ctx, { variant: 'domain-cookie' })
    await browser.signIn('ada')
    expect(await browser.home(HOST_B)).toContain('Hello ada')
    expect(browser.written(cookie)).toMatch(new RegExp(`;\\s*domain=\\.?${DOMAIN}(?:;|$)`, 'i'))
  })

  test.for([true, false])('csrf %s: what another site sends is refused, or not', async (csrf, ctx) => {
    const browser = await begin(ctx, { csrf })
    await browser.signIn('ada')
    const foreign = await browser.post('/transfer', { amount: '40' }, { origin: 'http://evil.example' })
    expect(foreign.status).toBe(csrf ? 403 : 200)
    expect(await browser.home()).toContain(`Your balance is ${csrf ? 100 : 60}.`)
  })

  test('out of the box it refuses what another site sends if its framework does', async (ctx) => {
    const browser = await begin(ctx)
    await browser.signIn('ada')
    const { status } = await browser.post('/transfer', { amount: '40' }, { origin: 'http://evil.example' })
    expect(status).toBe(protectsByItself ? 403 : 200)
  })

  test.for(['vulnerable', 'safe'] as const)(
    'a visitor of the %s one transfers from his own pages, and nobody without a session',
    async (variant, ctx) => {
      const browser = await begin(ctx, { variant, csrf: true })
      const sent = await browser.submit('/login', '/transfer', { amount: '40' })
      expect([sent.status, sent.header('location')]).toEqual([302, '/login'])
      await browser.signIn('ada')
      expect(await (await browser.submit('/', '/transfer', { amount: '40' })).text()).toContain('Your balance is 60.')
    },
  )
})

/** Keeps cookies as a browser does, and fills in forms. */
class Browser {
  readonly #application: ForeignApplication
  readonly #jar = new CookieJar(undefined, { rejectPublicSuffixes: false, allowSpecialUseDomain: true })
  #written: readonly string[] = []

  constructor(application: ForeignApplication) {
    this.#application = application
  }

  async ask(path: string, { host = HOST_A, ...ask }: Ask = {}): Promise<Answer> {
    const url = this.#application.url(path, host)
    const cookie = await this.#jar.getCookieString(url)
    const answer = await askServer(this.#application.port, path, {
      cookie: cookie === '' ? undefined : cookie,
      ...ask,
      host: new URL(url).host,
    })
    for (const each of answer.setCookies) await this.#jar.setCookie(each, url)
    this.#written = [...this.#written, ...answer.setCookies]
    return answer
  }

  async home(host: string = HOST_A): Promise<string> {
    return (await this.ask('/', { host })).text()
  }

  post(path: string, fields: Record<string, string>, headers: Record<string, string> = {}, host: string = HOST_A): Promise<Answer> {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    return this.ask(path, { method: 'POST', host, headers: { ...form, ...headers }, body: new URLSearchParams(fields).toString() })
  }

  /** Sends what a form of `page` would send to `path`, with its hidden fields and the page's own origin. */
  async submit(page: string, path: string, fields: Record<string, string>, host: string = HOST_A): Promise<Answer> {
    const html = await (await this.ask(page, { host })).text()
    const hidden = [...html.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!] as const)
    const origin = new URL(this.#application.url('/', host)).origin
    return this.post(path, { ...Object.fromEntries(hidden), ...fields }, { origin }, host)
  }

  signIn(user: keyof typeof ACCOUNTS, password: string = ACCOUNTS[user], host: string = HOST_A): Promise<Answer> {
    return this.submit('/login', '/login', { user, password }, host)
  }

  /** The page of a host that is shown nothing but the session cookie of the first host. */
  async copied(name: string, host: string): Promise<string> {
    const cookies = await this.#jar.getCookies(this.#application.url('/'))
    const session = cookies.find(({ key }) => key === name)!
    const answer = await askServer(this.#application.port, '/', {
      host: new URL(this.#application.url('/', host)).host,
      cookie: session.cookieString(),
    })
    return answer.text()
  }

  /** The last `Set-Cookie` line of a cookie. */
  written(name: string): string {
    return this.#written.findLast((line) => line.startsWith(`${name}=`)) ?? ''
  }
}
