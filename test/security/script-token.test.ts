/** Attack 23: script token loaded from evil.com, after use, into a non-empty session: no Set-Cookie. */
import { describe, expect, test } from 'vitest'
import type { Crossing } from '../support/crossing.ts'
import { peersOf, reasons, SHOP_A, SHOP_B, signIn, whoAt } from '../support/crossing.ts'

const LOADED = { 'sec-fetch-dest': 'script', 'sec-fetch-mode': 'no-cors', referer: `${SHOP_A}/` }

async function start(topology: Parameters<typeof peersOf>[0] = {}) {
  const world = peersOf({ ...topology, topology: { script: true, ...topology.topology } })
  await signIn(world.browser, SHOP_A)
  const [url] = JSON.parse((await world.browser.go(`${SHOP_A}/scripts`)).text) as string[]
  return { ...world, url: url! }
}

/** The answer to a script element, in a browser that still sends cookies to other sites. */
const load = async ({ browser }: Crossing, url: string, headers: Record<string, string> = LOADED) =>
  (await browser.send(url, { headers })).response

test('a script of the other peer fills an empty session, once, and holds nothing', async () => {
  const world = await start()
  const response = await load(world, world.url)
  expect([response.status, await response.text(), response.headers.get('cache-control')]).toEqual([200, '', 'no-store'])
  expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-sid=.*SameSite=None$/)])
  expect(await whoAt(world.browser, `${SHOP_B}/`)).toBe('ada')
  await world.browser.jar.removeAllCookies()
  const again = await load(world, world.url)
  expect([again.status, again.headers.getSetCookie()]).toEqual([400, []])
})

describe('no cookie is set', () => {
  test.each([
    ['on a page of evil', { ...LOADED, referer: 'https://evil.example/' }],
    ['on a page that hides where it is', { 'sec-fetch-dest': 'script' }],
    ['on a page with an Origin of evil and a Referer of ours', { ...LOADED, origin: 'https://evil.example' }],
    ['with an opaque Origin', { 'sec-fetch-dest': 'script', origin: 'null' }],
    ['by an image', { ...LOADED, 'sec-fetch-dest': 'image' }],
    ['by a navigation', { ...LOADED, 'sec-fetch-dest': 'document' }],
    ['by a program', { referer: `${SHOP_A}/` }],
    ['on a page of the destination itself', { ...LOADED, referer: `${SHOP_B}/` }],
  ])('%s', async (_, headers) => {
    const world = await start()
    const response = await load(world, world.url, headers)
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.headers.getSetCookie()).toEqual([])
    expect(reasons(world.events).length).toBe(1)
  })

  test.each(['empty', 'always'] as const)('where a session is already, even if only a cart (replace: %s)', async (replace) => {
    const world = await start({ topology: { replace } })
    await world.browser.post(`${SHOP_B}/set?note=cart`, {})
    const response = await load(world, world.url)
    expect([response.status, response.headers.getSetCookie()]).toEqual([409, []])
    expect(reasons(world.events)).toEqual(['session-kept'])
  })

  test('at another destination, or where the transport is off', async () => {
    const world = await start({ topology: { hosts: ['shop-a.example', 'shop-b.example', 'shop-c.example'] } })
    expect((await load(world, world.url.replace('shop-b', 'shop-c'))).headers.getSetCookie()).toEqual([])
    const off = peersOf()
    expect((await load(off, world.url)).status).toBe(404)
    await signIn(off.browser, SHOP_A)
    expect((await off.browser.go(`${SHOP_A}/scripts`)).text).toBe('[]')
  })
})
