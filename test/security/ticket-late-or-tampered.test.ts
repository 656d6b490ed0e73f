/**
 * Attack 5: ticket late (30 s), clock skewed, iat in the future; tampered, truncated, oversized, from an old key: refused, constant
 * work, no exception.
 */
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import {
  askedFor,
  ELMER,
  HUB,
  HUB_TOPOLOGY,
  hubOf,
  KEYS,
  newHandles,
  peersOf,
  posted,
  reasons,
  SHOP_A,
  SHOP_B,
} from '../support/crossing.ts'
import { seen, serving, signIn } from '../support/crossing.ts'
import { STORES } from '../support/stores.ts'

describe.each(STORES)('over $name', ({ make }) => {
  test.each([
    { wait: 29_999, status: 303 },
    { wait: 30_000, status: 400 },
    { wait: 89_000, status: 400 },
  ])('a ticket that is $wait ms old is answered with $status', async ({ wait, status }) => {
    const { store, remove } = make()
    onTestFinished(remove)
    const { browser, clock, events } = hubOf({ inner: store })
    await signIn(browser, HUB)
    const { form } = await askedFor(browser, `${ELMER}/`)
    clock.advance(wait)
    const { response } = await browser.hop(form)
    expect([response.status, newHandles(response).length]).toEqual([status, status === 303 ? 1 : 0])
    expect(reasons(events)).toEqual(status === 303 ? [] : ['ticket-expired'])
  })
})

test.each([
  { skew: 4_000, good: true },
  { skew: 6_000, good: false },
])('a ticket from a server whose clock is $skew ms ahead: good is $good', async ({ skew, good }) => {
  const store = memory()
  const here = hubOf({ inner: store })
  const ahead = hubOf({ inner: store, clock: () => here.clock.now() + skew })
  const browser = new Browser((request) => (new URL(request.url).host === 'acme.example' ? ahead.serve(request) : here.serve(request)))
  await signIn(browser, HUB)
  // The ask comes from the past then, which is no matter.
  const { form } = await askedFor(browser, `${ELMER}/`)
  const { response } = await browser.hop(form)
  expect(newHandles(response).length).toBe(good ? 1 : 0)
  expect(reasons(here.events)).toEqual(good ? [] : ['ticket-expired'])
})

test.each([
  { skew: 4_000, good: true },
  { skew: 6_000, good: false },
])('an ask from a host whose clock is $skew ms ahead: good is $good', async ({ skew, good }) => {
  const store = memory()
  const hub = hubOf({ inner: store })
  const ahead = hubOf({ inner: store, clock: () => hub.clock.now() + skew })
  const browser = new Browser((request) => (new URL(request.url).host === 'acme.example' ? hub.serve(request) : ahead.serve(request)))
  await signIn(browser, HUB)
  const { form, response } = await browser.hop((await browser.hop(`${ELMER}/`)).location!)
  expect(form !== null).toBe(good)
  if (!good) expect([response.status, reasons(hub.events)]).toEqual([400, ['ask-expired']])
})

test.each([
  { ticketLifetime: '30s' as const, wait: 29_999, reason: null },
  { ticketLifetime: '30s' as const, wait: 30_000, reason: 'ticket-expired' },
  { ticketLifetime: '2m' as const, wait: 30_000, reason: null },
  { ticketLifetime: '2m' as const, wait: 30_001, reason: 'answer-malformed' },
])('a ticket of $ticketLifetime that waited behind the redirect for $wait ms: $reason', async ({ ticketLifetime, wait, reason }) => {
  const { browser, clock, events } = peersOf({ topology: { ticketLifetime } })
  await signIn(browser, SHOP_A)
  const { form } = await askedFor(browser, `${SHOP_B}/.session/begin?to=/`)
  const back = (await browser.hop(form)).location!
  clock.advance(wait)
  const { response } = await browser.hop(back)
  expect([response.status, newHandles(response).length]).toEqual(reason === null ? [303, 1] : [400, 0])
  expect(reasons(events)).toEqual(reason === null ? [] : [reason])
})

test('what waits behind the redirect, tampered with, is nothing', async () => {
  const { browser, serve, watched } = peersOf()
  await signIn(browser, SHOP_A)
  const { form } = await askedFor(browser, `${SHOP_B}/.session/begin?to=/`)
  const back = (await browser.hop(form)).location!
  const { rid } = form.fields
  const [rq, tk] = await Promise.all([`__Host-rq.${rid}`, `__Host-tk.${rid}`].map((name) => browser.cookie(SHOP_B, name)))
  expect(tk).not.toContain(form.fields['ticket'])
  watched.calls.length = 0
  for (const wrong of [
    tk!.slice(0, -1),
    `A${tk}`,
    tk!.replace(/^./, (first) => (first === 'A' ? 'B' : 'A')),
    rq!,
    form.fields['ticket']!,
    '',
  ]) {
    const answer = await serve(new Request(back, { headers: { cookie: `__Host-rq.${rid}=${rq}; __Host-tk.${rid}=${wrong}` } }))
    expect([answer.status, newHandles(answer)]).toEqual([400, []])
  }
  expect(watched.calls).toEqual([])
  expect(seen(await browser.go(back)).id).toBe('ada')
})

