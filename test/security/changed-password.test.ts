// Attack 37: whoever knew the password before it changed is out at his next request.
import { memory } from 'landbridge/memory'
import { expect, test } from 'vitest'
import type { AnySession } from '../core/support.ts'
import { ALICE, codeOf, ELMER, failing, world } from '../core/support.ts'

const account = async (session: AnySession) => (await session.account())?.id ?? null
const signIn = (session: AnySession) => session.signIn({ id: 'ada' })

function users() {
  const passwords = new Map<string, string | readonly string[]>([
    ['ada', 'one'],
    ['ben', 'two'],
  ])
  const asked: string[] = []
  const authHash = async (id: string) => {
    asked.push(id)
    return passwords.get(id) ?? null
  }
  return { passwords, asked, authHash }
}

test('changed elsewhere, it ends every other session of the account on every host, at its next request', async () => {
  const { passwords, authHash } = users()
  const { browser, events, clock } = world({ authHash })
  const [thief, other, ben] = [browser(), browser(), browser()]
  await thief.visit(ELMER, signIn)
  await other.visit(ALICE, signIn)
  await ben.visit(ELMER, (session) => session.signIn({ id: 'ben' }))
  passwords.set('ada', 'three')
  clock.now += 5000
  for (const [each, url] of [
    [thief, ELMER],
    [other, ALICE],
  ] as const) {
    expect(await each.at(url, async (session) => [await account(session), await session.get('cart')])).toEqual([null, undefined])
    expect(events.slice(-2)).toMatchObject([{ type: 'account.auth-changed', account: 'ada' }, { type: 'session.ended' }])
  }
  expect(await ben.at(ELMER, account)).toBe('ben')
  // And it does not come back with the password.
  passwords.set('ada', 'one')
  expect(await thief.at(ELMER, account)).toBe(null)
})

test('changed in this application, it ends the others at once, and the session that signs in again stays', async () => {
  const { passwords, authHash } = users()
  const { browser, sessions } = world({ authHash })
  const [own, thief] = [browser(), browser()]
  await own.visit(ELMER, signIn)
  await own.visit(ELMER, (session) => session.set('cart', [1]))
  await thief.visit(ELMER, signIn)
  await own.visit(ELMER, async (session) => {
    passwords.set('ada', 'three')
    await session.signIn({ id: 'ada', authHash: 'three' })
  })
  expect(await sessions.sessionsOf('ada')).toHaveLength(1)
  expect(await thief.at(ELMER, account)).toBe(null)
  expect(await own.at(ELMER, async (session) => [await account(session), await session.get('cart')])).toEqual(['ada', [1]])
})

test('without the function it does so, too', async () => {
  const { browser } = world()
  const [own, thief] = [browser(), browser()]
  for (const each of [own, thief]) await each.visit(ELMER, (session) => session.signIn({ id: 'ada', authHash: 'one' }))
  await own.visit(ELMER, (session) => session.signIn({ id: 'ada', authHash: 'one' }))
  expect(await thief.at(ELMER, account), 'the same password is no change').toBe('ada')
  await own.visit(ELMER, (session) => session.signIn({ id: 'ada', authHash: 'three' }))
  expect([await own.at(ELMER, account), await thief.at(ELMER, account)]).toEqual(['ada', null])
})

test('a sign-in with the password of before, while it changes, does not last', async () => {
  const { passwords, authHash } = users()
  const { browser } = world({ authHash })
  const late = browser()
  await late.visit(ELMER, async (session) => {
    passwords.set('ada', 'three')
    await session.signIn({ id: 'ada', authHash: 'one' })
  })
  expect(await late.at(ELMER, account)).toBe(null)
})

test('an answer confirms for five seconds, and never ends a session', async () => {
  const { passwords, asked, authHash } = users()
  const { browser, clock } = world({ authHash })
  const ada = browser()
  await ada.visit(ELMER, signIn)
  asked.length = 0
  for (let visit = 0; visit < 5; visit++) await ada.visit(ELMER, account)
  expect(asked).toEqual([])
  passwords.set('ada', 'three')
  expect(await ada.at(ELMER, account)).toBe('ada')
  clock.now += 5000
  expect(await ada.at(ELMER, account)).toBe(null)
  // Another process knows the answer of before; the one who just signed in again is not put out by it.
  const other = browser()
  await other.visit(ELMER, signIn)
  passwords.set('ada', 'four')
  await other.visit(ELMER, (session) => session.signIn({ id: 'ada', authHash: 'four' }))
  expect(await other.at(ELMER, account)).toBe('ada')
})

