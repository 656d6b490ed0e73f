/** Attack 27: sign-out here only: reload stays out; hub and others unaffected. Only the visitor's own act ends it. */
import { describe, expect, test } from 'vitest'
import type { Crossing } from '../support/crossing.ts'
import { ALICE, ELMER, HUB, hubOf, peersOf, reasons, SHOP_A, SHOP_B, signIn, statuses, whoAt } from '../support/crossing.ts'

async function start(out: string): Promise<Crossing> {
  const world = hubOf()
  await signIn(world.browser, HUB)
  for (const host of [ELMER, ALICE]) await world.browser.go(`${host}/`)
  await world.browser.post(ELMER + out, out.startsWith('/.session') ? { reach: 'here' } : {})
  return world
}

describe.each(['/out-here', '/.session/sign-out'])('signed out here by %s', (out) => {
  test('reloads stay out for as long as the browser runs, and the hub and others are as before', async () => {
    const { browser, clock } = await start(out)
    for (let i = 0; i < 5; i++) {
      const visit = await browser.go(`${ELMER}/page`)
      expect([statuses(visit), JSON.parse(visit.text).id]).toEqual([[200], null])
      clock.advance(301_000)
    }
    expect((await browser.go(`${ELMER}/private`)).response.status).toBe(401)
    expect([await whoAt(browser, `${HUB}/`), await whoAt(browser, `${ALICE}/`)]).toEqual(['ada', 'ada'])
    // A switch or a new sign-in at the hub changes the hint, and that is no act of his here.
    await signIn(browser, HUB, 'ada')
    expect(statuses(await browser.go(`${ELMER}/page`))).toEqual([200])
  })

  test('his own click on the sign-in link ends it', async () => {
    const { browser } = await start(out)
    expect(await whoAt(browser, `${ELMER}/.session/begin?to=/page`)).toBe('ada')
    expect(await whoAt(browser, `${ELMER}/page`)).toBe('ada')
    expect(statuses(await browser.go(`${ELMER}/private`))).toEqual([200])
  })

  test('the link of another site to that address does not end it', async () => {
    const { browser, events } = await start(out)
    for (const from of ['https://evil.example/', `${ALICE}/`]) {
      await browser.go(`${ELMER}/.session/begin?to=/page`, { from })
      expect(await whoAt(browser, `${ELMER}/page`)).toBe(null)
    }
    expect(reasons(events)).toEqual(['signed-out-here', 'signed-out-here'])
  })

  test('the silent ways of a page’s script do not end it', async () => {
    const { browser } = await start(out)
    const begin = async (mode: string) => {
      const { response } = await browser.fetch(`${ELMER}/.session/begin`, { method: 'POST', body: JSON.stringify({ mode }) })
      return (await response.json()) as { rid: string; ask: string }
    }
    const framed = await begin('web-message')
    await browser.hop((await browser.hop(framed.ask, { headers: { 'sec-fetch-dest': 'iframe' } })).location!)
    expect(await whoAt(browser, `${ELMER}/page`)).toBe(null)
    const { rid, ask } = await begin('fetch')
    const asked = await browser.fetch(ask, { from: ELMER })
    const { ticket } = (await asked.response.json()) as { ticket: string }
    const headers = { 'content-type': 'application/json' }
    await browser.fetch(`${ELMER}/.session/in`, { method: 'POST', headers, body: JSON.stringify({ rid, ticket }) })
    expect(await whoAt(browser, `${ELMER}/page`)).toBe(null)
  })
})

test('a push of a sister does not sign in where somebody signed out', async () => {
  const { browser } = peersOf()
  await signIn(browser, SHOP_A)
  await browser.go(`${SHOP_B}/.session/begin?to=/`)
  await browser.post(`${SHOP_B}/out-here`, {})
  const { response } = await browser.fetch(`${SHOP_A}/.session/push`, { method: 'POST', body: `to=${SHOP_B}/` })
  const { fields } = (await response.json()) as { fields: Record<string, string> }
  await browser.post(`${SHOP_B}/.session/in`, fields, `${SHOP_A}/`)
  expect([await whoAt(browser, `${SHOP_B}/`), await whoAt(browser, `${SHOP_A}/`)]).toEqual([null, 'ada'])
})
