// Requests that run beside the replacement of a remembered secret, answers that come late or never, and a store that fails then.
import { memory } from 'landbridge/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Scope, SessionId } from 'landbridge/store'
import * as crossing from '../support/crossing.ts'
import type { AnySession } from './support.ts'
import { delayed, ELMER, failing, MINUTE, world } from './support.ts'

const DAY = 24 * 60 * MINUTE
const SCOPE = 'elmer.acme.com' as Scope

const signIn = (session: AnySession) => session.signIn({ id: 'ada', remember: true })
const account = async (session: AnySession) => (await session.account())?.id ?? null
const increase = (session: AnySession) => session.update('count', (count) => ((count as number | undefined) ?? 0) + 1)

async function signedIn(options: Parameters<typeof world>[0] = {}) {
  const made = world(options)
  const ada = made.browser()
  await ada.visit(ELMER, signIn)
  const copy = async () => ({ headers: { cookie: await ada.cookies(ELMER) } })
  /** A request of hers whose answer never arrives. */
  const lost = async <Result>(act: (session: AnySession) => Promise<Result>) => made.browser().visit(ELMER, act, await copy())
  return { ...made, ada, copy, lost }
}

test('requests beside the one that makes up for a lost answer are served, and their changes saved', async () => {
  const { ada, clock, copy, lost, browser, types } = await signedIn({ store: delayed(memory()) })
  clock.now += DAY
  await lost(account)
  clock.now += 10 * MINUTE
  const before = await copy()
  const beside = Array.from({ length: 20 }, (_, i) =>
    browser().visit(
      ELMER,
      async (session) => {
        session.set(`key${i}`, i)
        await increase(session)
      },
      i === 0 ? {} : before,
    ),
  )
  beside[0] = ada.visit(ELMER, async (session) => {
    session.set('key0', 0)
    await increase(session)
  })
  const statuses = (await Promise.all(beside)).map(({ response }) => response.status)
  expect(statuses.every((status) => status === 200)).toBe(true)
  clock.now += 1
  expect(await ada.at(ELMER, async (session) => [await session.get('count'), Object.keys(await session.all()).length])).toEqual([20, 21])
  expect(types()).not.toContain('session.stolen')
})

test('what a slow request learned of the secret does not take the place of what was learned since', async () => {
  const { ada, clock, copy, lost, browser, types } = await signedIn({ lifetime: { rotateAfter: '1m' } })
  clock.now += MINUTE
  await ada.visit(ELMER, account)
  const slow = Promise.withResolvers<void>()
  const read = Promise.withResolvers<void>()
  const late = browser().visit(
    ELMER,
    async (session) => {
      await session.account()
      read.resolve()
      await slow.promise
    },
    await copy(),
  )
  await read.promise
  await ada.visit(ELMER, account)
  clock.now += MINUTE
  await lost(account)
  slow.resolve()
  expect((await late).response.status).toBe(200)
  expect(await ada.at(ELMER, account)).toBe('ada')
  expect(types()).not.toContain('session.stolen')
})

const ben = { id: 'ben', remember: true }
const LATE: Record<string, { act(session: AnySession): unknown; leaves: string | null }> = {
  'signs in again': { act: signIn, leaves: 'ada' },
  'signs somebody else in': { act: (session) => session.signIn({ id: 'eve', remember: true }), leaves: 'eve' },
  'adds an account': { act: (session) => session.addAccount({ id: 'eve', remember: true }), leaves: 'eve' },
  'removes an account': { act: (session) => session.removeAccount('ben'), leaves: 'ada' },
  'switches accounts': { act: (session) => session.switchAccount('ada'), leaves: 'ada' },
  'renews the session': { act: (session) => session.renew(), leaves: 'ben' },
  'changes a value': { act: (session) => session.set('late', true), leaves: 'ben' },
  'updates a value': { act: increase, leaves: 'ben' },
  'takes a flash': { act: (session) => session.flash('note'), leaves: 'ben' },
  'signs out': { act: (session) => session.signOut(), leaves: null },
  'ends all browsers': { act: (session) => session.endAllDevices(), leaves: null },
  'ends the others': { act: (session) => session.endOtherDevices(), leaves: 'ben' },
}

