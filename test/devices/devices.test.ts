// The list of browsers itself: who may end what, what it says where it cannot serve, and what it makes of hostile requests.
import fc from 'fast-check'
import { memory } from 'landbridge/memory'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { sqlite } from 'landbridge/sqlite'
import { devices, honoDevices } from 'landbridge/devices'
import type { Reply } from 'landbridge'
import { expect, test } from 'vitest'
import type { Scope } from '../../packages/landbridge/src/core/types.ts'
import { listPage } from '../../packages/landbridge/src/devices/page.ts'
import { ENGLISH } from '../../packages/landbridge/src/devices/texts.ts'
import { sessionCookie, webAnswer } from '../support/client.ts'
import { HUB_TOPOLOGY, KEYS } from '../support/crossing.ts'
import { makeSessions } from '../support/launch.ts'
import { HTML, JSON_ONLY, MOUNTS, mounted, PATH } from './mounted.ts'

const [web, , express] = MOUNTS
const MINUTE = 60_000
const replyOf = ({ status, headers, body }: Reply): Response => new Response(body, { status, headers })

test('to end a session one must have signed in lately, where the application wants it so', async () => {
  const { visitor, clock } = await mounted(web!, { freshFor: '10m' })
  const [own, other] = [visitor(), visitor()]
  await other.signIn('ada')
  await own.signIn('ada')
  clock.advance(10 * MINUTE + 1)
  // The list is not for the fresh alone.
  expect(await own.list()).toHaveLength(2)
  for (const what of ['all', 'others', (await own.list()).find(({ current }) => !current)!.id]) {
    const refused = await own.post(`end=${what}`)
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('Sign in again first')])
    const json = await own.post(`end=${what}`, JSON_ONLY)
    expect([json.status, JSON.parse(await json.text())]).toEqual([403, { error: 'not-fresh' }])
  }
  expect(await own.list()).toHaveLength(2)
  await own.signIn('ada')
  clock.advance(10 * MINUTE)
  expect((await own.post('end=others')).status).toBe(303)
  expect(await own.list()).toHaveLength(1)
})

test('who signed in too long ago is led to sign in again', async () => {
  const { visitor, clock } = await mounted(web!, { freshFor: '10m', signIn: '/login?again' })
  const own = visitor()
  await own.signIn('ada')
  clock.advance(11 * MINUTE)
  const answer = await own.post('end=all')
  expect([answer.status, answer.header('location')]).toEqual([303, '/login?again'])
  expect(await own.list()).toHaveLength(1)
})

test('two accounts never see or end each other', async () => {
  const { visitor } = await mounted(web!)
  const [ada, ben] = [visitor(), visitor()]
  await ada.signIn('ada')
  await ben.signIn('ben')
  const [target] = await ada.list()
  expect((await ben.list()).map(({ id }) => id)).not.toContain(target!.id)
  expect(await (await ben.get(HTML)).text()).not.toContain(target!.id)
  expect(JSON.parse(await (await ben.post(`end=${target!.id}`, JSON_ONLY)).text())).toEqual({ ended: 0 })
  expect(JSON.parse(await (await ben.post('end=others', JSON_ONLY)).text())).toEqual({ ended: 0 })
  expect(JSON.parse(await (await ben.post('end=all', JSON_ONLY)).text())).toEqual({ ended: 1 })
  expect(await ada.list()).toHaveLength(1)
})

test.each([
  ['memory', memory],
  ['sqlite', () => sqlite(':memory:')],
])(
  '%s: twenty sign-ins while the others are listed and ended: each is ended or listed, and none is forgotten',
  async (_name, makeStore) => {
    const { visitor } = await mounted(express!, {}, { store: makeStore() })
    const own = visitor()
    await own.signIn('ada')
    const others = Array.from({ length: 20 }, () => visitor())
    const busy = Array.from({ length: 10 }, async () => {
      expect((await own.list()).filter(({ current }) => current)).toHaveLength(1)
      expect((await own.post('end=others')).status).toBe(303)
    })
    await Promise.all([...others.map((each) => each.signIn('ada')), ...busy])
    const known = await Promise.all(others.map(async (each) => (await each.get(JSON_ONLY)).status === 200))
    // Who is still signed in is in the list, so that the person can end him; then nobody is.
    expect((await own.list()).filter(({ current }) => !current)).toHaveLength(known.filter(Boolean).length)
    expect((await own.post('end=others')).status).toBe(303)
    for (const each of others) expect((await each.get(JSON_ONLY)).status).toBe(401)
    expect(await own.list()).toEqual([expect.objectContaining({ current: true })])
  },
)

test('what does not say what to end is refused, and ends nothing', async () => {
  const { visitor } = await mounted(web!)
  const own = visitor()
  await own.signIn('ada')
  const [{ id } = { id: '' }] = await own.list()
  for (const query of [
    '',
    'end=',
    'end',
    'end=ALL',
    'end=all&end=all',
    `end=others&end=${id}`,
    'end[]=all',
    'end=../all',
    'end=all%00',
    `End=${id}`,
  ]) {
    const answer = await own.post(query)
    expect([query, answer.status]).toEqual([query, 400])
  }
  expect(JSON.parse(await (await own.post('end=x', JSON_ONLY)).text())).toEqual({ error: 'end-malformed' })
  expect(await own.list()).toHaveLength(1)
})

