/** Attack 24: replace-always with another account's ticket: never silently. */
import { describe, expect, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import { ELMER, HUB, hubOf, newHandles, peersOf, reasons, SHOP_A, SHOP_B, signIn, whoAt } from '../support/crossing.ts'

const always = { topology: { replace: 'always' as const } }

describe('a session of another account stays', () => {
  test('when a sister pushes hers', async () => {
    const { browser, events } = peersOf(always)
    await signIn(browser, SHOP_A, 'ada')
    await signIn(browser, SHOP_B, 'bob')
    const { response } = await browser.fetch(`${SHOP_A}/.session/push`, { method: 'POST', body: `to=${SHOP_B}/` })
    const { fields } = (await response.json()) as { fields: Record<string, string> }
    const visit = await browser.post(`${SHOP_B}/.session/in`, fields, `${SHOP_A}/`)
    expect(visit.steps.flatMap((step) => newHandles(step.response))).toEqual([])
    expect(reasons(events)).toEqual(['session-kept'])
    expect(await whoAt(browser, `${SHOP_B}/`)).toBe('bob')
  })

  test('when a page elsewhere leads to the link that signs in', async () => {
    const { browser, events } = peersOf(always)
    await signIn(browser, SHOP_A, 'ada')
    await signIn(browser, SHOP_B, 'bob')
    await browser.go(`${SHOP_B}/.session/begin?to=/`, { from: 'https://evil.example/' })
    expect([reasons(events), await whoAt(browser, `${SHOP_B}/`)]).toEqual([['session-kept'], 'bob'])
  })

  test('when a script fetches hers', async () => {
    const { browser, events } = peersOf(always)
    await signIn(browser, SHOP_A, 'ada')
    // Where somebody is signed in already nothing is begun; this one was before.
    const begun = await browser.fetch(`${SHOP_B}/.session/begin`, { method: 'POST', body: '{}' })
    await signIn(browser, SHOP_B, 'bob')
    const late = await browser.fetch(`${SHOP_B}/.session/begin`, { method: 'POST', body: '{}' })
    expect(await late.response.json()).toMatchObject({ rid: null, ask: null })
    const { rid, ask } = (await begun.response.json()) as { rid: string; ask: string }
    const asked = await browser.send(ask, { headers: { origin: SHOP_B } })
    const { ticket } = (await asked.response.json()) as { ticket: string }
    const headers = { 'content-type': 'application/json' }
    const { response } = await browser.fetch(`${SHOP_B}/.session/in`, { method: 'POST', headers, body: JSON.stringify({ rid, ticket }) })
    expect([response.status, newHandles(response), reasons(events)]).toEqual([409, [], ['session-kept']])
  })

  test('when an anonymous session comes', async () => {
    const { browser } = peersOf(always)
    await browser.post(`${SHOP_A}/set`, {})
    await signIn(browser, SHOP_B, 'bob')
    await browser.go(`${SHOP_B}/.session/begin?to=/`)
    expect(await whoAt(browser, `${SHOP_B}/`)).toBe('bob')
  })

  test('at a spoke, for which another session at the hub now asks', async () => {
    const { browser, serve, events } = hubOf()
    await signIn(browser, HUB, 'ada')
    await browser.go(`${ELMER}/`)
    const other = new Browser(serve)
    await signIn(other, HUB, 'bob')
    // The hub's cookie is bob's now, as after a sign-in in a second window of a browser that lost the first one.
    await browser.jar.setCookie(`__Host-sid=${await other.cookie(HUB, '__Host-sid')}; Path=/; Secure`, HUB)
    await browser.go(`${ELMER}/.session/begin?to=/`, { from: 'https://evil.example/' })
    expect([reasons(events), await whoAt(browser, `${ELMER}/`)]).toEqual([['session-kept'], 'ada'])
  })
})

test("by the visitor's own act it gives way, and the event says what gave way", async () => {
  const { browser, events } = peersOf(always)
  await signIn(browser, SHOP_A, 'ada')
  await signIn(browser, SHOP_B, 'bob')
  await browser.go(`${SHOP_B}/.session/begin?to=/`, { from: `${SHOP_B}/` })
  expect(await whoAt(browser, `${SHOP_B}/`)).toBe('ada')
  expect(events.find(({ type }) => type === 'session.replaced')).toMatchObject({
    account: 'ada',
    wasEmpty: false,
    source: 'shop-a.example',
  })
})
