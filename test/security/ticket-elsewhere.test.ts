/** Attack 2: ticket for elmer shown at alice with alice's own valid rq: not found; still good at elmer. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { ALICE, amended, askedFor, ELMER, HUB, hubOf, newHandles, posted, reasons, seen, signIn } from '../support/crossing.ts'
import { STORES } from '../support/stores.ts'

describe.each(STORES)('over $name', ({ make }) => {
  test("a ticket for elmer is not found at alice, with alice's own request in flight, and is still good at elmer", async () => {
    const { store, remove } = make()
    onTestFinished(remove)
    const { browser, events } = hubOf({ inner: store })
    await signIn(browser, HUB)
    const elmers = await askedFor(browser, `${ELMER}/mine`)
    const alices = await askedFor(browser, `${ALICE}/mine`)

    const stolen = await browser.hop(amended(alices.form, { ticket: elmers.form.fields['ticket']! }))
    expect([stolen.response.status, newHandles(stolen.response)]).toEqual([400, []])
    expect(reasons(events)).toEqual(['ticket-unknown'])

    const arrived = await browser.go(elmers.form)
    expect(seen(arrived).id).toBe('ada')
    expect(arrived.url).toBe(`${ELMER}/mine`)
  })

  test("nor is alice's request good at elmer, where another host has sealed it", async () => {
    const { store, remove } = make()
    onTestFinished(remove)
    const { browser, serve, events, watched } = hubOf({ inner: store })
    await signIn(browser, HUB)
    const elmers = await askedFor(browser, `${ELMER}/`)
    const { rid } = elmers.form.fields
    const sealed = await browser.cookie(ELMER, `__Host-rq.${rid}`)
    watched.calls.length = 0
    const cookie = `__Host-rq.${rid}=${sealed}`
    const kept = await serve(posted(elmers.form, { to: `${ALICE}/.session/in`, headers: { cookie } }))
    expect([kept.status, newHandles(kept)]).toEqual([303, []])
    const both = `${cookie}; ${kept.headers.getSetCookie()[0]!.split(';')[0]!}`
    const answer = await serve(new Request(kept.headers.get('location')!, { headers: { cookie: both } }))
    expect([answer.status, newHandles(answer), watched.calls]).toEqual([400, [], []])
    // What alice keeps for a moment is nothing at elmer either, with elmer's own request in flight beside it.
    const moved = await serve(new Request(kept.headers.get('location')!.replace(ALICE, ELMER), { headers: { cookie: both } }))
    expect([moved.status, newHandles(moved), watched.calls]).toEqual([400, [], []])
    expect(reasons(events)).toEqual(['request-unknown', 'answer-malformed'])
  })
})
