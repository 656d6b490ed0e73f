// Attack 26, near cache: a ticket is asked for with a cookie that has ended, of a process that still remembers it.
import { expect, test } from 'vitest'
import { ELMER, HUB, hubOf, peersOf, SHOP_A, SHOP_B, signIn } from '../support/crossing.ts'
import { nearCaches } from '../support/near-caches.ts'

test.each([
  { open: hubOf, from: HUB, to: ELMER, out: '/out' },
  { open: peersOf, from: SHOP_A, to: SHOP_B, out: '/out' },
  { open: peersOf, from: SHOP_A, to: SHOP_B, out: '/out-here' },
] as const)('none is made at $from for $to after $out', async ({ open, from, to, out }) => {
  const { a, b, browser, route } = nearCaches(open)
  await signIn(browser, from)
  route(b)
  await browser.go(`${from}/`)
  const copy = await browser.jar.getCookieString(from)
  route(a)
  await browser.post(`${from}${out}`, {})
  for (const cookie of copy.split('; ')) await browser.jar.setCookie(`${cookie}; Secure; Path=/`, from)
  route(b)
  await browser.go(`${to}/private`)
  expect(b.events.filter(({ type }) => type === 'ticket.issued')).toEqual([])
})
