/** Attack 1 where hosts cross: a spoke's cookie at its sister or at the hub, or the hub's at a spoke: anonymous there, `wrong-host` event, the session intact. */
import { expect, onTestFinished, test, describe } from 'vitest'
import { ALICE, ELMER, HUB, hubOf, newHandles, peersOf, SHOP_A, SHOP_B, signIn, whoAt } from '../support/crossing.ts'
import { STORES } from '../support/stores.ts'

describe.each(STORES)('over $name', ({ make }) => {
  test.each([
    { from: ELMER, to: ALICE },
    { from: ELMER, to: HUB },
    { from: HUB, to: ELMER },
  ])('the cookie of $from is nobody at $to, and its session goes on', async ({ from, to }) => {
    const { store, remove } = make()
    onTestFinished(remove)
    const { browser, serve, events, sessions } = hubOf({ inner: store })
    await signIn(browser, HUB)
    await browser.go(`${ELMER}/`)
    const cookie = await browser.cookie(from, '__Host-sid')
    const thief = async (path: string, method = 'GET') =>
      serve(new Request(to + path, { method, headers: { cookie: `__Host-sid=${cookie}`, 'sec-fetch-site': 'same-origin' } }))

    expect(await (await thief('/page')).json()).toMatchObject({ id: null })
    expect(events.at(-1)).toMatchObject({
      type: 'cookie.refused',
      reason: 'wrong-host',
      host: new URL(to).host,
      belongsTo: new URL(from).host,
    })
    // Nor does it ask, answer, push, sign out, or list accounts in the name of its session.
    expect(await (await thief('/.session/accounts')).json()).toMatchObject({ accounts: [] })
    await thief('/.session/sign-out', 'POST')
    await thief('/out', 'POST')
    for (const answer of [await thief('/.session/ask'), await thief('/.session/in'), await thief('/set', 'POST')]) {
      expect(newHandles(answer).some((each) => each.includes(String(cookie).split('.')[0]!))).toBe(false)
    }
    expect(await whoAt(browser, `${from}/`)).toBe('ada')
    expect((await sessions.sessionsOf('ada')).length).toBe(1)
  })

  test('the cookie of one peer is nobody at the other', async () => {
    const { store, remove } = make()
    onTestFinished(remove)
    const { browser, serve, events } = peersOf({ inner: store })
    await signIn(browser, SHOP_A)
    const cookie = await browser.cookie(SHOP_A, '__Host-sid')
    const answer = await serve(new Request(`${SHOP_B}/page`, { headers: { cookie: `__Host-sid=${cookie}` } }))
    expect(await answer.json()).toMatchObject({ id: null })
    expect(events.at(-1)).toMatchObject({ reason: 'wrong-host', belongsTo: 'shop-a.example' })
    expect(await whoAt(browser, `${SHOP_A}/`)).toBe('ada')
  })
})

test('an ask with the cookie of a spoke at the hub is answered with nobody', async () => {
  const { browser, serve, events } = hubOf()
  await signIn(browser, HUB)
  await browser.go(`${ELMER}/`)
  const spokes = await browser.cookie(ELMER, '__Host-sid')
  const ask = (await browser.hop(`${ALICE}/`)).location!
  const answer = await serve(new Request(ask, { headers: { cookie: `__Host-sid=${spokes}` } }))
  expect(answer.headers.get('location')).toContain('e=none')
  expect(events.at(-1)).toMatchObject({ type: 'crossing.answered-nobody', because: 'signed-out' })
})
