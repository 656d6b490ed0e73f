import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { constantTimeEqual, hashSecret, mintHandle, readCookieValue, writeCookieValue } from '../../packages/landbridge/src/core/handle.ts'

test('ids have 128 and secrets 256 bits, none comes twice, and every position is random', () => {
  const minted = Array.from({ length: 2000 }, mintHandle) // more than the pool of random bytes holds
  expect(new Set(minted.map(({ id }) => id)).size).toBe(2000)
  expect(new Set(minted.map(({ secret }) => secret)).size).toBe(2000)
  for (const { id, secret } of minted)
    expect([Buffer.from(id, 'base64url').length, Buffer.from(secret, 'base64url').length]).toEqual([16, 32])
  for (let i = 0; i < 42; i++) expect(new Set(minted.map(({ secret }) => secret[i])).size).toBeGreaterThan(50)
})

test('a cookie value is read back as it was written', () => {
  const handle = mintHandle()
  expect(readCookieValue(writeCookieValue(handle))).toEqual(handle)
})

test('any other text is no cookie value, and none makes it throw', () => {
  const value = writeCookieValue(mintHandle())
  const odd = [
    '',
    '.',
    value.slice(1),
    `${value}A`,
    `${value}\n`,
    ` ${value}`,
    value.replace('.', '-'),
    value.replace('.', '..').slice(0, 66),
  ]
  for (const text of [...odd, value.replace(/.$/, '='), value.replace(/^./, 'é'), value.toUpperCase().replace('.', '\0')]) {
    expect(readCookieValue(text)).toBe(null)
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 70 }), fc.string({ minLength: 66, maxLength: 66 }), (a, b) => {
      for (const text of [a, b]) expect(readCookieValue(text) === null || /^[\w-]{22}\.[\w-]{43}$/.test(text)).toBe(true)
    }),
  )
})

test('the hash is SHA-256 of the text, so two spellings of the same bits are two secrets', () => {
  const { secret } = mintHandle()
  expect(hashSecret(secret)).toBe(createHash('sha256').update(secret).digest('base64url'))
})

test('constantTimeEqual agrees with ===', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      expect([constantTimeEqual(a, b), constantTimeEqual(a, a)]).toEqual([a === b, true])
    }),
  )
})
