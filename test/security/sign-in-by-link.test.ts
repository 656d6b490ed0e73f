/**
 * Attack 3: sign-in by link: a stranger's fresh answer in the browser of a victim: no rq cookie, nothing changes, ticket untouched. Same
 * with a known rid and the victim's own pending rq: refused. Answers come by forms, which the victim's browser sends with the Origin of
 * the page that posts; each is tried with the Origin that is the right one as well.
 */
import { describe, expect, onTestFinished, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import { ALICE, amended, askedFor, ELMER, HUB, hubOf, newHandles, peersOf, posted, reasons, SHOP_A, SHOP_B } from '../support/crossing.ts'
import { seen, signIn, whoAt } from '../support/crossing.ts'
import { STORES } from '../support/stores.ts'

describe.each(STORES)('over $name', ({ make }) => {
  const start = () => {
    const { store, remove } = make()
    onTestFinished(remove)
    return hubOf({ inner: store })
  }

  test("a stranger's answer in the victim's browser changes nothing, and leaves the ticket untouched", async () => {
    const { browser: stranger, serve, events, watched } = start()
    await signIn(stranger, HUB, 'mallory')
    const { form } = await askedFor(stranger, `${ELMER}/`)
    const victim = new Browser(serve)
    watched.calls.length = 0
    for (const page of [HUB, 'https://evil.example', ALICE]) {
      const opened = await victim.go({ ...form, page: `${page}/` })
      expect([opened.response.status, opened.steps.length]).toEqual(page === HUB ? [400, 2] : [403, 1])
      expect(opened.steps.flatMap(({ response }) => newHandles(response))).toEqual([])
      expect(await victim.cookieNames(`${ELMER}/`)).toEqual([])
    }
    const { ticket, ...rest } = form.fields as Record<'ticket', string>
    const linked = await victim.go(`${form.action}?${new URLSearchParams({ ...rest, ticket, t: ticket })}`, {
      from: 'https://evil.example/',
    })
    expect([linked.response.status, newHandles(linked.response)]).toEqual([400, []])
    expect(await victim.cookieNames(`${ELMER}/`)).toEqual([])
    expect(watched.calls).toEqual([])
    expect(reasons(events)).toEqual(['request-unknown', 'wrong-origin', 'wrong-origin', 'request-unknown'])
    expect(seen(await stranger.go(form)).id).toBe('mallory')
  })

  test("a stranger's answer does not replace the session that the victim has already", async () => {
    const { browser: stranger, serve } = start()
    await signIn(stranger, HUB, 'mallory')
    const { form } = await askedFor(stranger, `${ELMER}/`)
    const victim = new Browser(serve)
    await signIn(victim, HUB)
    await victim.go(`${ELMER}/`)
    const before = await victim.cookie(ELMER, '__Host-sid')
    expect(seen(await victim.go(form)).id).toBe('ada')
    expect((await victim.go({ ...form, page: 'https://evil.example/' })).response.status).toBe(403)
    expect(await victim.cookie(ELMER, '__Host-sid')).toBe(before)
    expect(await whoAt(victim, `${ELMER}/`)).toBe('ada')
  })

  test("a stranger's ticket under the victim's own request in flight is refused, whichever rid goes with it", async () => {
    for (const which of ['own', 'strange'] as const) {
      const { browser: stranger, serve, events } = start()
      await signIn(stranger, HUB, 'mallory')
      const strange = await askedFor(stranger, `${ELMER}/`)
      const victim = new Browser(serve)
      await signIn(victim, HUB)
      const own = await askedFor(victim, `${ELMER}/`)
      const { rid } = (which === 'own' ? own : strange).form.fields
      const opened = await victim.go(amended(own.form, { ticket: strange.form.fields['ticket']!, rid: rid! }))
      expect([opened.response.status, opened.steps.flatMap(({ response }) => newHandles(response))]).toEqual([400, []])
      expect(reasons(events)).toEqual([which === 'own' ? 'ticket-wrong-browser' : 'request-unknown'])
      expect(await victim.cookie(ELMER, '__Host-sid')).toBe(null)
    }
  })

  test("a stranger's request in flight, planted in the victim's browser beside the victim's own, does not help", async () => {
    const { browser: stranger, serve, events } = start()
    await signIn(stranger, HUB, 'mallory')
    const strange = await askedFor(stranger, `${ELMER}/`)
    const { rid } = strange.form.fields
    const victim = new Browser(serve)
    await signIn(victim, HUB)
    const own = await askedFor(victim, `${ELMER}/`)
    // The stranger's sealed record under the name of the victim's request: its rid is another one.
    const planted = `__Host-rq.${own.form.fields['rid']}=${await stranger.cookie(ELMER, `__Host-rq.${rid}`)}`
    const mixed = posted(own.form, { fields: { ticket: strange.form.fields['ticket']! }, headers: { cookie: planted } })
    const kept = await serve(mixed)
    expect([kept.status, newHandles(kept)]).toEqual([303, []])
    const cookie = `${planted}; ${kept.headers.getSetCookie()[0]!.split(';')[0]!}`
    const answer = await serve(new Request(kept.headers.get('location')!, { headers: { cookie } }))
    expect([answer.status, newHandles(answer)]).toEqual([400, []])
    expect(reasons(events)).toEqual(['request-unknown'])
  })
})

test('between peers, too, a link signs nobody in', async () => {
  const { browser: stranger, serve, watched } = peersOf()
  await signIn(stranger, SHOP_A, 'mallory')
  const { form } = await askedFor(stranger, `${SHOP_B}/.session/begin?to=/`)
  const victim = new Browser(serve)
  watched.calls.length = 0
  expect((await victim.go({ ...form, page: 'https://evil.example/' })).response.status).toBe(403)
  expect((await victim.go(form)).response.status).toBe(400)
  // Nor as a push, which nobody has to ask for: its ticket is another.
  expect((await victim.go({ ...form, page: 'https://evil.example/', fields: { ...form.fields, path: '/' } })).response.status).toBe(403)
  expect(watched.calls).toEqual([])
  const { rid, ticket } = form.fields
  expect((await victim.go({ ...form, fields: { rid: rid!, ticket: ticket!, path: '/' } })).response.status).toBe(400)
  expect(watched.calls).toEqual(['take'])
  expect(await whoAt(victim, `${SHOP_B}/`)).toBe(null)
})
