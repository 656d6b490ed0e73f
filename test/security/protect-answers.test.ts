/** A `protect` that answers something else than true or false by mistake lets nobody past it. */
import { expect, test } from 'vitest'
import { ELMER, HUB, hubOf } from '../support/crossing.ts'

test.each([
  ['a promise of true', () => Promise.resolve(true)],
  ['a promise of false', () => Promise.resolve(false)],
  ['a match', () => /private/.exec('/private')],
  ['a number', () => 1],
])('%s protects', async (_, given) => {
  const { sessions } = hubOf({ topology: { protect: given as unknown as () => boolean } })
  for (const host of [HUB, ELMER]) {
    const response = await sessions.handle(new Request(`${host}/private`), () => new Response('secret'))
    expect([response.status, await response.text()]).not.toContain('secret')
    expect(response.status).toBe(401)
  }
})

test.each([
  ['false', false],
  ['undefined', undefined],
])('%s does not', async (_, given) => {
  const { sessions } = hubOf({ topology: { protect: () => given as boolean } })
  expect((await sessions.handle(new Request(`${HUB}/`), () => new Response('public'))).status).toBe(200)
})
