/** What crossing costs, and whom it leaves alone: redirects, store calls, crawlers, bad input. */
import { describe, expect, test } from 'vitest'
import type { Form } from '../support/browser.ts'
import { Browser } from '../support/browser.ts'
import { ELMER, HUB, hubOf, newHandles, peersOf, SHOP_A, SHOP_B, signIn, statuses, whoAt } from '../support/crossing.ts'
import { altered, amended, answerTo, askedFor, posted, writes } from '../support/crossing.ts'

describe('redirects', () => {
  test('a crossing within a site takes two, and a form that posts itself between them; then none', async () => {
    const { browser } = hubOf()
    await signIn(browser, HUB)
    const visit = await browser.go(`${ELMER}/page`)
    expect(statuses(visit)).toEqual([303, 200, 303, 200])
    const [, , last] = visit.steps
    expect(last!.response.headers.get('location')).toBe(`${ELMER}/page`)
    expect(newHandles(last!.response).length).toBe(1)
    expect(statuses(await browser.go(`${ELMER}/other`))).toEqual([200])
  })

  test('a crossing between sites takes three, the third only to clean the address; then none', async () => {
    const { browser } = peersOf()
    await signIn(browser, SHOP_A)
    const visit = await browser.go(`${SHOP_B}/private`)
    expect(statuses(visit)).toEqual([303, 200, 303, 303, 200])
    const [, , kept, last] = visit.steps
    expect(kept!.response.headers.get('location')).toMatch(/^https:\/\/shop-b\.example\/\.session\/in\?rid=[\w-]+&st=[\w-]+$/)
    expect(newHandles(kept!.response)).toEqual([])
    expect(last!.response.headers.get('location')).toBe(`${SHOP_B}/private`)
    expect(newHandles(last!.response).length).toBe(1)
    expect(statuses(await browser.go(`${SHOP_B}/private`))).toEqual([200])
  })

  test('nobody at the hub takes three, once', async () => {
    const { browser } = hubOf()
    await browser.jar.setCookie('__Secure-hint=x; Domain=acme.example; Path=/; Secure', HUB)
    expect(statuses(await browser.go(`${ELMER}/page`))).toEqual([303, 303, 303, 200])
    expect(statuses(await browser.go(`${ELMER}/page`))).toEqual([200])
  })

  test('a push takes one beyond the post and the page', async () => {
    const { browser } = peersOf()
    await signIn(browser, SHOP_A)
    const { response } = await browser.fetch(`${SHOP_A}/.session/push`, { method: 'POST', body: `to=${SHOP_B}/x` })
    const { fields } = (await response.json()) as { fields: Record<string, string> }
    expect(statuses(await browser.post(`${SHOP_B}/.session/in`, fields, `${SHOP_A}/`))).toEqual([303, 303, 200])
  })

  test('by fetch nothing navigates', async () => {
    const { browser } = hubOf()
    await signIn(browser, HUB)
    const begun = await browser.fetch(`${ELMER}/.session/begin`, { method: 'POST', body: '{}' })
    const { rid, ask } = (await begun.response.json()) as { rid: string; ask: string }
    const asked = await browser.fetch(ask, { from: ELMER })
    const { ticket } = (await asked.response.json()) as { ticket: string }
    const headers = { 'content-type': 'application/json' }
    const done = await browser.fetch(`${ELMER}/.session/in`, { method: 'POST', headers, body: JSON.stringify({ rid, ticket }) })
    expect([begun, asked, done].map(({ response }) => response.status)).toEqual([200, 200, 200])
    expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
  })
})

describe('store calls', () => {
  test('to mint: one, beyond the read of the own handle; to redeem: two', async () => {
    const { browser, watched } = hubOf()
    await signIn(browser, HUB)
    const ask = (await browser.hop(`${ELMER}/`)).location!
    watched.calls.length = 0
    const form = await answerTo(browser, ask)
    expect(watched.calls).toEqual(['read', 'put'])
    watched.calls.length = 0
    await browser.hop(form)
    expect(watched.calls).toEqual(['take', 'attach'])
  })

  test('between sites the same: what is posted waits in the browser, and costs none', async () => {
    const { browser, watched } = peersOf()
    await signIn(browser, SHOP_A)
    const { form } = await askedFor(browser, `${SHOP_B}/private`)
    watched.calls.length = 0
    const back = (await browser.hop(form)).location!
    expect(watched.calls).toEqual([])
    await browser.hop(back)
    expect(watched.calls).toEqual(['take', 'attach'])
  })

  test('where a session is already: one more to read it, and one to end it when it gave way', async () => {
    const { browser, watched } = hubOf()
    await browser.post(`${ELMER}/set`, {})
    await signIn(browser, HUB)
    const { form } = await askedFor(browser, `${ELMER}/`)
    watched.calls.length = 0
    await browser.hop(form)
    expect(watched.calls).toEqual(['take', 'read', 'attach', 'revoke'])
    // A second ticket for the session that is there now: nothing is written.
    const again = (await askedFor(browser, `${ELMER}/.session/begin?to=/`)).form
    watched.calls.length = 0
    await browser.hop(again)
    expect(watched.calls).toEqual(['take', 'read'])
  })

  test('nobody: none to ask, at most the read of a cookie that is there', async () => {
    const { browser, watched } = hubOf()
    await browser.go(`${ELMER}/.session/begin?to=/`)
    expect(watched.calls).toEqual([])
  })

  test('a page of a spoke reads once, as any other', async () => {
    const { browser, watched } = hubOf()
    await signIn(browser, HUB)
    await browser.go(`${ELMER}/`)
    watched.calls.length = 0
    await browser.go(`${ELMER}/private`)
    expect(watched.calls).toEqual(['read'])
  })
})

