/** Attack 6: ticket from a log used at once in another browser: refused. */
import { expect, test } from 'vitest'
import { Browser } from '../support/browser.ts'
import { askedFor, ELMER, HUB, hubOf, newHandles, parameter, reasons, signIn } from '../support/crossing.ts'

test('a whole address from a log, ticket included, is worth nothing in a browser that did not ask', async () => {
  const { browser, serve, events, watched } = hubOf()
  await signIn(browser, HUB)
  const { back } = await askedFor(browser, `${ELMER}/`)
  const thief = new Browser(serve)
  watched.calls.length = 0
  const tried = await thief.go(back)
  expect([tried.response.status, newHandles(tried.response), watched.calls]).toEqual([400, [], []])
  expect(reasons(events)).toEqual(['request-unknown'])
})

test('nor in a browser that asks at that very moment, by any transport', async () => {
  const { browser, serve, events } = hubOf()
  await signIn(browser, HUB)
  const { back } = await askedFor(browser, `${ELMER}/`)
  const ticket = parameter(back, 't')
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
  expect(reasons(events)).toEqual(['ticket-wrong-mode'])
})

test("the ask from a log, with the hub's answer to it, ends where it was not asked", async () => {
  const { browser, serve } = hubOf()
  await signIn(browser, HUB)
  const ask = (await browser.hop(`${ELMER}/`)).location!
  // A thief signed in as somebody else opens the victim's ask: a ticket of his own account, which the victim's request does not fit.
  const thief = new Browser(serve)
  await signIn(thief, HUB, 'mallory')
  const back = (await thief.hop(ask)).location!
  expect((await thief.go(back)).response.status).toBe(400)
})
