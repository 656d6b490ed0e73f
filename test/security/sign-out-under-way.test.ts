/**
 * Attacks 25 and 26: sign-out at the hub while a ticket is under way: `in` refuses. While a slow request at a spoke runs that then
 * saves: the session stays dead. Other servers refuse at the next request.
 */
import { createSessions } from 'landbridge'
import { sqlite } from 'landbridge/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ALICE, askedFor, ELMER, HUB, HUB_TOPOLOGY, hubOf, KEYS, newHandles, reasons, serving, signIn, whoAt } from '../support/crossing.ts'
import { STORES, temporaryFile } from '../support/stores.ts'

describe.each(STORES)('over $name', ({ make }) => {
  const start = () => {
    const { store, remove } = make()
    onTestFinished(remove)
    return hubOf({ inner: store })
  }

  test.each(['/out', '/.session/sign-out'])('a ticket is worth nothing once the visitor signed out by %s', async (out) => {
    const { browser, events, sessions } = start()
    await signIn(browser, HUB)
    const { form } = await askedFor(browser, `${ELMER}/`)
    await browser.post(HUB + out, {})
    const visit = await browser.go(form)
    expect([visit.response.status, visit.steps.flatMap(({ response }) => newHandles(response))]).toEqual([200, []])
    expect(reasons(events)).toEqual(['session-ended'])
    expect(await sessions.sessionsOf('ada')).toEqual([])
    expect(await whoAt(browser, `${ELMER}/`)).toBe(null)
  })

  test('nor is it after everything of the account was revoked, or the hub signed somebody else in', async () => {
    for (const end of ['revoke', 'other'] as const) {
      const { browser, events, sessions } = start()
      await signIn(browser, HUB)
      const { form } = await askedFor(browser, `${ELMER}/`)
      if (end === 'revoke') await sessions.revokeAccount('ada')
      else await signIn(browser, HUB, 'bob')
      const { response } = await browser.hop(form)
      expect([newHandles(response), reasons(events)]).toEqual([[], ['session-ended']])
    }
  })

  test('a sign-out between the taking of the ticket and the handle wins', async () => {
    const { browser, watched, sessions, events } = start()
    await signIn(browser, HUB)
    const { form } = await askedFor(browser, `${ELMER}/`)
    const { open, reached } = watched.hold('attach')
    const arriving = browser.hop(form)
    await reached
    await browser.post(`${HUB}/out`, {})
    open()
    const { response } = await arriving
    expect([newHandles(response), reasons(events)]).toEqual([[], ['session-ended']])
    expect(await sessions.sessionsOf('ada')).toEqual([])
  })

  test('a slow request at a spoke that saves after the sign-out at the hub is a 409, and brings nothing back', async () => {
    const { browser, watched, sessions } = start()
    await signIn(browser, HUB)
    await browser.go(`${ELMER}/`)
    const { open, reached } = watched.hold('update')
    const saving = browser.fetch(`${ELMER}/set`, { method: 'POST' })
    await reached
    await browser.post(`${HUB}/out`, {})
    open()
    expect((await saving).response.status).toBe(409)
    expect(await sessions.sessionsOf('ada')).toEqual([])
    expect(await whoAt(browser, `${ELMER}/`)).toBe(null)
  })

  test.each([HUB, ELMER])('a sign-out everywhere, at %s, ends every host at its next request, without a redirect', async (host) => {
    const { browser } = start()
    await signIn(browser, HUB)
    await browser.go(`${ELMER}/`)
    await browser.go(`${ALICE}/`)
    const old = await browser.jar.clone()
    await browser.post(`${host}/out`, {})
    for (const each of [HUB, ELMER, ALICE]) expect(await whoAt(browser, `${each}/`)).toBe(null)
    // Nor do the cookies from before open anything.
    for (const each of [HUB, ELMER, ALICE]) {
      browser.forced = await old.getCookieString(each)
      browser.blocksCookies = true
      expect((await browser.fetch(`${each}/`)).response.status).toBe(200)
      expect(await (await browser.fetch(`${each}/`)).response.json()).toMatchObject({ id: null })
    }
  })
})

test('another server on the same store refuses at the next request', async () => {
  const { file, remove } = temporaryFile()
  onTestFinished(remove)
  const { browser } = hubOf({ inner: sqlite(file) })
  const other = createSessions({ topology: HUB_TOPOLOGY, store: sqlite(file), keys: KEYS })
  onTestFinished(() => other.close())
  await signIn(browser, HUB)
  await browser.go(`${ELMER}/`)
  const cookie = await browser.jar.getCookieString(ELMER)
  const ask = async () => (await serving(other)(new Request(`${ELMER}/x`, { headers: { cookie } }))).json()
  expect(await ask()).toMatchObject({ id: 'ada' })
  await browser.post(`${HUB}/out`, {})
  expect(await ask()).toMatchObject({ id: null })
})
