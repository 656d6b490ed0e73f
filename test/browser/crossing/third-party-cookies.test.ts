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

const SILENT = [
  ['elmer', SIGN_IN_BY_FETCH],
  ['fudd', SIGN_IN_BY_MESSAGE],
] as const

for (const engine of ENGINES) {
  for (const rule of RULES[engine.name]!) {
    inBrowser(engine, `third-party cookies: ${rule}`, { worlds: [TLS], rule, script: true }, (at) => {
      test('One spoke is signed in by redirect, one by requests of its script, one by a hidden frame of it', async () => {
        const stage = at()
        const tab = await stage.signedIn()
        await tab.go(stage.url('alice', '/page'))
        expect([await tab.who(), await tab.url()]).toEqual(['ada', stage.url('alice', '/page')])
        for (const [host, script] of SILENT) {
          await tab.go(stage.place(host, '/quiet', 'quiet'))
          expect(await tab.run(script)).toMatchObject({ changed: true })
          expect(await tab.url()).toBe(stage.url(host, '/quiet'))
          const seen = stage.watch()
          await tab.go(stage.url(host))
          expect(await tab.who()).toBe('ada')
          expect(seen()).toEqual([`GET ${host}/ 200`])
        }
      })

      test('The script of a spoke learns that nobody is signed in, and remembers it', async () => {
        const stage = at()
        const tab = await stage.visitor()
        for (const [host, script] of SILENT) {
          await tab.go(stage.place(host, '/quiet', 'quiet'))
          expect(await tab.run(script)).toMatchObject({ changed: false })
          expect(await stage.cookieNames(tab, host)).toEqual(['__Host-nb'])
        }
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
