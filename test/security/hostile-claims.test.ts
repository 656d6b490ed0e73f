/** Attack 35 where crossing adds values: claims and account ids with hostile names are data, and pollute nothing. */
import { describe, expect, test } from 'vitest'
import { ELMER, HUB, hubOf, seen, signIn, writes } from '../support/crossing.ts'

const NAMES = ['__proto__', 'constructor', 'prototype', 'toString', '\0active', '\0account', '\0claims', '💥', '"', 'a\nb']

test.each(NAMES)('claims with the key %j come as they were given', async (name) => {
  const claims = JSON.parse(`{${JSON.stringify(name)}:{"polluted":true}}`) as Record<string, unknown>
  const { browser } = hubOf({ topology: { authorize: () => claims } })
  await signIn(browser, HUB)
  const page = await browser.go(`${ELMER}/`)
  expect(JSON.stringify((JSON.parse(page.text) as { claims: unknown }).claims)).toBe(JSON.stringify(claims))
  expect(({} as { polluted?: boolean }).polluted).toBe(undefined)
})

test.each(NAMES.filter((name) => !/[\0\n]/.test(name)))(
  'an account named %j is signed in, switched and carried as any other',
  async (name) => {
    const { browser } = hubOf()
    const as = encodeURIComponent(name)
    await signIn(browser, HUB, 'ada')
    await browser.post(`${HUB}/add?as=${as}`, {})
    expect(seen(await browser.go(`${ELMER}/`)).id).toBe(name)
    await browser.post(`${HUB}/switch?as=ada`, {})
    await browser.post(`${HUB}/choose?to=elmer.acme.example&as=${as}`, {})
    expect([seen(await browser.go(`${ELMER}/`)).id, seen(await browser.go(`${HUB}/`)).id]).toEqual([name, 'ada'])
  },
)

test.each([[[]], [['admin']], [1], ['yes'], [() => true], [undefined]])(
  '%j of authorize is no record of claims, and lets nobody in',
  async (given) => {
    const { browser } = hubOf({ topology: { authorize: () => given as unknown as boolean } })
    await signIn(browser, HUB)
    expect(seen(await browser.go(`${ELMER}/`)).id).toBe(null)
  },
)

describe('a value of the application', () => {
  test('cannot stand in for what the library keeps beside it', async () => {
    const { browser, sessions } = hubOf()
    await signIn(browser, HUB)
    await browser.go(`${ELMER}/`)
    for (const key of ['\0account', '\0claims', '\0active', '\0choice:elmer.acme.example']) {
      const cookie = await browser.jar.getCookieString(ELMER)
      const attempt = sessions.handle(new Request(`${ELMER}/x`, { headers: { cookie } }), (session) => {
        session.set(key, 'bob')
        return new Response()
      })
      await expect(attempt).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' })
    }
  })
})

test.each([
  ['deep', `${'{"a":'.repeat(900)}1${'}'.repeat(900)}`],
  ['not JSON', '{"account":'],
  ['a list', '["ada"]'],
  ['of other kinds', '{"account":{"id":"bob"},"to":7,"host":null}'],
  ['with a prototype', '{"__proto__":{"account":"bob"}}'],
  ['not UTF-8', '{"account":"\uD800"}'],
  ['too long', `{"account":"${'x'.repeat(9000)}"}`],
])('a body that is %s switches to nobody, and is a 4xx with nothing written', async (_, body) => {
  const { browser, watched } = hubOf()
  await signIn(browser, HUB, 'bob')
  await browser.post(`${HUB}/add?as=ada`, {})
  watched.calls.length = 0
  for (const act of ['switch', 'choose']) {
    const { response } = await browser.fetch(`${HUB}/.session/${act}`, { method: 'POST', body })
    expect(response.status).toBe(400)
  }
  expect(writes(watched)).toEqual([])
  expect(({} as { account?: string }).account).toBe(undefined)
})
