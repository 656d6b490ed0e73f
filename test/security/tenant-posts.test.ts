/**
 * Attack 15: a tenant's script posts sign-out, switch, add or remove account to the hub with credentials: 403. Frames the chooser or
 * the sign-in page: refused.
 */
import { describe, expect, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import { ALICE, ELMER, HUB, hubOf, KEYS, reasons, signIn, whoAt, writes } from '../support/crossing.ts'
import { launch } from '../support/launch.ts'

const ACTS: Record<string, Record<string, string>> = {
  'sign-out': { reach: 'everywhere' },
  switch: { account: 'bob' },
  choose: { host: 'alice.acme.example', account: 'bob' },
  remove: { account: 'ada' },
  push: { to: `${ALICE}/` },
}
const FROM = [ALICE, ELMER, 'https://evil.example', 'https://sub.elmer.acme.example']

describe.each([
  ['without trusted origins', {}],
  ['even where the application trusts the tenant for its own forms', { trustedOrigins: ['https://*.acme.example'] }],
])('%s', (_, options) => {
  test.each(Object.entries(ACTS))('a post to %s from another host is 403, and does nothing', async (act, fields) => {
    const { browser, events, watched } = hubOf(options)
    await signIn(browser, HUB, 'bob')
    await browser.post(`${HUB}/add?as=ada`, {})
    watched.calls.length = events.length = 0
    for (const from of FROM) {
      const form = await browser.post(`${HUB}/.session/${act}`, fields, `${from}/`)
      const script = await browser.fetch(`${HUB}/.session/${act}`, { method: 'POST', from, body: JSON.stringify(fields) })
      // With the headers that browsers without Sec-Fetch-* send.
      const old = await browser.send(`${HUB}/.session/${act}`, { method: 'POST', headers: { origin: from }, body: JSON.stringify(fields) })
      const opaque = await browser.send(`${HUB}/.session/${act}`, { method: 'POST', headers: { origin: 'null' }, body: '' })
      const bare = await browser.send(`${HUB}/.session/${act}`, { method: 'POST', body: '' })
      for (const { response } of [form, script, old, opaque, bare]) {
        expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
        expect(response.headers.get('access-control-allow-origin')).toBe(null)
      }
    }
    expect(writes(watched)).toEqual([])
    expect(new Set(reasons(events))).toEqual(new Set(['wrong-origin']))
    expect(await whoAt(browser, `${HUB}/`)).toBe('ada')
  })
})

test('a script that begins a crossing at another host is refused there', async () => {
  const { browser, watched, events } = hubOf({ trustedOrigins: ['https://*.acme.example'] })
  await signIn(browser, HUB)
  watched.calls.length = 0
  const begun = await browser.fetch(`${ELMER}/.session/begin`, { method: 'POST', from: ALICE, body: '{}' })
  const done = await browser.fetch(`${ELMER}/.session/in`, {
    method: 'POST',
    from: ALICE,
    headers: { 'content-type': 'application/json' },
    body: '{}',
  })
  for (const { response } of [begun, done]) expect([response.status, response.headers.getSetCookie()]).toEqual([403, []])
  expect(watched.calls).toEqual([])
  expect(reasons(events)).toEqual(['wrong-origin', 'wrong-origin'])
})

test('the list of accounts is not for pages of other hosts', async () => {
  const { browser } = hubOf({ trustedOrigins: ['https://*.acme.example'] })
  await signIn(browser, HUB)
  for (const from of FROM) {
    const { response } = await browser.fetch(`${HUB}/.session/accounts`, { from })
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([403, null])
    expect(await response.text()).not.toContain('ada')
  }
})

describe.each(ADAPTERS)('$name', (adapter) => {
  const start = () =>
    launch(
      adapter,
      {
        routes: {
          '/login': () => ({ headers: { 'content-type': 'text/html' }, body: 'login' }),
          '/own-policy': () => ({ headers: { 'content-security-policy': "default-src 'self'" }, body: 'chooser' }),
          '/quiet': () => ({ body: 'reads no session' }),
          '/who': async (session) => ({ body: (await session.account())?.id ?? 'anonymous' }),
        },
      },
      { topology: { kind: 'hub', hub: 'acme.localhost', spokes: ['*.acme.localhost'], authorize: () => true }, keys: KEYS },
    )

  test('no page of the hub can be framed, whatever the application says of it', async () => {
    const { ask } = await start()
    for (const path of ['/login', '/own-policy', '/quiet', '/who', '/missing']) {
      for (const headers of [{}, { 'sec-fetch-dest': 'iframe' }, { 'sec-fetch-dest': 'document' }, { 'sec-fetch-dest': 'object' }]) {
        const policy = (await ask(path, { host: 'acme.localhost', headers })).header('content-security-policy')
        expect(policy, path).toContain("frame-ancestors 'none'")
        if (path === '/own-policy') expect(policy).toContain("default-src 'self'")
      }
    }
  })

  test('our own pages at the hub cannot be framed either; pages of a spoke are the application’s to decide', async () => {
    const { ask } = await start()
    const own = await ask('/.session/ask', { host: 'acme.localhost', headers: { accept: 'text/html' } })
    expect(own.header('content-security-policy')).toContain("frame-ancestors 'none'")
    expect((await ask('/login', { host: 'elmer.acme.localhost' })).header('content-security-policy')).toBe(null)
  })
})
