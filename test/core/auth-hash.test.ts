// How the application is asked about passwords: how often, how long an answer counts, and which of two answers does.
import { expect, test } from 'vitest'
import type { AnySession } from './support.ts'
import { ELMER, START, world } from './support.ts'

const account = async (session: AnySession) => (await session.account())?.id ?? null

/** A function of the application whose answers wait until the test gives them, from when it says so. */
function application() {
  const user = { password: 'one' }
  const asked: { answer(): void }[] = []
  let waits = false
  let count = 0
  const authHash = async () => {
    count++
    const { password } = user
    if (!waits) return password
    const { promise, resolve } = Promise.withResolvers<void>()
    asked.push({ answer: resolve })
    await promise
    return password
  }
  const turns = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve()
  }
  return { user, asked, authHash, turns, wait: (on: boolean) => void (waits = on), counted: () => count }
}

async function signedIn() {
  const app = application()
  const made = world({ authHash: app.authHash })
  const ada = made.browser()
  await ada.visit(ELMER, (session) => session.signIn({ id: 'ada' }))
  made.clock.now += 5000
  return { ...app, ...made, ada }
}

test('a thousand requests at one moment ask once, and those that are out of date once more', async () => {
  const { ada, user, browser, counted, clock } = await signedIn()
  const copy = { headers: { cookie: await ada.cookies(ELMER) } }
  const visits = () => Promise.all(Array.from({ length: 1000 }, () => browser().visit(ELMER, account, copy)))
  let before = counted()
  expect(new Set((await visits()).map(({ result }) => result))).toEqual(new Set(['ada']))
  expect(counted() - before).toBe(1)
  clock.now += 5000
  user.password = 'two'
  before = counted()
  expect(new Set((await visits()).map(({ result }) => result))).toEqual(new Set([null]))
  expect(counted() - before).toBeLessThanOrEqual(2)
})

test('an answer counts from when it was asked for, not from when it came', async () => {
  const { ada, asked, wait, user, turns, clock } = await signedIn()
  wait(true)
  const visit = ada.at(ELMER, account)
  await turns()
  clock.now += 4000
  asked[0]!.answer()
  expect(await visit).toBe('ada')
  user.password = 'two'
  wait(false)
  clock.now += 999
  expect(await ada.at(ELMER, account)).toBe('ada')
  clock.now += 1
  expect(await ada.at(ELMER, account)).toBe(null)
})

test('an answer that was asked for before the password changed ends no sign-in that came after it', async () => {
  const { ada, asked, wait, user, turns, browser } = await signedIn()
  const copy = { headers: { cookie: await ada.cookies(ELMER) } }
  wait(true)
  const early = browser().visit(ELMER, account, copy)
  await turns()
  user.password = 'two'
  const signIn = ada.visit(ELMER, async (session) => session.signIn({ id: 'ada', authHash: 'two' }))
  await turns()
  // Both requests wait for the answer from before; the sign-in is told that its session is the one of before, and asks again.
  const other = browser()
  await other.visit(ELMER, (session) => session.signIn({ id: 'ada', authHash: 'two' }))
  const fresh = other.at(ELMER, account)
  await turns()
  asked[0]!.answer()
  await turns()
  wait(false)
  for (const { answer } of asked) answer()
  expect(await fresh).toBe('ada')
  await Promise.all([early, signIn])
})

test('an answer that comes late does not take the place of one that was asked for after it', async () => {
  const { ada, asked, wait, user, turns, browser, clock } = await signedIn()
  const copy = { headers: { cookie: await ada.cookies(ELMER) } }
  wait(true)
  const slow = browser().visit(ELMER, account, copy)
  await turns()
  clock.now += 1000
  user.password = 'two'
  wait(false)
  const other = browser()
  await other.visit(ELMER, (session) => session.signIn({ id: 'ada' }))
  clock.now += 1000
  asked[0]!.answer()
  expect((await slow).result).toBe('ada')
  // What the late one confirmed was asked for two seconds ago; the newer answer decides about the next request.
  expect((await browser().visit(ELMER, account, copy)).result).toBe(null)
})

test('a clock that is set back makes no answer last', async () => {
  const { ada, user, clock } = await signedIn()
  await ada.at(ELMER, account)
  user.password = 'two'
  clock.now = START - 60_000
  expect(await ada.at(ELMER, account)).toBe(null)
})

test('an answer that confirms costs no promise where the store is in this process', async () => {
  const { ada, sessions, counted } = await signedIn()
  await ada.at(ELMER, account)
  const before = counted()
  const exchange = sessions.open(new Request(ELMER, { headers: { cookie: await ada.cookies(ELMER) } }))
  if (exchange instanceof Promise || exchange.kind !== 'serve') throw new Error('it had to wait')
  void exchange.session.account()
  expect(exchange.session.id, 'known at once').not.toBe(null)
  expect(counted()).toBe(before)
})
