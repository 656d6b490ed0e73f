// Attack 26, near cache: the cookie of a handle that is newer than what a process remembers is neither refused nor taken for a copied one.
import { expect, test } from 'vitest'
import { ELMER, HUB, hubOf, peersOf, seen, SHOP_A, SHOP_B, signIn } from '../support/crossing.ts'
import { nearCaches } from '../support/near-caches.ts'

test('after a renewal at a spoke the new cookie is good in every process at once', async () => {
  const { a, b, browser, route } = nearCaches(hubOf)
  await signIn(browser, HUB)
  await browser.go(`${ELMER}/`)
  a.clock.advance(100_000)
  route(b)
  expect(seen(await browser.go(`${ELMER}/`)).id).toBe('ada')
  route(a)
  await browser.post(`${ELMER}/renew`, {})
  route(b)
  await browser.post(`${ELMER}/set?note=mine`, {})
  route(a)
  a.clock.advance(5000)
  expect(seen(await browser.go(`${ELMER}/`))).toMatchObject({ id: 'ada', note: 'mine' })
  expect(b.events.filter(({ type }) => type === 'cookie.refused')).toEqual([])
})

test('after a return to a peer its new cookie is good in every process at once', async () => {
  const { a, b, browser, route } = nearCaches(peersOf)
  await signIn(browser, SHOP_A)
  await browser.go(`${SHOP_B}/private`)
  route(b)
  expect(seen(await browser.go(`${SHOP_B}/`)).id).toBe('ada')
  route(a)
  await browser.jar.store.removeCookies('shop-b.example', null)
  a.clock.advance(100)
  expect(seen(await browser.go(`${SHOP_B}/private`)).id).toBe('ada')
  route(b)
  expect(seen(await browser.go(`${SHOP_B}/`)).id).toBe('ada')
  expect(b.events.filter(({ type }) => type === 'cookie.refused')).toEqual([])
})
