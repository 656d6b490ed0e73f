/** Real browsers that are closed and opened again, with the profile that they had: who asked to stay signed in is, and nobody else. */
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Application } from './crossing/application.ts'
import { startApplication } from './crossing/application.ts'
import { drop, ENGINES, newProfile } from './crossing/engines.ts'
import type { Engine } from './crossing/engines.ts'
import { Tab } from './crossing/tab.ts'
import { LOCALHOST } from './crossing/world.ts'

const { hub, elmer, fudd } = LOCALHOST
const SLOW_MS = 90_000

let app: Application
beforeAll(async () => {
  app = await startApplication(LOCALHOST)
})
afterAll(() => app.close())

/** Opens a browser with a profile, lets something be done in a tab of it, and closes it as its user does. */
async function once<Result>(engine: Engine, profile: string, act: (tab: Tab) => Promise<Result>): Promise<Result> {
  const { browser, close } = await engine.launch('default', profile)
  try {
    return await act(await Tab.in(browser.defaultBrowserContext()))
  } finally {
    await close()
  }
}

/** Signs in at the hub, asking to be remembered or not, and goes on to a spoke. */
async function signIn(tab: Tab, account: string, remember: boolean): Promise<string | null> {
  await tab.go(app.url(hub, '/login'))
  await tab.run(`void (document.querySelector('#remember').checked = ${remember})`)
  await tab.submit('#sign-in', { '#account': account })
  await tab.go(app.url(elmer))
  return tab.who()
}

const whoAt = async (tab: Tab, host: string): Promise<string | null> => {
  await tab.go(app.url(host))
  return tab.who()
}

describe.each(ENGINES)('$name', (engine) => {
  beforeEach((ctx) => ctx.skip(engine.missing !== null, engine.missing ?? ''))
  const profile = (): string => {
    const folder = newProfile()
    onTestFinished(() => drop(folder))
    return folder
  }

  test(
    'remembered, hub and spoke are both signed in after the browser was closed, and the spoke asks nobody',
    { timeout: SLOW_MS },
    async () => {
      const own = profile()
      expect(await once(engine, own, (tab) => signIn(tab, 'ada', true))).toBe('ada')
      const before = app.log.length
      expect(await once(engine, own, (tab) => whoAt(tab, elmer))).toBe('ada')
      expect(app.log.lines(before).filter((line) => line.includes('/.session/'))).toEqual([])
      // By its own cookie at the hub, and by the hub's at a spoke where it never was.
      expect(await once(engine, own, async (tab) => [await whoAt(tab, hub), await whoAt(tab, fudd)])).toEqual(['ada', 'ada'])
    },
  )

  test('not remembered, nobody is signed in anywhere after the browser was closed', { timeout: SLOW_MS }, async () => {
    const own = profile()
    expect(await once(engine, own, (tab) => signIn(tab, 'ben', false))).toBe('ben')
    expect(await once(engine, own, async (tab) => [await whoAt(tab, elmer), await whoAt(tab, hub)])).toEqual(['nobody', 'nobody'])
  })

  test('remembered and then signed out, it stays signed out', { timeout: SLOW_MS }, async () => {
    const own = profile()
    await once(engine, own, async (tab) => {
      await signIn(tab, 'cleo', true)
      await tab.go(app.url(hub))
      await tab.click('#sign-out')
    })
    expect(await once(engine, own, async (tab) => [await whoAt(tab, elmer), await whoAt(tab, hub)])).toEqual(['nobody', 'nobody'])
  })
})
