/**
 * Attack 5 at random: mutated asks, answers, requests in flight, sealed returns, tickets and bodies are never an exception, never a
 * 5xx, never a redirect to another place than the page or the issuing host, and never written.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  altered,
  amended,
  askedFor,
  ELMER,
  HUB,
  hubOf,
  newHandles,
  parameter,
  peersOf,
  posted,
  SHOP_A,
  SHOP_B,
  signIn,
} from '../support/crossing.ts'

const RUNS = { numRuns: 250 }
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: fc.constantFrom(...Array.from('AZaz09-_=.%;{}"')), maxLength: 80 }),
  fc.constantFrom('', '0', 'null', '__proto__', 'constructor', '\0', '\r\nSet-Cookie: x=1', 'A'.repeat(43), 'A'.repeat(9000)),
)

/** A text with a part cut out, doubled, replaced or cut off. */
const mutated = (good: string) =>
  fc.oneof(
    text,
    fc
      .record({ at: fc.nat(good.length), length: fc.nat(good.length), put: text, twice: fc.boolean() })
      .map(({ at, length, put, twice }) => good.slice(0, at) + (twice ? good.slice(at) : put) + good.slice(at + length)),
  )

/** What a hostile text may be as a header value: what the platform lets through. */
const headerSafe = (value: string): string => value.replace(/[^\x20-\x7e]/g, '').trim()

test('a mutated ask yields no ticket', async () => {
  const { browser, serve, watched, events } = hubOf()
  await signIn(browser, HUB)
  const ask = (await browser.hop(`${ELMER}/`)).location!
  const cookie = await browser.jar.getCookieString(HUB)
  const names = ['h', 'm', 'rid', 'cc', 'st', 'i', 'iat', 'sig']
  const change = fc.constantFrom(...names).chain((name) => mutated(parameter(ask, name)).map((value) => ({ name, value })))
  await fc.assert(
    fc.asyncProperty(change, async ({ name, value }) => {
      fc.pre(value !== parameter(ask, name))
      watched.calls.length = events.length = 0
      const answer = await serve(new Request(altered(ask, { [name]: value }), { headers: { cookie } }))
      expect([answer.status, answer.headers.getSetCookie(), watched.calls]).toEqual([400, [], []])
      expect(events.map(({ type }) => type)).toEqual(['crossing.refused'])
    }),
    RUNS,
  )
})

const POST = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', origin: HUB } }

