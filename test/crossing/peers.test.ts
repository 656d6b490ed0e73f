import type { PeersTopology, Replacement } from 'landbridge'
import { describe, expect, test } from 'vitest'
import type { Crossing } from '../support/crossing.ts'
import { askedFor, newHandles, peersOf, reasons, seen, SHOP_A, SHOP_B, signIn, statuses, whoAt } from '../support/crossing.ts'

/** Goes from one peer to another by a push, as its links do. */
const push = async ({ browser }: Crossing, from: string, to: string) => {
  const { response } = await browser.fetch(`${from}/.session/push`, { method: 'POST', body: JSON.stringify({ to }) })
  const { fields, action } = (await response.json()) as { fields: Record<string, string>; action: string }
  return browser.post(action, fields, `${from}/`)
}
const replaced = ({ events }: Crossing) => events.findLast(({ type }) => type === 'session.replaced')

describe('peers', () => {
  test('have the same session: sign-in, data, and what is written later at either', async () => {
    const world = peersOf()
    await signIn(world.browser, SHOP_A)
    await world.browser.post(`${SHOP_A}/set?note=cart`, {})
    expect(seen(await world.browser.go(`${SHOP_B}/.session/begin?to=/`))).toMatchObject({ id: 'ada', note: 'cart' })
    await world.browser.post(`${SHOP_B}/set?note=more`, {})
    expect(seen(await world.browser.go(`${SHOP_A}/`)).note).toBe('more')
    expect(replaced(world)).toMatchObject({
      host: 'shop-b.example',
      scope: 'shop-b.example',
      account: 'ada',
      source: 'shop-a.example',
      destination: 'shop-b.example',
      wasEmpty: true,
      replaced: null,
      mode: 'redirect',
      rid: expect.stringMatching(/^[\w-]{30,}$/) as unknown,
    })
  })

  test('share an anonymous cart, too, in both directions', async () => {
    for (const [from, to] of [
      [SHOP_A, SHOP_B],
      [SHOP_B, SHOP_A],
    ] as const) {
      const { browser } = peersOf()
      await browser.post(`${from}/set?note=cart`, {})
      expect(seen(await browser.go(`${to}/.session/begin?to=/`))).toEqual({ id: null, claims: null, note: 'cart' })
    }
  })

  test('sign in at one sign-in page each, after nobody was found at the other', async () => {
    const { browser } = peersOf()
    const asked = await browser.go(`${SHOP_B}/private`)
    expect([new URL(asked.url).origin, asked.text]).toEqual([SHOP_B, 'login page'])
    expect((await browser.post(asked.url, {})).url).toBe(`${SHOP_B}/private`)
    expect(await whoAt(browser, `${SHOP_A}/private`)).toBe('ada')
  })

  test('sign out everywhere at one, and here at one', async () => {
    const { browser } = peersOf()
    await signIn(browser, SHOP_A)
    await browser.go(`${SHOP_B}/.session/begin?to=/`)
    await browser.post(`${SHOP_B}/out-here`, {})
    expect([await whoAt(browser, `${SHOP_B}/`), await whoAt(browser, `${SHOP_A}/`)]).toEqual([null, 'ada'])
    await browser.go(`${SHOP_B}/.session/begin?to=/`)
    await browser.post(`${SHOP_B}/out`, {})
    expect([await whoAt(browser, `${SHOP_B}/`), await whoAt(browser, `${SHOP_A}/`)]).toEqual([null, null])
  })
})

describe('replace', () => {
  const carts = async (replace: PeersTopology['replace']) => {
    const world = peersOf({ topology: { replace: replace! } })
    await world.browser.post(`${SHOP_A}/set?note=of-a`, {})
    await world.browser.post(`${SHOP_B}/set?note=of-b`, {})
    const visit = await push(world, SHOP_A, `${SHOP_B}/`)
    return { ...world, note: seen(visit).note }
  }

  test('empty: a session with anything in it stays', async () => {
    const { note, events } = await carts('empty')
    expect([note, reasons(events)]).toEqual(['of-b', ['session-kept']])
  })

  test('always: it gives way, its handle is gone, and the event says so', async () => {
    const world = await carts('always')
    expect(world.note).toBe('of-a')
    expect(replaced(world)).toMatchObject({ wasEmpty: false, replaced: expect.any(String) as unknown, mode: 'push' })
  })

  test('a function decides, and is told what of; only true replaces', async () => {
    for (const [answer, note] of [
      [true, 'of-a'],
      [false, 'of-b'],
      ['yes', 'of-b'],
      [undefined, 'of-b'],
    ] as const) {
      const told: Replacement[] = []
      const world = await carts(async (replacement) => {
        told.push(replacement)
        return answer as boolean
      })
      expect(world.note).toBe(note)
      expect(told).toMatchObject([
        { source: 'shop-a.example', destination: 'shop-b.example', current: { account: null }, incoming: { account: null } },
      ])
      expect(told[0]!.current.id).not.toBe(told[0]!.incoming.id)
    }
  })
})

