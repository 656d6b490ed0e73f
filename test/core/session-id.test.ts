// `session.id` names the record that is stored now, so that it can be handed to the store's own operations at any time.
import { describe, expect, test } from 'vitest'
import type { AnySession, Browser } from './support.ts'
import { ELMER, world } from './support.ts'

/** The id once the response has left. */
async function idAfter(visitor: Browser, act: (session: AnySession) => Promise<unknown>): Promise<string | null> {
  const session = await visitor.at(ELMER, async (each) => {
    await act(each)
    return each
  })
  return session.id
}

test('a session has no id before it is stored, and one from the commit on', async () => {
  const { browser } = world()
  const session = await browser().at(ELMER, (each) => {
    each.set('cart', ['sku'])
    expect(each.id).toBeNull()
    return each
  })
  expect(session.id).toMatch(/^[\w-]{22}$/)
})

test.each(['renew', 'signIn'] as const)('%s keeps the id until the commit, which brings the new one', async (method) => {
  const { browser } = world()
  const visitor = browser()
  const first = await idAfter(visitor, (session) => session.signIn({ id: 'ann' }))
  const session = await visitor.at(ELMER, async (each) => {
    await each[method]({ id: 'ann' })
    expect(each.id).toBe(first)
    return each
  })
  expect(session.id).not.toBe(first)
  expect(await idAfter(visitor, (each) => each.account())).toBe(session.id)
})

test('a destroyed session has no id, and a new one that starts in the same request gets its own', async () => {
  const { browser } = world()
  const visitor = browser()
  const first = await idAfter(visitor, (session) => session.signIn({ id: 'ann' }))
  const session = await visitor.at(ELMER, async (each) => {
    await each.destroy()
    expect(each.id).toBeNull()
    each.set('cart', [])
    return each
  })
  expect([null, first]).not.toContain(session.id)
})

describe('after a change of password', () => {
  test.each(['renew', 'signIn'] as const)('%s and ending all other sessions leaves this one, with its values', async (method) => {
    const { browser, sessions } = world()
    const [here, elsewhere] = [browser(), browser()]
    for (const visitor of [here, elsewhere]) {
      await visitor.at(ELMER, async (session) => {
        await session.signIn({ id: 'ann' })
        session.set('theme', 'dark')
      })
    }
    const ended = await here.at(ELMER, async (session) => {
      await session[method]({ id: 'ann' })
      return sessions.revokeAccount('ann', { except: session.id })
    })
    expect(ended).toBe(1)
    expect(await here.at(ELMER, async (session) => [(await session.account())?.id, await session.get('theme')])).toEqual(['ann', 'dark'])
    expect(await elsewhere.at(ELMER, (session) => session.account())).toBeNull()
  })
})
