/** Whatever a browser does with cookies of other sites, a visitor gets his session; only the legacy transport depends on it. */
import { expect, test } from 'vitest'
import type { CookieRule } from './engines.ts'
import { ENGINES } from './engines.ts'
import { SIGN_IN_BY_FETCH, SIGN_IN_BY_MESSAGE } from './scripts.ts'
import { inBrowser } from './stage.ts'
import { TLS } from './world.ts'

const RULES: Record<string, readonly CookieRule[]> = {
  Chromium: ['third-party-allowed', 'third-party-blocked'],
  Firefox: ['third-party-allowed', 'default', 'strict'],
}

for (const engine of ENGINES) {
  for (const rule of RULES[engine.name]!) {
    inBrowser(engine, `third-party cookies: ${rule}`, { worlds: [TLS], rule, script: true }, (at) => {
      test('A spoke is signed in by redirect', async () => {
        const stage = at()
        const tab = await stage.signedIn()
        await tab.go(stage.url('elmer', '/page'))
        expect([await tab.who(), await tab.url()]).toEqual(['ada', stage.url('elmer', '/page')])
      })

      test.each([
        ['requests', SIGN_IN_BY_FETCH, { changed: true }],
        ['a hidden frame', SIGN_IN_BY_MESSAGE, expect.objectContaining({ type: 'landbridge', changed: true })],
      ])('A page of a spoke is signed in by %s of its script, and nothing navigates', async (_, script, answer) => {
        const stage = at()
        const tab = await stage.signedIn()
        await tab.go(stage.place('elmer', '/quiet', 'quiet'))
        expect(await tab.run(script)).toEqual(answer)
        expect(await tab.url()).toBe(stage.url('elmer', '/quiet'))
        const seen = stage.watch()
        await tab.go(stage.url('elmer'))
        expect(await tab.who()).toBe('ada')
        expect(seen()).toEqual(['GET elmer/ 200'])
      })

      test.each([
        ['requests', SIGN_IN_BY_FETCH, { changed: false }],
        ['a hidden frame', SIGN_IN_BY_MESSAGE, expect.objectContaining({ type: 'landbridge', changed: false })],
      ])('A page of a spoke learns by %s that nobody is signed in', async (_, script, answer) => {
        const stage = at()
        const tab = await stage.visitor()
        await tab.go(stage.place('elmer', '/quiet', 'quiet'))
        expect(await tab.run(script)).toEqual(answer)
        expect(await stage.cookieNames(tab, 'elmer')).toEqual(['__Host-nb'])
      })

      test('A cart is carried to another shop by a form', async () => {
        const stage = at()
        const tab = await stage.visitor()
        await tab.go(stage.url('shopA'))
        await tab.submit('#put', { '#item': 'apple' })
        await tab.submit('#carry', { '#to': stage.url('shopB') })
        expect([await tab.url(), await tab.text('#cart')]).toEqual([stage.url('shopB'), 'apple'])
      })

      const works = rule === 'third-party-allowed'
      test(
        works ? 'The legacy script carries a session to the other shop' : 'The legacy script carries nothing, and nothing breaks',
        async () => {
          const stage = at()
          const tab = await stage.visitor()
          await tab.go(stage.url('shopA'))
          await tab.submit('#put', { '#item': 'apple' })
          const from = stage.app.log.length
          await tab.go(stage.url('shopA', '/?scripts'))
          const [script] = stage.app.log.since(from).filter(({ dest }) => dest === 'script')
          expect(script).toMatchObject({ host: stage.world.shopB, status: 200, referer: stage.url('shopA') })
          await tab.go(stage.url('shopB'))
          expect(await tab.text('#cart')).toBe(works ? 'apple' : '')
        },
      )
    })
  }
}
