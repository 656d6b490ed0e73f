/**
 * Attack 37, from the side of whom it protects: the browser that changes the password stays signed in, whatever requests run beside it.
 * They were sent with the cookie from before, and find out that it is out of date: that must end nothing of what took its place.
 */
import type { SessionEvent, Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import { expect, onTestFinished, test } from 'vitest'
import type { AnySession } from '../core/support.ts'
import { Browser, codeOf, delayed, ELMER, START } from '../core/support.ts'

const account = async (session: AnySession) => (await session.account())?.id ?? null

/** Two processes of one application; the answer about a password waits where the test says so. */
function processes(first: Store, second: Store = first) {
  const clock = { now: START }
  const events: SessionEvent[] = []
  const user = { password: 'one' }
  let gate: PromiseWithResolvers<void> | null = null
  let asked = Promise.withResolvers<void>()
  const authHash = async () => {
    if (gate !== null) {
      const { promise } = gate
      gate = null
      asked.resolve()
      await promise
    }
    return user.password
  }
  const [a, b] = [first, second].map((store) =>
    createSessions({
      topology: { kind: 'isolated', hosts: ['*.acme.com'] },
      clock: () => clock.now,
      onEvent: (event) => events.push(event),
      store,
      authHash,
    }),
  )
  onTestFinished(() => a!.close())
  const holdNext = () => {
    const { promise, resolve } = (gate = Promise.withResolvers<void>())
    asked = Promise.withResolvers<void>()
    return { open: resolve, reached: asked.promise, promise }
  }
  return { a: a!, b: b!, clock, events, user, holdNext, browser: new Browser(a!.handle) }
}

const changePassword = (browser: Browser, user: { password: string }) =>
  browser.visit(ELMER, async (session) => {
    await session.account()
    user.password = 'two'
    await session.signIn({ id: 'ada', authHash: 'two' })
  })

const MAKES: readonly (readonly [string, () => readonly [Store, Store?]])[] = [
  ['memory', () => [memory()]],
  ['sqlite', () => [sqlite(':memory:')]],
  ['a store that answers later', () => [delayed(memory())]],
  [
    'two processes with near caches',
    () => {
      const store = memory()
      const near = () => ({ ...cached(store, { clock: () => START, monotonicClock: () => 0 }), close: () => undefined })
      return [near(), near()]
    },
  ],
]

test.each(MAKES)('a request that was under way meanwhile is signed out, and nothing else is: %s', async (_name, make) => {
  const { b, clock, events, user, holdNext, browser } = processes(...make())
  await browser.visit(ELMER, (session) => session.signIn({ id: 'ada' }))
  await browser.visit(ELMER, (session) => session.set('cart', [1]))
  const before = { headers: { cookie: await browser.cookies(ELMER) } }
  const elsewhere = new Browser(b.handle)
  expect((await elsewhere.visit(ELMER, account, before)).result).toBe('ada')
  clock.now += 5000
  const { open, reached } = holdNext()
  const beside = elsewhere.visit(ELMER, account, before)
  await reached
  await changePassword(browser, user)
  open()
  const { result, response } = await beside
  expect([result, response.headers.getSetCookie()]).toEqual([null, []])
  expect(await browser.at(ELMER, async (session) => [await account(session), await session.get('cart')])).toEqual(['ada', [1]])
  expect(events.map(({ type }) => type)).not.toContain('account.auth-changed')
})

test.each(MAKES)('a request that comes late and saves does not take the place of the new sign-in: %s', async (_name, make) => {
  const { b, clock, user, holdNext, browser } = processes(...make())
  await browser.visit(ELMER, (session) => session.signIn({ id: 'ada' }))
  const before = { headers: { cookie: await browser.cookies(ELMER) } }
  const elsewhere = new Browser(b.handle)
  expect((await elsewhere.visit(ELMER, account, before)).result).toBe('ada')
  clock.now += 5000
  const { open, reached } = holdNext()
  const beside = elsewhere.visit(
    ELMER,
    async (session) => {
      await session.account()
      session.set('theme', 'late')
    },
    before,
  )
  await reached
  await changePassword(browser, user)
  open()
  const { response } = await beside
  expect([response.status, response.headers.getSetCookie()]).toEqual([409, []])
  expect(await browser.at(ELMER, account)).toBe('ada')
})

test('one that comes before it is no obstacle: the sign-in that follows makes a session of its own', async () => {
  const { a, clock, user, browser } = processes(memory())
  await browser.visit(ELMER, (session) => session.signIn({ id: 'ada' }))
  const before = { headers: { cookie: await browser.cookies(ELMER) } }
  clock.now += 5000
  const beside = new Browser(a.handle)
  await browser.visit(ELMER, async (session) => {
    await session.account()
    user.password = 'two'
    clock.now += 5000
    expect((await beside.visit(ELMER, account, before)).result).toBe(null)
    expect(await codeOf(() => session.signIn({ id: 'ada', authHash: 'two' }))).toBe('no error')
  })
  expect(await browser.at(ELMER, account)).toBe('ada')
})
