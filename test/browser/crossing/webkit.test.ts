/** The flow in WebKitGTK, with its default and with the tracking prevention that comes closest to Safari's. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Application } from './application.ts'
import { startApplication } from './application.ts'
import { SIGN_IN_BY_FETCH, SIGN_IN_BY_MESSAGE } from './scripts.ts'
import type { WebKit, WebKitTab } from './webkit.ts'
import { missingWebKit, startWebKit } from './webkit.ts'
import { LISTED } from './world.ts'

const SLOW_MS = 60_000

describe.each([
  ['as it is', []],
  ['with tracking prevention', ['--enable-itp=true']],
])('WebKitGTK %s', { timeout: SLOW_MS }, (_, args) => {
  let app: Application
  let webkit: WebKit
  const url = (host: Exclude<keyof typeof LISTED, 'scheme'>, path?: string): string => app.url(LISTED[host], path)
  beforeAll(async () => {
    if (missingWebKit === null) [app, webkit] = await Promise.all([startApplication(LISTED), startWebKit(args)])
  }, SLOW_MS)
  afterAll(async () => {
    await webkit?.close()
    await app?.close()
  }, SLOW_MS)
  beforeEach((ctx) => ctx.skip(missingWebKit !== null, missingWebKit ?? ''))
  afterEach(() => webkit?.leave())

  async function signedIn(account: string): Promise<WebKitTab> {
    const tab = await webkit.visitor()
    await tab.go(url('hub', '/login'))
    await tab.submit('#sign-in', { '#account': account })
    return tab
  }

  test('Who signed in at the hub is signed in at a spoke after two redirects, and the address bar shows the page', async () => {
    const tab = await signedIn('ada')
    const from = app.log.length
    const page = url('elmer', '/page?x=1')
    await tab.go(page)
    expect([await tab.who(), await tab.url()]).toEqual(['ada', page])
    expect(app.log.lines(from)).toEqual([
      'GET elmer/page 303',
      'GET example/.session/ask 200',
      'POST elmer/.session/in 303',
      'GET elmer/page 200',
    ])
    expect(JSON.stringify(app.log.since(from))).not.toContain(app.tickets.at(-1)!)
    const lasting = (await tab.cookieNames()).filter((name) => name !== '__Host-nb')
    expect(lasting).toEqual(['__Host-sid', '__Secure-hint'])
  })

  test('A protected page leads to the sign-in page of the hub, and from there back to itself', async () => {
    const tab = await webkit.visitor()
    await tab.go(url('fudd', '/private/report'))
    await tab.submit('#sign-in', { '#account': 'grace' })
    expect([await tab.who(), await tab.url()]).toEqual(['grace', url('fudd', '/private/report')])
  })

  test.each([
    ['requests', SIGN_IN_BY_FETCH],
    ['a hidden frame', SIGN_IN_BY_MESSAGE],
  ])('A page of a spoke is signed in by %s of its script', async (_, script) => {
    const tab = await signedIn('ada')
    await tab.go(app.place(LISTED.elmer, '/quiet', 'quiet'))
    expect(await tab.run(script)).toMatchObject({ changed: true })
    const from = app.log.length
    await tab.go(url('elmer'))
    expect(await tab.who()).toBe('ada')
    expect(app.log.lines(from)).toEqual(['GET elmer/ 200'])
  })

  test('A cart comes along to another shop, by a form and by a question of that shop', async () => {
    const tab = await webkit.visitor()
    await tab.go(url('shopA'))
    await tab.submit('#put', { '#item': 'apple' })
    await tab.submit('#carry', { '#to': url('shopB', '/basket') })
    expect([await tab.text('#cart'), await tab.url()]).toEqual(['apple', url('shopB', '/basket')])

    const other = await webkit.visitor()
    await other.go(url('shopA'))
    await other.submit('#put', { '#item': 'pear' })
    const from = app.log.length
    await other.go(url('shopB', '/.session/begin?to=/basket'))
    expect([await other.text('#cart'), await other.url()]).toEqual(['pear', url('shopB', '/basket')])
    expect(app.log.lines(from).filter((line) => line.endsWith('303'))).toHaveLength(3)
  })

  test("A stranger's ask that a visitor follows signs in neither of them at the spoke", async () => {
    const stranger = await webkit.visitor()
    await stranger.go(url('elmer', '/.session/begin?to=/'))
    const ask = app.log.entries.findLast(({ path }) => path.startsWith('/.session/ask?'))!
    const victim = await signedIn('victim')
    const from = app.log.length
    await victim.go(url('hub', ask.path))
    expect(app.log.lines(from)).toEqual(['GET example/.session/ask 200', 'POST elmer/.session/in 303', 'GET elmer/.session/in 400'])
    expect((await app.handlesOf('victim')).map(({ scope }) => scope)).toEqual([LISTED.hub])
  })
})
