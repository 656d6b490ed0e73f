import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDuration } from '../../packages/landbridge/src/core/lifetime.ts'
import { ELMER, MINUTE, START, world } from './support.ts'

describe('durations', () => {
  test('a number counts milliseconds, a text has one of four units', () => {
    const unit = fc.constantFrom(['s', 1000], ['m', 60_000], ['h', 3_600_000], ['d', 86_400_000]) as fc.Arbitrary<[string, number]>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 0, max: 999 }), unit, (whole, thousandths, [name, ms]) => {
        expect(parseDuration(whole)).toBe(whole)
        expect(parseDuration(`${whole}${name}`)).toBe(whole * ms)
        const exact = whole * ms + (thousandths * ms) / 1000
        const parsed = parseDuration(`${whole}.${String(thousandths).padStart(3, '0')}${name}`)!
        expect(Math.abs(parsed - exact)).toBeLessThanOrEqual(1)
        expect(Number.isInteger(parsed)).toBe(true)
      }),
    )
  })

  test('anything else is none', () => {
    const odd = [
      '',
      '0s',
      '0.0001s',
      '-1m',
      '+1m',
      '1',
      '1ms',
      '1w',
      '1y',
      '1M',
      ' 1m',
      '1m ',
      '1 m',
      '1m\n',
      '1h30m',
      '.5h',
      '5.h',
      '1,5h',
      '1e3s',
      '0x1s',
      '١m',
      'm',
    ]
    const values = [...odd, 0, 0.5, -1, Number.NaN, Infinity, -Infinity, null, undefined, true, [5], {}, 5n]
    expect(values.filter((value) => parseDuration(value) !== null)).toEqual([])
    expect([parseDuration(1.9), parseDuration('1.9s'), parseDuration('08m')]).toEqual([1, 1900, 8 * MINUTE])
  })

  test('no text makes it throw, and none gives anything but a positive number', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('1', '0', '.', 's', 'm', 'e', '-') })), (text) => {
        expect(parseDuration(text) ?? 1).toBeGreaterThanOrEqual(1)
      }),
    )
  })
})

// On purpose unlike Django 37, which accepts at exactly max_age: at expiresAt a session is expired.
describe('the end of a session', () => {
  const signedIn = async (lifetime: { idle: number; absolute: number }) => {
    const all = world({ lifetime })
    const browser = all.browser()
    await browser.at(ELMER, async (session) => {
      session.set('a', 1)
      await session.signIn({ id: 'elmer' })
    })
    const alive = async () => (await browser.at(ELMER, (session) => session.get('a'))) === 1
    return { ...all, browser, alive }
  }

  test('comes at exactly its idle lifetime after the last recorded visit', async () => {
    const { clock, alive, events } = await signedIn({ idle: 1000, absolute: 100_000 })
    clock.now += 999
    expect(await alive()).toBe(true)
    clock.now += 999
    expect(await alive()).toBe(true)
    clock.now += 1000
    expect(await alive()).toBe(false)
    expect(events.at(-1)).toMatchObject({ type: 'cookie.refused', reason: 'expired' })
  })

  test('comes at exactly its absolute lifetime, however often it is visited', async () => {
    const { clock, alive, browser } = await signedIn({ idle: 1000, absolute: 3000 })
    for (let i = 0; i < 5; i++) {
      clock.now = START + i * 500
      expect(await alive()).toBe(true)
    }
    clock.now = START + 2500
    await browser.at(ELMER, (session) => session.set('b', 1))
    expect(await browser.at(ELMER, (session) => session.expiresAt())).toBe(START + 3000)
    clock.now = START + 2999
    expect(await alive()).toBe(true)
    clock.now = START + 3000
    expect(await alive()).toBe(false)
  })

  test('a save in the very millisecond of the end is refused; a moment before it is not', async () => {
    for (const [late, status] of [
      [0, 409],
      [1, 200],
    ] as const) {
      const { clock, browser } = await signedIn({ idle: 1000, absolute: 100_000 })
      clock.now += 999
      const { response } = await browser.visit(ELMER, async (session) => {
        await session.get('a')
        clock.now += 1 - late
        session.set('a', 2)
      })
      expect(response.status).toBe(status)
    }
  })

  test('is not moved by a renewal, and starts anew with a sign-in', async () => {
    const { clock, browser } = await signedIn({ idle: 3000, absolute: 3000 })
    const end = () => browser.at(ELMER, (session) => session.expiresAt())
    clock.now = START + 1000
    await browser.at(ELMER, (session) => session.renew())
    expect(await end()).toBe(START + 3000)
    await browser.at(ELMER, async (session) => {
      await session.signIn({ id: 'elmer' })
      expect(await session.expiresAt()).toBe(START + 4000)
    })
    expect(await end()).toBe(START + 4000)
  })

  test('an expired session comes back by no change: the next one is new and empty (33)', async () => {
    const { clock, browser, sessions } = await signedIn({ idle: 1000, absolute: 3000 })
    const before = await browser.cookies(ELMER)
    clock.now += 3000
    expect(await sessions.sessionsOf('elmer')).toEqual([])
    await browser.at(ELMER, (session) => session.set('b', 1))
    expect(await browser.cookies(ELMER)).not.toBe(before)
    expect(await browser.at(ELMER, (session) => session.all())).toEqual({ b: 1 })
  })
})

test('a visit is recorded once in a tenth of the idle lifetime, and moves the end', async () => {
  const { browser: open, calls, clock } = world({ lifetime: { idle: 10_000, absolute: 100_000 } })
  const browser = open()
  await browser.at(ELMER, (session) => session.set('a', 1))
  const visit = async (at: number) => {
    clock.now = START + at
    calls.length = 0
    const { response } = await browser.visit(ELMER, (session) => session.get('a'))
    expect(response.headers.getSetCookie()).toEqual([])
    return calls.join()
  }
  expect(await visit(0)).toBe('read')
  expect(await visit(999)).toBe('read')
  expect(await visit(1000)).toBe('read,update')
  expect(await visit(1001)).toBe('read')
  expect(await visit(1999)).toBe('read')
  expect(await browser.at(ELMER, (session) => session.expiresAt())).toBe(START + 11_000)
  expect(await visit(2000)).toBe('read,update')
})

test('a recorded visit to a session that just ended elsewhere is no error, and revives nothing', async () => {
  const { browser: open, clock, sessions } = world()
  const browser = open()
  await browser.at(ELMER, (session) => session.set('a', 1))
  clock.now += 5 * MINUTE
  const { response } = await browser.visit(ELMER, async (session) => {
    await session.get('a')
    await sessions.revoke(session.id!)
  })
  expect(response.status).toBe(200)
  expect(await browser.at(ELMER, (session) => session.get('a'))).toBe(undefined)
})
