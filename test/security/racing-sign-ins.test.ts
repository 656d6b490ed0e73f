/**
 * Requests that run side by side with a sign-in: none that comes late may clear, replace or revive the cookie that the sign-in set,
 * and two accounts that sign in at once never share anything.
 */
import type { Session } from 'landbridge'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import type { Data } from '../support/adapters.ts'
import { idOf, sessionCookie } from '../support/client.ts'
import { launch } from '../support/launch.ts'
import { STORES } from '../support/stores.ts'
import { ROUTES } from '../support/visitor.ts'

describe.each(ADAPTERS)('$name', (adapter) => {
  describe.each(STORES)('over $name', ({ make }) => {
    /** Routes that wait, after their first read, until the test lets them go on. */
    const start = async (acts: Record<string, (session: Session<Data>) => unknown>) => {
      const { store, remove } = make()
      onTestFinished(remove)
      const gates = new Map<string, { reached: PromiseWithResolvers<void>; open: PromiseWithResolvers<void> }>()
      const waiting = Object.entries(acts).map(([path, act]) => {
        const gate = { reached: Promise.withResolvers<void>(), open: Promise.withResolvers<void>() }
        gates.set(path, gate)
        const route = async (session: Session<Data>) => {
          await session.account()
          gate.reached.resolve()
          await gate.open.promise
          await act(session)
          return { body: (await session.account())?.id ?? 'anonymous' }
        }
        return [path, route] as const
      })
      const launched = await launch(adapter, { routes: { ...ROUTES, ...Object.fromEntries(waiting) } }, { inner: store })
      /** Starts a request and lets it run up to its gate. */
      const begin = async (path: string, cookie: string) => {
        const answering = launched.ask(path, { cookie })
        await gates.get(path)!.reached.promise
        return () => {
          gates.get(path)!.open.resolve()
          return answering
        }
      }
      return { ...launched, begin }
    }

    test('late requests with the cookie from before the sign-in set and clear no cookie', async () => {
      const { ask, begin } = await start({
        '/late-set': (session) => session.set('theme', 'late'),
        '/late-renew': (session) => session.renew(),
        '/late-update': (session) => session.update('theme', () => 'late'),
        '/late-read': () => undefined,
      })
      const before = sessionCookie(await ask('/set'))!
      const late = []
      for (const path of ['/late-set', '/late-renew', '/late-update', '/late-read']) late.push(await begin(path, before))
      const after = sessionCookie(await ask('/sign-in', { cookie: before }))!
      for (const [i, finish] of late.entries()) {
        const answer = await finish()
        expect([answer.status, answer.setCookies]).toEqual([i === 3 ? 200 : 409, []])
      }
      for (const path of ['/who', '/get']) expect((await ask(path, { cookie: before })).setCookies).toEqual([])
      expect(await (await ask('/who', { cookie: after })).text()).toBe('elmer')
      expect(await (await ask('/get', { cookie: after })).text()).toBe('dark')
    })

    test('two accounts that sign in from one anonymous session get a session each, and share no values', async () => {
      const signIn = (id: string) => async (session: Session<Data>) => {
        await session.signIn({ id })
        session.set('secret', `of ${id}`)
      }
      const { ask, begin } = await start({ '/elmer': signIn('elmer'), '/alice': signIn('alice') })
      const before = sessionCookie(await ask('/set'))!
      const [elmer, alice] = [await begin('/elmer', before), await begin('/alice', before)]
      const first = sessionCookie(await elmer())!
      const second = sessionCookie(await alice())!
      expect(new Set([idOf(before), idOf(first), idOf(second)]).size).toBe(3)
      expect(await (await ask('/who', { cookie: first })).text()).toBe('elmer')
      expect(await (await ask('/who', { cookie: second })).text()).toBe('alice')
      expect(await (await ask('/who', { cookie: before })).text()).toBe('anonymous')
    })

    test('a second account that signs in over the first one finds nothing of it, nor does the first one of its own past', async () => {
      const { ask, begin } = await start({
        '/alice': async (session) => {
          session.set('theme', 'set for elmer')
          await session.signIn({ id: 'alice' })
        },
      })
      const anonymous = sessionCookie(await ask('/set'))!
      const elmer = sessionCookie(await ask('/sign-in', { cookie: anonymous }))!
      const answer = await (await begin('/alice', elmer))()
      const alice = sessionCookie(answer)!
      expect(await (await ask('/who', { cookie: alice })).text()).toBe('alice')
      expect(await (await ask('/get', { cookie: alice })).text()).toBe('undefined')
      expect(await (await ask('/who', { cookie: elmer })).text()).toBe('anonymous')
    })
  })
})
