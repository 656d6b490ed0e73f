/**
 * Attacks 16, 17 and 19 as far as HTTP shows them: alice frames an ask for elmer; evil frames elmer which frames the hub; a frame's
 * ticket at the navigation endpoint and the other way round. What a browser does with the messages is tested in browsers.
 */
import { describe, expect, test } from 'vitest'
import type { Form } from '../support/browser.ts'
import { Browser } from '../support/browser.ts'
import { amended, answerTo, askedFor, ELMER, HUB, hubOf, newHandles, reasons, signIn } from '../support/crossing.ts'

const FRAME = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe', accept: 'text/html' }

/** What elmer's own page begins. */
async function begin(browser: Browser, mode: 'fetch' | 'web-message') {
  const { response } = await browser.fetch(`${ELMER}/.session/begin`, { method: 'POST', body: JSON.stringify({ mode }) })
  return (await response.json()) as { rid: string; ask: string }
}

describe('a frame', () => {
  test("with elmer's own ask posts to elmer's own origin, and no other page may hold it", async () => {
    const { browser } = hubOf()
    await signIn(browser, HUB)
    const { ask, rid } = await begin(browser, 'web-message')
    const answer = await browser.hop(ask, { from: `${ELMER}/`, headers: FRAME })
    expect(answer.response.headers.get('content-security-policy')).toContain(`frame-ancestors ${ELMER};`)
    expect(answer.form!.action).toBe(`${ELMER}/.session/frame`)
    const { response } = await browser.hop(answer.form!, { headers: FRAME })
    const text = await response.text()
    expect(response.headers.get('content-security-policy')).toContain(`frame-ancestors ${ELMER};`)
    expect(text).toContain(`parent.postMessage({"type":"landbridge","rid":"${rid}","changed":true},"${ELMER}")`)
    expect(text).not.toContain(answer.form!.fields['ticket'])
    expect(newHandles(response).length).toBe(1)
  })

  test("of alice with an ask that elmer's server gave her own browser gets no message and no session", async () => {
    const { browser: victim, serve, events, watched } = hubOf()
    await signIn(victim, HUB)
    const alices = new Browser(serve)
    const { ask } = await begin(alices, 'web-message')
    // As if browsers did not keep the hub's page out of alice's.
    const { form } = await victim.hop(ask, { from: 'https://alice.acme.example/', headers: FRAME })
    watched.calls.length = 0
    const { response } = await victim.hop(form!, { headers: FRAME })
    expect([response.status, newHandles(response), watched.calls]).toEqual([400, [], []])
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(await response.text()).not.toContain('postMessage')
    expect(reasons(events)).toEqual(['request-unknown'])
  })

  test('with the ask of a navigation gets no ticket', async () => {
    const { browser, events, watched } = hubOf()
    await signIn(browser, HUB)
    const ask = (await browser.hop(`${ELMER}/`)).location!
    watched.calls.length = 0
    for (const dest of ['iframe', 'frame', 'embed', 'object', 'image', 'script', 'empty']) {
      const { response } = await browser.hop(ask, { from: 'https://alice.acme.example/', headers: { 'sec-fetch-dest': dest } })
      expect(response.status).toBe(400)
    }
    expect(watched.calls).toEqual([])
    expect(new Set(reasons(events))).toEqual(new Set(['wrong-mode']))
  })

  test('of a page that is embedded itself is shown anonymously, and asks nobody', async () => {
    const { browser } = hubOf()
    await signIn(browser, HUB)
    const embedded = await browser.hop(`${ELMER}/page`, { from: 'https://evil.example/', headers: FRAME })
    expect([embedded.response.status, embedded.location]).toEqual([200, null])
    const link = await browser.hop(`${ELMER}/.session/begin?to=/`, { from: 'https://evil.example/', headers: FRAME })
    expect([link.response.status, link.location]).toEqual([400, null])
  })
})

test('an ask for a frame is not answered to a page', async () => {
  const { browser, events, watched } = hubOf()
  await signIn(browser, HUB)
  const { ask } = await begin(browser, 'web-message')
  watched.calls.length = 0
  for (const dest of ['document', 'empty', 'object', 'embed', 'script']) {
    const { response, form } = await browser.hop(ask, { headers: { 'sec-fetch-dest': dest } })
    expect([response.status, form]).toEqual([400, null])
  }
  expect(watched.calls).toEqual([])
  expect(new Set(reasons(events))).toEqual(new Set(['wrong-mode']))
})

describe('the ticket of one way at the end of another', () => {
  const tickets = async () => {
    const crossing = hubOf()
    const { browser } = crossing
    await signIn(browser, HUB)
    const page = (await askedFor(browser, `${ELMER}/`)).form
    const framed = await begin(browser, 'web-message')
    const frame = await answerTo(browser, framed.ask, FRAME)
    const fetched = await begin(browser, 'fetch')
    const answer = await browser.send(fetched.ask, { headers: { origin: ELMER } })
    const { ticket } = (await answer.response.json()) as { ticket: string }
    const post = (fields: Record<string, string>) =>
      browser.fetch(`${ELMER}/.session/in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(fields),
      })
    return { ...crossing, page, frame, fetched: { rid: fetched.rid, ticket }, post }
  }

  test("a frame's answer is refused at the navigation endpoint, and the other way round", async () => {
    const { browser, page, frame, events } = await tickets()
    for (const form of [amended(frame, {}, page.action), amended(page, {}, frame.action)]) {
      const { response, steps } = await browser.go(form)
      expect([response.status, steps.flatMap((step) => newHandles(step.response))]).toEqual([400, []])
    }
    expect(reasons(events)).toEqual(['request-unknown', 'request-unknown'])
  })

  test('nor is any of them good as a push, which nobody has to ask for', async () => {
    const { browser, page, frame, fetched, events } = await tickets()
    for (const ticket of [page.fields['ticket']!, frame.fields['ticket']!, fetched.ticket]) {
      const rid = `00000000${'a'.repeat(22)}`
      const { response, steps } = await browser.go({ ...page, fields: { rid, ticket, path: '/' } })
      expect([response.status, steps.flatMap((step) => newHandles(step.response))]).toEqual([400, []])
    }
    expect(reasons(events)).toEqual(['ticket-unknown', 'ticket-unknown', 'ticket-unknown'])
  })

  test('under the request in flight of another way each is refused', async () => {
    const { browser, page, frame, fetched, post, events } = await tickets()
    const ticketOf = ({ fields }: Form) => fields['ticket']!
    const tries = [
      (await browser.hop(amended(page, { ticket: fetched.ticket }))).response,
      (await browser.hop(amended(frame, { ticket: ticketOf(page) }))).response,
      (await post({ rid: fetched.rid, ticket: ticketOf(frame) })).response,
    ]
    for (const response of tries) expect([response.status, newHandles(response)]).toEqual([400, []])
    expect(reasons(events)).toEqual(['ticket-unknown', 'ticket-unknown', 'ticket-unknown'])
  })
})
