// Set-Cookie as browsers read it, and which cookies they keep: tough-cookie is the oracle.
import fc from 'fast-check'
import { Cookie, CookieJar, PrefixSecurityEnum } from 'tough-cookie'
import { describe, expect, test } from 'vitest'
import { isCovered, isSameSite, whyDropped } from '../../packages/landbridge/src/cli/scan/browser-rules.ts'
import { cookieHeader, Jar } from '../../packages/landbridge/src/cli/scan/jar.ts'
import { isRandom, isSessionCookie } from '../../packages/landbridge/src/cli/scan/session-cookie.ts'
import { parseSetCookie } from '../../packages/landbridge/src/cli/scan/set-cookie.ts'

const NOW = Date.UTC(2026, 10, 21)
const parse = (line: string) => parseSetCookie(line, NOW)

test('a line as frameworks write it', () => {
  expect(
    parse('sessionid=abc; expires=Sat, 05 Dec 2026 00:00:00 GMT; HttpOnly; Max-Age=60; Path=/; SameSite=Lax; Secure; Domain=.Acme.COM'),
  ).toEqual({
    name: 'sessionid',
    value: 'abc',
    domain: 'acme.com',
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'Lax',
    maxAgeS: 60,
  })
})

test.each([
  ['a=1; Path=/x; Path=/y', { path: '/y' }],
  ['a=1; Path=x', { path: null }],
  ['a=1; Domain=; Secure=0', { domain: null, secure: true }],
  ['a=1; Expires=Thu, 01-Jan-1970 00:00:00 GMT', { maxAgeS: -NOW / 1000 }],
  ['a=1; Expires=Sun, 22 Nov 26 00:00:00 GMT', { maxAgeS: 86_400 }],
  ['a=1; Expires=tomorrow', { maxAgeS: null }],
  ['a=1; Max-Age=60; Max-Age=soon', { maxAgeS: 60 }],
  ['a=b=c', { name: 'a', value: 'b=c' }],
  ['=a=b', { name: '', value: 'a=b' }],
  ['a', { name: '', value: 'a' }],
  ['\u00a0a=1', { name: '\u00a0a' }],
])('%j', (line, expected) => {
  expect(parse(line)).toMatchObject(expected)
})

test.each(['', ';', ' = ;', 'a=\u0000b', 'a=1\r\nb=2', `a=${'x'.repeat(5000)}`])('browsers keep nothing of %j', (line) => {
  expect(parse(line)).toBeNull()
})

const word = fc.stringMatching(/^[A-Za-z0-9_.!#$-]{1,12}$/)
const attribute = fc.oneof(
  fc.constantFrom(
    'Secure',
    'HttpOnly',
    ' secure ',
    'SameSite=Lax',
    'samesite=None',
    'Path=/',
    'Path=/a/b',
    'Path=x',
    'Max-Age=10',
    'Max-Age=-1',
  ),
  fc.constantFrom(
    'Domain=acme.test',
    'Domain=.acme.test',
    'domain=a.acme.test',
    'Domain=test',
    'Domain=other.test',
    'Priority=High',
    '',
    '=',
    ';',
  ),
)

test('what it reads is what tough-cookie reads', () => {
  fc.assert(
    fc.property(word, word, fc.array(attribute, { maxLength: 6 }), (name, value, attributes) => {
      const line = [`${name}=${value}`, ...attributes].join('; ')
      const [ours, theirs] = [parse(line), Cookie.parse(line)!]
      expect(ours).toMatchObject({ name: theirs.key, value: theirs.value, secure: theirs.secure, httpOnly: theirs.httpOnly })
      expect(ours!.maxAgeS).toBe(theirs.maxAge)
      expect(ours!.domain ?? '').toBe((theirs.domain ?? '').replace(/^\./, ''))
    }),
    { numRuns: 500 },
  )
})

test('no line makes it throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => void parse(line)))
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', '=', ';', ' ', '\t', 'Expires', 'Max-Age', 'Domain', '99', '-', ',', ':')),
      (parts) => void parse(parts.join('')),
    ),
  )
})

