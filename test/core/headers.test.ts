import { expect, test } from 'vitest'
import { sendCookies, varyWithCookie } from '../../packages/landbridge/src/core/headers.ts'

test.each([
  [null, 'Cookie'],
  ['Accept', 'Accept, Cookie'],
  ['Accept-Encoding, Origin', 'Accept-Encoding, Origin, Cookie'],
  ['X-Cookie', 'X-Cookie, Cookie'],
  ['Cookie-2', 'Cookie-2, Cookie'],
  ['cookie', 'cookie'],
  ['Origin , COOKIE,Accept', 'Origin , COOKIE,Accept'],
  ['*', '*'],
])('Vary: %s becomes %s', (before, after) => {
  expect(varyWithCookie(before)).toBe(after)
  expect(varyWithCookie(after)).toBe(after)
})

test.each([
  [null, 'private, no-store'],
  ['public, max-age=3600', 'private, no-store'],
  ['s-maxage=60', 'private, no-store'],
  ['no-cache', 'private, no-store'],
  ['public, x-private', 'private, no-store'],
  ['private, max-age=60', 'private, max-age=60'],
  ['max-age=0,NO-STORE', 'max-age=0,NO-STORE'],
  ['public, max-age=60, private="x-name"', 'private, no-store'],
])('Cache-Control: %s becomes %s where a session cookie is set, and stays where none is', (before, after) => {
  const headers = new Headers(before === null ? {} : { 'cache-control': before })
  sendCookies(headers, [])
  expect(headers.get('cache-control')).toBe(before)
  sendCookies(headers, ['a=1', 'b=2'])
  expect([headers.get('cache-control'), headers.getSetCookie()]).toEqual([after, ['a=1', 'b=2']])
})

test('cookies of the application stay beside those of the session', () => {
  const headers = new Headers({ 'set-cookie': 'theme=dark' })
  sendCookies(headers, ['__Host-sid=x'])
  expect(headers.getSetCookie()).toEqual(['theme=dark', '__Host-sid=x'])
})

test.each([
  'CDN-Cache-Control',
  'Cloudflare-CDN-Cache-Control',
  'Netlify-CDN-Cache-Control',
  'Vercel-CDN-Cache-Control',
  'Surrogate-Control',
])('%s forbids storing, too, where a session cookie is set, and stays where none is', (name) => {
  const headers = new Headers({ [name]: 'max-age=600', 'cache-control': 'private' })
  sendCookies(headers, [])
  expect(headers.get(name)).toBe('max-age=600')
  sendCookies(headers, ['a=1'])
  expect(headers.get(name)).toBe('no-store')
  const plain = new Headers()
  sendCookies(plain, ['a=1'])
  expect(plain.has(name)).toBe(false)
})
