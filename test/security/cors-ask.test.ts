/** Attack 18: CORS ask with Origin null, http, sibling, a registered host other than h: no ACAO, no ticket. */
import { expect, test } from 'vitest'
import { ELMER, HUB, hubOf, reasons, signIn } from '../support/crossing.ts'

const begin = async ({ browser }: ReturnType<typeof hubOf>, mode = 'fetch') => {
  const { response } = await browser.fetch(`${ELMER}/.session/begin`, { method: 'POST', body: JSON.stringify({ mode }) })
  return ((await response.json()) as { ask: string }).ask
}

test('the page that asks, and it alone, may read the answer', async () => {
  const world = hubOf()
  await signIn(world.browser, HUB)
  const { response } = await world.browser.fetch(await begin(world), { from: `${ELMER}/` })
  expect(response.status).toBe(200)
  expect(response.headers.get('access-control-allow-origin')).toBe(ELMER)
  expect(response.headers.get('access-control-allow-credentials')).toBe('true')
  expect(response.headers.get('vary')).toContain('Origin')
  expect(await response.json()).toMatchObject({ ticket: expect.stringMatching(/^[\w-]{43}$/) as unknown })
})

test.each([
  'null',
  'http://elmer.acme.example',
  'https://alice.acme.example',
  'https://sub.elmer.acme.example',
  HUB,
  'https://evil.example',
  'https://elmer.acme.example:444',
  '*',
  `${ELMER}, https://evil.example`,
  undefined,
])('an ask for elmer with Origin %s: nothing to read, no ticket, no store call', async (origin) => {
  for (const trustedOrigins of [[], ['https://*.acme.example']]) {
    const world = hubOf({ trustedOrigins })
    await signIn(world.browser, HUB)
    const ask = await begin(world)
    world.watched.calls.length = 0
    const { response } = await world.browser.send(ask, { headers: origin === undefined ? {} : { origin } })
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null])
    expect(await response.text()).not.toContain('ticket"')
    expect([world.watched.calls, reasons(world.events)]).toEqual([[], ['wrong-origin']])
  }
})

test('a refused or redirecting answer names no origin either, and a preflight is refused', async () => {
  const world = hubOf()
  await signIn(world.browser, HUB)
  const ask = (await world.browser.hop(`${ELMER}/`)).location!
  const headers = { origin: ELMER, 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'cors' }
  for (const url of [ask, `${ask}x`, `${HUB}/.session/accounts`, `${HUB}/.session/nothing`]) {
    expect((await world.browser.send(url, { headers })).response.headers.get('access-control-allow-origin')).toBe(null)
  }
  const preflight = await world.browser.send(ask, { method: 'OPTIONS', headers: { origin: ELMER, 'access-control-request-method': 'GET' } })
  expect([preflight.response.status, preflight.response.headers.get('access-control-allow-origin')]).toEqual([405, null])
})
