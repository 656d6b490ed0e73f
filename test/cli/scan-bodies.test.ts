// How answers are held against each other: what varies by itself is told from what a cookie changes.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { madeUp } from '../../packages/landbridge/src/cli/scan/made-up.ts'
import { changes, fits, likeness, patternOf, tokensOf } from '../../packages/landbridge/src/cli/scan/tokens.ts'

const page = (who: string, nonce: string, time = '12:00:01') =>
  tokensOf(`<html><script nonce="${nonce}"></script><p>It is ${time}.</p><main>${who}</main><footer>All rights reserved</footer></html>`)
const STRANGER = '<a href="/login">Sign in</a>'

describe('A page that a stranger gets twice', () => {
  const pattern = patternOf(page(STRANGER, 'k3J9/a+q=='), page(STRANGER, 'Zz0+Lm', '12:00:02'))

  test('is the same page with a third nonce and a third time', () => {
    expect(fits(pattern, page(STRANGER, 'p/0+00-a', '12:00:07'))).toBe(true)
  })

  test.each(['Hello ann <a href="/out">Sign out</a>', '<a href="/login">Sign in</a> Wrong host', ''])('is another page with %j', (who) => {
    expect(fits(pattern, page(who, 'aaaa'))).toBe(false)
  })

  test('may not hide a page of its own where the nonce was', () => {
    expect(fits(pattern, page(STRANGER, `x"></script>${'<p>Hello ann</p>'.repeat(20)}<script a="`))).toBe(false)
  })
})

const token = fc.constantFrom('a', 'b', 'c', '<', 'hello', '1', '2')
const tokens = fc.array(token, { maxLength: 60 })

test('both answers fit what they have in common', () => {
  fc.assert(
    fc.property(tokens, tokens, (one, other) => {
      const pattern = patternOf(one, other)
      return fits(pattern, one) && fits(pattern, other)
    }),
    { numRuns: 3000 },
  )
})

test('where nothing varies, that answer alone fits', () => {
  fc.assert(
    fc.property(tokens, tokens, (one, other) => fits(patternOf(one, one), other) === (JSON.stringify(one) === JSON.stringify(other))),
  )
})

test('a word in the middle of what is always the same is seen, however much varies elsewhere', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(fc.stringMatching(/^\d{1,8}$/), { minLength: 3, maxLength: 3 }), (at, nonces) => {
      const fixed = Array.from({ length: 40 }, (_, i) => `word${i}`)
      const [one, other, third] = nonces.map((nonce) => [...fixed.slice(0, 20), `n${nonce}`, ...fixed.slice(20)])
      const place = 1 + (at % 18)
      const changed = [...third!.slice(0, place), 'intruder', ...third!.slice(place)]
      const pattern = patternOf(one!, other!)
      expect(fits(pattern, third!)).toBe(one![20] !== other![20] || third![20] === one![20])
      expect(fits(pattern, changed)).toBe(false)
    }),
  )
})

test('hostile texts of half a megabyte take no longer than others', () => {
  const many = (length: number, text: (i: number) => string) => Array.from({ length }, (_, i) => text(i))
  const [same, saw, random] = [
    many(250_000, () => 'a'),
    many(250_000, (i) => (i % 7 === 0 ? 'b' : 'a')),
    many(250_000, () => String(Math.random())),
  ]
  const began = performance.now()
  for (const one of [same, saw, random]) for (const other of [same, saw, random]) fits(patternOf(one, [...other, 'b']), [...same, 'b'])
  expect(performance.now() - began).toBeLessThan(10_000)
})

test('the same step is told by the words that came and went, not by numbers', () => {
  const [before, after] = [tokensOf('Sign in now 123'), tokensOf('Hello ann Sign out now 456')]
  expect([...changes(before, after)].sort()).toEqual(['+Hello', '+ann', '+out', '-in'])
  expect(likeness(changes(before, after), changes(tokensOf('B Sign in'), tokensOf('B Hello ann Sign out')))).toBe(1)
  expect(likeness(changes(before, after), changes(before, tokensOf('Forbidden')))).toBeLessThan(0.5)
  expect(likeness(new Set(), new Set())).toBe(0)
})

test('a made-up value has the shape of the real one, and is never it', () => {
  const pieces = fc.array(fc.stringMatching(/^(?:%3A|[A-Za-z0-9.:_-])$/), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(pieces, (all) => {
      const value = all.join('')
      const made = madeUp(value)
      expect(made).not.toBe(value)
      const shape = (text: string) =>
        text
          .replace(/%[0-9a-f]{2}/gi, '%')
          .replace(/[a-z]/g, 'a')
          .replace(/[A-Z]/g, 'A')
          .replace(/\d/g, '0')
      expect(shape(made).startsWith(shape(value))).toBe(true)
    }),
  )
  expect(madeUp('s%3AabcDEF0123456789abcdef01234.xy')).toMatch(/^s%3A[a-z]{3}[A-Z]{3}\d{10}[a-z]{6}\d{5}\.[a-z]{2}$/)
  expect(madeUp('0f3c9b1e7a5d2846f1c0b3a59e7d8642')).toMatch(/^[0-9a-f]{32}$/)
  // A short one could be somebody else's.
  expect(madeUp('17').length).toBeGreaterThan(20)
})
