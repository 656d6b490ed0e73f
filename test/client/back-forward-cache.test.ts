import { expect, test } from 'vitest'
import type { Page } from 'playwright-core'
import type { Visitor } from './site.ts'
import { ELMER, FUDD, listen, notices, visiting } from './site.ts'

const visit = visiting({ backForwardCache: true })

test.each([
  ['at the hub', (_: Visitor, hub: Page) => Promise.resolve(hub)],
  ['in another tab of its host', (visitor: Visitor) => visitor.tab(ELMER)],
])('a page that comes back from the back/forward cache notices a sign-out that happened %s meanwhile', async (_, elsewhere) => {
  const visitor = await visit()
  const hub = await visitor.signIn('ada')
  const elmer = await visitor.tab(ELMER)
  await listen(elmer)
  await elmer.evaluate(() => {
    window.mark = 'put away'
    addEventListener('pageshow', ({ persisted }) => (window.mark = persisted ? 'brought back' : 'loaded'))
  })
  await elmer.goto(visitor.site.url(FUDD, '/page'))
  const other = await elsewhere(visitor, hub)
  await other.evaluate(() => landbridge.signOut())
  await elmer.goBack({ waitUntil: 'commit' })
  expect(await elmer.evaluate(() => window.mark)).toBe('brought back')
  expect(await notices(elmer, 1)).toMatchObject([{ accounts: [] }])
})
