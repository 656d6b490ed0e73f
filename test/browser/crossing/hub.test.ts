/** The whole flow between a hub and its spokes in real browsers. */
import { expect, test } from 'vitest'
import type { Stage } from './stage.ts'
import type { Tab } from './tab.ts'
import { ENGINES } from './engines.ts'
import { inBrowser } from './stage.ts'
import { LOCALHOST, TLS } from './world.ts'

const atHub = (tab: Tab, act: string, fields: object): Promise<number> =>
  tab.run(
    `fetch('/.session/${act}', { method: 'POST', headers: { 'content-type': 'application/json' }, body: ${JSON.stringify(JSON.stringify(fields))} }).then(({ status }) => status)`,
  )

/** Signed in as ada and bob at the hub, with bob active, and with a page of elmer open. */
async function withTwoAccounts(stage: Stage): Promise<{ hub: Tab; elmer: Tab }> {
  const hub = await stage.signedIn('ada')
  await hub.submit('#add-account', { '#further': 'bob' })
  const elmer = await hub.another()
  await elmer.go(stage.url('elmer'))
  return { hub, elmer }
}

for (const engine of ENGINES) {
  inBrowser(engine, 'hub and spokes', { worlds: [TLS, LOCALHOST] }, (at, world) => {
    test('Who signed in at the hub is signed in at a spoke after two redirects, and the address bar shows the page', async () => {
      const stage = at()
      const tab = await stage.signedIn()
      const seen = stage.watch()
      await tab.go(stage.url('elmer', '/cart?x=1'))
      expect([await tab.who(), await tab.text('#role')]).toEqual(['ada', 'ada at elmer'])
      expect(await tab.url()).toBe(stage.url('elmer', '/cart?x=1'))
      expect(seen()).toEqual(['GET elmer/cart 303', 'GET acme/.session/ask 200', 'POST elmer/.session/in 303', 'GET elmer/cart 200'])
      expect(await stage.lastingCookies(tab, 'elmer')).toEqual(['__Host-sid', '__Secure-hint'])
    })

    test('After a crossing no ticket stands in the history, in any Referer, or in the address of any request', async () => {
      const stage = at()
      const tab = await stage.signedIn()
      const from = stage.app.log.length
      const [pages, url] = [await tab.run<number>('history.length'), stage.url('elmer', `/page?outside=${stage.url('evil', '')}`)]
      await tab.go(url)
      expect(await tab.run('history.length')).toBe(pages + 1)
      expect(await tab.run(`performance.getEntriesByType('navigation').map(({ name }) => name)`)).toEqual([url])
      await tab.click('#outside')
      await tab.back()
      expect(await tab.url()).toBe(url)
      await tab.back()
      expect(await tab.url()).toBe(stage.url('hub', '/'))

      const entries = stage.app.log.since(from)
      const outside = entries.filter(({ host }) => host === stage.world.evil)
      expect(outside.map(({ path }) => path)).toEqual(expect.arrayContaining(['/image.png', '/linked']))
      expect(new Set(outside.map(({ referer }) => referer))).toEqual(new Set([stage.url('elmer', '/')]))
      expect(entries.filter(({ referer }) => referer.includes('/.session/'))).toEqual([])
      const ticket = stage.app.tickets.at(-1)!
      expect(ticket).toHaveLength(43)
      expect(JSON.stringify(entries)).not.toContain(ticket)
    })

    // What is below does not depend on how the hosts are reached.
    if (world === TLS) return

    test('Somebody who is signed in nowhere is not redirected and gets no cookie', async () => {
      const stage = at()
      const tab = await stage.visitor()
      const seen = stage.watch()
      await tab.go(stage.url('elmer'))
      expect(await tab.who()).toBe('nobody')
      expect(seen()).toEqual(['GET elmer/ 200'])
      expect(await stage.cookieNames(tab, 'elmer')).toEqual([])
    })

    test('A protected page leads to the sign-in page of the hub, and from there back to itself', async () => {
      const stage = at()
      const tab = await stage.visitor()
      await tab.go(stage.url('fudd', '/private/report?year=2'))
      expect(await tab.url()).toContain(stage.url('hub', '/login?return='))
      const seen = stage.watch()
      await tab.submit('#sign-in', { '#account': 'grace' })
      expect(await tab.url()).toBe(stage.url('fudd', '/private/report?year=2'))
      expect(await tab.who()).toBe('grace')
      expect(seen()).toEqual([
        'POST acme/login 303',
        'GET fudd/.session/begin 303',
        'GET acme/.session/ask 200',
        'POST fudd/.session/in 303',
        'GET fudd/private/report 200',
      ])
    })

    test('A switch of account at the hub is seen at the spoke by the next request, without a redirect', async () => {
      const stage = at()
      const { hub, elmer } = await withTwoAccounts(stage)
      expect(await elmer.who()).toBe('bob')
      expect(await atHub(hub, 'switch', { account: 'ada' })).toBe(200)
      const seen = stage.watch()
      await elmer.reload()
      expect([await elmer.who(), await elmer.text('#role')]).toEqual(['ada', 'ada at elmer'])
      expect(seen()).toEqual(['GET elmer/ 200'])
    })

    test('A form of a page that was made for another account is refused with 409, and nothing is saved', async () => {
      const stage = at()
      const { hub, elmer } = await withTwoAccounts(stage)
      await atHub(hub, 'switch', { account: 'ada' })
      const seen = stage.watch()
      await elmer.submit('#save', { '#note': 'for bob' })
      expect(seen()).toEqual(['POST elmer/save 409'])
      await elmer.go(stage.url('elmer'))
      expect(await elmer.text('#kept')).toBe('')
      await elmer.submit('#save', { '#note': 'for ada' })
      await elmer.go(stage.url('elmer'))
      expect(await elmer.text('#kept')).toBe('for ada')
    })

    test('A sign-out here lasts over reloads and visits, leaves the other hosts alone, and ends when the visitor asks for it', async () => {
      const stage = at()
      const tab = await stage.signedIn()
      await tab.go(stage.url('elmer'))
      await tab.submit('#sign-out', { '#reach': 'here' })
      const seen = stage.watch()
      await tab.reload()
      expect(await tab.who()).toBe('nobody')
      await tab.go(stage.url('elmer', '/other'))
      expect(await tab.who()).toBe('nobody')
      expect(seen()).toEqual(['GET elmer/ 200', 'GET elmer/other 200'])
      for (const host of ['hub', 'fudd'] as const) {
        await tab.go(stage.url(host))
        expect(await tab.who()).toBe('ada')
      }
      await tab.go(stage.url('elmer'))
      await tab.click('#begin')
      expect(await tab.who()).toBe('ada')
    })

    test('A sign-out everywhere at a spoke ends the session on every host', async () => {
      const stage = at()
      const tab = await stage.signedIn('joan')
      for (const host of ['elmer', 'fudd', 'elmer'] as const) await tab.go(stage.url(host))
      await tab.submit('#sign-out', { '#reach': 'everywhere' })
      for (const host of ['elmer', 'fudd', 'hub'] as const) {
        await tab.go(stage.url(host))
        expect(await tab.who()).toBe('nobody')
      }
      expect(await stage.app.handlesOf('joan')).toEqual([])
    })
  })
}
