import { describe, expect, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import type { Application } from '../support/adapters.ts'
import { HOST, sessionCookie } from '../support/client.ts'
import { launch } from '../support/launch.ts'

const vary = (answer: { header(name: string): string | null }): string[] => (answer.header('vary') ?? '').split(/\s*,\s*/)

const application: Application = {
  routes: {
    '/plain': () => ({ body: 'plain' }),
    '/facts': (session) => ({ body: `${session.host} ${session.id}` }),
    '/sign-in': async (session) => {
      await session.signIn({ id: 'elmer' })
      session.set('cart', ['hat'])
      return { body: 'in' }
    },
    '/read': async (session) => {
      const [cart, account, theme] = await Promise.all([session.get('cart'), session.account(), session.get('theme')])
      await session.all()
      await session.expiresAt()
      return { body: JSON.stringify({ cart, account: account?.id, theme, again: await session.get('cart') }) }
    },
    '/read-vary': async (session) => {
      const before = { headers: { Vary: 'Accept-Encoding, Origin' } }
      await session.get('cart')
      return before
    },
    '/read-vary-cookie': async (session) => {
      await session.get('cart')
      return { headers: { vary: 'cookie' } }
    },
    '/read-vary-all': async (session) => {
      await session.get('cart')
      return { headers: { vary: '*' } }
    },
    '/read-cacheable': async (session) => {
      await session.get('cart')
      return { headers: { 'cache-control': 'public, max-age=60' } }
    },
  },
}

describe.each(ADAPTERS)('$name', (adapter) => {
  test('an untouched session costs no store call and sets no header', async () => {
    const { ask, watched } = await launch(adapter, application)
    const cookie = sessionCookie(await ask('/sign-in'))
    watched.calls.length = 0
    for (const each of [undefined, cookie, '__Host-sid=nonsense', `${cookie}; __Host-sid=other`]) {
      const answer = await ask('/plain', { cookie: each })
      expect([answer.status, await answer.text()]).toEqual([200, 'plain'])
      expect([answer.header('vary'), answer.header('cache-control'), answer.setCookies]).toEqual([null, null, []])
    }
    expect(watched.calls).toEqual([])
  })

  test('the host and the id that is not known yet can be asked for without a read', async () => {
    const { ask, watched } = await launch(adapter, application)
    const cookie = sessionCookie(await ask('/sign-in'))
    watched.calls.length = 0
    const answer = await ask('/facts', { cookie })
    expect(await answer.text()).toBe(`${HOST} null`)
    expect([watched.calls, answer.header('vary')]).toEqual([[], null])
  })

  test('reading costs one store call however often it asks, varies by cookie and sets none', async () => {
    const { ask, watched } = await launch(adapter, application)
    const cookie = sessionCookie(await ask('/sign-in'))
    watched.calls.length = 0
    const answer = await ask('/read', { cookie })
    expect(JSON.parse(await answer.text())).toEqual({ cart: ['hat'], account: 'elmer', again: ['hat'] })
    expect(watched.calls).toEqual(['read'])
    expect([answer.header('vary'), answer.setCookies]).toEqual(['Cookie', []])
  })

  test('reading costs one store call when the store answers late, too', async () => {
    const { ask, watched } = await launch(adapter, application)
    const cookie = sessionCookie(await ask('/sign-in'))
    watched.calls.length = 0
    const { open, reached } = watched.hold('read')
    const answering = ask('/read', { cookie })
    await reached
    open()
    expect(JSON.parse(await (await answering).text())).toMatchObject({ cart: ['hat'], account: 'elmer' })
    expect(watched.calls).toEqual(['read'])
  })

  test('reading without a cookie costs no store call, and the response varies by cookie', async () => {
    const { ask, watched } = await launch(adapter, application)
    const answer = await ask('/read')
    expect([await answer.text(), watched.calls]).toEqual(['{}', []])
    expect([answer.header('vary'), answer.setCookies]).toEqual(['Cookie', []])
  })

  test('the Vary of the application is kept and names the cookie once', async () => {
    const { ask } = await launch(adapter, application)
    expect(vary(await ask('/read-vary'))).toEqual(['Accept-Encoding', 'Origin', 'Cookie'])
    expect(vary(await ask('/read-vary-cookie'))).toEqual(['cookie'])
    expect(vary(await ask('/read-vary-all'))).toEqual(['*'])
  })

  test('a response that only read the session keeps the cache header of the application', async () => {
    const { ask } = await launch(adapter, application)
    expect((await ask('/read-cacheable')).header('cache-control')).toBe('public, max-age=60')
  })
})
