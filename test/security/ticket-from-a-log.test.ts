/**
 * Attack 6: what stands in a log used at once in another browser: refused. No ticket stands in any URL, so the attacker who sees all of
 * them has asks and returns; whoever has a ticket all the same, from his own browser's form or from anywhere, can post it with his own
 * program and any header, and can make a victim's browser post it from pages that he has.
 */
import { describe, expect, test } from 'vitest'
import type { Form, Step } from '../support/browser.ts'
import { Browser } from '../support/browser.ts'
import type { Crossing } from '../support/crossing.ts'
import {
  ALICE,
  altered,
  answerTo,
  askedFor,
  ELMER,
  HUB,
  hubOf,
  newHandles,
  parameter,
  peersOf,
  posted,
  reasons,
} from '../support/crossing.ts'
import { SHOP_A, SHOP_B, signIn, whoAt, writes } from '../support/crossing.ts'

/** Every address that a log, a history or a Referer could have of these steps. */
const addressesOf = (steps: readonly Step[]): string[] => [
  ...steps.map(({ request }) => request.url),
  ...steps.flatMap(({ request, response }) => {
    const location = response.headers.get('location')
    return location === null ? [] : [new URL(location, request.url).href]
  }),
]

const handlesOf = (steps: readonly Step[]): string[] => steps.flatMap(({ response }) => newHandles(response))

/** A kind of application, with the host that the attacker wants to be at. */
const WORLDS: readonly [string, () => Crossing, string, string][] = [
  ['a hub and its spoke', hubOf, HUB, ELMER],
  ['two peers', peersOf, SHOP_A, SHOP_B],
]

describe.each(WORLDS)('%s', (_, make, issuer, target) => {
  test('a whole answer, ticket included, is worth nothing in a browser that did not ask', async () => {
    const { browser, serve, events, watched } = make()
    await signIn(browser, issuer)
    const { form } = await askedFor(browser, `${target}/.session/begin?to=/`)
    const thief = new Browser(serve)
    watched.calls.length = 0
    const tried = await thief.go(form)
    expect([tried.response.status, handlesOf(tried.steps), watched.calls]).toEqual([400, [], []])
    expect(reasons(events)).toEqual(['request-unknown'])
  })

  test('a takeover: the attacker begins, and the victim’s browser follows his ask', async () => {
    const { browser: victim, serve, events } = make()
    await signIn(victim, issuer)
    const attacker = new Browser(serve)
    const ask = (await attacker.hop(`${target}/.session/begin?to=/`)).location!
    const cookie = await attacker.jar.getCookieString(target)

    // The victim's browser gets a ticket of the victim for the attacker's request, and posts it where the attacker asked.
    const form = await answerTo(victim, ask)
    const ticket = form.fields['ticket']!
    const visit = await victim.go(form, {})
    expect([visit.response.status, handlesOf(visit.steps)]).toEqual([400, []])
    expect(reasons(events)).toEqual(['request-unknown'])
    const addresses = [ask, ...addressesOf(visit.steps)]
    expect(addresses.length).toBeGreaterThan(3)
    for (const address of addresses) expect(address).not.toContain(ticket)

    // With all of these addresses, with every value in them as a ticket, and with the one cookie that goes with his request: nothing.
    const values = addresses.flatMap((address) => [...new URL(address).searchParams.values()])
    for (const address of addresses) {
      const answer = await serve(new Request(address, { headers: { cookie } }))
      expect(newHandles(answer)).toEqual([])
    }
    for (const value of values) {
      for (const to of [form.action, `${target}/.session/frame`]) {
        const answer = await serve(posted(form, { to, fields: { ticket: value }, headers: { cookie } }))
        expect([answer.status, newHandles(answer)]).toEqual([400, []])
      }
    }
    expect(await whoAt(attacker, `${target}/`)).toBe(null)

    // The ticket alone is what he lacks: it was good, and for his request.
    const known = await attacker.go(form)
    expect(handlesOf(known.steps).length).toBe(1)
  })

  describe('a swap: the ticket of the attacker’s own account, for the victim’s own request', () => {
    const start = async (more: (victim: Browser) => Promise<unknown> = async () => undefined) => {
      const world = make()
      const { browser: victim, serve } = world
      await more(victim)
      const ask = (await victim.hop(`${target}/.session/begin?to=/`)).location!
      const attacker = new Browser(serve)
      await signIn(attacker, issuer, 'mallory')
      // The attacker sees the victim's ask, and opens it himself: what his browser is given fits the request of the victim.
      const form = await answerTo(attacker, ask)
      expect(form.fields['rid']).toBe(parameter(ask, 'rid'))
      world.watched.calls.length = 0
      return { ...world, victim, attacker, form }
    }
    const isNobody = async ({ victim, watched }: Awaited<ReturnType<typeof start>>, steps: readonly Step[]) => {
      // A ticket that he spends is his own.
      expect([handlesOf(steps), writes(watched).filter((call) => call !== 'take')]).toEqual([[], []])
      expect(await victim.cookie(target, '__Host-sid')).toBe(null)
      expect(await whoAt(victim, `${target}/`)).toBe(null)
    }

    test('is not brought there by any address', async () => {
      const world = await start()
      const { victim, form } = world
      const { rid, ticket, st } = form.fields as Record<'rid' | 'ticket' | 'st', string>
      const all = new URLSearchParams({ rid, st, t: ticket, ticket })
      const link = `${form.action}?${all}`
      const links = [
        link,
        altered(link, { e: 'none' }),
        `${target}/.session/frame?${all}`,
        altered(link, { path: '/' }),
        altered(link, { st: null }),
      ]
      for (const each of links) {
        for (const from of ['https://evil.example/', `${issuer}/`, undefined]) {
          const visit = await victim.go(each, from === undefined ? {} : { from })
          await isNobody(world, visit.steps)
        }
      }
    })

    test.each([
      ['of evil', 'https://evil.example/'],
      ['of evil that hides where it is', 'https://evil.example/', true],
      ['of a host that looks like the issuing one', `${issuer.replace('.example', '.example.evil.example')}/`],
      ['of a host below the issuing one', `${issuer.replace('://', '://evil.')}/`],
      ['of the host itself', `${target}/`],
    ])('is not brought there by a form on a page %s', async (_page, page, hides = false) => {
      const world = await start()
      const { victim, form, events } = world
      const forms: Form[] = [form, { ...form, action: `${target}/.session/frame` }, { ...form, fields: { ...form.fields, path: '/' } }]
      for (const each of forms) {
        const hop = await victim.hop({ ...each, page, hides })
        // A peer is a host that makes tickets, but not this one.
        if (hop.location !== null) await isNobody(world, [hop, ...(await victim.go(hop.location)).steps])
        else expect(hop.response.status).toBeGreaterThanOrEqual(400)
        expect(newHandles(hop.response)).toEqual([])
      }
      expect(reasons(events).length).toBeGreaterThanOrEqual(3)
      expect(await victim.cookie(target, '__Host-sid')).toBe(null)
    })

    test('is not brought there by what the target keeps for the attacker’s own browser', async () => {
      const world = await start()
      const { victim, attacker, form } = world
      const kept = (await attacker.hop(form)).location!
      // His browser holds the ticket, sealed; the address alone is nothing in the victim's.
      await isNobody(world, (await victim.go(kept, { from: 'https://evil.example/' })).steps)
    })
  })
})

