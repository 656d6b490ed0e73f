/** A hub that does not answer: visitors who were signed in still see the pages that need no session. */
import { expect, test } from 'vitest'
import { ELMER, HUB, hubOf, reasons, signIn, statuses, whoAt } from '../support/crossing.ts'

test('after two asks without an answer no page is sent away, and it recovers by itself', async () => {
  const { browser, clock, events } = hubOf()
  await signIn(browser, HUB)
  for (let i = 0; i < 2; i++) {
    expect((await browser.hop(`${ELMER}/page`)).location).toContain('/.session/ask')
    clock.advance(16_000)
  }
  events.length = 0
  expect(statuses(await browser.go(`${ELMER}/page`))).toEqual([200])
  expect((await browser.go(`${ELMER}/private`)).response.status).toBe(401)
  expect(reasons(events)).toEqual(['loop-guard', 'loop-guard'])
  // The visitor's own click asks again at once; by itself the host does when the requests in flight are forgotten.
  expect(await whoAt(browser, `${ELMER}/.session/begin?to=/page`)).toBe('ada')
})

test('work at a spoke counts for the hub from the crossing on', async () => {
  const { browser, clock } = hubOf()
  await signIn(browser, HUB)
  clock.advance(29 * 60_000)
  expect(await whoAt(browser, `${ELMER}/`)).toBe('ada')
  clock.advance(2 * 60_000)
  expect(await whoAt(browser, `${HUB}/`)).toBe('ada')
})
