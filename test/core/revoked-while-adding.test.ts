import { memory } from 'landbridge/memory'
import { expect, test } from 'vitest'
import { ELMER, world } from './support.ts'

test('an account that is revoked while another one is added to its session is not signed in again by that', async () => {
  const { browser, sessions } = world({ store: memory() })
  const visitor = browser()
  await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
  await visitor.at(ELMER, async (session) => {
    await session.addAccount({ id: 'bob' })
    await sessions.revokeAccount('ada')
  })
  expect(await visitor.at(ELMER, async (session) => (await session.accounts()).map(({ id }) => id))).toEqual(['bob'])
  expect(await sessions.sessionsOf('ada')).toEqual([])
})