const CRAWLERS = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)',
  'DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'Twitterbot/1.0',
  'curl/8.5.0',
  'Wget/1.21.4',
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
]

describe('an anonymous visitor', () => {
  test.each(CRAWLERS)('%s is never redirected and gets no cookie, on any host, public pages all', async (agent) => {
    const worlds = [hubOf(), peersOf()]
    const ways = [
      { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
      { accept: '*/*' },
      {},
      { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' },
      {
        accept: 'text/html',
        'sec-fetch-mode': 'navigate',
        'sec-fetch-dest': 'document',
        'sec-fetch-site': 'cross-site',
        referer: 'https://search.example/',
      },
    ]
    for (const headers of ways) {
      for (const host of [HUB, ELMER, SHOP_A, SHOP_B]) {
        const world = worlds[host.includes('shop') ? 1 : 0]!
        const answer = await world.serve(new Request(`${host}/page`, { headers: { ...headers, 'user-agent': agent } }))
        expect([answer.status, answer.headers.get('location'), answer.headers.getSetCookie()]).toEqual([200, null, []])
      }
    }
    for (const { watched } of worlds) expect(watched.calls).toEqual([])
  })

  test('is left alone on later visits, too, and has nothing in the jar', async () => {
    const { browser } = hubOf()
    for (const url of [`${HUB}/`, `${ELMER}/`, `${HUB}/`, `${ELMER}/`]) {
      expect(statuses(await browser.go(url, { from: `${HUB}/` }))).toEqual([200])
    }
    expect(await browser.cookieNames(`${ELMER}/`)).toEqual([])
  })

  test('with first-visit, which asks of every browser once, programs are left alone', async () => {
    const { serve, browser } = peersOf({ topology: { sync: 'first-visit' } })
    const headers = { accept: 'text/html', 'user-agent': CRAWLERS[0]! }
    const answer = await serve(new Request(`${SHOP_B}/page`, { headers }))
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, []])
    expect(statuses(await browser.go(`${SHOP_B}/page`))).toEqual([303, 303, 303, 200])
    expect(statuses(await browser.go(`${SHOP_B}/page`))).toEqual([200])
  })
})

type Bad = readonly [
  string,
  (
    ask: string,
    form: Form,
  ) => Request | readonly [url: string, init?: { method?: string; body?: string; headers?: Record<string, string> }],
]
const JSON_TYPE = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' }
const post = (body: string, headers: Record<string, string> = JSON_TYPE) => ({ method: 'POST', body, headers })
const long = 'x'.repeat(9000)

