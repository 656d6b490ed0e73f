/** What browsers do by themselves: many tabs at once, pages kept for the way back, pages fetched ahead. */
import { describe, expect, test } from 'vitest'
import type { Entry } from './access-log.ts'
import type { Stage } from './stage.ts'
import { ENGINES } from './engines.ts'
import { askBy } from './scripts.ts'
import { inBrowser } from './stage.ts'
import type { Tab } from './tab.ts'
import { LOCALHOST } from './world.ts'

const TABS = 20

/** Goes to a page of elmer that fetches another one in its own way; resolves with what the server answered to that. */
async function fetchedAhead(stage: Stage, markup: string, path: string): Promise<{ tab: Tab; status: number }> {
  const tab = await stage.signedIn()
  const page = stage.place('elmer', '/ahead', `${markup.replace('PATH', path)}<a id="on" href="${path}">On</a>`)
  const from = stage.app.log.length
  await tab.go(page)
  const ahead = (): Entry[] => stage.app.log.since(from).filter(({ purpose, status }) => purpose !== '' && status !== 0)
  await expect.poll(ahead).toHaveLength(1)
  return { tab, status: ahead()[0]!.status }
}

const LINK = '<link rel="prefetch" href="PATH">'
const rules = (kind: 'prefetch' | 'prerender'): string =>
  `<script type="speculationrules">{"${kind}":[{"source":"list","urls":["PATH"],"eagerness":"immediate"}]}</script>`

for (const engine of ENGINES) {
  inBrowser(engine, 'tabs', { worlds: [LOCALHOST] }, (at) => {
    test('Twenty tabs that are opened at once are all signed in, each on its own page, by one handle, and leave no request behind', async () => {
      const stage = at()
      const hub = await stage.signedIn('joan')
      const tabs = await Promise.all(Array.from({ length: TABS }, () => hub.another()))
      await Promise.all(tabs.map((tab, i) => tab.go(stage.url('elmer', `/page/${i}`))))
      const shown = await Promise.all(tabs.map(async (tab) => `${await tab.url()} ${await tab.who()}`))
      expect(shown).toEqual(tabs.map((_, i) => `${stage.url('elmer', `/page/${i}`)} joan`))
      const scopes = (await stage.app.handlesOf('joan')).map(({ scope }) => scope)
      expect(scopes).toHaveLength(2)
      expect(scopes).toEqual(expect.arrayContaining([stage.world.hub, stage.world.elmer]))
      expect((await stage.cookieNames(hub, 'elmer')).filter((name) => name.startsWith('__Host-rq'))).toEqual([])
    })

    test('A request in flight is remembered for two minutes at most', async () => {
      const stage = at()
      const tab = await stage.signedIn()
      await tab.go(stage.place('elmer', '/quiet', 'quiet'))
      await tab.run(askBy('fetch'))
      const cookies = await tab.page.browserContext().cookies()
      const asked = cookies.filter(({ name }) => name.startsWith('__Host-rq.'))
      expect(asked).toHaveLength(1)
      const seconds = asked[0]!.expires - Date.now() / 1000
      expect(seconds).toBeGreaterThan(60)
      expect(seconds).toBeLessThanOrEqual(121)
    })

    test('A page that was kept for the way back is told by its next request that nobody is signed in any more', async () => {
      const stage = at()
      const tab = await stage.signedIn('joan')
      await tab.go(stage.url('elmer', '/kept'))
      await tab.run(`addEventListener('pageshow', ({ persisted }) => fetch('/api/me?kept=' + persisted))`)
      await tab.click('#elsewhere')
      expect(await tab.who()).toBe('joan')
      const hub = await tab.another()
      await hub.go(stage.url('hub'))
      await hub.submit('#sign-out')
      const from = stage.app.log.length
      await tab.run('(setTimeout(() => history.back()), 0)')
      // The page itself was not asked for again: it was kept.
      await expect.poll(() => stage.app.log.since(from).map(({ path, status }) => `${path} ${status}`)).toEqual(['/api/me?kept=true 401'])
      await hub.go(stage.url('elmer', '/kept'))
      expect(await hub.who()).toBe('nobody')
    })

    describe.each([
      ['link', LINK],
      ...(engine.name === 'Chromium'
        ? [
            ['rule', rules('prefetch')],
            ['prerender', rules('prerender')],
          ]
        : []),
    ])('Pages fetched ahead by a %s', (_, markup) => {
      test('Nothing is minted or spent for a protected one, and the click that follows signs in', async () => {
        const stage = at()
        const events = stage.app.events.length
        const { tab, status } = await fetchedAhead(stage, markup, '/private/ahead')
        expect(status).toBe(503)
        expect(stage.app.events.slice(events).map(({ type }) => type)).toEqual(['session.created', 'account.signed-in'])
        expect(await stage.cookieNames(tab, 'elmer')).toEqual(['__Secure-hint'])
        await tab.click('#on')
        expect([await tab.who(), await tab.url()]).toEqual(['ada', stage.url('elmer', '/private/ahead')])
      })

      test('One for everybody does not show nobody to somebody who is signed in at the hub', async () => {
        const stage = at()
        const { tab, status } = await fetchedAhead(stage, markup, '/public')
        // What a link fetched ahead is asked for again in any case; what a rule fetched is shown as it is.
        expect(status).toBe(markup === LINK ? 200 : 503)
        await tab.click('#on')
        expect([await tab.who(), await tab.url()]).toEqual(['ada', stage.url('elmer', '/public')])
      })
    })
  })
}
