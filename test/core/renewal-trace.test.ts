// A page sends requests side by side. Those that show the cookie from before a renewal must neither undo it nor escape an end.
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import { describe, expect, test } from 'vitest'
import { codeOf, ELMER, MINUTE, world } from './support.ts'
import type { AnySession, Browser } from './support.ts'

/** A visitor with a session, and the same visitor's browser as it was before the session is renewed. */
async function twins({ browser }: ReturnType<typeof world>): Promise<[Browser, Browser]> {
  const [visitor, before] = [browser(), browser()]
  await visitor.at(ELMER, (session) => session.set('cart', ['sku']))
  await before.jar.setCookie(`${await visitor.cookies(ELMER)}; Path=/; Secure`, ELMER)
  return [visitor, before]
}

const signIn = (session: AnySession): Promise<void> => session.signIn({ id: 'ann' })

describe.each([
  ['memory', memory],
  ['sqlite', () => sqlite(':memory:')],
])('on %s', (_, store) => {
  test('a late request that would start a session is refused, so its cookie cannot take the place of the new one', async () => {
    const here = world({ store: store() })
    const [visitor, late] = await twins(here)
    await visitor.at(ELMER, signIn)
    const { response } = await late.visit(ELMER, (session) => session.set('page', 2))
    expect([response.status, response.headers.getSetCookie()]).toEqual([409, []])
    expect(here.events.at(-1)).toMatchObject({ type: 'save.refused' })
    const { response: read } = await late.visit(ELMER, async (session) => expect(await session.account()).toBeNull())
    expect([read.status, read.headers.getSetCookie()]).toEqual([200, []])
    expect(await visitor.at(ELMER, (session) => session.account())).toMatchObject({ id: 'ann' })
  })

  test('a late request can sign in, and a minute later such a cookie starts a session like any other dead one', async () => {
    const here = world({ store: store() })
    const [visitor, late] = await twins(here)
    const [, later] = await twins(here)
    await later.jar.setCookie(`${await visitor.cookies(ELMER)}; Path=/; Secure`, ELMER)
    await visitor.at(ELMER, signIn)
    await late.at(ELMER, signIn)
    expect(await late.at(ELMER, (session) => session.account())).toMatchObject({ id: 'ann' })
    here.clock.now += MINUTE
    const { response } = await later.visit(ELMER, (session) => session.set('page', 2))
    expect([response.status, response.headers.getSetCookie().length]).toEqual([200, 1])
  })

  test('a sign-out that ran beside a renewal ends what the session has become', async () => {
    const here = world({ store: store() })
    const [visitor, beside] = await twins(here)
    await beside.at(ELMER, async (session) => {
      await session.get('cart')
      await visitor.at(ELMER, signIn)
      await session.destroy()
    })
    expect(await visitor.at(ELMER, (session) => session.account())).toBeNull()
    expect(here.types()).toContain('session.ended')
  })

  test('whoever shows a cookie from before the renewal, with the request begun after it, can end nothing', async () => {
    const here = world({ store: store() })
    const [visitor, thief] = await twins(here)
    await visitor.at(ELMER, signIn)
    expect(await codeOf(() => thief.at(ELMER, (session) => session.destroy()))).toBe('no error')
    expect(await visitor.at(ELMER, (session) => session.account())).toMatchObject({ id: 'ann' })
    expect(here.types()).not.toContain('session.ended')
  })
})