const BAD: readonly Bad[] = [
  ['ask without anything', () => [`${HUB}/.session/ask`]],
  ['ask with one field twice', (ask) => [`${ask}&m=redirect`]],
  ['ask of nine thousand characters', (ask) => [altered(ask, { st: long })]],
  ['ask at a spoke', (ask) => [ask.replace(HUB, ELMER)]],
  ['answer without anything', () => [`${ELMER}/.session/in`]],
  ['answer with a rid that is none', (_, form) => posted(form, { fields: { rid: '../../x' } })],
  ['answer without a rid', (_, form) => posted(form, { fields: { rid: null } })],
  ['answer without a ticket', (_, form) => posted(form, { fields: { ticket: null } })],
  ['answer with a long ticket', (_, form) => posted(form, { fields: { ticket: 'x'.repeat(65) } })],
  ['answer with two tickets', (_, form) => posted(form, { more: '&ticket=x' })],
  ['answer that is too long', (_, form) => posted(form, { fields: { ticket: long } })],
  ['answer at the hub', (_, form) => posted(form, { to: `${HUB}/.session/in` })],
  ['answer from a page of elmer', (_, form) => posted(form, { headers: { origin: ELMER } })],
  ['answer from a page of nobody', (_, form) => posted(form, { headers: { origin: 'null' } })],
  [
    'answer with its ticket in the address',
    (_, { action, fields }) => [`${action}?${new URLSearchParams({ ...fields, t: fields['ticket']! })}`],
  ],
  [
    'answer for a frame, with nothing in it',
    (_, form) => posted(form, { to: `${ELMER}/.session/frame`, fields: { rid: null, ticket: null } }),
  ],
  ['answer for a frame, of a page', (_, form) => posted(form, { to: `${ELMER}/.session/frame` })],
  ['answer for a frame that is too long', (_, form) => posted(form, { to: `${ELMER}/.session/frame`, fields: { ticket: long } })],
  ['answer for a frame at the hub', (_, form) => posted(form, { to: `${HUB}/.session/frame` })],
  ['frame without anything', () => [`${ELMER}/.session/frame`]],
  ['begin that is no JSON', () => [`${ELMER}/.session/begin`, post('{')]],
  ['begin that is too long', () => [`${ELMER}/.session/begin`, post(`{"mode":"${long}"}`)]],
  ['begin at the hub', () => [`${HUB}/.session/begin`, post('{}')]],
  ['answer by fetch that is no JSON', () => [`${ELMER}/.session/in`, post('{"rid')]],
  ['answer by fetch without a rid', () => [`${ELMER}/.session/in`, post('{}')]],
  ['answer by fetch that nobody asked for', () => [`${ELMER}/.session/in`, post(`{"rid":"00000000${'a'.repeat(22)}","ticket":"x"}`)]],
  ['push to nowhere', () => [`${HUB}/.session/push`, post('{"to":"x"}')]],
  ['push that comes from nowhere', () => [`${ELMER}/.session/in`, post('rid=x', { 'content-type': 'application/x-www-form-urlencoded' })]],
  ['switch to nobody', () => [`${HUB}/.session/switch`, post('{}')]],
  ['switch at a spoke', () => [`${ELMER}/.session/switch`, post('{"account":"ada"}')]],
  ['choose for nowhere', () => [`${HUB}/.session/choose`, post('{"host":"evil.example","account":"ada"}')]],
  ['choose of nobody', () => [`${HUB}/.session/choose`, post('{"host":"elmer.acme.example","account":"eve"}')]],
  ['sign-out that is no form', () => [`${HUB}/.session/sign-out`, post('{"reach":')]],
  ['accounts from another host', () => [`${HUB}/.session/accounts`, { headers: { 'sec-fetch-site': 'same-site' } }]],
  ['a script where there are none', () => [`${ELMER}/.session/${'a'.repeat(43)}.js`, { headers: { 'sec-fetch-dest': 'script' } }]],
  ['an address that is none', () => [`${ELMER}/.session/../.session/nothing`]],
  ['the base path itself', () => [`${ELMER}/.session/`]],
  ['another method', () => [`${HUB}/.session/ask`, { method: 'PUT' }]],
]

describe('bad input', () => {
  test.each(BAD)('%s is a 4xx with one reason, and nothing is written', async (_, make) => {
    const { browser, serve, watched, events } = hubOf()
    await signIn(browser, HUB)
    const { ask, form } = await askedFor(browser, `${ELMER}/`)
    const made = make(ask, form)
    const request = made instanceof Request ? made : new Request(...made)
    request.headers.set('cookie', await browser.jar.getCookieString(request.url))
    watched.calls.length = events.length = 0
    const answer = await serve(request)
    expect([answer.status >= 400 && answer.status < 500, newHandles(answer)]).toEqual([true, []])
    expect(events.map(({ type }) => type)).toEqual(['crossing.refused'])
    expect(writes(watched)).toEqual([])
    expect(watched.calls.length).toBeLessThanOrEqual(1)
  })

  test('costs as many store calls when there is a lot of it as when there is little', async () => {
    const { serve, watched } = hubOf()
    const costs = new Set<number>()
    for (const times of [1, 10, 100, 190]) {
      const cookies = Array.from({ length: times }, (_, i) => `__Host-rq.${String(i).padStart(8, '0')}${'a'.repeat(22)}=${'x'.repeat(20)}`)
      const fields = Array.from({ length: Math.min(times, 12) }, (_, i) => `f${i}=${'x'.repeat(times)}`)
      watched.calls.length = 0
      for (const url of [`${HUB}/.session/ask`, `${ELMER}/.session/in`, `${ELMER}/.session/frame`]) {
        const query = `${fields.join('&')}&rid=00000000${'a'.repeat(22)}&t=${'b'.repeat(43)}`
        await serve(new Request(`${url}?${query}`, { headers: { cookie: cookies.join('; ') } }))
        const form = { page: `${HUB}/`, action: url, fields: Object.fromEntries(new URLSearchParams(query)) }
        await serve(posted(amended(form, { ticket: 'b'.repeat(43) }), { headers: { cookie: cookies.join('; ') } }))
      }
      costs.add(watched.calls.length)
    }
    expect([...costs]).toEqual([0])
  })

  test('of many session cookies costs at most eight reads', async () => {
    const { browser, serve, watched } = hubOf()
    await signIn(browser, HUB)
    const ask = (await browser.hop(`${ELMER}/`)).location!
    const cookies = Array.from({ length: 150 }, (_, i) => `__Host-sid=${'a'.repeat(22)}.${String(i).padStart(43, 'b')}`)
    watched.calls.length = 0
    await serve(new Request(ask, { headers: { cookie: cookies.join('; ') } }))
    expect(watched.calls.length).toBeLessThanOrEqual(8)
    expect(await whoAt(new Browser(serve), `${ELMER}/`)).toBe(null)
  })
})
