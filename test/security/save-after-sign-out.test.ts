/** Attack 25: while a slow request runs that then saves, the visitor signs out: the session stays dead, on every store. */
import type { Session } from 'landbridge'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import type { Data } from '../support/adapters.ts'
import { idOf, sessionCookie } from '../support/client.ts'
import { launch } from '../support/launch.ts'
import { STORES } from '../support/stores.ts'
import { ROUTES } from '../support/visitor.ts'

const CHANGES: Record<string, (session: Session<Data>) => unknown> = {
  set: (session) => session.set('theme', 'light'),
  unset: (session) => session.unset('theme'),
  update: (session) => session.update('count', (count = 0) => Number(count) + 1),
  flash: (session) => session.flash('note', 'hello'),
  renew: (session) => session.renew(),
}

describe.each(ADAPTERS)('$name', (adapter) => {
  describe.each(STORES)('over $name', ({ make }) => {
    const start = async (change: (session: Session<Data>) => unknown) => {
      const { store, remove } = make()
      onTestFinished(remove)
      const [reading, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const slow = async (session: Session<Data>) => {
        await session.get('theme')
        reading.resolve()
        await going.promise
        await change(session)
        return { body: 'finished late' }
      }
      const launched = await launch(adapter, { routes: { ...ROUTES, '/slow': slow } }, { inner: store })
      const cookie = sessionCookie(await launched.ask('/sign-in'))!
      const answering = launched.ask('/slow', { cookie })
      await reading.promise
      const finish = () => {
        going.resolve()
        return answering
      }
      return { ...launched, cookie, finish }
    }

    test.each(Object.keys(CHANGES))('%s after the sign-out is a 409 that brings nothing back', async (name) => {
      const { ask, cookie, finish, sessions, events } = await start(CHANGES[name]!)
      expect((await ask('/sign-out', { cookie })).status).toBe(200)
      const late = await finish()
      expect([late.status, late.setCookies]).toEqual([409, []])
      expect(await late.text()).not.toContain('finished late')
      expect(await (await ask('/who', { cookie })).text()).toBe('anonymous')
      expect(await sessions.sessionsOf('elmer')).toEqual([])
      expect(events.filter(({ type }) => type === 'save.refused').length).toBe(1)
    })

    test('so it is after the session was revoked, or all sessions of the account were', async () => {
      for (const revoke of ['one', 'all'] as const) {
        const { ask, cookie, finish, sessions } = await start(CHANGES['set']!)
        if (revoke === 'one') await sessions.revoke(idOf(cookie) as never)
        else expect(await sessions.revokeAccount('elmer')).toBe(1)
        const late = await finish()
        expect([late.status, late.setCookies]).toEqual([409, []])
        expect(await (await ask('/who', { cookie })).text()).toBe('anonymous')
      }
    })

    test('a late request that only read is answered, and sets no cookie', async () => {
      const { ask, cookie, finish } = await start(() => undefined)
      await ask('/sign-out', { cookie })
      const late = await finish()
      expect([late.status, late.setCookies, await late.text()]).toEqual([200, [], 'finished late'])
      expect(await (await ask('/who', { cookie })).text()).toBe('anonymous')
    })

    test('a late sign-in starts a session of its own; the ended one stays ended', async () => {
      const { ask, cookie, finish } = await start((session) => session.signIn({ id: 'elmer' }))
      await ask('/set', { cookie })
      await ask('/sign-out', { cookie })
      const fresh = sessionCookie(await finish())!
      expect(idOf(fresh)).not.toBe(idOf(cookie))
      expect(await (await ask('/get', { cookie: fresh })).text()).toBe('undefined')
      expect(await (await ask('/who', { cookie })).text()).toBe('anonymous')
    })
  })
})
