/**
 * Attack 9 where hosts cross: look-alikes in an ask, in the target of a push, in a choice of account and in an Origin are unknown or
 * made canonical, in every place that compares hosts.
 */
import { expect, test } from 'vitest'
import { selfPostingForm } from '../support/browser.ts'
import {
  ALICE,
  askedFor,
  ELMER,
  HUB,
  hubOf,
  newHandles,
  peersOf,
  posted,
  reasons,
  SHOP_A,
  SHOP_B,
  signIn,
  writes,
} from '../support/crossing.ts'

const UNKNOWN = [
  'shop-b.example.evil.example',
  'evilshop-b.example',
  'shop-b.example@evil.example',
  'evil.example',
  'shop-b.example..',
  'shop-b.exаmple',
  'shop-b%2eexample',
  'shop-b.example%00.evil.example',
  ' shop-b.example',
  'shop-b.example\t',
  'shop-b.example:x',
  'shop-a.example',
  '[shop-b.example]',
  '',
]

test.each(UNKNOWN)('nothing is pushed to %j', async (host) => {
  const { browser, watched, events } = peersOf()
  await signIn(browser, SHOP_A)
  watched.calls.length = 0
  for (const to of [`https://${host}/`, `https://${host}`, `//${host}/`, host]) {
    const { response } = await browser.fetch(`${SHOP_A}/.session/push`, { method: 'POST', body: JSON.stringify({ to }) })
    expect(response.status).toBe(400)
  }
  expect(watched.calls).toEqual([])
  expect(new Set(reasons(events))).toEqual(new Set(['ask-unknown-host']))
})

test.each(['SHOP-B.Example', 'shop-b.example.', 'shop-b.example:443', 'shop-b.example:8443'])(
  'a push to %s goes to the one canonical address of that peer',
  async (host) => {
    const { browser } = peersOf()
    await signIn(browser, SHOP_A)
    const { response } = await browser.fetch(`${SHOP_A}/.session/push`, { method: 'POST', body: `to=https://${host}/` })
    expect(await response.json()).toMatchObject({ action: `${SHOP_B}/.session/in` })
  },
)

test.each([
  'elmer.acme.example.evil.example',
  'evilacme.example',
  'user@elmer.acme.example',
  'elmer.acme.example/x',
  'еlmer.acme.example',
  '',
])('no account is chosen for %j', async (host) => {
  const { browser, watched } = hubOf()
  await signIn(browser, HUB)
  await browser.post(`${HUB}/add?as=bob`, {})
  watched.calls.length = 0
  const { response } = await browser.fetch(`${HUB}/.session/choose`, { method: 'POST', body: JSON.stringify({ host, account: 'ada' }) })
  expect(response.status).toBe(400)
  expect(writes(watched)).toEqual([])
})

test('a choice for a host in another spelling is a choice for that host', async () => {
  const { browser } = hubOf()
  await signIn(browser, HUB)
  await browser.post(`${HUB}/add?as=bob`, {})
  const body = JSON.stringify({ host: 'ELMER.Acme.Example.', account: 'ada' })
  expect((await browser.fetch(`${HUB}/.session/choose`, { method: 'POST', body })).response.status).toBe(200)
  expect(JSON.parse((await browser.go(`${ELMER}/`)).text)).toMatchObject({ id: 'ada' })
})

test.each([
  'https://acme.example.evil.example',
  'https://evil.example',
  'http://elmer.acme.example',
  'https://elmer.acme.example:8443',
  'https://elmer.acme.example@evil.example',
  'https://user@elmer.acme.example',
  'https://alice.acme.example',
  'null',
  '',
])('an ask by fetch for elmer with Origin %j is refused, and no answer can be read', async (origin) => {
  const { browser, watched, events } = hubOf()
  await signIn(browser, HUB)
  const begun = await browser.fetch(`${ELMER}/.session/begin`, { method: 'POST', body: '{}' })
  const { ask } = (await begun.response.json()) as { ask: string }
  watched.calls.length = 0
  const { response } = await browser.send(ask, { headers: { origin, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' } })
  expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null])
  expect(watched.calls).toEqual([])
  expect(reasons(events)).toEqual(['wrong-origin'])
})

test('the way back is the address of the host that asked, whatever Host the hub is asked under', async () => {
  const { browser, serve } = hubOf()
  await signIn(browser, HUB)
  const { ask } = await askedFor(browser, `${ELMER}/`)
  const cookie = await browser.jar.getCookieString(HUB)
  const forged = { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example;proto=http', 'x-forwarded-proto': 'http' }
  for (const url of [ask, ask.replace('acme.example', 'ACME.example.')]) {
    const answer = await serve(new Request(url, { headers: { cookie, ...forged } }))
    const form = selfPostingForm(url, await answer.text())
    expect(form!.action).toBe(`${ELMER}/.session/in`)
    expect(answer.headers.get('content-security-policy')).toContain(`frame-ancestors ${ELMER};`)
    expect(newHandles(answer)).toEqual([])
  }
})

test.each([
  'https://acme.example.evil.example',
  'https://evilacme.example',
  'https://evil.example',
  'http://acme.example',
  'https://acme.example:8443',
  'https://acme.example@evil.example',
  'https://evil.example#acme.example',
  'https://user@acme.example',
  'https://аcme.example',
  'https://acme.example, https://evil.example',
  ELMER,
  ALICE,
  'null',
  '',
])('a ticket that a page with Origin %j posts is refused, untouched', async (origin) => {
  const { browser, serve, watched, events } = hubOf()
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/`)
  const cookie = await browser.jar.getCookieString(ELMER)
  watched.calls.length = 0
  const latin1 = Buffer.from(origin).toString('latin1')
  for (const to of [`${ELMER}/.session/in`, `${ELMER}/.session/frame`]) {
    const answer = await serve(posted(form, { to, headers: { cookie, origin: latin1 } }))
    expect([answer.status, answer.headers.getSetCookie().filter((each) => !each.includes('Max-Age=0'))]).toEqual([403, []])
  }
  expect(watched.calls).toEqual([])
  expect(reasons(events)).toEqual(['wrong-origin', 'wrong-origin'])
  expect(JSON.parse((await browser.go(form)).text)).toMatchObject({ id: 'ada' })
})
