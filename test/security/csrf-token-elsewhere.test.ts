/**
 * Attack 36: a CSRF token of another host. It is good for one scope: in `shared` on all hosts of the domain, in every other topology
 * on the host that made it, although the very session may be used on both.
 */
import type { Sessions } from 'landbridge'
import { describe, expect, test } from 'vitest'
import type { Data } from '../support/adapters.ts'
import type { Crossing } from '../support/crossing.ts'
import { ALICE, ELMER, HUB, hubOf, peersOf, SHOP_A, SHOP_B, signIn, whoAt } from '../support/crossing.ts'
import { makeSessions } from '../support/launch.ts'
import { memory } from 'landbridge/memory'

const FORM = 'application/x-www-form-urlencoded'

async function visit(sessions: Sessions<Data>, host: string, cookie = ''): Promise<{ token: string; cookie: string; id: string | null }> {
  let [token, id]: [string, string | null] = ['', null]
  const headers = { cookie, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }
  const response = await sessions.handle(new Request(`${host}/page`, { headers }), async (session) => {
    await session.get('theme')
    id = session.id
    token = await session.csrfToken()
    return new Response('page')
  })
  return { token, id, cookie: response.headers.getSetCookie()[0]?.split(';')[0] ?? cookie }
}

/** How a host answers the token in a form and in a header, from a client that says nothing of its origin. */
async function answers(sessions: Sessions<Data>, host: string, cookie: string, token: string): Promise<number[]> {
  const sent = [
    { headers: { cookie, 'content-type': FORM }, body: `_csrf=${token}` },
    { headers: { cookie, 'x-csrf-token': token }, body: '' },
  ]
  const requests = sent.map((init) => new Request(`${host}/act`, { method: 'POST', ...init }))
  return Promise.all(requests.map(async (request) => (await sessions.handle(request, () => new Response('done'))).status))
}

const GOOD = [200, 200]
const BAD = [403, 403]

describe('shared', () => {
  const APP = 'https://app.example.com'
  const OTHERS = ['https://www.example.com', 'https://deep.er.example.com', 'https://example.com', 'https://www.example.com:8443']
  const ADMIN = 'https://admin.example.com'
  const OTHER = 'https://app.example.org'
  const start = () =>
    makeSessions(memory(), {
      topology: [
        { kind: 'isolated', hosts: ['admin.example.com'] },
        { kind: 'shared', domain: '.example.com' },
        { kind: 'shared', domain: '.example.org' },
      ],
    }).sessions

  test('a token of one host is good on every other host of the domain', async () => {
    const sessions = start()
    const { cookie, token } = await visit(sessions, APP)
    for (const host of [APP, ...OTHERS]) {
      expect(await answers(sessions, host, cookie, token), host).toEqual(GOOD)
      const back = await visit(sessions, host, cookie)
      expect(await answers(sessions, APP, cookie, back.token), host).toEqual(GOOD)
    }
  })

  test('and on no host that stands apart, nor of another domain', async () => {
    const sessions = start()
    const { cookie, token } = await visit(sessions, APP)
    for (const host of [ADMIN, OTHER]) {
      const there = await visit(sessions, host)
      expect(await answers(sessions, host, `${cookie}; ${there.cookie}`, there.token), host).toEqual(GOOD)
      for (const shown of [cookie, there.cookie, `${cookie}; ${there.cookie}`]) {
        expect(await answers(sessions, host, shown, token), host).toEqual(BAD)
      }
      expect(await answers(sessions, APP, cookie, there.token), host).toEqual(BAD)
    }
  })
})

test('isolated: a token of another host is refused, with the cookie of either', async () => {
  const { sessions } = makeSessions(memory(), { topology: { kind: 'isolated', hosts: ['*.acme.example'] } })
  const [elmer, alice] = [await visit(sessions, ELMER), await visit(sessions, ALICE)]
  expect(await answers(sessions, ELMER, elmer.cookie, elmer.token)).toEqual(GOOD)
  for (const cookie of [elmer.cookie, alice.cookie, `${alice.cookie}; ${elmer.cookie}`]) {
    expect(await answers(sessions, ALICE, cookie, elmer.token)).toEqual(BAD)
  }
})

const cookiesOf = ({ browser }: Crossing, host: string) => browser.jar.getCookieString(`${host}/`)

describe.each([
  ['hub', hubOf, HUB, [HUB, ELMER, ALICE]],
  ['peers', peersOf, SHOP_A, [SHOP_A, SHOP_B]],
] as const)('%s', (_, start, first, hosts) => {
  test('a token is good on its own host alone, although one session is used on all of them', async () => {
    const world = start()
    await signIn(world.browser, first)
    const tokens = new Map<string, string>()
    for (const host of hosts) {
      expect(await whoAt(world.browser, `${host}/private`)).toBe('ada')
      tokens.set(host, (await visit(world.sessions, host, await cookiesOf(world, host))).token)
    }
    const all = (await Promise.all(hosts.map((host) => cookiesOf(world, host)))).join('; ')
    for (const host of hosts) {
      for (const [from, token] of tokens) {
        const expected = from === host ? GOOD : BAD
        expect(await answers(world.sessions, host, await cookiesOf(world, host), token), `${from} at ${host}`).toEqual(expected)
        if (from !== host) expect(await answers(world.sessions, host, all, token), `${from} at ${host}`).toEqual(BAD)
      }
    }
  })
})
