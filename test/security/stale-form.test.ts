/** Attack 28: stale form after an account switch: 409, nothing written. */
import { memory } from 'landbridge/memory'
import { describe, expect, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import { HOST } from '../support/client.ts'
import type { Crossing } from '../support/crossing.ts'
import { ALICE, ELMER, HUB, hubOf, peersOf, seen, SHOP_A, signIn, writes } from '../support/crossing.ts'
import { URLENCODED, visited } from '../support/form-bodies.ts'

async function start(world: Crossing, hub: string, page: string) {
  const { browser } = world
  await signIn(browser, hub, 'bob')
  await browser.post(`${hub}/add?as=ada`, {})
  await browser.go(`${page}/`)
  const tag = (await browser.go(`${page}/tag`)).text
  return { ...world, tag }
}

const WORLDS: readonly [string, () => Crossing, string, string][] = [
  ['at the hub', hubOf, HUB, HUB],
  ['at a spoke', hubOf, HUB, ELMER],
  ['at a peer', peersOf, SHOP_A, SHOP_A],
]

describe.each(WORLDS)('%s', (_, make, hub, page) => {
  test.each(['switch', 'add', 'sign-in', 'sign-out'])('a form of the account before a %s is a 409, and nothing is written', async (act) => {
    const { browser, tag, events, watched } = await start(make(), hub, page)
    const set = (note: string) => browser.fetch(`${page}/set?note=${note}`, { method: 'POST', headers: { 'x-session-account': tag } })
    expect((await set('fresh')).response.status).toBeLessThan(400)
    if (act === 'switch') await browser.post(`${hub}/switch?as=bob`, {})
    else if (act === 'add') await browser.post(`${hub}/add?as=eve`, {})
    else if (act === 'sign-in') await signIn(browser, hub, 'eve')
    else await browser.post(`${hub}/out`, {})
    await browser.go(`${page}/`)
    watched.calls.length = 0
    const late = await set('stale')
    expect(late.response.status).toBe(409)
    expect(writes(watched)).toEqual([])
    expect(events.at(-1)).toMatchObject({ type: 'request.refused', reason: 'account-changed' })
    expect(seen(await browser.go(`${page}/`)).note).not.toBe('stale')
  })
})

test('a request that began before the switch and saves after it is a 409, too, without any tag', async () => {
  const inner = memory()
  const [slow, quick] = [hubOf({ inner }), hubOf({ inner })]
  const { browser } = await start(slow, HUB, ELMER)
  const other = new Browser(quick.serve)
  for (const host of [HUB, ELMER]) await other.jar.setCookie(`__Host-sid=${await browser.cookie(host, '__Host-sid')}; Secure; Path=/`, host)
  const { open, reached } = slow.watched.hold('update')
  const saving = browser.fetch(`${ELMER}/set?note=adas`, { method: 'POST' })
  await reached
  await other.post(`${HUB}/switch?as=bob`, {})
  expect(seen(await other.go(`${ELMER}/`)).id).toBe('bob')
  open()
  expect((await saving).response.status).toBe(409)
  expect(seen(await other.go(`${ELMER}/`))).toMatchObject({ id: 'bob', note: null })
})

test.each(['', 'x', 'null', '%00', 'A'.repeat(5000)])('a tag that is none (%j) is a 409', async (tag) => {
  const { browser } = await start(hubOf(), HUB, ELMER)
  const { response } = await browser.fetch(`${ELMER}/set`, { method: 'POST', headers: { 'x-session-account': tag } })
  expect(response.status).toBe(409)
})

test('the tag says nothing of the account, and differs on each host', async () => {
  const { browser, tag } = await start(hubOf(), HUB, ELMER)
  const other = (await browser.go(`${HUB}/tag`)).text
  expect(tag).toMatch(/^[\w-]{22}$/)
  expect(other).not.toBe(tag)
})

test('is one on a route that passes by insecureBypass, too', async () => {
  const world = await start(hubOf({ insecureBypass: () => true }), HUB, ELMER)
  const { browser, tag } = world
  const set = (headers: Record<string, string>) => browser.fetch(`${ELMER}/set`, { method: 'POST', from: `${ALICE}/`, headers })
  expect((await set({ 'x-session-account': tag })).response.status).toBeLessThan(400)
  await browser.post(`${HUB}/switch?as=bob`, {})
  expect((await set({ 'x-session-account': tag })).response.status).toBe(409)
})

test('is one where a CSRF token lets the request in, too', async () => {
  const { sessions, cookie, token } = await visited()
  const post = (tag: string, { headers, body }: { headers: Record<string, string>; body: string }) =>
    sessions.handle(
      new Request(`http://${HOST}/`, { method: 'POST', headers: { cookie, 'x-session-account': tag, ...headers }, body }),
      async (session) => new Response(await session.accountTag()),
    )
  const sent = [
    { headers: { 'x-csrf-token': token }, body: '' },
    { headers: { 'content-type': URLENCODED }, body: `_csrf=${token}` },
  ]
  const page = await sessions.handle(new Request(`http://${HOST}/`, { headers: { cookie } }), async (session) => {
    return new Response(await session.accountTag())
  })
  const tag = await page.text()
  for (const each of sent) {
    expect([(await post(tag, each)).status, (await post(`${tag}x`, each)).status]).toEqual([200, 409])
  }
})
