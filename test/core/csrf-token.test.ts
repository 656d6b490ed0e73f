import fc from 'fast-check'
import { expect, test } from 'vitest'
import { makeCsrfToken, verifyCsrfToken } from '../../packages/landbridge/src/core/csrf-token.ts'
import { mintHandle } from '../../packages/landbridge/src/core/handle.ts'
import type { Scope } from '../../packages/landbridge/src/core/types.ts'

const scope = 'app.example.com' as Scope
const { secret } = mintHandle()

test('a token is good for its own secret and scope, and for no other (70)', () => {
  const token = makeCsrfToken(secret, scope)
  expect(verifyCsrfToken(token, secret, scope)).toBe(true)
  expect(verifyCsrfToken(token, mintHandle().secret, scope)).toBe(false)
  expect(verifyCsrfToken(token, secret, 'www.example.com' as Scope)).toBe(false)
})

test('each one is masked anew and says nothing of the secret (68)', () => {
  const tokens = Array.from({ length: 200 }, () => makeCsrfToken(secret, scope))
  expect(new Set(tokens).size).toBe(200)
  // Under a fresh pad every position takes many values; a constant one would show to whoever compares pages.
  for (let i = 0; i < 85; i++) expect(new Set(tokens.map((token) => token[i])).size).toBeGreaterThan(10)
  expect(tokens.some((token) => token.includes(secret))).toBe(false)
})

test('one changed bit of pad or mask is refused', () => {
  fc.assert(
    fc.property(fc.nat(64 * 8 - 1), (bit) => {
      const bytes = Buffer.from(makeCsrfToken(secret, scope), 'base64url')
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      expect(verifyCsrfToken(bytes.toString('base64url'), secret, scope)).toBe(false)
    }),
  )
})

test('any other text or value is refused without an exception (65, 69)', () => {
  const values: unknown[] = [undefined, null, 5, {}, [], '', 'x'.repeat(86), 'é'.repeat(86), '='.repeat(86), 'x'.repeat(1e6)]
  for (const value of values) expect(verifyCsrfToken(value as string, secret, scope)).toBe(false)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 80, maxLength: 90 }), (text) => {
      expect(verifyCsrfToken(text, secret, scope)).toBe(false)
    }),
  )
})
