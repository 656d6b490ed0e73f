/** Sessions between shops on unrelated domains in real browsers. */
import { expect, test } from 'vitest'
import { ENGINES } from './engines.ts'
import type { Stage } from './stage.ts'
import { inBrowser } from './stage.ts'
import type { Tab } from './tab.ts'
import { LOCALHOST, TLS } from './world.ts'

/** A visitor who is signed in nowhere and has something in the cart of the first shop. */
async function shopping(stage: Stage): Promise<Tab> {
  const tab = await stage.visitor()
  await tab.go(stage.url('shopA'))
  await tab.submit('#put', { '#item': 'apple' })
  expect(await tab.text('#cart')).toBe('apple')
  return tab
}

for (const engine of ENGINES) {
  inBrowser(engine, 'shops on unrelated domains', { worlds: [TLS, LOCALHOST] }, (at) => {
    test('A visitor takes the cart along by a form, which tells the other shop where it came from and no more', async () => {
      const stage = at()
      const tab = await shopping(stage)
      const [from, seen] = [stage.app.log.length, stage.watch()]
      const url = stage.url('shopB', '/basket?x=1')
      await tab.submit('#carry', { '#to': url })
      expect([await tab.url(), await tab.text('#cart')]).toEqual([url, 'apple'])
      expect(seen()).toEqual([
        'POST shop-a/.session/push 200',
        'POST shop-b/.session/in 303',
        'GET shop-b/.session/in 303',
        'GET shop-b/basket 200',
      ])
      const [, posted, returned] = stage.app.log.since(from)
      expect(posted).toMatchObject({ origin: stage.url('shopA', ''), referer: stage.url('shopA'), site: 'cross-site', cookies: [] })
      expect(returned!.cookies).toEqual([expect.stringMatching(/^__Host-tk\./)])
      expect(JSON.stringify(stage.app.log.since(from))).not.toContain(stage.app.tickets.at(-1)!)
      expect(await stage.lastingCookies(tab, 'shopB')).toEqual(['__Host-sid'])
      await tab.back()
      expect(await tab.url()).toBe(stage.url('shopA'))
    })

    test('The other shop asks for the cart when the visitor says so, in three redirects', async () => {
      const stage = at()
      const tab = await shopping(stage)
      const [from, seen] = [stage.app.log.length, stage.watch()]
      await tab.go(stage.url('shopB', '/.session/begin?to=/basket'))
      expect([await tab.url(), await tab.text('#cart')]).toEqual([stage.url('shopB', '/basket'), 'apple'])
      expect(seen()).toEqual([
        'GET shop-b/.session/begin 303',
        'GET shop-a/.session/ask 200',
        'POST shop-b/.session/in 303',
        'GET shop-b/.session/in 303',
        'GET shop-b/basket 200',
      ])
      expect(stage.app.log.since(from)[2]).toMatchObject({ site: 'cross-site', cookies: [] })
      expect(await stage.lastingCookies(tab, 'shopB')).toEqual(['__Host-sid'])
    })

    test('What is put into the cart of one shop afterwards is in the cart of the other, and so is a sign-in', async () => {
      const stage = at()
      const tab = await shopping(stage)
      await tab.submit('#carry', { '#to': stage.url('shopB') })
      await tab.submit('#put', { '#item': 'pear' })
      await tab.go(stage.url('shopB', '/login'))
      await tab.submit('#sign-in', { '#account': 'grace' })
      expect([await tab.who(), await tab.text('#cart')]).toEqual(['grace', 'apple,pear'])
      // The sign-in ended the handle of the first shop, whose cookie makes it ask.
      const seen = stage.watch()
      await tab.go(stage.url('shopA'))
      expect([await tab.who(), await tab.text('#cart')]).toEqual(['grace', 'apple,pear'])
      expect(seen().at(0)).toBe('GET shop-a/ 303')
      expect(seen()).toHaveLength(5)
    })

    test('Who has nothing at either shop is not redirected between them', async () => {
      const stage = at()
      const tab = await stage.visitor()
      const seen = stage.watch()
      await tab.go(stage.url('shopA'))
      await tab.go(stage.url('shopB'))
      expect(seen()).toEqual(['GET shop-a/ 200', 'GET shop-b/ 200'])
    })
  })
}