test('no page of a tenant can post a ticket to another, were it a good one', async () => {
  const { browser: victim, serve, events, watched } = hubOf()
  const ask = (await victim.hop(`${ELMER}/.session/begin?to=/`)).location!
  const attacker = new Browser(serve)
  await signIn(attacker, HUB, 'mallory')
  const form = await answerTo(attacker, ask)
  watched.calls.length = 0
  for (const action of [form.action, `${ELMER}/.session/frame`]) {
    const { response } = await victim.hop({ ...form, action, page: `${ALICE}/` })
    expect([response.status, response.headers.getSetCookie().filter((each) => !each.includes('Max-Age=0'))]).toEqual([403, []])
  }
  // By the page's script neither, which may say that it is JSON.
  const json = { 'content-type': 'application/json' }
  for (const headers of [json, { 'content-type': 'text/plain' }]) {
    const { response } = await victim.fetch(form.action, { from: `${ALICE}/`, method: 'POST', headers, body: JSON.stringify(form.fields) })
    expect([response.status, newHandles(response)]).toEqual([403, []])
  }
  expect([watched.calls, reasons(events)]).toEqual([[], Array.from({ length: 4 }, () => 'wrong-origin')])
})

test('nor is a ticket good in a browser that asks at that very moment, by any transport', async () => {
  const { browser, serve, events } = hubOf()
  await signIn(browser, HUB)
  const { form } = await askedFor(browser, `${ELMER}/`)
  const ticket = form.fields['ticket']!
  const thief = new Browser(serve)
  await signIn(thief, HUB, 'mallory')
  const begun = await thief.fetch(`${ELMER}/.session/begin`, { method: 'POST', body: '{}' })
  const { rid } = (await begun.response.json()) as { rid: string }
  const { response } = await thief.fetch(`${ELMER}/.session/in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rid, ticket }),
  })
  expect([response.status, newHandles(response)]).toEqual([400, []])
  const own = await askedFor(thief, `${ELMER}/.session/begin?to=/`)
  const cookie = await thief.jar.getCookieString(ELMER)
  const tried = await serve(posted(own.form, { fields: { ticket }, headers: { cookie } }))
  expect([tried.status, newHandles(tried)]).toEqual([400, []])
  expect(reasons(events)).toEqual(['ticket-unknown', 'ticket-wrong-browser'])
})

test("the ask from a log, with the hub's answer to it, ends where it was not asked", async () => {
  const { browser, serve } = hubOf()
  await signIn(browser, HUB)
  const ask = (await browser.hop(`${ELMER}/`)).location!
  // A thief signed in as somebody else opens the victim's ask: a ticket of his own account, which only the victim's browser could redeem.
  const thief = new Browser(serve)
  await signIn(thief, HUB, 'mallory')
  const visit = await thief.go(ask)
  expect([visit.response.status, handlesOf(visit.steps)]).toEqual([400, []])
})
