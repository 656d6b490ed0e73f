import { expect, test } from 'vitest'
import { ELMER, START, world } from './support.ts'

test('while the clock gives no number, nobody is signed in', async () => {
  const all = world()
  const browser = all.browser()
  await browser.at(ELMER, (session) => session.signIn({ id: 'ada' }))
  all.clock.now = Number.NaN
  expect(await browser.at(ELMER, (session) => session.account())).toBeNull()
  all.clock.now = START
  expect(await browser.at(ELMER, (session) => session.account())).not.toBeNull()
})
