// What a request may cost, counted: store calls, hashes, JSON work. The figures in microseconds are in bench/RESULTS.md.
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { createSessions } from 'landbridge'
import type { Session, Sessions, Store } from 'landbridge'
import { memory } from 'landbridge/memory'
import { afterEach, expect, test, vi } from 'vitest'

interface Data {
  user: string
  pad: string
}

/** A store that forwards to memory and notes which methods were called. */
function counted(): { store: Store; calls: string[] } {
  const calls: string[] = []
  const store = new Proxy(memory(), {
    get(target, name: keyof Store) {
      const method = target[name]
      if (typeof method !== 'function') return method
      return (...args: never[]) => {
        calls.push(name)
        return (method as (...all: never[]) => unknown)(...args)
      }
    },
  })
  return { store, calls }
}

const url = 'http://app.acme.localhost/'

async function visit(sessions: Sessions<Data>, cookie: string, use: (session: Session<Data>) => unknown): Promise<Response> {
  return sessions.handle(new Request(url, { headers: { cookie } }), async (session) => {
    await use(session)
    return new Response('ok')
  })
}

async function signedIn(pad: string) {
  const { store, calls } = counted()
  const sessions = createSessions<Data>({ topology: { kind: 'isolated', hosts: ['*.acme.localhost'] }, store })
  const response = await visit(sessions, '', async (session) => {
    await session.signIn({ id: 'ann' })
    session.set('user', 'Ann')
    session.set('pad', pad)
  })
  calls.length = 0
  return { sessions, calls, cookie: response.headers.getSetCookie()[0]!.split(';')[0]! }
}

afterEach(() => {
  vi.restoreAllMocks()
  syncBuiltinESMExports()
})

test('a request that leaves the session alone calls no store method and sets no header, with a cookie and without', async () => {
  const { sessions, calls, cookie } = await signedIn('x')
  for (const presented of [cookie, '']) {
    const response = await visit(sessions, presented, () => undefined)
    expect([...response.headers.keys()].filter((name) => name !== 'content-type')).toEqual([])
  }
  expect(calls).toEqual([])
})

test('a read makes one store call and one hash, however many values it asks for', async () => {
  const { sessions, calls, cookie } = await signedIn('x'.repeat(2000))
  const hash = vi.spyOn(crypto, 'hash')
  const hmac = vi.spyOn(crypto, 'createHmac')
  syncBuiltinESMExports()
  await visit(sessions, cookie, async (session) => {
    expect(await session.account()).toMatchObject({ id: 'ann' })
    expect(await session.get('user')).toBe('Ann')
    expect(await session.get('user')).toBe('Ann')
  })
  expect(calls).toEqual(['read'])
  expect(hash).toHaveBeenCalledTimes(1)
  expect(hmac).not.toHaveBeenCalled()
})

test('a read of one key parses that value alone and writes none of the session as JSON', async () => {
  const { sessions, cookie } = await signedIn('x'.repeat(2000))
  const parse = vi.spyOn(JSON, 'parse')
  const stringify = vi.spyOn(JSON, 'stringify')
  await visit(sessions, cookie, (session) => session.get('user'))
  expect(parse.mock.calls).toEqual([['"Ann"']])
  expect(stringify).not.toHaveBeenCalled()
})

test('a change makes one read and one write', async () => {
  const { sessions, calls, cookie } = await signedIn('x')
  await visit(sessions, cookie, (session) => {
    session.set('user', 'Bea')
    session.unset('pad')
  })
  expect(calls).toEqual(['read', 'update'])
})

test('a forged cookie costs one store call and one hash at most, like a good one', async () => {
  const { sessions, calls, cookie } = await signedIn('x')
  const [, id] = /=(.{22})\./.exec(cookie)!
  const hash = vi.spyOn(crypto, 'hash')
  syncBuiltinESMExports()
  const forged = [`__Host-sid=${'A'.repeat(22)}.${'A'.repeat(43)}`, `__Host-sid=${id}`, '__Host-sid=', `__Host-sid=${'x'.repeat(4000)}`]
  for (const value of forged) {
    calls.length = 0
    hash.mockClear()
    await visit(sessions, value, async (session) => expect(await session.account()).toBeNull())
    expect(calls.length).toBeLessThanOrEqual(1)
    expect(hash.mock.calls.length).toBeLessThanOrEqual(1)
  }
})

test('a remembered visitor costs one store call and one hash like any other, before and after his secret was replaced', async () => {
  const { store, calls } = counted()
  const time = { now: Date.now() }
  const hosts = ['*.acme.localhost']
  const sessions = createSessions<Data>({ topology: { kind: 'isolated', hosts }, store, clock: () => time.now, authHash: () => 'hash' })
  const cookieOf = (response: Response) => response.headers.getSetCookie()[0]!.split(';')[0]!
  const first = cookieOf(await visit(sessions, '', (session) => session.signIn({ id: 'ann', remember: true })))
  const costs = async (cookie: string) => {
    // The answer about her password is known.
    await visit(sessions, cookie, (session) => session.account())
    calls.length = 0
    const hash = vi.spyOn(crypto, 'hash')
    syncBuiltinESMExports()
    await visit(sessions, cookie, async (session) => expect(await session.account()).toMatchObject({ id: 'ann' }))
    const hashes = hash.mock.calls.length
    vi.restoreAllMocks()
    syncBuiltinESMExports()
    return { calls: [...calls], hashes }
  }
  expect(await costs(first)).toEqual({ calls: ['read'], hashes: 1 })
  time.now += 24 * 3_600_000
  const second = cookieOf(await visit(sessions, first, (session) => session.account()))
  expect(await costs(second)).toEqual({ calls: ['read'], hashes: 1 })
})
