/** Attack 22: pushed ticket with Origin evil, null or missing; by GET: refused, 405. */
import { describe, expect, test } from 'vitest'
import type { Crossing } from '../support/crossing.ts'
import { newHandles, peersOf, reasons, seen, SHOP_A, SHOP_B, signIn, whoAt } from '../support/crossing.ts'

type Fields = Record<'rid' | 'ticket' | 'path', string>

const push = async ({ browser }: Crossing, to = `${SHOP_B}/cart`): Promise<Fields> => {
  const { response } = await browser.fetch(`${SHOP_A}/.session/push`, { method: 'POST', body: JSON.stringify({ to }) })
  return ((await response.json()) as { fields: Fields }).fields
}

const three = { topology: { hosts: ['shop-a.example', 'shop-b.example', 'shop-c.example'] } }

test('from the page of its source a push arrives, with nothing in any URL', async () => {
  const world = peersOf()
  await signIn(world.browser, SHOP_A)
  const fields = await push(world)
  const visit = await world.browser.post(`${SHOP_B}/.session/in`, fields, `${SHOP_A}/`)
  expect([visit.url, seen(visit).id]).toEqual([`${SHOP_B}/cart`, 'ada'])
  for (const { request } of visit.steps) expect(request.url).not.toContain(fields.ticket)
})

describe('a pushed ticket', () => {
  test.each([
    'https://evil.example',
    'null',
    'http://shop-a.example',
    'https://shop-a.example:8443',
    'https://shop-a.example.evil.example',
    'https://sub.shop-a.example',
    '',
    undefined,
  ])('with Origin %s is refused, untouched', async (origin) => {
    const world = peersOf()
    await signIn(world.browser, SHOP_A)
    const fields = await push(world)
    world.watched.calls.length = 0
    const headers = { 'content-type': 'application/x-www-form-urlencoded', ...(origin === undefined ? {} : { origin }) }
    const { response } = await world.browser.send(`${SHOP_B}/.session/in`, {
      method: 'POST',
      headers,
      body: new URLSearchParams(fields).toString(),
    })
    expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
    expect([world.watched.calls, reasons(world.events)]).toEqual([[], ['wrong-origin']])
    expect(seen(await world.browser.post(`${SHOP_B}/.session/in`, fields, `${SHOP_A}/`)).id).toBe('ada')
  })

  test.each(['https://shop-c.example', SHOP_B])('with the origin of %s, which did not make it, is refused', async (origin) => {
    const world = peersOf(three)
    await signIn(world.browser, SHOP_A)
    const visit = await world.browser.post(`${SHOP_B}/.session/in`, await push(world), `${origin}/`)
    expect(visit.response.status).toBe(400)
    expect(visit.steps.flatMap(({ response }) => newHandles(response))).toEqual([])
    expect(reasons(world.events)).toEqual(['ticket-wrong-browser'])
  })

  test('in a URL, or by another method, is nothing', async () => {
    const world = peersOf()
    await signIn(world.browser, SHOP_A)
    const fields = await push(world)
    world.watched.calls.length = 0
    const got = await world.browser.go(`${SHOP_B}/.session/in?${new URLSearchParams({ ...fields, t: fields.ticket })}`, {
      from: `${SHOP_A}/`,
    })
    expect(got.response.status).toBe(400)
    for (const method of ['PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']) {
      const { response } = await world.browser.send(`${SHOP_B}/.session/in`, { method, headers: { origin: SHOP_A } })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST'])
    }
    // Nor does a push begin by GET.
    expect((await world.browser.go(`${SHOP_A}/.session/push?to=${SHOP_B}/`)).response.status).toBe(404)
    expect(world.watched.calls).toEqual([])
  })

  test('is good at its destination only, and once', async () => {
    const world = peersOf(three)
    await signIn(world.browser, SHOP_A)
    const fields = await push(world)
    const elsewhere = await world.browser.post('https://shop-c.example/.session/in', fields, `${SHOP_A}/`)
    expect([elsewhere.response.status, reasons(world.events)]).toEqual([400, ['ticket-unknown']])
    expect(seen(await world.browser.post(`${SHOP_B}/.session/in`, fields, `${SHOP_A}/`)).id).toBe('ada')
    await world.browser.jar.removeAllCookies()
    const again = await world.browser.post(`${SHOP_B}/.session/in`, fields, `${SHOP_A}/`)
    expect(again.response.status).toBe(400)
    expect(await whoAt(world.browser, `${SHOP_B}/`)).toBe(null)
  })

  test('of nobody is none: the link is a link', async () => {
    const { browser } = peersOf()
    const { response } = await browser.fetch(`${SHOP_A}/.session/push`, { method: 'POST', body: `to=${SHOP_B}/cart` })
    expect(await response.json()).toEqual({ url: `${SHOP_B}/cart` })
  })

  test('is begun by a page of the source alone', async () => {
    const world = peersOf()
    await signIn(world.browser, SHOP_A)
    world.watched.calls.length = 0
    for (const from of ['https://evil.example/', `${SHOP_B}/`]) {
      const form = await world.browser.post(`${SHOP_A}/.session/push`, { to: `${SHOP_B}/` }, from)
      expect(form.response.status).toBe(403)
    }
    expect(world.watched.calls).toEqual([])
  })
})
