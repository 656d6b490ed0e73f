/** What an account chose for a host goes with the account: who signs in next on a shared machine learns nothing of it. */
import { expect, test } from 'vitest'
import type { Crossing } from '../support/crossing.ts'
import { ELMER, HUB, hubOf, signIn, whoAt } from '../support/crossing.ts'

async function choices({ browser, sessions }: Crossing): Promise<string[][]> {
  const cookie = await browser.jar.getCookieString(HUB)
  const exchange = await sessions.open(new Request(`${HUB}/`, { headers: { cookie } }))
  if (exchange.kind === 'reply') throw new Error('refused')
  return [...(await exchange.session.choices())].map((choice) => [...choice])
}

async function start(): Promise<Crossing> {
  const world = hubOf()
  await signIn(world.browser, HUB, 'bob')
  await world.browser.post(`${HUB}/add?as=ada`, {})
  await world.browser.post(`${HUB}/choose?to=elmer.acme.example&as=bob`, {})
  expect(await choices(world)).toEqual([['elmer.acme.example', 'bob']])
  return world
}

test.each(['/login?as=eve', '/login?as=ada', '/remove?as=bob'])('after %s no choice of an account that is gone is left', async (act) => {
  const world = await start()
  await world.browser.post(HUB + act, {})
  expect(await choices(world)).toEqual([])
})

test.each(['/add?as=eve', '/add?as=ada', '/add?as=bob', '/remove?as=ada'])('after %s that of one which stays is left', async (act) => {
  const world = await start()
  await world.browser.post(HUB + act, {})
  expect(await choices(world)).toEqual([['elmer.acme.example', 'bob']])
  expect(await whoAt(world.browser, `${ELMER}/`)).toBe('bob')
})

test('an account that comes back has no choice from before', async () => {
  const world = await start()
  await world.browser.post(`${HUB}/remove?as=bob`, {})
  await world.browser.post(`${HUB}/add?as=bob`, {})
  await world.browser.post(`${HUB}/switch?as=ada`, {})
  expect(await whoAt(world.browser, `${ELMER}/`)).toBe('ada')
})

test('the hub itself is no spoke to make a choice for', async () => {
  const world = await start()
  await world.browser.post(`${HUB}/choose?to=acme.example&as=bob`, {})
  expect(await choices(world)).toEqual([['elmer.acme.example', 'bob']])
})