test('a list names what counts beside the first: a secret is replaced without signing anybody out', async () => {
  const { passwords, authHash } = users()
  const { browser, clock } = world({ authHash })
  const [old, other] = [browser(), browser()]
  await old.visit(ELMER, signIn)
  await other.visit(ELMER, signIn)
  passwords.set('ada', ['one under a new secret', 'one'])
  clock.now += 5000
  expect(await old.at(ELMER, account)).toBe('ada')
  await old.visit(ELMER, signIn)
  expect(await other.at(ELMER, account), 'signing in again under the new secret is no change of the password').toBe('ada')
  passwords.set('ada', ['one under a new secret'])
  clock.now += 5000
  expect([await old.at(ELMER, account), await other.at(ELMER, account)]).toEqual(['ada', null])
})

test('an account that is gone is out, and cannot sign in', async () => {
  const { passwords, authHash } = users()
  const { browser, clock } = world({ authHash })
  const ada = browser()
  await ada.visit(ELMER, signIn)
  passwords.delete('ada')
  clock.now += 5000
  expect(await ada.at(ELMER, account)).toBe(null)
  expect(await ada.at(ELMER, (session) => codeOf(() => signIn(session)))).toBe('ERR_ACCOUNT_INVALID')
})

test.each([
  [
    'throws',
    () => {
      throw new Error('down')
    },
  ],
  ['rejects', () => Promise.reject(new Error('down'))],
  ['gives nothing', () => undefined],
  ['gives an empty text', () => ''],
  ['gives a list with a hole', () => ['one', undefined]],
  ['gives an object', () => ({})],
])('a function that %s lets nobody in, and ends nothing', async (_how, broken) => {
  let authHash: (id: string) => unknown = () => 'one'
  const { browser, clock } = world({ authHash: ((id: string) => authHash(id)) as never })
  const ada = browser()
  await ada.visit(ELMER, signIn)
  clock.now += 5000
  authHash = broken
  const { response } = await ada.visit(ELMER, account)
  expect(response.status).toBe(503)
  authHash = () => 'one'
  expect(await ada.at(ELMER, account)).toBe('ada')
})

test('neither the hash nor what stands for it leaves the library', async () => {
  const { browser, events, sessions } = world()
  const ada = browser()
  await ada.visit(ELMER, (session) => session.signIn({ id: 'ada', authHash: 'scrypt$secret' }))
  const seen = await ada.at(ELMER, async (session) => [await session.account(), await session.accounts(), await session.all()])
  expect(JSON.stringify([seen, events, await sessions.sessionsOf('ada')])).not.toMatch(/auth"|scrypt/)
  const wrong = await ada.at(ELMER, async (session) =>
    session.signIn({ id: 'ada', authHash: ['scrypt$secret'] as never }).catch((error: unknown) => String(error)),
  )
  expect(wrong).toMatch(/authHash/)
  expect(wrong).not.toMatch(/scrypt/)
})

test('of several accounts in a browser only the one in use ends the session, the others have to sign in again', async () => {
  const { passwords, authHash } = users()
  const { browser, clock } = world({ authHash })
  const both = browser()
  await both.visit(ELMER, signIn)
  await both.visit(ELMER, (session) => session.addAccount({ id: 'ben' }))
  passwords.set('ada', 'three')
  clock.now += 5000
  expect(await both.at(ELMER, async (session) => (await session.accounts()).map(({ id, expired }) => [id, expired]))).toEqual([
    ['ben', false],
    ['ada', true],
  ])
  expect(await both.at(ELMER, (session) => session.switchAccount('ada'))).toBe(false)
  expect(await both.at(ELMER, account)).toBe('ben')
})

test('of two accounts that sign in again by one request, it ends the others of the one whose password changed', async () => {
  const { browser } = world()
  const [own, thief] = [browser(), browser()]
  for (const each of [own, thief]) await each.visit(ELMER, (session) => session.signIn({ id: 'ada', authHash: 'one' }))
  await own.visit(ELMER, async (session) => {
    await session.signIn({ id: 'ada', authHash: 'three' })
    await session.addAccount({ id: 'ben', authHash: 'two' })
  })
  expect([await own.at(ELMER, account), await thief.at(ELMER, account)]).toEqual(['ben', null])
})

test('a store that fails while the others are ended leaves all as it was, and the next try works', async () => {
  for (const method of ['revokeAccount', 'renew']) {
    const { store, fail } = failing(memory())
    const { browser } = world({ store })
    const [own, thief] = [browser(), browser()]
    for (const each of [own, thief]) await each.visit(ELMER, (session) => session.signIn({ id: 'ada', authHash: 'one' }))
    const before = await own.cookies(ELMER)
    fail.set(method, new Error('down'))
    const change = (session: AnySession) => session.signIn({ id: 'ada', authHash: 'three' })
    const { response } = await own.visit(ELMER, change)
    expect([response.status, await own.cookies(ELMER)]).toEqual([503, before])
    expect(await own.at(ELMER, account)).toBe('ada')
    fail.clear()
    await own.visit(ELMER, change)
    expect([await own.at(ELMER, account), await thief.at(ELMER, account)]).toEqual(['ada', null])
  }
})
