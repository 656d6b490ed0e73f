// The values of an account whose sign-in has expired, while another account of the browser keeps the session alive, are nobody else's.
import { expect, test } from 'vitest'
import type { Session } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { virtualClock } from 'landbridge/testing'
import { Browser } from '../support/browser.ts'

const DAY = 86_400_000

/** A browser in which ada is the active account, with a note of hers, and her sign-in has expired. */
async function expired() {
  const clock = virtualClock()
  const sessions = createSessions({
    topology: { kind: 'hub', hub: 'acme.example', spokes: ['*.acme.example'], authorize: () => true },
    store: memory(),
    keys: ['a key of at least thirty-two characters'],
    lifetime: { idle: '20d', absolute: '20d' },
    clock: clock.now,
  })
  let act: (session: Session) => Promise<unknown> = async () => {}
  const browser = new Browser((request) => sessions.handle(request, async (session) => Response.json((await act(session)) ?? null)))
  const run = async (given: typeof act): Promise<unknown> => {
    act = given
    return JSON.parse((await browser.post('https://acme.example/', {})).text) as unknown
  }
  await run((session) => session.signIn({ id: 'ada' }))
  clock.advance(10 * DAY)
  await run((session) => session.addAccount({ id: 'bob' }))
  await run((session) => session.switchAccount('ada'))
  await run(async (session) => session.set('note', 'of ada'))
  clock.advance(10.5 * DAY)
  expect(await run((session) => session.account())).toBeNull()
  return { run, note: () => run((session) => session.get('note')) }
}

test.each(['signIn', 'addAccount'] as const)('%s of somebody else drops them', async (method) => {
  const { run, note } = await expired()
  await run((session) => session[method]({ id: 'eve' }))
  expect(await run(async (session) => (await session.account())?.id)).toBe('eve')
  expect(await note()).toBeNull()
})

test('a new sign-in of the same account keeps them', async () => {
  const { run, note } = await expired()
  await run((session) => session.addAccount({ id: 'ada' }))
  expect(await note()).toBe('of ada')
})
