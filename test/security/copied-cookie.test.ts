/** Attack 1: cookie of elmer shown at alice, or at the hub: anonymous there, `wrong-host` event, elmer's session intact. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import { idOf, sessionCookie } from '../support/client.ts'
import { ISOLATED, launch } from '../support/launch.ts'
import { STORES } from '../support/stores.ts'
import { ROUTES } from '../support/visitor.ts'

const BOTH = [ISOLATED, { kind: 'shared', domain: '.example.localhost' }] as const
const ELMER = 'elmer.acme.localhost'
const ALICE = 'alice.acme.localhost'
const SHARED = 'app.example.localhost'

const renamed = (cookie: string, name: string): string => `${name}=${cookie.slice(cookie.indexOf('=') + 1)}`

describe.each(ADAPTERS)('$name', (adapter) => {
  describe.each(STORES)('over $name', ({ make }) => {
    const start = async () => {
      const { store, remove } = make()
      onTestFinished(remove)
      return launch(adapter, { routes: ROUTES }, { topology: BOTH, inner: store })
    }

    test.each([
      { from: ELMER, to: ALICE, name: '__Host-sid', scope: ELMER },
      { from: ELMER, to: SHARED, name: '__Secure-sid', scope: ELMER },
      { from: SHARED, to: ALICE, name: '__Host-sid', scope: '.example.localhost' },
    ])('the cookie of $from is nobody at $to, and its session goes on', async ({ from, to, name, scope }) => {
      const { ask, events } = await start()
      const cookie = sessionCookie(await ask('/sign-in', { host: from }))!
      const copied = renamed(cookie, name)

      const shown = await ask('/who', { host: to, cookie: copied })
      expect([await shown.text(), shown.setCookies]).toEqual(['anonymous', []])
      expect(events.at(-1)).toMatchObject({
        type: 'cookie.refused',
        reason: 'wrong-host',
        host: to,
        session: idOf(cookie),
        belongsTo: scope,
      })

      // Neither a write, a sign-out nor a sign-in over there reaches the session it was copied from.
      const written = await ask('/set', { host: to, cookie: copied })
      expect(idOf(sessionCookie(written)!)).not.toBe(idOf(cookie))
      expect((await ask('/sign-out', { host: to, cookie: copied })).setCookies).toEqual([])
      expect(idOf(sessionCookie(await ask('/sign-in', { host: to, cookie: copied }))!)).not.toBe(idOf(cookie))
      expect(await (await ask('/who', { host: from, cookie })).text()).toBe('elmer')
      expect(await (await ask('/get', { host: from, cookie })).text()).toBe('undefined')
    })

    test('the cookie of a shared domain is good on each of its hosts', async () => {
      const { ask } = await start()
      const cookie = sessionCookie(await ask('/sign-in', { host: SHARED }))
      expect(await (await ask('/who', { host: 'accounts.example.localhost', cookie })).text()).toBe('elmer')
    })
  })
})
