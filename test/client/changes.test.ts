import { expect, test } from 'vitest'
import { ELMER, FUDD, HUB, listen, notices, visiting, who } from './site.ts'

const visit = visiting()

test('a sign-out in one tab is noticed in another', async () => {
  const visitor = await visit()
  await visitor.signIn('ada')
  const [first, second] = [await visitor.tab(ELMER), await visitor.tab(ELMER)]
  await listen(first)
  expect(await second.evaluate(() => landbridge.signOut())).toBe(true)
  expect(await notices(first, 1)).toMatchObject([{ accounts: [] }])
  expect(await who(second)).toBe(null)
})

test('the page whose own act it was is told, too', async () => {
  const visitor = await visit()
  await visitor.signIn('ada')
  const elmer = await visitor.tab(ELMER)
  await listen(elmer)
  await elmer.evaluate(() => landbridge.signOut('here'))
  expect(await notices(elmer, 1)).toMatchObject([{ accounts: [] }])
})

test('a silent sign-in in one tab is noticed in another', async () => {
  const visitor = await visit()
  const [first, second] = [await visitor.tab(ELMER), await visitor.tab(ELMER)]
  await listen(first)
  await visitor.signIn('ada')
  await second.evaluate(() => landbridge.connect())
  expect((await notices(first, 1)).at(-1)).toMatchObject({ accounts: [{ id: 'ada', active: true, expired: false }] })
})

test('a switch at the hub is noticed in another tab of the hub; a spoke cannot switch', async () => {
  const visitor = await visit()
  const hub = await visitor.signIn('ada', 'bob')
  const other = await visitor.tab(HUB)
  await listen(other)
  expect(await hub.evaluate(() => landbridge.switchAccount('ada'))).toBe(true)
  expect((await notices(other, 1))[0]!.accounts.filter(({ active }) => active)).toMatchObject([{ id: 'ada' }])
  expect(await hub.evaluate(() => landbridge.switchAccount('eve'))).toBe(false)
  const elmer = await visitor.tab(ELMER)
  expect(await elmer.evaluate(() => landbridge.switchAccount('bob'))).toBe(false)
  expect((await elmer.evaluate(() => landbridge.accounts())).accounts).toEqual([{ id: 'ada', active: true, expired: false }])
})

test('what happened on another host is noticed when the page becomes visible', async () => {
  const visitor = await visit()
  const hub = await visitor.signIn('ada')
  const elmer = await visitor.tab(ELMER)
  await listen(elmer)
  await hub.evaluate(() => landbridge.signOut())
  // Headless pages are always visible: the event alone is what a browser would send.
  await elmer.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  expect(await notices(elmer, 1)).toMatchObject([{ accounts: [] }])
})

test('and when the page comes back from the back/forward cache, but not when it loads', async () => {
  const visitor = await visit()
  const hub = await visitor.signIn('ada')
  const elmer = await visitor.tab(ELMER)
  await listen(elmer)
  const before = visitor.site.log.length
  // What browsers send; which of them send visibilitychange as well differs.
  await elmer.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: false })))
  await elmer.evaluate(() => landbridge.accounts())
  expect(visitor.site.log.slice(before)).toEqual([`GET ${ELMER}/.session/accounts`])
  await hub.evaluate(() => landbridge.signOut())
  await elmer.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })))
  expect(await notices(elmer, 1)).toMatchObject([{ accounts: [] }])
})

test('a new hint is worth a notice although nobody is signed in here yet', async () => {
  const visitor = await visit()
  const elmer = await visitor.tab(ELMER)
  await listen(elmer)
  await visitor.signIn('ada')
  await elmer.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
  expect(await notices(elmer, 1)).toMatchObject([{ accounts: [] }])
  expect(await elmer.evaluate(() => landbridge.connect())).toBe(true)
})

test('a page made for somebody else learns it at the first look', async () => {
  const visitor = await visit()
  await visitor.signIn('ada')
  const elmer = await visitor.tab(ELMER, { options: 'data-account-tag="of somebody else"' })
  await listen(elmer)
  expect(await notices(elmer, 1)).toMatchObject([{ accounts: [{ id: 'ada' }] }])
})

test('a look that finds nothing new, and one after the end, say nothing', async () => {
  const visitor = await visit()
  await visitor.signIn('ada')
  const [elmer, fudd] = [await visitor.tab(ELMER), await visitor.tab(FUDD)]
  await listen(elmer)
  await fudd.evaluate(() => landbridge.signOut('here'))
  await elmer.evaluate(async () => {
    document.dispatchEvent(new Event('visibilitychange'))
    await landbridge.accounts()
    const end = landbridge.onChange(() => (window.mark = 'told'))
    end()
  })
  await elmer.evaluate(() => landbridge.signOut())
  expect(await notices(elmer, 1)).toMatchObject([{ accounts: [] }])
  expect(await elmer.evaluate(() => window.mark)).toBe(undefined)
})