test('a jar sends what the jar of tough-cookie sends', () => {
  const urls = ['https://a.acme.test/', 'https://b.acme.test/a/b/c', 'https://acme.test/a', 'https://a.acme.test/a/bc'].map(
    (url) => new URL(url),
  )
  const setting = fc.record({
    name: fc.constantFrom('a', 'b', '__Host-c', '__Secure-d'),
    value: word,
    attributes: fc.array(attribute, { maxLength: 4 }),
    at: fc.constantFrom(...urls.filter(({ hostname }) => hostname !== 'acme.test')),
  })
  fc.assert(
    fc.property(fc.array(setting, { maxLength: 6 }), fc.constantFrom(...urls), (settings, to) => {
      const ours = new Jar()
      const theirs = new CookieJar(undefined, { prefixSecurity: PrefixSecurityEnum.SILENT, rejectPublicSuffixes: false })
      for (const { name, value, attributes, at } of settings) {
        // tough-cookie keeps one cookie where a host-only one and one for the same domain stand side by side in browsers; and it
        // takes SameSite=None without Secure, and a cookie for a suffix when told to; browsers do not, and neither do we.
        const kept = attributes.filter((each) => !/samesite=none|domain=(?:test|a\.acme)/i.test(each))
        const line = [`${name}=${value}`, ...kept].join('; ')
        ours.take(at, [line])
        theirs.setCookieSync(line, at.href, { ignoreError: true })
      }
      const sent = (header: string | undefined) => (header === undefined || header === '' ? [] : header.split('; ').sort())
      expect(sent(cookieHeader(ours.of(to)))).toEqual(sent(theirs.getCookieStringSync(to.href)))
    }),
    { numRuns: 500 },
  )
})

describe('What browsers drop', () => {
  test.each([
    ['https://app.acme.co.uk/', 'a=1; Domain=co.uk', 'public-suffix'],
    ['https://acme.github.io/', 'a=1; Domain=github.io', 'public-suffix'],
    ['https://github.io/', 'a=1; Domain=github.io', null],
    ['http://elmer.localhost/', 'a=1; Domain=localhost', 'public-suffix'],
    ['https://a.acme.com/', 'a=1; Domain=b.acme.com', 'not-covered'],
    ['https://evilacme.com/', 'a=1; Domain=acme.com', 'not-covered'],
    ['https://127.0.0.1/', 'a=1; Domain=0.0.1', 'address'],
    ['https://127.0.0.1/', 'a=1; Domain=127.0.0.1', null],
    ['https://a.com/', '__Host-a=1; Secure; Path=/; Domain=a.com', 'prefix'],
    ['https://a.com/x/y', '__Host-a=1; Secure', 'prefix'],
    ['https://a.com/', '__host-a=1; Path=/', 'prefix'],
    ['https://a.com/', '__Secure-a=1', 'prefix'],
    ['https://a.com/x', '__Host-a=1; Secure; Path=/', null],
    ['https://a.com/', 'a=1; SameSite=none', 'none-without-secure'],
    ['http://a.com/', 'a=1; Secure', 'secure-over-http'],
    ['http://a.localhost/', 'a=1; Secure', null],
  ])('at %s: %s is %s', (url, line, expected) => {
    expect(whyDropped(parse(line)!, new URL(url))).toBe(expected)
  })

  test('a domain covers what is below it, and nothing that only ends like it', () => {
    expect([isCovered('a.b.com', 'b.com'), isCovered('b.com', 'b.com'), isCovered('ab.com', 'b.com')]).toEqual([true, true, false])
    expect([isSameSite('a.b.co.uk', 'c.b.co.uk'), isSameSite('a.co.uk', 'b.co.uk'), isSameSite('127.0.0.1', '127.0.0.2')]).toEqual([
      true,
      false,
      false,
    ])
  })
})

describe('Which cookies look like a session', () => {
  const looks = (name: string, value = 'x', httpOnly = false) => isSessionCookie({ name, value, httpOnly }, [])
  test.each([
    'sessionid',
    'connect.sid',
    'PHPSESSID',
    'JSESSIONID',
    'sid',
    '__Host-sid',
    '__Host-x',
    'laravel_session',
    '_session',
    'my_app_session',
    '_shop_session',
    '__Secure-next-auth.session-token',
    'ASP.NET_SessionId',
    'koa.sess',
    'wordpress_logged_in_ab12',
  ])('%s, by its name', (name) => expect(looks(name)).toBe(true))

  test.each(['csrftoken', 'XSRF-TOKEN', '__Host-csrf', 'lang', 'theme', '_ga', 'AWSALB', 'obsession', 'inside'])('not %s', (name) => {
    expect(looks(name, 'GA1.2.1234567890.1234567890', false)).toBe(false)
  })

  test('by a random value that scripts cannot read', () => {
    const value = 'q8Zx0vJYk2Lm4N7pRtUw1A'
    expect([looks('id', value, true), looks('id', value, false), looks('id', 'dark-mode', true), looks('XSRF', value, true)]).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect([isRandom('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1'), isRandom('0f3c9b1e7a5d2846f1c0b3a59e7d8642')]).toEqual([false, true])
  })

  test('with names given, those and no others', () => {
    const cookie = { value: 'x', httpOnly: false }
    expect(isSessionCookie({ ...cookie, name: 'odd' }, ['odd'])).toBe(true)
    expect(isSessionCookie({ ...cookie, name: 'sid' }, ['odd'])).toBe(false)
  })
})
