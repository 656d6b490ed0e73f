/** A visitor whose active account has expired leaves a shared machine: his sign-out ends the other accounts as well. */
import { expect, test } from 'vitest'
import type { Crossing } from '../support/crossing.ts'
import { HUB, hubOf, signIn, whoAt } from '../support/crossing.ts'

const DAY = 86_400_000

/** Ada is active, and her sign-in has expired; Bob's has not. */
async function start(): Promise<Crossing> {
  const world = hubOf({ lifetime: { idle: '20d', absolute: '30d' } })
  const { browser, clock } = world
  await signIn(browser, HUB, 'ada')
  clock.advance(15 * DAY)
  await browser.post(`${HUB}/add?as=bob`, {})
  await browser.post(`${HUB}/switch?as=ada`, {})
  clock.advance(16 * DAY)
  expect(await whoAt(browser, `${HUB}/`)).toBe(null)
  return world
}

test('a sign-out ends all accounts although the active one has expired', async () => {
  const { browser, sessions } = await start()
  expect((await sessions.sessionsOf('bob')).length).toBe(1)
  await browser.post(`${HUB}/out`, {})
  expect(await sessions.sessionsOf('bob')).toEqual([])
})

test('an expired account that is the last one can be removed, and the session ends with it', async () => {
  const { browser, sessions } = await start()
  await browser.post(`${HUB}/remove?as=bob`, {})
  expect((await sessions.sessionsOf('ada')).length).toBe(1)
  await browser.post(`${HUB}/remove?as=ada`, {})
  expect(await sessions.sessionsOf('ada')).toEqual([])
})
