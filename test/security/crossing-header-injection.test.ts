/** Attack 40 where hosts cross: redirect or cookie header injection through any value an application or visitor can supply: refused. */
import fc from 'fast-check'
import type { LandbridgeError, Topology } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { describe, expect, test } from 'vitest'
import { NAVIGATION } from '../support/browser.ts'
import { ELMER, HUB, HUB_TOPOLOGY, hubOf, KEYS, peersOf, PEERS_TOPOLOGY, SHOP_A, SHOP_B, signIn } from '../support/crossing.ts'

const EVIL = ['x\r\nSet-Cookie: evil=1', 'x\nevil: 1', 'x\revil', 'x\u0000', 'x; Domain=evil.example', 'x"', 'x\u2028', 'x y', 'é']

const faultsOf = (topology: Topology, more: object = {}): string[] => {
  try {
    void createSessions({ topology, store: memory(), keys: KEYS, ...more }).close()
    return []
  } catch (error) {
    return (error as LandbridgeError).faults.map(({ code }) => code)
  }
}

describe('what a programmer writes', () => {
  test.each(EVIL.filter((text) => text !== 'x"'))('%j in the sign-in path, the base path, the hub or a peer is refused', (text) => {
    expect(faultsOf({ ...HUB_TOPOLOGY, signIn: `/${text}` })).toEqual(['sign-in-path-invalid'])
    expect(faultsOf(HUB_TOPOLOGY, { basePath: `/${text}/` }).length).toBe(1)
    expect(faultsOf({ ...HUB_TOPOLOGY, hub: `${text} .acme.example` })).toContain('hub-invalid')
    expect(faultsOf({ ...PEERS_TOPOLOGY, hosts: ['shop-a.example', `${text} .example`] })).toContain('host-invalid')
  })

  test.each(['//evil.example/', '/\\evil.example', 'https://evil.example/', 'login', '/a?b', '/a#b'])(
    'so is the sign-in path %j',
    (signIn) => {
      expect(faultsOf({ ...HUB_TOPOLOGY, signIn })).toEqual(['sign-in-path-invalid'])
    },
  )
})

/** A Location of ours, and a Set-Cookie. */
const LOCATION = /^https:\/\/(?:(?:elmer\.)?acme|shop-[ab])\.example\/[\x21-\x7e]*$/
const COOKIE =
  /^(?:__Host-(?:sid|nb|(?:rq|tk)\.[\w-]+)|__Secure-hint)=[\w.-]*; Path=\/(?:; Domain=acme\.example)?(?:; Max-Age=\d+)?(?:; Expires=Thu, 01 Jan 1970 00:00:00 GMT)?; Secure(?:; HttpOnly)?; SameSite=Lax$/

test('what a visitor sends gets into no header: location, cookies and policies keep their shape', async () => {
  const [hub, peers] = [hubOf(), peersOf()]
  await signIn(hub.browser, HUB)
  await signIn(peers.browser, SHOP_A)
  const evil = fc.oneof(fc.constantFrom(...EVIL, '"><script>', "'none'; script-src *"), fc.string({ unit: 'binary', maxLength: 40 }))
  const requests: readonly ((text: string) => [string, string, Record<string, string>])[] = [
    (text) => [`${ELMER}/${encodeURI(text.toWellFormed())}`, 'GET', {}],
    (text) => [`${ELMER}/.session/begin?to=${encodeURIComponent(`/${text.toWellFormed()}`)}`, 'GET', {}],
    (text) => [`${HUB}/.session/begin?to=${encodeURIComponent(`/${text.toWellFormed()}`)}`, 'GET', {}],
    (text) => [`${ELMER}/.session/in?rid=${encodeURIComponent(text.toWellFormed())}&e=none`, 'GET', {}],
    (text) => [`${ELMER}/.session/in`, 'POST', { rid: text, ticket: text, st: text }],
    (text) => [`${ELMER}/.session/in`, 'POST', { rid: `00000000${'a'.repeat(22)}`, ticket: text, st: text }],
    (text) => [`${SHOP_B}/.session/in`, 'POST', { rid: `00000000${'a'.repeat(22)}`, ticket: 'x', path: text }],
    (text) => [`${ELMER}/.session/frame`, 'POST', { rid: text, ticket: text }],
    (text) => [`${HUB}/.session/switch`, 'POST', { to: `/${text}`, account: 'ada' }],
    (text) => [`${SHOP_A}/.session/push`, 'POST', { to: `${SHOP_B}/${text}` }],
    (text) => [`${SHOP_A}/.session/push`, 'POST', { to: `https://${text}/` }],
  ]
  await fc.assert(
    fc.asyncProperty(evil, fc.constantFrom(...requests), async (text, make) => {
      const [url, method, fields] = make(text)
      const { browser } = url.includes('shop') ? peers : hub
      const headers = {
        ...NAVIGATION,
        'sec-fetch-site': 'same-origin',
        'content-type': 'application/x-www-form-urlencoded',
        ...(/\/(?:in|frame)$/.test(url) ? { origin: url.includes('shop') ? SHOP_A : HUB } : {}),
      }
      const body = method === 'POST' ? new URLSearchParams(fields).toString() : undefined
      const { response } = await browser.send(url, { method, headers, body })
      const location = response.headers.get('location')
      if (location !== null) expect(location).toMatch(LOCATION)
      for (const cookie of response.headers.getSetCookie()) expect(cookie).toMatch(COOKIE)
      expect(response.headers.get('content-security-policy') ?? '').not.toMatch(/script-src \*|evil/)
      expect(await response.text()).not.toContain('"><script>')
    }),
    { numRuns: 300 },
  )
})

test('what a visitor sends stands in no page of ours but as text', async () => {
  const { browser } = peersOf()
  await signIn(browser, SHOP_A)
  const headers = { ...NAVIGATION, 'sec-fetch-site': 'same-origin', 'content-type': 'application/x-www-form-urlencoded' }
  const to = `${SHOP_B}/a'b&c<d>?x="`
  const { response } = await browser.send(`${SHOP_A}/.session/push`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ to }).toString(),
  })
  const text = await response.text()
  expect(text).toContain('name="path"')
  expect(text).not.toMatch(/c<d>|x="[^>]/)
  expect(response.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; frame-ancestors https:\/\/shop-b\.example; base-uri 'none'; script-src 'sha256-[\w+/=]+'$/,
  )
})
