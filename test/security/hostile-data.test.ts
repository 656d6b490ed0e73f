/**
 * Attack 35: `__proto__`, `constructor`, huge, deeply nested, non-UTF-8 session data: stored as data or refused with a code; nothing
 * polluted.
 */
import fc from 'fast-check'
import type { Session } from 'landbridge'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Data } from '../support/adapters.ts'
import { sessionCookie, webAnswer, webRequest } from '../support/client.ts'
import { makeSessions } from '../support/launch.ts'
import { STORES } from '../support/stores.ts'

const KEYS = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '__defineGetter__', 'valueOf', 'then', 'length', '0']
const ODD = [
  '\n"admin":true',
  '"',
  '\\',
  '\\"',
  'a\u0000b',
  '\ud800',
  '\udfff',
  '\u2028',
  '\ufeff',
  '💣',
  ':',
  ' ',
  "'; DROP TABLE session; --",
]

describe.each(STORES)('over $name', ({ make }) => {
  const start = () => {
    const { store, remove } = make()
    onTestFinished(remove)
    const { sessions, events } = makeSessions(store)
    let cookie: string | undefined
    /** One request of the same browser. */
    const request = async <Result>(act: (session: Session<Data>) => Result | Promise<Result>): Promise<Result> => {
      let result!: Result
      const response = await sessions.handle(webRequest('/', { cookie }), async (session) => {
        result = await act(session)
        return new Response()
      })
      if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`)
      cookie = sessionCookie(webAnswer(response)) ?? cookie
      return result
    }
    return { request, events }
  }
  const clean = (): void => {
    expect(Object.getOwnPropertyNames(Object.prototype).length).toBe(12)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  }

  test.each([...KEYS, ...ODD])('the key %j is a key like any other', async (key) => {
    const { request } = start()
    const value = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as object
    await request((session) => {
      session.set(key, value)
      session.set('other', 1)
      session.flash(key, value)
    })
    await request(async (session) => {
      const [stored, all, flashed] = [await session.get(key), await session.all(), await session.flash(key)]
      for (const each of [stored, flashed, Object.getOwnPropertyDescriptor(all, key)?.value]) {
        expect(JSON.stringify(each)).toBe(JSON.stringify(value))
      }
      expect(Object.keys(all).sort()).toEqual([key, 'other'].sort())
      expect(Object.getPrototypeOf(all)).toBe(Object.prototype)
    })
    expect(await request((session) => session.update(key, () => 'changed'))).toBe('changed')
    await request((session) => session.unset(key))
    expect(await request(async (session) => [await session.get(key), await session.get('other'), await session.flash(key)])).toEqual([
      undefined,
      1,
      undefined,
    ])
    clean()
  })

  test('a key that nobody set is absent, whatever objects inherit', async () => {
    const { request } = start()
    await request((session) => session.set('theme', 'dark'))
    for (const key of KEYS) expect(await request((session) => session.get(key))).toBeUndefined()
    expect(await request((session) => session.all())).toEqual({ theme: 'dark' })
  })

  test('any JSON under any keys comes back as it was, and disturbs no other key', async () => {
    const anyKey = fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }), fc.constantFrom(...KEYS, ...ODD))
    const key = anyKey.filter((each) => !each.startsWith('\u0000'))
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.tuple(key, fc.jsonValue()), { selector: ([each]) => each, maxLength: 6 }), async (entries) => {
        const { request } = start()
        for (const [each, value] of entries) await request((session) => session.set(each, value))
        for (const [each, value] of entries) {
          const stored: unknown = await request((session) => session.get(each))
          expect(JSON.stringify(stored)).toBe(JSON.stringify(value))
        }
        clean()
      }),
      { numRuns: 30 },
    )
  })

  const cycle: unknown[] = []
  cycle.push(cycle)
  const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
  test.each([
    ['a cycle', cycle, 'ERR_VALUE_NOT_SERIALIZABLE'],
    ['a BigInt', 7n, 'ERR_VALUE_NOT_SERIALIZABLE'],
    ['a function', () => 1, 'ERR_VALUE_NOT_SERIALIZABLE'],
    ['a symbol', Symbol('x'), 'ERR_VALUE_NOT_SERIALIZABLE'],
    ['undefined', undefined, 'ERR_VALUE_NOT_SERIALIZABLE'],
    ['a toJSON that throws', { toJSON: () => fail() }, 'ERR_VALUE_NOT_SERIALIZABLE'],
    ['70,000 characters', 'x'.repeat(70_000), 'ERR_VALUES_TOO_LARGE'],
    ['40,000 control characters', '\u0001'.repeat(40_000), 'ERR_VALUES_TOO_LARGE'],
    ['arrays nested 100,000 deep', deep(100_000), /ERR_VALUES_TOO_LARGE|ERR_VALUE_NOT_SERIALIZABLE/],
  ])('%s is refused with a code, and nothing is stored', async (_, value, code) => {
    const { request } = start()
    for (const act of [
      (session: Session<Data>) => session.set('key', value),
      (session: Session<Data>) => session.flash('key', value),
      (session: Session<Data>) => session.update('key', () => value),
    ]) {
      await expect(request(act)).rejects.toMatchObject({ code: expect.stringMatching(code) })
    }
    expect(await request((session) => session.get('key'))).toBeUndefined()
  })

  test('arrays nested 1,000 deep come back as they were', async () => {
    const { request } = start()
    await request((session) => session.set('key', nested(1000)))
    expect(JSON.stringify(await request((session) => session.get('key')))).toBe('['.repeat(1000) + ']'.repeat(1000))
  })

  test.each(['', 'x'.repeat(257), '\u0000flash:key', 7, null, undefined, {}])('the key %j is refused with a code', async (key) => {
    const { request } = start()
    await expect(request((session) => session.set(key as string, 1))).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' })
    await expect(request((session) => session.unset(key as string))).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' })
    await expect(request((session) => session.update(key as string, () => 1))).rejects.toMatchObject({ code: 'ERR_KEY_INVALID' })
  })

  test.each(['', 'x'.repeat(257), 7, 7n, null, undefined, {}, cycle, Symbol('x')])(
    'an account id of the wrong kind is refused with a code',
    async (id) => {
      const { request } = start()
      await expect(request((session) => session.signIn({ id: id as string }))).rejects.toMatchObject({ code: 'ERR_ACCOUNT_INVALID' })
    },
  )
})

function deep(depth: number): unknown {
  let value: unknown = 0
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

function fail(): never {
  throw new Error('no JSON of this')
}
