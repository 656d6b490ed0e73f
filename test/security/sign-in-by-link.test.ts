/**
 * Attack 3: sign-in by link: a stranger's fresh `/.session/in?t&rid` opened by a victim: no rq cookie, nothing changes, ticket
 * untouched. Same with a known rid and the victim's own pending rq: refused.
 */
import { describe, expect, onTestFinished, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import { altered, askedFor, ELMER, HUB, hubOf, newHandles, parameter, peersOf, reasons, SHOP_A, SHOP_B } from '../support/crossing.ts'
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
    const { back } = await askedFor(stranger, `${ELMER}/`)
    const victim = new Browser(serve)
    watched.calls.length = 0
    const opened = await victim.go(back, { from: 'https://evil.example/' })
    expect([opened.response.status, opened.steps.length]).toEqual([400, 1])
    expect(newHandles(opened.response)).toEqual([])
    expect(await victim.cookieNames(`${ELMER}/`)).toEqual([])
    expect(watched.calls).toEqual([])
    expect(reasons(events)).toEqual(['request-unknown'])
    expect(seen(await stranger.go(back)).id).toBe('mallory')
  })

  test("a stranger's answer does not replace the session that the victim has already", async () => {
    const { browser: stranger, serve } = start()
    await signIn(stranger, HUB, 'mallory')
    const { back } = await askedFor(stranger, `${ELMER}/`)
    const victim = new Browser(serve)
    await signIn(victim, HUB)
    await victim.go(`${ELMER}/`)
    const before = await victim.cookie(ELMER, '__Host-sid')
    expect(seen(await victim.go(back, { from: 'https://evil.example/' })).id).toBe('ada')
    expect(await victim.cookie(ELMER, '__Host-sid')).toBe(before)
  })

  test("a stranger's ticket under the victim's own request in flight is refused, whichever rid goes with it", async () => {
    for (const which of ['own', 'strange'] as const) {
      const { browser: stranger, serve, events } = start()
      await signIn(stranger, HUB, 'mallory')
      const strange = await askedFor(stranger, `${ELMER}/`)
      const victim = new Browser(serve)
      await signIn(victim, HUB)
      const own = await askedFor(victim, `${ELMER}/`)
      const rid = parameter(which === 'own' ? own.back : strange.back, 'rid')
      const opened = await victim.go(altered(own.back, { t: parameter(strange.back, 't'), rid }))
      expect([opened.response.status, newHandles(opened.response)]).toEqual([400, []])
      expect(reasons(events)).toEqual([which === 'own' ? 'ticket-wrong-browser' : 'request-unknown'])
      expect(await victim.cookie(ELMER, '__Host-sid')).toBe(null)
    }
  })

  test("a stranger's request in flight, planted in the victim's browser beside the victim's own, does not help", async () => {
    const { browser: stranger, serve, events } = start()
    await signIn(stranger, HUB, 'mallory')
    const strange = await askedFor(stranger, `${ELMER}/`)
    const rid = parameter(strange.back, 'rid')
    const victim = new Browser(serve)
    await signIn(victim, HUB)
    const own = await askedFor(victim, `${ELMER}/`)
    // The stranger's sealed record under the name of the victim's request: its rid is another one.
    const planted = `__Host-rq.${parameter(own.back, 'rid')}=${await stranger.cookie(ELMER, `__Host-rq.${rid}`)}`
    const answer = await serve(new Request(altered(own.back, { t: parameter(strange.back, 't') }), { headers: { cookie: planted } }))
    expect([answer.status, newHandles(answer)]).toEqual([400, []])
    expect(reasons(events)).toEqual(['request-unknown'])
  })
})

test('between peers, too, a link signs nobody in', async () => {
  const { browser: stranger, serve, watched } = peersOf()
  await signIn(stranger, SHOP_A, 'mallory')
  const ask = (await stranger.hop(`${SHOP_B}/.session/begin?to=/`)).location!
  const back = (await stranger.hop(ask)).location!
  const victim = new Browser(serve)
  watched.calls.length = 0
  expect((await victim.go(back, { from: 'https://evil.example/' })).response.status).toBe(400)
  expect(watched.calls).toEqual([])
  expect(await whoAt(victim, `${SHOP_B}/`)).toBe(null)
})
