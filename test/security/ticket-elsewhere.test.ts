/** Attack 2: ticket for elmer shown at alice with alice's own valid rq: not found; still good at elmer. */
import { describe, expect, onTestFinished, test } from 'vitest'
import { ALICE, altered, askedFor, ELMER, HUB, hubOf, newHandles, parameter, reasons, seen, signIn } from '../support/crossing.ts'
import { STORES } from '../support/stores.ts'

describe.each(STORES)('over $name', ({ make }) => {
  test("a ticket for elmer is not found at alice, with alice's own request in flight, and is still good at elmer", async () => {
    const { store, remove } = make()
    onTestFinished(remove)
    const { browser, events } = hubOf({ inner: store })
    await signIn(browser, HUB)
    const elmers = await askedFor(browser, `${ELMER}/mine`)
    const alices = await askedFor(browser, `${ALICE}/mine`)

    const stolen = await browser.hop(altered(alices.back, { t: parameter(elmers.back, 't') }))
    expect([stolen.response.status, newHandles(stolen.response)]).toEqual([400, []])
    expect(reasons(events)).toEqual(['ticket-unknown'])

    const arrived = await browser.go(elmers.back)
    expect(seen(arrived).id).toBe('ada')
    expect(arrived.url).toBe(`${ELMER}/mine`)
  })

  test("nor is alice's request good at elmer, where another host has sealed it", async () => {
    const { store, remove } = make()
    onTestFinished(remove)
    const { browser, serve, events, watched } = hubOf({ inner: store })
    await signIn(browser, HUB)
    const elmers = await askedFor(browser, `${ELMER}/`)
    const rid = parameter(elmers.back, 'rid')
    const sealed = await browser.cookie(ELMER, `__Host-rq.${rid}`)
    const back = elmers.back.replace(ELMER, ALICE)
    watched.calls.length = 0
    const answer = await serve(new Request(back, { headers: { cookie: `__Host-rq.${rid}=${sealed}` } }))
    expect([answer.status, newHandles(answer), watched.calls]).toEqual([400, [], []])
    expect(reasons(events)).toEqual(['request-unknown'])
  })
})
