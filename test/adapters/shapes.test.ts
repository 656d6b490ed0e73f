import { describe, expect, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import type { Application } from '../support/adapters.ts'
import { sessionCookie } from '../support/client.ts'
import { launch } from '../support/launch.ts'

const changes =
  (page: object) =>
  (session: { set(key: string, value: unknown): void }): object => {
    session.set('theme', 'dark')
    return page
  }

const application: Application = {
  routes: {
    '/page': changes({ body: 'page' }),
    '/204': changes({ status: 204 }),
    '/304': changes({ status: 304, headers: { etag: '"1"' } }),
    '/redirect': changes({ status: 303, headers: { location: '/page' } }),
    '/nothing': changes({}),
    '/get': async (session) => ({ body: String(await session.get('theme')) }),
  },
}

describe.each(ADAPTERS)('$name', (adapter) => {
  test.each([
    ['HEAD', '/page', 200],
    ['GET', '/204', 204],
    ['GET', '/304', 304],
    ['GET', '/redirect', 303],
    ['GET', '/nothing', 200],
    ['GET', '/elsewhere', 404],
  ])('%s %s answers %i without a body, and saves what it changed', async (method, path, status) => {
    const { ask } = await launch(adapter, application)
    const answer = await ask(path, { method })
    expect(answer.status).toBe(status)
    if (path === '/elsewhere') return expect(answer.setCookies).toEqual([])
    expect(await answer.text()).toBe('')
    expect(await (await ask('/get', { cookie: sessionCookie(answer) })).text()).toBe('dark')
    if (path === '/redirect') expect(answer.header('location')).toBe('/page')
    if (path === '/304') expect(answer.header('etag')).toBe('"1"')
  })

  test.each(['/204', '/304', '/page'])('%s with a store that is down is a 503 for GET and HEAD alike', async (path) => {
    const { ask, watched } = await launch(adapter, application)
    watched.fail('create')
    const answer = await ask(path)
    expect([answer.status, answer.setCookies, (await answer.text()).length > 0]).toEqual([503, [], true])
    const head = await ask(path, { method: 'HEAD' })
    expect([head.status, head.setCookies, await head.text()]).toEqual([503, [], ''])
  })

  test('two applications of one process keep their sessions apart', async () => {
    const [one, two] = [await launch(adapter, application), await launch(adapter, application)]
    const cookie = sessionCookie(await one.ask('/page'))
    expect(await (await one.ask('/get', { cookie })).text()).toBe('dark')
    expect(await (await two.ask('/get', { cookie })).text()).toBe('undefined')
    expect(two.events.at(-1)).toMatchObject({ type: 'cookie.refused', reason: 'unknown-handle' })
  })
})
