/** Attack 21: a planted anonymous cookie before sign-in: new id and secret after it, the old one dead on every host. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import type { Crossing } from '../support/crossing.ts'
import { ELMER, HUB, hubOf, peersOf, seen, SHOP_A, SHOP_B, signIn, whoAt } from '../support/crossing.ts'
import { idOf, secretOf } from '../support/client.ts'
import { STORES } from '../support/stores.ts'

const holding = async (cookie: string, { serve }: Crossing, host: string): Promise<unknown> =>
  (await serve(new Request(`${host}/page`, { headers: { cookie } }))).json()

const cookieAt = async (browser: Browser, host: string): Promise<string> => `__Host-sid=${await browser.cookie(host, '__Host-sid')}`

describe.each(STORES)('over $name', ({ make }) => {
  const start = (of: typeof hubOf | typeof peersOf) => {
    const { store, remove } = make()
    onTestFinished(remove)
    return of({ inner: store })
  }
  /** A session that a stranger made and planted in the browser of the visitor, at a host. */
  const plant = async (world: Crossing, host: string) => {
    const stranger = new Browser(world.serve)
    await stranger.post(`${host}/set?note=planted`, {})
    const planted = await cookieAt(stranger, host)
    await world.browser.jar.setCookie(`${planted}; Secure; HttpOnly; Path=/; SameSite=Lax`, host)
    return planted
  }

  test('at the hub: the sign-in makes another session, and the planted cookie opens nothing on any host', async () => {
    const world = start(hubOf)
    const planted = await plant(world, HUB)
    await signIn(world.browser, HUB)
    expect(await whoAt(world.browser, `${ELMER}/`)).toBe('ada')
    for (const host of [HUB, ELMER]) {
      const fresh = await cookieAt(world.browser, host)
      expect(idOf(fresh)).not.toBe(idOf(planted))
      expect(secretOf(fresh)).not.toBe(secretOf(planted))
      expect(await holding(planted, world, host)).toEqual({ id: null, claims: null, note: null })
    }
  })

  test('at a spoke: the crossing makes another handle, and the planted cookie opens nothing any more', async () => {
    const world = start(hubOf)
    const planted = await plant(world, ELMER)
    await signIn(world.browser, HUB)
    expect(await whoAt(world.browser, `${ELMER}/`)).toBe('ada')
    const fresh = await cookieAt(world.browser, ELMER)
    expect([idOf(fresh) === idOf(planted), secretOf(fresh) === secretOf(planted)]).toEqual([false, false])
    expect(await holding(planted, world, ELMER)).toEqual({ id: null, claims: null, note: null })
    await world.browser.post(`${ELMER}/set?note=private`, {})
    expect(await holding(planted, world, ELMER)).toEqual({ id: null, claims: null, note: null })
  })

  test('between peers: what was planted at one is dead at both once somebody signs in', async () => {
    const world = start(peersOf)
    const planted = await plant(world, SHOP_A)
    // It crosses while it is anonymous, so that the stranger has a handle at the other peer as well.
    const stranger = new Browser(world.serve)
    await stranger.jar.setCookie(`${planted}; Secure; HttpOnly; Path=/`, SHOP_A)
    expect(seen(await stranger.go(`${SHOP_B}/.session/begin?to=/`)).note).toBe('planted')
    const strangersAtB = await cookieAt(stranger, SHOP_B)
    world.clock.advance(1)
    await world.browser.go(`${SHOP_B}/.session/begin?to=/`)
    await signIn(world.browser, SHOP_A)
    expect(seen(await world.browser.go(`${SHOP_B}/`)).id).toBe('ada')
    for (const host of [SHOP_A, SHOP_B]) {
      expect(await holding(planted, world, host)).toMatchObject({ id: null, note: null })
      expect(await holding(strangersAtB, world, host)).toMatchObject({ id: null, note: null })
    }
  })

  test('a handle that a crossing made is renewed with everything else at the next sign-in', async () => {
    const world = start(hubOf)
    await signIn(world.browser, HUB)
    await world.browser.go(`${ELMER}/`)
    const before = [await cookieAt(world.browser, HUB), await cookieAt(world.browser, ELMER)]
    await signIn(world.browser, HUB)
    expect(await holding(before[0]!, world, HUB)).toMatchObject({ id: null })
    expect(await holding(before[1]!, world, ELMER)).toMatchObject({ id: null })
    expect(await whoAt(world.browser, `${ELMER}/`)).toBe('ada')
  })
})
