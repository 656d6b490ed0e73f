/** Where every path is protected, the sign-in page is none of them: it would send its visitors to itself. */
import { expect, test } from 'vitest'
import { ELMER, HUB, hubOf, peersOf, SHOP_A, SHOP_B, signIn, whoAt } from '../support/crossing.ts'

const topology = { protect: () => true }

test.each([HUB, ELMER])('a visitor of %s signs in at the hub', async (host) => {
  const { browser } = hubOf({ topology })
  expect((await browser.go(`${host}/page`)).text).toBe('login page')
  await signIn(browser, HUB)
  expect(await whoAt(browser, `${host}/page`)).toBe('ada')
})

test('a visitor of a peer signs in there', async () => {
  const { browser } = peersOf({ topology })
  expect((await browser.go(`${SHOP_B}/page`)).text).toBe('login page')
  await signIn(browser, SHOP_B)
  expect(await whoAt(browser, `${SHOP_B}/page`)).toBe('ada')
  expect(await whoAt(browser, `${SHOP_A}/page`)).toBe('ada')
})

test.each(['/login/', '/login2', '/Login', '/login/x', '//login'])('%s is not the sign-in page', async (path) => {
  const { sessions } = hubOf({ topology })
  expect((await sessions.handle(new Request(HUB + path), () => new Response('secret'))).status).toBe(401)
})

test('a spoke has no sign-in page', async () => {
  const { sessions } = hubOf({ topology })
  expect((await sessions.handle(new Request(`${ELMER}/login`), () => new Response('secret'))).status).toBe(401)
})