test.each(
  Object.keys(LATE).flatMap(
    (name) =>
      [
        [name, 'memory', memory],
        [name, 'a store that answers later', () => delayed(memory())],
      ] as const,
  ),
)('a request that was read before the secret was replaced, and then %s, does so: %s', async (name, _store, make) => {
  const { ada, clock, copy, browser, types } = await signedIn({ store: make() })
  await ada.visit(ELMER, (session) => session.addAccount(ben))
  await ada.visit(ELMER, (session) => session.flash('note', 'kept'))
  clock.now += DAY
  const read = Promise.withResolvers<void>()
  const replaced = Promise.withResolvers<void>()
  const late = browser().visit(
    ELMER,
    async (session) => {
      await session.account()
      read.resolve()
      await replaced.promise
      await LATE[name]!.act(session)
    },
    await copy(),
  )
  await read.promise
  await ada.visit(ELMER, account)
  expect(types().at(-1)).toBe('handle.rotated')
  replaced.resolve()
  const { response } = await late
  expect(response.status).toBe(200)
  for (const line of response.headers.getSetCookie()) await ada.jar.setCookie(line, ELMER)
  expect(await ada.at(ELMER, account)).toBe(LATE[name]!.leaves)
  clock.now += MINUTE
  expect(await ada.at(ELMER, account)).toBe(LATE[name]!.leaves)
  expect(types()).not.toContain('session.stolen')
})

test('an upload counts from when it came, however late the application asks who sent it', async () => {
  const { ada, clock, copy, browser, types } = await signedIn()
  clock.now += DAY
  const uploaded = Promise.withResolvers<void>()
  const upload = browser().visit(
    ELMER,
    async (session) => {
      await uploaded.promise
      session.set('uploaded', true)
      return account(session)
    },
    { method: 'POST', headers: { ...(await copy()).headers, 'sec-fetch-site': 'same-origin' } },
  )
  await ada.visit(ELMER, account)
  await ada.visit(ELMER, account)
  clock.now += 30 * MINUTE
  uploaded.resolve()
  const { result, response } = await upload
  expect([result, response.status]).toEqual(['ada', 200])
  expect(await ada.at(ELMER, (session) => session.get('uploaded'))).toBe(true)
  expect(types()).not.toContain('session.stolen')
})

test('an answer that takes minutes, and is overtaken by those of later requests, signs nobody out', async () => {
  const { ada, clock, copy, lost } = await signedIn()
  clock.now += DAY
  const { response } = await lost(account)
  for (let minute = 0; minute < 9; minute++) {
    clock.now += MINUTE
    expect(await ada.at(ELMER, account)).toBe('ada')
  }
  for (const line of response.headers.getSetCookie()) await ada.jar.setCookie(line, ELMER)
  expect((await copy()).headers.cookie).toBe(response.headers.getSetCookie()[0]!.split(';')[0])
  for (let day = 0; day < 3; day++) {
    expect(await ada.at(ELMER, account)).toBe('ada')
    clock.now += DAY
  }
})

test('a store that cannot write refuses no page that changes nothing, and the next visit replaces the secret', async () => {
  const { store, fail } = failing(memory())
  const { ada, clock, types } = await signedIn({ store })
  clock.now += DAY
  fail.set('update', new Error('read-only'))
  const page = await ada.visit(ELMER, account)
  expect([page.result, page.response.status, page.response.headers.getSetCookie()]).toEqual(['ada', 200, []])
  const change = await ada.visit(ELMER, (session) => session.set('theme', 'dark'))
  expect([change.response.status, change.response.headers.getSetCookie()]).toEqual([503, []])
  fail.clear()
  expect(await ada.at(ELMER, account)).toBe('ada')
  expect(types()).toContain('handle.rotated')
  fail.set('update', new Error('read-only'))
  expect((await ada.visit(ELMER, account)).response.status, 'nor the page that shows the new one first').toBe(200)
})

