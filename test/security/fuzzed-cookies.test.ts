/**
 * Bad cookies of every kind never throw, never bring a secret into an event, an error, a warning or a response, and cost no more
 * than a bounded number of reads: one for a single cookie, at most eight for many.
 */
import { inspect } from 'node:util'
import fc from 'fast-check'
import type { SessionEvent } from 'landbridge'
import { createSessions } from 'landbridge'
import { expect, onTestFinished, test } from 'vitest'
import { secretOf, sessionCookie, webAnswer, webRequest } from '../support/client.ts'
import { ISOLATED } from '../support/launch.ts'
import { Watched } from '../support/stores.ts'
import { nodeRequest } from '../support/visitor.ts'

const BASE64URL = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
const text = (length: number) => fc.string({ unit: fc.constantFrom(...BASE64URL), minLength: length, maxLength: length })

/** Everything that is said while a test runs. */
async function setUp() {
  const said: unknown[] = []
  const warn = (warning: Error): void => void said.push(warning)
  process.on('warning', warn)
  onTestFinished(() => void process.off('warning', warn))
  const watched = new Watched()
  const sessions = createSessions({ topology: ISOLATED, store: watched.store, onEvent: (event: SessionEvent) => said.push(event) })
  onTestFinished(() => sessions.close())
  const signIn = (host: string) =>
    sessions.handle(webRequest('/', { host }), async (session) => {
      await session.signIn({ id: 'elmer' })
      session.set('theme', 'dark')
      return new Response()
    })
  const live = sessionCookie(webAnswer(await signIn('elmer.acme.localhost')))!
  const other = sessionCookie(webAnswer(await signIn('alice.acme.localhost')))!

  /** Serves one request with this cookie header; `null` where the platform cannot even hold such a header. */
  const serve = async (cookie: string) => {
    said.length = 0
    watched.calls.length = 0
    const exchange = await sessions.open(nodeRequest('elmer.acme.localhost', { cookie }))
    if (exchange.kind === 'reply') throw new Error('refused')
    const { session } = exchange
    const account = await session.account()
    await session.get('theme')
    const headers = new Headers()
    await exchange.commit(headers)
    await new Promise(setImmediate)
    const reads = watched.calls.filter((each) => each === 'read').length
    const others = watched.calls.filter((each) => each !== 'read')
    return { account: account?.id ?? null, id: session.id, reads, others, said: inspect([said, [...headers]], { depth: 10 }) }
  }
  return { serve, live, other }
}

test('any text as a cookie header is nobody, throws nothing and costs at most eight reads', async () => {
  const { serve } = await setUp()
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.constantFrom('__Host-sid=', '__Host-sid', ';', '; ', '=', '.', '"', '\u0000', '\r\n', ',', '%', '__Secure-sid='),
    text(22),
    text(43),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
      const { account, reads, others } = await serve(pieces.join(''))
      expect([account, others]).toEqual([null, []])
      expect(reads).toBeLessThanOrEqual(8)
    }),
    { numRuns: 1000 },
  )
})

test('forged cookies of the right form cost one read each, eight at most, and their secrets are never told', async () => {
  const { serve, live, other } = await setUp()
  const id = fc.oneof(
    text(22),
    fc.constantFrom(live, other).map((cookie) => cookie.split('=')[1]!.split('.')[0]!),
  )
  const secret = fc.oneof({ weight: 5, arbitrary: text(43) }, { weight: 1, arbitrary: fc.constant(secretOf(other)) })
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.tuple(id, secret), { minLength: 1, maxLength: 20 }), async (forged) => {
      const cookies = forged.map(([each, key]) => `__Host-sid=${each}.${key}`)
      const { account, reads, others, said } = await serve(cookies.join('; '))
      expect(account).toBeNull()
      expect(reads).toBe(Math.min(8, new Set(cookies).size))
      expect(others.every((each) => each === 'handlesOf') && others.length <= reads).toBe(true)
      for (const [, key] of forged) expect(said).not.toContain(key)
    }),
    { numRuns: 500 },
  )
})

test('the right cookie among broken copies of itself is found, and no secret is told', async () => {
  const { serve, live } = await setUp()
  const value = live.slice('__Host-sid='.length)
  const at = fc.nat({ max: value.length - 1 })
  const broken = fc.oneof(
    at.map((i) => value.slice(0, i)),
    at.map((i) => value.slice(i + 1)),
    fc.tuple(at, fc.string({ unit: 'binary', minLength: 1, maxLength: 3 })).map(([i, bad]) => value.slice(0, i) + bad + value.slice(i + 1)),
    fc.tuple(at, fc.constantFrom(...BASE64URL)).map(([i, bad]) => value.slice(0, i) + bad + value.slice(i + 1)),
  )
  const apart = broken.filter((each) => !each.includes(';') && each.replace(/^[ \t]+|[ \t]+$/g, '') !== value)
  await fc.assert(
    fc.asyncProperty(fc.array(apart, { maxLength: 6 }), fc.nat(6), async (copies, place) => {
      const values = [...copies]
      values.splice(place, 0, value)
      const { account, id, said } = await serve(values.map((each) => `__Host-sid=${each}`).join('; '))
      expect([account, id]).toEqual(['elmer', value.slice(0, 22)])
      for (const each of values) if (each.length > 40) expect(said).not.toContain(each.slice(-40))
    }),
    { numRuns: 500 },
  )
})

test.each(['read', 'update'] as const)('a store that fails at %s tells no secret either', async (method) => {
  const said: unknown[] = []
  const watched = new Watched()
  let now = Date.now()
  const sessions = createSessions({
    topology: ISOLATED,
    store: watched.store,
    clock: () => now,
    onEvent: (event: SessionEvent) => said.push(event),
  })
  onTestFinished(() => sessions.close())
  const change = (cookie?: string) =>
    sessions.handle(webRequest('/', { cookie }), (session) => {
      session.set('theme', 'dark')
      return new Response()
    })
  const cookie = sessionCookie(webAnswer(await change()))!
  now += 1000
  watched.fail(method)
  const response = await change(cookie)
  expect(response.status).toBe(503)
  expect(said.some((event) => (event as SessionEvent).type === 'store.failed')).toBe(true)
  expect(inspect([said, [...response.headers], await response.text()], { depth: 10, showHidden: true })).not.toContain(secretOf(cookie))
})
