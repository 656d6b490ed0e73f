// What is wrong with one cookie on the open network: no server of the loopback can show it, where Secure cookies work without TLS.
import { expect, test } from 'vitest'
import type { Answer } from '../../packages/landbridge/src/cli/scan/client.ts'
import { checkCookie } from '../../packages/landbridge/src/cli/scan/cookie-checks.ts'
import { overHttps } from '../../packages/landbridge/src/cli/scan/visit.ts'
import { parseSetCookie } from '../../packages/landbridge/src/cli/scan/set-cookie.ts'

const SOUND = 'Path=/; Secure; HttpOnly; SameSite=Strict'

function found(address: string, line: string, { isSession = true, named = [] as readonly string[] } = {}): string[] {
  const url = new URL(address)
  const cookie = parseSetCookie(line, Date.now())!
  return checkCookie({ cookie, isSession, url, named: [url.hostname, ...named] }).map(({ check, level }) => `${level} ${check}`)
}

test.each([
  ['https://a.com/', `__Host-sid=1; ${SOUND}`, []],
  ['https://a.com/', `__Secure-sid=1; ${SOUND}`, []],
  ['http://a.com/', 'sid=1; Path=/; HttpOnly; SameSite=Lax', ['fault cookie-without-secure', 'fault session-over-http']],
  ['http://a.com/', `sid=1; ${SOUND}`, ['fault session-over-http']],
  ['https://app.acme.co.uk/', `__Secure-sid=1; ${SOUND}; Domain=co.uk`, ['fault cookie-domain-refused']],
  ['https://10.0.0.1/', `__Secure-sid=1; ${SOUND}; Domain=0.0.1`, ['fault cookie-domain-refused']],
  ['https://10.0.0.1/', `__Secure-sid=1; ${SOUND}; Domain=10.0.0.1`, []],
  ['https://github.io/', `__Secure-sid=1; ${SOUND}; Domain=github.io`, []],
  ['https://a.acme.com/', `__Secure-sid=1; ${SOUND}; Domain=b.acme.com`, ['fault cookie-domain-refused']],
  ['https://a.acme.com/', `__Secure-sid=1; ${SOUND}; Domain=acme.com`, ['note cookie-domain-wide']],
  ['https://acme.com/', `__Secure-sid=1; ${SOUND}; Domain=acme.com`, ['note cookie-domain-wide']],
  ['https://a.com/x/', '__Host-sid=1; Secure; HttpOnly; SameSite=Lax', ['fault cookie-prefix-broken']],
  ['https://a.com/', '__Secure-sid=1; HttpOnly; SameSite=Lax', ['fault cookie-prefix-broken', 'fault cookie-without-secure']],
  ['https://a.com/', 'sid=1; Path=/; Secure; HttpOnly; SameSite=Maybe', ['warning cookie-samesite-missing', 'note cookie-prefix-missing']],
  ['https://a.com/', `__Host-sid=1; ${SOUND}; Max-Age=7776000`, []],
  ['https://a.com/', `__Host-sid=1; ${SOUND}; Max-Age=7862400`, ['warning session-very-long']],
])('%s sets %s', (url, line, expected) => {
  expect(found(url, line)).toEqual(expected)
})

test('a Domain that reaches hosts which were named is a warning', () => {
  const line = `__Secure-sid=1; ${SOUND}; Domain=acme.com`
  expect(found('https://a.acme.com/', line, { named: ['b.acme.com'] })).toEqual(['warning cookie-domain-wide'])
  expect(found('https://a.acme.com/', line, { named: ['acme.net', 'evilacme.com'] })).toEqual(['note cookie-domain-wide'])
})

test('of a cookie that is no session only what makes it useless is a fault', () => {
  const loose = { isSession: false }
  expect(found('https://a.com/', 'lang=en; Domain=a.com', loose)).toEqual(['note cookie-without-secure'])
  expect(found('https://a.com/', 'lang=en; SameSite=None', loose)).toEqual([
    'fault cookie-samesite-none-insecure',
    'note cookie-without-secure',
  ])
  expect(found('https://a.com/', `lang=en; ${SOUND}; Domain=com`, loose)).toEqual(['fault cookie-domain-refused'])
})

test.each([
  ['http://a.com/x', 'https://a.com/x', 'https://a.com/account'],
  ['http://a.com/x', 'https://b.com/x', 'http://a.com/account'],
  ['http://a.com/x', 'http://a.com/y', 'http://a.com/account'],
  ['https://a.com/x', 'http://a.com/x', 'https://a.com/account'],
])('where %s leads to %s, signing in and copying is done at %s', (from, to, page) => {
  const url = new URL(from)
  const answer: Answer = { url, status: 301, headers: {}, setCookies: [], location: new URL(to), body: '', isWhole: true, space: 0 }
  const target = { url, host: url.host, shown: from, page: new URL('/account', from) }
  expect(overHttps(target, [answer])).toMatchObject({ host: 'a.com', page: new URL(page), url: { protocol: new URL(page).protocol } })
})