/** Then it is a record like any other, whoever wrote it. */
const isWhole = (left: unknown): boolean => {
  const { at, lost, seen } = (left ?? {}) as Record<string, unknown>
  return Number.isFinite(at) && Number.isFinite(lost) && (seen === null || Number.isFinite(seen))
}

test('what damage left of a replacement signs nobody in, is no theft, and costs nobody the session', async () => {
  const whole = { series: 'x', at: 1e15, before: 'x', seen: null, lost: 0 }
  const part = fc.oneof(fc.jsonValue(), fc.constantFrom(1e15, null, -1, 0, ''))
  const damaged = fc.oneof(
    fc.jsonValue(),
    fc.record(Object.fromEntries(Object.keys(whole).map((key) => [key, part]))),
    fc.constantFrom(...Object.keys(whole)).chain((key) => part.map((value) => ({ ...whole, [key]: value }))),
  )
  const { ada, clock, copy, browser, store, sessions, types } = await signedIn()
  clock.now += DAY
  const first = await copy()
  await ada.visit(ELMER, account)
  const [{ id }] = (await sessions.sessionsOf('ada')) as unknown as [{ id: SessionId }]
  const key = '\u0000rotation:elmer.acme.com'
  const read = await store.read(id, SCOPE)
  const stored = JSON.parse(
    read!
      .handle!.values.split('\n')
      .find((line) => line.includes('rotation'))!
      .replace(/^"[^"]*":/, ''),
  )
  await fc.assert(
    fc.asyncProperty(damaged, fc.boolean(), async (value, beside) => {
      const left =
        beside && typeof value === 'object' && value !== null
          ? { ...(value as object), series: stored.series, before: stored.before }
          : value
      fc.pre(!isWhole(left))
      const { handle } = (await store.read(id, SCOPE))!
      const changes = new Map([[key, JSON.stringify(left)]])
      await store.update(id, SCOPE, { place: 'handle', changes, seenAt: handle!.seenAt, expiresAt: handle!.expiresAt }, clock.now)
      const forged = { headers: { cookie: `__Host-sid=${id}.${'A'.repeat(43)}` } }
      const old = await browser().visit(ELMER, account, { headers: { ...first.headers } })
      const made = await browser().visit(ELMER, account, forged)
      const own = await ada.visit(ELMER, account)
      expect([old.response.status, made.result, made.response.status, own.result, own.response.status]).toEqual([
        200,
        null,
        200,
        'ada',
        200,
      ])
      expect(types()).not.toContain('session.stolen')
    }),
    { numRuns: 300 },
  )
})

test('a spoke that is given to another account beside the replacement serves both requests', async () => {
  const gates: (() => Promise<void>)[] = []
  const authorize = async ({ id }: { id: string }) => {
    await gates.shift()?.()
    return { id }
  }
  const { browser, clock, sessions, serve, events } = crossing.hubOf({ topology: { authorize } })
  await browser.post(`${crossing.HUB}/login?as=ben&remember`, {})
  await browser.post(`${crossing.HUB}/add?as=ada&remember`, {})
  expect(await crossing.whoAt(browser, `${crossing.ELMER}/`)).toBe('ada')
  clock.advance(DAY)
  await browser.post(`${crossing.HUB}/switch?as=ben`, {})
  const cookie = await browser.jar.getCookieString(crossing.ELMER)
  const asked = Promise.withResolvers<void>()
  const open = Promise.withResolvers<void>()
  gates.push(() => {
    asked.resolve()
    return open.promise
  })
  const late = serve(new Request(`${crossing.ELMER}/`, { headers: { cookie } }))
  await asked.promise
  expect(await crossing.whoAt(browser, `${crossing.ELMER}/`)).toBe('ben')
  expect(events.at(-1)).toMatchObject({ type: 'handle.rotated', scope: 'elmer.acme.example' })
  open.resolve()
  expect(await (await late).json()).toMatchObject({ id: 'ben' })
  expect(await sessions.sessionsOf('ben')).toHaveLength(1)
})
