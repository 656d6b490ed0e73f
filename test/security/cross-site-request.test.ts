/**
 * Attack 36: CSRF: cross-site and same-site unsafe requests from an origin not trusted; `Origin: null`; no headers; wildcard
 * `https://*.example.com` does not match `https://example.com.evil` nor `http://`; a token from another host or session.
 */
import { describe, expect, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import { HOST, sessionCookie } from '../support/client.ts'
import { ISOLATED, launch } from '../support/launch.ts'
import { ROUTES } from '../support/visitor.ts'

const OWN = `http://${HOST}`
const TRUSTED = { trustedOrigins: ['https://*.example.com', 'https://partner.com:8443'] }
const TOPOLOGY = [ISOLATED, { kind: 'shared', domain: '.example.localhost' }] as const

type Headers = Record<string, string>
const SERVED: readonly [string, Headers][] = [
  ['of the site itself, by Sec-Fetch-Site', { 'sec-fetch-site': 'same-origin' }],
  ['of the site itself that hides its origin', { 'sec-fetch-site': 'same-origin', origin: 'null' }],
  ['typed by the user', { 'sec-fetch-site': 'none' }],
  ['of the site itself, by Origin', { origin: OWN }],
  ['of the site itself, by Referer', { referer: `${OWN}/form?x=1#y` }],
  ['of a host below a trusted domain', { origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }],
  ['of a host far below a trusted domain, by Origin alone', { origin: 'https://a.b.example.com' }],
  ['of a trusted origin with its port', { origin: 'https://partner.com:8443' }],
  ['of a trusted origin, by Referer', { referer: 'https://app.example.com/form' }],
]
const FOREIGN: readonly [string, Headers][] = [
  ['from another site', { origin: 'https://evil.com', 'sec-fetch-site': 'cross-site' }],
  ['from another site, by Origin alone', { origin: 'https://evil.com' }],
  ['from another site that hides its origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['from another site without an origin', { 'sec-fetch-site': 'cross-site' }],
  ['from a sister host', { origin: 'http://fudd.acme.localhost', 'sec-fetch-site': 'same-site' }],
  ['from a sister host without an origin', { 'sec-fetch-site': 'same-site' }],
  ['that claims our origin against Sec-Fetch-Site', { origin: OWN, 'sec-fetch-site': 'cross-site' }],
  ['with a Referer of ours against Sec-Fetch-Site', { referer: `${OWN}/`, 'sec-fetch-site': 'cross-site' }],
  ['with an unknown Sec-Fetch-Site', { origin: OWN, 'sec-fetch-site': 'same-origin, cross-site' }],
  ['from our host by another scheme', { origin: `https://${HOST}` }],
  ['from our host by another port', { origin: `${OWN}:8080` }],
  ['from a trusted domain itself', { origin: 'https://example.com' }],
  ['from a name that begins like a trusted one', { origin: 'https://example.com.evil' }],
  ['from a name that goes on after a trusted one', { origin: 'https://app.example.com.evil' }],
  ['from a name that ends like a trusted one', { origin: 'https://evilexample.com' }],
  ['from a trusted domain by http', { origin: 'http://app.example.com' }],
  ['from a trusted domain by another port', { origin: 'https://app.example.com:8443' }],
  ['from a trusted origin without its port', { origin: 'https://partner.com' }],
  ['with two origins', { origin: `${OWN} https://evil.com` }],
  ['with an empty origin', { origin: '' }],
  ['with a Referer of another site', { referer: 'https://evil.com/' }],
  ['with a Referer that only begins like us', { referer: `${OWN}.evil.com/` }],
  ['with a Referer that has a user like us', { referer: `${OWN}@evil.com/` }],
  ['with a Referer of another scheme', { referer: `https://${HOST}/` }],
  ['with a Referer that is no address', { referer: 'about:blank' }],
]
const SILENT: readonly [string, Headers][] = [
  ['without any header', {}],
  ['with an opaque origin alone', { origin: 'null' }],
  ['with an empty Referer', { referer: '' }],
]

describe.each(ADAPTERS)('$name', (adapter) => {
  test.each(SERVED)('a POST %s is served', async (_, headers) => {
    const { ask } = await launch(adapter, { routes: ROUTES }, TRUSTED)
    expect((await ask('/set', { method: 'POST', headers })).status).toBe(200)
  })

  test.each(FOREIGN)('a POST %s is refused, with a token or without', async (_, headers) => {
    const { ask, watched, events } = await launch(adapter, { routes: ROUTES }, TRUSTED)
    const cookie = sessionCookie(await ask('/sign-in'))!
    const token = await (await ask('/token', { cookie })).text()
    watched.calls.length = 0
    for (const each of [headers, { ...headers, 'x-csrf-token': token }]) {
      const answer = await ask('/set', { method: 'POST', headers: each, cookie })
      expect([answer.status, answer.setCookies]).toEqual([403, []])
      expect(events.at(-1)).toMatchObject({ type: 'request.refused', reason: 'cross-origin', method: 'POST' })
    }
    expect(watched.calls).toEqual([])
  })

  test.each(SILENT)('a POST %s is refused, unless it brings the token of its session', async (_, headers) => {
    const { ask, events } = await launch(adapter, { routes: ROUTES }, { ...TRUSTED, topology: TOPOLOGY })
    const cookie = sessionCookie(await ask('/sign-in'))!
    const token = await (await ask('/token', { cookie })).text()
    const post = (more: Headers, with_ = cookie, host = HOST) =>
      ask('/set', { method: 'POST', host, headers: { ...headers, ...more }, cookie: with_ })

    expect((await post({})).status).toBe(403)
    expect(events.at(-1)).toMatchObject({ reason: 'origin-missing' })
    expect((await post({ 'x-csrf-token': token })).status).toBe(200)

    const stranger = sessionCookie(await ask('/sign-in'))!
    const elsewhere = sessionCookie(await ask('/sign-in', { host: 'fudd.acme.localhost' }))!
    const shared = sessionCookie(await ask('/sign-in', { host: 'app.example.localhost' }))!
    const tokenOf = async (each: string, host: string) => (await ask('/token', { cookie: each, host })).text()
    const wrong = [
      await tokenOf(stranger, HOST),
      await tokenOf(elsewhere, 'fudd.acme.localhost'),
      await tokenOf(shared, 'app.example.localhost'),
      token.slice(0, -2) + (token.endsWith('AA') ? 'BB' : 'AA'),
      `${token}A`,
      token.slice(1),
      token.toLowerCase(),
      'A'.repeat(86),
      '',
    ]
    for (const each of wrong) {
      expect((await post({ 'x-csrf-token': each })).status, each).toBe(403)
      expect(events.at(-1)).toMatchObject({ reason: 'csrf-token-invalid' })
    }
    // The right token with the cookie of another session, or after the session was renewed, proves nothing.
    expect((await post({ 'x-csrf-token': token }, stranger)).status).toBe(403)
    const renewed = sessionCookie(await ask('/renew', { cookie }))!
    expect((await post({ 'x-csrf-token': token }, renewed)).status).toBe(403)
    expect((await post({ 'x-csrf-token': await tokenOf(renewed, HOST) }, renewed)).status).toBe(200)
  })

  test.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s from another site is refused', async (method) => {
    const { ask } = await launch(adapter, { routes: ROUTES }, TRUSTED)
    expect((await ask('/set', { method, headers: { origin: 'https://evil.com' } })).status).toBe(403)
  })

  test('tokens differ each time they are made, and each one holds', async () => {
    const { ask } = await launch(adapter, { routes: ROUTES })
    const cookie = sessionCookie(await ask('/sign-in'))!
    const tokens = new Set<string>()
    for (let i = 0; i < 5; i++) tokens.add(await (await ask('/token', { cookie })).text())
    expect(tokens.size).toBe(5)
    // Neither half comes twice, so nothing in a page is the same in two responses.
    expect(new Set([...tokens].flatMap((each) => [each.slice(0, 42), each.slice(44)])).size).toBe(10)
    for (const token of tokens) {
      expect((await ask('/set', { method: 'POST', cookie, headers: { 'x-csrf-token': token } })).status).toBe(200)
    }
  })
})
