// Attack 26, near cache: the cookie of a handle that has another secret by now, shown to a process that still remembers the one before.
import { expect, test } from 'vitest'
import type { Crossing } from '../support/crossing.ts'
import { ELMER, HUB, hubOf, newHandles, peersOf, seen, SHOP_A, SHOP_B, signIn, whoAt } from '../support/crossing.ts'
import { nearCaches, postWith } from '../support/near-caches.ts'

async function show({ serve }: Crossing, url: string, cookie: string): Promise<string | null> {
  return seen({ text: await (await serve(new Request(url, { headers: { cookie } }))).text() }).id
}

test.each(['/set', '/renew'])(
  'after a renewal at a spoke the old cookie writes nothing there by %s, and gets no secret of its own',
  async (path) => {
    const { a, b } = nearCaches(hubOf)
    await signIn(a.browser, HUB)
    expect(await whoAt(a.browser, `${ELMER}/`)).toBe('ada')
    const copy = await a.browser.jar.getCookieString(ELMER)
    expect(await show(b, `${ELMER}/`, copy)).toBe('ada')
    await a.browser.post(`${ELMER}/renew`, {})

    const late = await postWith(b, `${ELMER}${path}`, copy)
    expect([late.status, newHandles(late)]).toEqual([409, []])
    expect(seen(await a.browser.go(`${ELMER}/`))).toMatchObject({ id: 'ada', note: null })
  },
)

test.each(['/set', '/renew', '/add?as=bob'])(
  'once a peer has a new handle, the cookie of the one before changes nothing there by %s',
  async (path) => {
    const { a, b } = nearCaches(peersOf)
    await signIn(a.browser, SHOP_A)
    const page = `${SHOP_B}/private`
    expect(await whoAt(a.browser, page)).toBe('ada')
    const copy = await a.browser.jar.getCookieString(SHOP_B)
    expect(await show(b, page, copy)).toBe('ada')
    // The browser lost its cookies of this peer and is brought in again.
    await a.browser.jar.store.removeCookies('shop-b.example', null)
    a.clock.advance(100)
    expect(await whoAt(a.browser, page)).toBe('ada')

    const late = await postWith(b, `${SHOP_B}${path}`, copy)
    const own = newHandles(late).map((cookie) => cookie.split(';')[0]!)
    expect([late.status, own.length]).toEqual(path.startsWith('/add') ? [303, 1] : [409, 0])
    for (const cookie of own) expect(await show(a, `${SHOP_B}/`, cookie)).toBe('bob')
    expect(await a.sessions.sessionsOf('ada')).toHaveLength(1)
    expect(seen(await a.browser.go(`${SHOP_B}/`))).toMatchObject({ id: 'ada', note: null })
  },
)