const TAMPERED: readonly [string, (ticket: string) => string | null, string][] = [
  ['with another last character', (ticket) => ticket.slice(0, -1) + (ticket.endsWith('A') ? 'E' : 'A'), 'ticket-unknown'],
  ['truncated', (ticket) => ticket.slice(0, -1), 'ticket-malformed'],
  ['extended', (ticket) => `${ticket}A`, 'ticket-malformed'],
  ['of sixty-five characters', (ticket) => ticket.padEnd(65, 'A'), 'answer-malformed'],
  ['of ten thousand characters', (ticket) => ticket.padEnd(10_000, 'A'), 'body-malformed'],
  ['with a space', (ticket) => `${ticket.slice(0, -1)} `, 'ticket-malformed'],
  ['with a null byte', (ticket) => `${ticket.slice(0, -1)}\0`, 'ticket-malformed'],
  ['in another alphabet', (ticket) => `${ticket.slice(0, -1)}é`, 'ticket-malformed'],
  ['empty', () => '', 'ticket-malformed'],
  ['left out', () => null, 'answer-malformed'],
]

test.each(TAMPERED)('a ticket %s is refused with at most one store call, and the right one is still good', async (_, tamper, reason) => {
  const { browser, serve, events, watched } = hubOf()
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/`)
  const cookie = await browser.jar.getCookieString(ELMER)
  watched.calls.length = 0
  const answer = await serve(posted(form, { fields: { ticket: tamper(form.fields['ticket']!) }, headers: { cookie } }))
  expect([answer.status, newHandles(answer)]).toEqual([400, []])
  expect(watched.calls).toEqual(reason === 'ticket-unknown' ? ['take'] : [])
  expect(reasons(events)).toEqual([reason])
  expect(seen(await browser.go(form)).id).toBe('ada')
})

test('a ticket of which the store returns damage is refused', async () => {
  const whole = { source: 'acme.example', through: 'acme.example', destination: 'elmer.acme.example', session: 'x', cc: 'x', rid: 'x' }
  const parts = Object.keys(whole).map((name) => JSON.stringify({ ...whole, [name]: null, iat: Date.now(), exp: Date.now() + 1000 }))
  const untimed = [whole, { ...whole, iat: 'x', exp: 'y' }, { ...whole, iat: Date.now() }].map((each) => JSON.stringify(each))
  for (const damage of ['', '{', 'null', '[]', '{}', '{"destination":"elmer.acme.example"}', '"x"', '7', ...parts, ...untimed]) {
    const inner = memory()
    const { browser, events } = hubOf({
      inner: { ...inner, take: async (key, now) => ((await inner.take(key, now)) === null ? null : damage) },
    })
    await signIn(browser, HUB)
    const { form } = await askedFor(browser, `${ELMER}/`)
    const { response } = await browser.hop(form)
    expect([response.status, newHandles(response)]).toEqual([400, []])
    expect(reasons(events).length).toBe(1)
  }
})

const OTHER = 'another key of at least thirty-two characters'

describe('keys', () => {
  /** The same store behind servers that seal with other keys, one after the other. */
  const rolled = (...lists: readonly (readonly string[])[]) => {
    const store = memory()
    const servers = lists.map((keys) => createSessions({ topology: HUB_TOPOLOGY, store, keys }))
    onTestFinished(async () => {
      for (const each of servers) await each.close()
    })
    let at = 0
    return { browser: new Browser((request) => serving(servers[at]!)(request)), next: () => (at += 1) }
  }

  test('a crossing that began under the old key goes on while that key is still listed', async () => {
    const { browser, next } = rolled(KEYS, [OTHER, ...KEYS])
    await signIn(browser, HUB)
    const ask = (await browser.hop(`${ELMER}/page`)).location!
    next()
    const visit = await browser.go(ask)
    expect([visit.url, seen(visit).id]).toEqual([`${ELMER}/page`, 'ada'])
  })

  test('a crossing that began under a key which is gone is refused, and the next one is good', async () => {
    const { browser, next } = rolled(KEYS, [OTHER])
    await signIn(browser, HUB)
    const [first, second] = [(await browser.hop(`${ELMER}/page`)).location!, await askedFor(browser, `${ELMER}/page`)]
    next()
    expect((await browser.go(first)).response.status).toBe(400)
    const late = await browser.go(second.form)
    expect([late.response.status, newHandles(late.response)]).toEqual([400, []])
    expect(seen(await browser.go(`${ELMER}/page`)).id).toBe('ada')
  })
})