test('at a spoke it answers 404 and says where the list is, signed in or not', async () => {
  const { visitor } = await mounted(web!, { signIn: '/login' }, { topology: HUB_TOPOLOGY, keys: KEYS })
  const [tenant, hub] = [visitor('elmer.acme.example'), visitor('acme.example')]
  const answer = await tenant.get(HTML)
  expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('This list is at the host where you sign in.')])
  expect(JSON.parse(await (await tenant.post('end=all', JSON_ONLY)).text())).toEqual({ error: 'not-at-hub' })
  await hub.signIn('ada')
  expect(await hub.list()).toEqual([expect.objectContaining({ scopes: ['acme.example'], current: true })])
})

test('where the store cannot list the sessions of an account it answers 501', async () => {
  const { visitor } = await mounted(web!, {}, { store: sealedCookie({ keys: KEYS }) })
  const own = visitor()
  await own.signIn('ada')
  expect((await own.get(HTML)).status).toBe(501)
  const json = await own.get(JSON_ONLY)
  expect([json.status, JSON.parse(await json.text())]).toEqual([501, { error: 'store-incapable' }])
})

test('a store that fails is no answer of the list: the error reaches the framework, which says 503', async () => {
  const store = memory()
  const { visitor } = await mounted(MOUNTS[1]!, {}, { store: { ...store, sessionsOf: () => Promise.reject(new Error('no route')) } })
  const own = visitor()
  await own.signIn('ada')
  const answer = await own.get(HTML)
  expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('ERR_STORE_UNAVAILABLE')])
})

test('the texts are those of the application, in its language and escaped', async () => {
  const texts = {
    lang: 'de',
    title: 'Wo Sie <angemeldet> sind',
    endDevice: (agent: string) => `"${agent}" abmelden`,
    current: "'Dieser' & kein anderer",
  }
  const { visitor, clock } = await mounted(web!, { texts })
  const own = visitor()
  expect(await (await own.get(HTML)).text()).toMatch(/<html lang="de">[^]*<h1>Wo Sie &lt;angemeldet&gt; sind<\/h1>/)
  await own.signIn('ada')
  clock.advance(5 * MINUTE)
  const page = await (await own.get(HTML)).text()
  for (const part of [
    '<html lang="de">',
    '<h1>Wo Sie &lt;angemeldet&gt; sind</h1>',
    'aria-label="&quot;Firefox 140 on Linux&quot; abmelden"',
    '&#39;Dieser&#39; &amp; kein anderer',
    'vor 5 Minuten</time>',
    '>Last seen<',
  ])
    expect(page).toContain(part)
})

test('whatever a device holds, the page has no markup of its', () => {
  const tagsOf = (agent: string, scope: string, id: string): string[] => {
    const device = { id, agent, scopes: [scope as Scope], createdAt: 0, seenAt: 0, remembered: true, current: true }
    const { body } = listPage({ devices: [device], texts: ENGLISH, now: 0, home: null, csrfField: '' })
    return body.replaceAll(/(?:aria-label|action)="[^"]*"/g, '').match(/<[^>]*>/g) ?? []
  }
  const hostile = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('"><script>', "'><img src=x>", '</style>', '&lt;'))
  fc.assert(
    fc.property(hostile, hostile, fc.webPath(), (agent, scope, id) => {
      expect(tagsOf(agent, scope, id)).toEqual(tagsOf('', '', ''))
    }),
  )
})

test('the way back stays on this host, whatever the address was', async () => {
  const { sessions } = makeSessions(memory())
  const handler = devices()
  const { setCookies } = webAnswer(
    await sessions.handle(new Request('http://elmer.acme.localhost/'), async (session) => {
      await session.signIn({ id: 'ada' })
      return new Response()
    }),
  )
  const request = new Request('http://elmer.acme.localhost/', { headers: { cookie: sessionCookie({ setCookies })! } })
  const backFrom = async (url: string): Promise<string> => {
    const response = await sessions.handle(request, async (session) => replyOf(await handler(session, { method: 'POST', url })))
    return response.headers.get('location') ?? String(response.status)
  }
  const known = ['//evil.example/x', '/\\evil.example', '/a//evil.example', 'http://evil.example', '/x:y', '/..', '/é']
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.webPath(), fc.string(), fc.constantFrom(...known)), async (path) => {
      const back = await backFrom(`${path.replaceAll(/[?#]/g, '')}?end=others`)
      expect(back).toMatch(/^\.\/[\x21-\x7e]*$/)
      expect(new URL(back, 'https://own.example/account/devices?end=others').origin).toBe('https://own.example')
    }),
  )
})

test('a link leads back to the application, where it says so', async () => {
  const [without, with_] = await Promise.all(
    [{}, { home: '/account?a&b' }].map(async (options) => {
      const own = (await mounted(web!, options)).visitor()
      await own.signIn('ada')
      return (await own.get(HTML)).text()
    }),
  )
  expect(without).not.toContain('<a ')
  expect(with_).toContain('<a href="/account?a&amp;b">Back</a>')
})

test('options that cannot be meant are refused at once, all of them', () => {
  const wrong = {
    freshFor: '3 weeks',
    signIn: 'data:text/html,x',
    afterSignOut: '/a\r\nx: y',
    fresh: '10m',
    texts: { lang: 'not a language' },
  }
  expect(() => devices(wrong as never)).toThrow(
    /devices has 5 faults[^]*fresh: There is no option[^]*freshFor[^]*signIn[^]*afterSignOut[^]*texts\.lang/,
  )
  expect(() => devices({ freshFor: 60_000, signIn: '/login', afterSignOut: 'https://acme.example/' })).not.toThrow()
})

test('a mount without sessions before it says what is missing', async () => {
  await expect(async () => honoDevices()({ req: { raw: new Request(`http://h${PATH}`) }, var: {} })).rejects.toThrow(
    'Mount honoSessions before',
  )
})
