/** Attack 37, read late: a page asks who is there after its head left. Where the session is in the cookie, it cannot be cleared any more. */
import { sealedCookie } from 'landbridge/sealed-cookie'
import { memory } from 'landbridge/memory'
import { expect, test } from 'vitest'
import { codeOf, ELMER, world } from '../core/support.ts'

test.each([
  ['memory', () => memory()],
  ['sealed-cookie', () => sealedCookie({ keys: ['k'.repeat(40)] })],
])('whoever knew the password before is nobody there, and no error: %s', async (_name, make) => {
  const user = { password: 'one' }
  const { browser, sessions, clock } = world({ store: make(), authHash: () => user.password })
  const ada = browser()
  await ada.visit(ELMER, (session) => session.signIn({ id: 'ada' }))
  user.password = 'two'
  clock.now += 5000
  const exchange = await sessions.open(new Request(ELMER, { headers: { cookie: await ada.cookies(ELMER) } }))
  if (exchange.kind !== 'serve') throw new Error('it was refused')
  await exchange.commit(new Headers())
  expect(await exchange.session.account()).toBe(null)
  expect(await codeOf(() => exchange.session.get('cart'))).toBe('no error')
})