test('a mutated answer, return or request in flight attaches nothing and leads nowhere else', async () => {
  const { browser, serve, watched } = hubOf()
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/page`)
  const good = form.fields as Record<'rid' | 'ticket' | 'st', string>
  const rq = `__Host-rq.${good.rid}`
  const sealed = (await browser.cookie(ELMER, rq))!
  const change = fc.oneof(
    ...Object.entries(good).map(([name, value]) => mutated(value).map((other) => ({ name, value: other }))),
    mutated(new URLSearchParams(good).toString()).map((value) => ({ name: 'body', value })),
    mutated(sealed).map((value) => ({ name: 'cookie', value: headerSafe(value) })),
  )
  await fc.assert(
    fc.asyncProperty(change, async ({ name, value }) => {
      fc.pre(name === 'cookie' ? value !== sealed : value !== good[name as 'rid'])
      // Whatever is left whole of the ticket in a mangled body must not be good.
      fc.pre(name !== 'body' || new URLSearchParams(value).get('ticket') !== good.ticket)
      watched.calls.length = 0
      const cookie = `${rq}=${name === 'cookie' ? value : sealed}`
      const fields = { ...(name === 'st' ? { ticket: 'A'.repeat(43) } : {}), ...(name === 'cookie' ? {} : { [name]: value }) }
      const sent =
        name === 'body'
          ? new Request(form.action, { ...POST, body: value, headers: { ...POST.headers, cookie } })
          : posted(form, { fields, headers: { cookie } })
      const first = await serve(sent)
      // Under a request that is not in flight what was posted waits behind one redirect, with everything that the browser has now.
      const kept = first.headers.getSetCookie().find((each) => each.startsWith('__Host-tk.'))
      const goesOn = first.status === 303 && kept !== undefined
      if (goesOn) expect(first.headers.get('location')).toMatch(/^https:\/\/elmer\.acme\.example\/\.session\/in\?rid=[\w-]+(?:&st=[^&]*)?$/)
      const both = { cookie: `${cookie}; ${kept?.split(';')[0]}` }
      const answer = goesOn ? await serve(new Request(first.headers.get('location')!, { headers: both })) : first
      expect([answer.status, newHandles(first), newHandles(answer)]).toEqual([400, [], []])
      expect(watched.calls.filter((call) => call !== 'take')).toEqual([])
      expect(watched.calls.length).toBeLessThanOrEqual(1)
    }),
    RUNS,
  )
  // Other spellings of the same bits, which decoders take.
  const last =
    sealed.length % 4 === 0
      ? [`${sealed}A`]
      : [`${sealed}A`, sealed.slice(0, -1) + String.fromCharCode(sealed.charCodeAt(sealed.length - 1) + 1)]
  for (const value of last) {
    const kept = await serve(posted(form, { headers: { cookie: `${rq}=${value}` } }))
    const cookie = `${rq}=${value}; ${kept.headers.getSetCookie()[0]!.split(';')[0]!}`
    const answer = await serve(new Request(kept.headers.get('location')!, { headers: { cookie } }))
    expect([newHandles(kept), answer.status, newHandles(answer)]).toEqual([[], 400, []])
  }
  // A return that was not sealed here counts as none, and the crossing goes on to the front page.
  const arrived = await browser.hop(amended(form, { st: 'https://evil.example' }))
  expect(arrived.location).toBe(`${ELMER}/`)
})

const RID = `00000000${'a'.repeat(22)}`
const PATHS = ['ask', 'in', 'frame', 'begin', 'push', 'accounts', 'sign-out', 'switch', 'choose', 'remove', '', 'x', `${'A'.repeat(43)}.js`]
const METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']
const TYPES = ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x', '']

test('whatever comes to whichever endpoint, nobody is signed in, nothing is thrown and nothing is written', async () => {
  const worlds = [hubOf(), peersOf({ topology: { script: true } })]
  const request = fc.record({
    host: fc.constantFrom(HUB, ELMER, SHOP_A, SHOP_B),
    path: fc.constantFrom(...PATHS),
    method: fc.constantFrom(...METHODS),
    query: fc.dictionary(fc.constantFrom('h', 'm', 'rid', 't', 'e', 'st', 'to', 'b', 'sig', 'iat', 'x'), text, { maxKeys: 8 }),
    type: fc.constantFrom(...TYPES),
    body: fc.oneof(
      text,
      fc.json(),
      fc.webQueryParameters(),
      text.map((ticket) => new URLSearchParams({ rid: RID, ticket, path: ticket }).toString()),
    ),
    accept: fc.constantFrom('text/html', '*/*', ''),
    site: fc.constantFrom('same-origin', 'same-site', 'cross-site', 'none', undefined),
    origin: fc.constantFrom(HUB, ELMER, SHOP_A, SHOP_B, 'null', 'https://evil.example', undefined),
    cookies: fc.array(fc.tuple(fc.constantFrom('__Host-sid', '__Host-rq.x', `__Host-tk.${RID}`, '__Host-nb', '__Secure-hint'), text), {
      maxLength: 4,
    }),
  })
  await fc.assert(
    fc.asyncProperty(request, async ({ host, path, method, query, type, body, accept, site, origin, cookies }) => {
      const world = worlds[host.includes('shop') ? 1 : 0]!
      world.watched.calls.length = world.events.length = 0
      const cookie = cookies.map(([name, value]) => `${name}=${headerSafe(value)}`).join('; ')
      const headers = {
        accept,
        cookie,
        ...(type === '' ? {} : { 'content-type': type }),
        ...(site === undefined ? {} : { 'sec-fetch-site': site }),
        ...(origin === undefined ? {} : { origin }),
      }
      const sent = method === 'GET' || method === 'HEAD' ? {} : { body }
      const answer = await world.serve(new Request(`${host}/.session/${path}?${new URLSearchParams(query)}`, { method, headers, ...sent }))
      expect(answer.status).toBeLessThan(500)
      expect(newHandles(answer)).toEqual([])
      expect(world.watched.calls.filter((call) => !['read', 'handlesOf', 'take'].includes(call))).toEqual([])
      expect(world.watched.calls.length).toBeLessThanOrEqual(16)
      const location = answer.headers.get('location')
      if (location !== null) expect(location).toMatch(/^https:\/\/(?:[a-z]+\.)?(?:acme|shop-[ab])\.example\//)
      if (answer.status >= 400) expect(world.events.some((event) => event.type === 'crossing.refused')).toBe(true)
    }),
    { numRuns: 600 },
  )
})
