/** Attack 21: a planted anonymous cookie before sign-in: new id and secret after it, the old one dead on every host. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import { idOf, secretOf, sessionCookie } from '../support/client.ts'
import { ISOLATED, launch } from '../support/launch.ts'
import { STORES } from '../support/stores.ts'
import { ROUTES } from '../support/visitor.ts'

const TOPOLOGY = [ISOLATED, { kind: 'shared', domain: '.example.localhost' }] as const
const PLACES = [
  { kind: 'isolated', host: 'elmer.acme.localhost', all: ['elmer.acme.localhost', 'alice.acme.localhost'] },
  { kind: 'shared', host: 'app.example.localhost', all: ['app.example.localhost', 'accounts.example.localhost', 'example.localhost'] },
]

describe.each(ADAPTERS)('$name', (adapter) => {
  describe.each(STORES)('over $name', ({ make }) => {
    const start = async () => {
      const { store, remove } = make()
      onTestFinished(remove)
      return launch(adapter, { routes: ROUTES }, { topology: TOPOLOGY, inner: store })
    }

    test.each(PLACES)('$kind: a planted cookie is dead on every host once its bearer signed in', async ({ host, all }) => {
      for (const plant of ['/set', '/token']) {
        const { ask } = await start()
        const before = sessionCookie(await ask(plant, { host }))!
        const after = sessionCookie(await ask('/sign-in', { host, cookie: before }))!
        expect(idOf(after)).not.toBe(idOf(before))
        expect(secretOf(after)).not.toBe(secretOf(before))
        expect(await (await ask('/who', { host, cookie: after })).text()).toBe('elmer')
        for (const each of all) {
          expect(await (await ask('/who', { host: each, cookie: before })).text()).toBe('anonymous')
          expect(await (await ask('/get', { host: each, cookie: before })).text()).toBe('undefined')
        }
        // The new id with the old secret is nobody, and so is the old id with the new secret.
        const name = before.slice(0, before.indexOf('='))
        for (const cookie of [`${name}=${idOf(after)}.${secretOf(before)}`, `${name}=${idOf(before)}.${secretOf(after)}`]) {
          expect(await (await ask('/who', { host, cookie })).text()).toBe('anonymous')
        }
      }
    })

    test.each(PLACES)('$kind: a second sign-in and a renewal change id and secret, too', async ({ host }) => {
      const { ask } = await start()
      let cookie = sessionCookie(await ask('/sign-in', { host }))!
      for (const path of ['/sign-in', '/renew', '/renew', '/sign-in']) {
        const next = sessionCookie(await ask(path, { host, cookie }))!
        expect([idOf(next) === idOf(cookie), secretOf(next) === secretOf(cookie)]).toEqual([false, false])
        expect(await (await ask('/who', { host, cookie })).text()).toBe('anonymous')
        cookie = next
      }
      expect(await (await ask('/who', { host, cookie })).text()).toBe('elmer')
    })

    test('a cookie that no session stands behind is never adopted', async () => {
      const { ask } = await start()
      const planted = `__Host-sid=${'A'.repeat(22)}.${'B'.repeat(43)}`
      for (const path of ['/set', '/sign-in', '/token']) {
        const given = sessionCookie(await ask(path, { cookie: planted }))!
        expect([idOf(given), secretOf(given)]).not.toContain(idOf(planted))
        expect(secretOf(given)).not.toBe(secretOf(planted))
      }
      expect(await (await ask('/who', { cookie: planted })).text()).toBe('anonymous')
    })
  })
})
