import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { ELMER, FUDD, HUB, visiting } from './site.ts'

const visit = visiting()

const request = (page: Page, path: string, init: { method?: string; body?: string } = {}) =>
  page.evaluate(
    async ([url, given]) => {
      const response = await landbridge.fetch(url, given)
      return { status: response.status, text: await response.text() }
    },
    [path, init] as const,
  )

test('after a 401 it signs in silently once and repeats the request once, with its body', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER)
  await visitor.signIn('ada')
  const { status, text } = await request(elmer, '/private/echo', { method: 'POST', body: 'twice' })
  expect([status, JSON.parse(text)]).toEqual([200, { id: 'ada', method: 'POST', body: 'twice' }])
  expect(visitor.site.count(`POST ${ELMER}/private/echo`)).toBe(2)
  expect(visitor.site.count(`GET ${HUB}/.session/ask`)).toBe(1)
})

test('many requests with a 401 cause one silent sign-in', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER)
  await visitor.signIn('ada')
  const statuses = await elmer.evaluate(() =>
    Promise.all(Array.from({ length: 5 }, async (_, i) => (await landbridge.fetch(new Request(`/private/${i}`))).status)),
  )
  expect(statuses).toEqual([200, 200, 200, 200, 200])
  expect(visitor.site.count(`GET ${HUB}/.session/ask`)).toBe(1)
})

test('a second 401 is handed through', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER)
  await visitor.signIn('ada')
  expect((await request(elmer, '/refuses')).status).toBe(401)
  expect(visitor.site.count(`GET ${ELMER}/refuses`)).toBe(2)
})

test('where nobody is signed in the first 401 is handed through', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER)
  expect(await request(elmer, '/private')).toEqual({ status: 401, text: expect.stringContaining('signed-out') })
  expect(visitor.site.count(`GET ${ELMER}/private`)).toBe(1)
})

test('a 401 of another host is none of its business', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER)
  await visitor.signIn('ada')
  visitor.site.intercept = (incoming, response) => {
    if (incoming.url !== '/elsewhere') return false
    response.writeHead(401, { 'access-control-allow-origin': '*' }).end(incoming.headers['x-session-account'] ?? 'no tag')
    return true
  }
  await elmer.evaluate(() => landbridge.configure({ accountTag: 'tag' }))
  expect(await request(elmer, visitor.site.url(FUDD, '/elsewhere'), { method: 'POST' })).toEqual({ status: 401, text: 'no tag' })
  expect(visitor.site.count(`POST ${FUDD}/elsewhere`)).toBe(1)
  expect(visitor.site.count(`GET ${HUB}/.session/ask`)).toBe(0)
})

test('a request that changes something says for which account the page was made, and is refused for another one', async () => {
  const visitor = await visit()
  const hub = await visitor.signIn('ada', 'bob')
  const elmer = await visitor.tab(ELMER)
  const tags: unknown[] = []
  visitor.site.intercept = ({ url, headers }) => {
    if (url === '/echo') tags.push(headers['x-session-account'])
    return false
  }
  const tag = await elmer.evaluate(async () => {
    const { tag: accountTag } = await landbridge.accounts()
    landbridge.configure({ accountTag })
    return accountTag
  })
  expect((await request(elmer, '/echo', { method: 'POST' })).status).toBe(200)
  expect((await request(elmer, '/echo')).status).toBe(200)
  await hub.evaluate(() => landbridge.switchAccount('ada'))
  expect(await request(elmer, '/echo', { method: 'POST' })).toEqual({ status: 409, text: expect.stringContaining('account-changed') })
  expect(tags).toEqual([tag, undefined, tag])
})

test('a page whose session here has ended posts again, as the same account', async () => {
  const visitor = await visit()
  await visitor.signIn('ada')
  const elmer = await visitor.tab(ELMER)
  const accountTag = await elmer.evaluate(async () => (await landbridge.accounts()).tag)
  await elmer.evaluate((tag) => landbridge.configure({ accountTag: tag }), accountTag)
  // Signing in again renews, so the handle of elmer is dead.
  await visitor.signIn('ada')
  const { status, text } = await request(elmer, '/private/echo', { method: 'POST', body: 'kept' })
  expect([status, JSON.parse(text)]).toEqual([200, { id: 'ada', method: 'POST', body: 'kept' }])
})