describe('options', () => {
  test('first-visit: the first page of each browser asks once, and for a month no other one does', async () => {
    const { browser, clock } = peersOf({ topology: { sync: 'first-visit' } })
    const first = await browser.go(`${SHOP_B}/`)
    expect(statuses(first)).toEqual([303, 303, 303, 200])
    expect(first.steps[0]!.response.headers.getSetCookie()).toContainEqual(
      expect.stringMatching(/^__Host-fv=1; Path=\/; Max-Age=2592000; /),
    )
    clock.advance(300_001)
    expect(statuses(await browser.go(`${SHOP_B}/`))).toEqual([200])
    await browser.jar.setCookie('__Host-fv=; Max-Age=0; Path=/; Secure', SHOP_B)
    await browser.post(`${SHOP_A}/set?note=cart`, {})
    expect(seen(await browser.go(`${SHOP_B}/`)).note).toBe('cart')
  })

  test('on-demand: nothing asks by itself', async () => {
    const { browser } = peersOf()
    await signIn(browser, SHOP_A)
    expect(statuses(await browser.go(`${SHOP_B}/`))).toEqual([200])
  })

  test('a host that had a session asks again when it is gone', async () => {
    const { browser } = peersOf()
    await signIn(browser, SHOP_A)
    await browser.go(`${SHOP_B}/.session/begin?to=/`)
    await signIn(browser, SHOP_A)
    expect(statuses(await browser.go(`${SHOP_B}/`))).toEqual([303, 200, 303, 303, 200])
  })

  test.each([
    { ticketLifetime: '5s' as const, wait: 4999, good: true },
    { ticketLifetime: '5s' as const, wait: 5000, good: false },
    { ticketLifetime: '2m' as const, wait: 119_000, good: true },
  ])('a ticket of $ticketLifetime after $wait ms: good is $good', async ({ ticketLifetime, wait, good }) => {
    const { browser, clock } = peersOf({ topology: { ticketLifetime } })
    await signIn(browser, SHOP_A)
    const { form } = await askedFor(browser, `${SHOP_B}/.session/begin?to=/`)
    clock.advance(wait)
    const { response, steps } = await browser.go(form)
    expect([response.status, steps.flatMap((step) => newHandles(step.response)).length]).toEqual(good ? [200, 1] : [400, 0])
  })

  test('a peer may be a domain with all its hosts', async () => {
    const world = peersOf({ topology: { hosts: ['.shop-a.example', 'shop-b.example'] } })
    await signIn(world.browser, 'https://www.shop-a.example')
    expect(await whoAt(world.browser, 'https://blog.shop-a.example/')).toBe('ada')
    expect(await whoAt(world.browser, `${SHOP_B}/.session/begin?to=/`)).toBe('ada')
    expect(replaced(world)).toMatchObject({ scope: 'shop-b.example', source: 'shop-a.example' })
    const other = peersOf({ topology: { hosts: ['.shop-a.example', 'shop-b.example'] } })
    await signIn(other.browser, SHOP_B)
    expect(await whoAt(other.browser, 'https://blog.shop-a.example/.session/begin?to=/')).toBe('ada')
    expect(await whoAt(other.browser, 'https://www.shop-a.example/')).toBe('ada')
    expect(replaced(other)).toMatchObject({ scope: '.shop-a.example', destination: 'blog.shop-a.example' })
  })

  test('plain http on localhost', async () => {
    const { browser } = peersOf({ topology: { hosts: ['shop-a.localhost', 'shop-b.localhost'] } })
    await signIn(browser, 'http://shop-a.localhost:3000')
    expect(await whoAt(browser, 'http://shop-b.localhost:3000/.session/begin?to=/')).toBe('ada')
  })
})
