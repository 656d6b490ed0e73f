// A page that was made before the secret of a remembered handle was replaced can still be sent.
import { expect, test } from 'vitest'
import type { AnySession } from './support.ts'
import { ELMER, MINUTE, world } from './support.ts'

const DAY = 24 * 60 * MINUTE

test('a token of the page with which the secret is replaced counts, and so does one from before', async () => {
  const { browser, clock, types } = world()
  const ada = browser()
  const token = (session: AnySession) => session.csrfToken()
  await ada.visit(ELMER, (session) => session.signIn({ id: 'ada', remember: true }))
  const before = await ada.at(ELMER, token)
  clock.now += DAY
  const beside = await ada.at(ELMER, token)
  expect(types().at(-1)).toBe('handle.rotated')
  for (const each of [before, beside]) {
    expect(await ada.at(ELMER, (session) => session.checkCsrfToken(each))).toBe(true)
    const { response } = await ada.visit(ELMER, () => undefined, { method: 'POST', headers: { 'x-csrf-token': each } })
    expect(response.status).toBe(200)
  }
  await ada.visit(ELMER, (session) => session.renew())
  expect(await ada.at(ELMER, (session) => session.checkCsrfToken(beside)), 'a renewal ends them').toBe(false)
})
