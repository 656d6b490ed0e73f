/** A request that was sent before a spoke renewed its handle, and arrives after it, does not take the place of the new cookie. */
import { expect, test } from 'vitest'
import { ELMER, HUB, hubOf, newHandles, seen, signIn, whoAt } from '../support/crossing.ts'

async function start() {
  const world = hubOf()
  await signIn(world.browser, HUB)
  expect(await whoAt(world.browser, `${ELMER}/`)).toBe('ada')
  const before = await world.browser.jar.getCookieString(ELMER)
  await world.browser.post(`${ELMER}/renew`, {})
  const late = () =>
    world.serve(new Request(`${ELMER}/set`, { method: 'POST', headers: { cookie: before, 'sec-fetch-site': 'same-origin' } }))
  return { ...world, late }
}

test('it is refused, and the renewed handle stays', async () => {
  const { browser, late } = await start()
  const response = await late()
  expect([response.status, newHandles(response)]).toEqual([409, []])
  expect(seen(await browser.go(`${ELMER}/`))).toMatchObject({ id: 'ada', note: null })
})

test('an old cookie that is no latecomer starts a session of its own', async () => {
  const { clock, late } = await start()
  clock.advance(61_000)
  const response = await late()
  expect([response.status, newHandles(response).length]).toEqual([303, 1])
})
