import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Faults } from '../../packages/landbridge/src/core/errors.ts'
import type { Provenance } from '../../packages/landbridge/src/core/origin.ts'
import { compileOrigins, originOf, provenance } from '../../packages/landbridge/src/core/origin.ts'

function trusting(given: unknown): (origin: string) => boolean {
  const faults = new Faults()
  const trusts = compileOrigins(given, faults)
  faults.throwIfAny()
  return trusts
}

const trusts = trusting(['https://partner.com', 'https://*.friends.com'])
const judge = (site?: string, origin?: string, referer?: string): Provenance => {
  const headers: Record<string, string | undefined> = { 'sec-fetch-site': site, origin, referer }
  return provenance({ header: (name) => headers[name] }, () => 'https://app.example.com', trusts)
}

const OWN = ['https://app.example.com', 'https://app.example.com:443', 'HTTPS://APP.example.com', 'https://app.example.com.']
const TRUSTED = ['https://partner.com', 'https://a.friends.com', 'https://a.b.friends.com:443']
const FOREIGN = [
  'https://evil.com',
  'http://app.example.com',
  'https://app.example.com:444',
  'https://app.example.com.evil.com',
  'https://x.app.example.com',
  'https://partner.com:8443',
  'http://partner.com',
  'http://a.friends.com',
  'https://friends.com',
  'https://evilfriends.com',
  'https://a.friends.com.evil.com',
]
const MALFORMED = [
  '',
  'app.example.com',
  '//app.example.com',
  'https://',
  'https:/app.example.com',
  'https://app.example.com/',
  'https://user@app.example.com',
  'https://app.example.com, https://app.example.com',
  'https://app.example.com https://evil.com',
  'ftp://app.example.com',
  'file://',
  'undefined',
  'NULL',
]
const path = (origin: string) => `${origin}/path?x=https://app.example.com`

describe('the truth table of Sec-Fetch-Site, Origin and Referer', () => {
  const origins = [undefined, 'null', ...OWN, ...TRUSTED, ...FOREIGN, ...MALFORMED]
  const referers = [undefined, '', ...[...OWN, ...TRUSTED, ...FOREIGN].map(path), ...MALFORMED]
  const expected = (origin: string | undefined) =>
    OWN.includes(origin!) ? 'own' : TRUSTED.includes(origin!) ? 'trusted' : ('foreign' as const)

  // Under Referrer-Policy: no-referrer a form of the same origin carries Origin: null.
  test.each(['same-origin', 'none'])('%s: the host itself, whatever else the request carries', (site) => {
    for (const origin of origins) for (const referer of referers) expect(judge(site, origin, referer)).toBe('own')
  })

  test.each(['same-site', 'cross-site', '', 'Same-Origin', 'same-origin, cross-site', 'garbage'])(
    '%j: a listed origin or a foreign one; the host’s own Origin contradicts it, and Referer does not count',
    (site) => {
      for (const referer of referers) {
        for (const origin of origins) expect(judge(site, origin, referer)).toBe(TRUSTED.includes(origin!) ? 'trusted' : 'foreign')
      }
    },
  )

  test('no Sec-Fetch-Site: Origin decides alone where there is one; null says nothing (78, 79)', () => {
    for (const referer of referers) {
      expect(judge(undefined, 'null', referer)).toBe('unknown')
      for (const origin of [...OWN, ...TRUSTED, ...FOREIGN, ...MALFORMED])
        expect([origin, judge(undefined, origin, referer)]).toEqual([origin, expected(origin)])
    }
  })

  test('neither: Referer decides, with or without a path (80 to 82)', () => {
    for (const origin of [...OWN, ...TRUSTED, ...FOREIGN]) {
      for (const referer of [origin, `${origin}/`, path(origin), `${origin}?x`, `${origin}#x`]) {
        expect([referer, judge(undefined, undefined, referer)]).toEqual([referer, expected(origin)])
      }
    }
    expect([judge(), judge(undefined, undefined, '')]).toEqual(['unknown', 'unknown'])
    for (const referer of [
      'app.example.com',
      '//app.example.com',
      'https:app.example.com',
      'https:///app',
      'https://[::1',
      'é',
      'about:blank',
    ]) {
      expect([referer, judge(undefined, undefined, referer)]).toEqual([referer, 'foreign'])
    }
  })

  test('no text makes it throw or passes for the host itself', () => {
    const text = fc.option(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl()), { nil: undefined })
    fc.assert(
      fc.property(text, text, text, (site, origin, referer) => {
        expect(judge(site, origin, referer)).not.toBe('own')
      }),
    )
  })
})

describe('the origin of a request', () => {
  test('leaves the default port out and keeps any other', () => {
    expect(originOf('https', 'App.Example.com.:443')).toBe('https://app.example.com')
    expect(originOf('http', 'app.example.com:80')).toBe('http://app.example.com')
    expect(originOf('http', 'app.example.com:443')).toBe('http://app.example.com:443')
    expect(originOf('https', '[::1]:8443')).toBe('https://[::1]:8443')
    expect(originOf('https', 'a_b.com')).toBe(null)
  })
})

describe('trusted origins', () => {
  // Differs from Django 86: its wildcard admits the domain itself as well.
  test('a wildcard covers every host below the domain, not the domain itself, another scheme or port (86 to 88)', () => {
    const wild = trusting(['https://*.example.com', 'http://*.example.org:8080'])
    const yes = ['https://a.example.com', 'https://a.b.example.com', 'http://a.example.org:8080']
    const no = [
      'https://example.com',
      'http://a.example.com',
      'https://a.example.com:8443',
      'https://example.com.evil',
      'https://aexample.com',
      'https://a.example.com.evil.com',
      'http://a.example.org',
      'https://a.example.org:8080',
      'https://.example.com',
      'null',
      '',
    ]
    expect([yes.filter(wild), no.filter(wild)]).toEqual([yes, []])
  })

  test('one may be given as a text, in any script, with a default port, in any case of the host', () => {
    expect(trusting('https://Partner.COM:443')('https://partner.com')).toBe(true)
    expect(trusting('https://*.bücher.example')('https://www.xn--bcher-kva.example')).toBe(true)
    expect(trusting(['https://bücher.example:80'])('https://xn--bcher-kva.example')).toBe(false)
    expect(trusting(['https://аpple.com'])('https://apple.com')).toBe(false)
    expect(trusting(undefined)('https://partner.com')).toBe(false)
  })

  test.each([
    '*',
    'null',
    'https://*',
    'https://*.',
    'https://a.*.com',
    'https://**.com',
    'https://partner.com/',
    'https://partner.com/path',
    'partner.com',
    '//partner.com',
    'ws://partner.com',
    'https://user@partner.com',
    'https://user@bücher.example',
    'https://bücher.example?x',
    '',
    5,
    null,
    {},
    1n,
  ])('%o is a fault', (given) => {
    expect(() => trusting([given])).toThrow(/\[trusted-origin-invalid\]/)
  })
})

describe('an unsafe request', () => {
  const bypassed: unknown[] = []
  const sessions = createSessions({
    topology: { kind: 'isolated', hosts: ['*.acme.com'] },
    store: memory(),
    trustedOrigins: ['https://partner.com'],
    insecureBypass: (request) => {
      bypassed.push(request)
      return request.path === '/webhook'
    },
  })
  const open = async (method: string, headers: Record<string, string>, url = '/page?x=1') => {
    const exchange = await sessions.open({ method, url, headers: { host: 'a.acme.com', ...headers }, socket: { encrypted: true } })
    return exchange.kind === 'serve' ? 'served' : /\[([a-z-]+)\]/.exec(exchange.reply.body)![1]
  }

  test('is served from its own origin or a listed one only; a safe one from anywhere', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'PROPFIND', 'get']) {
      expect(await open(method, { origin: 'https://a.acme.com' })).toBe('served')
      expect(await open(method, { origin: 'https://partner.com', 'sec-fetch-site': 'cross-site' })).toBe('served')
      expect(await open(method, { origin: 'https://b.acme.com', 'sec-fetch-site': 'same-site' })).toBe('cross-origin')
      expect(await open(method, { origin: 'null' })).toBe('origin-missing')
      expect(await open(method, {})).toBe('origin-missing')
    }
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'TRACE']) {
      expect(await open(method, { origin: 'https://evil.com', 'sec-fetch-site': 'cross-site' })).toBe('served')
    }
  })

  test('a WebSocket handshake counts as unsafe', async () => {
    const upgrade = { upgrade: 'websocket', connection: 'Upgrade' }
    expect(await open('GET', { ...upgrade, origin: 'https://a.acme.com' })).toBe('served')
    expect(await open('GET', { ...upgrade, origin: 'https://b.acme.com' })).toBe('cross-origin')
    expect(await open('GET', upgrade)).toBe('origin-missing')
  })

  test('insecureBypass is asked only for what would be refused, and sees method, path without query and host', async () => {
    bypassed.length = 0
    expect(await open('POST', {}, '/webhook?token=x')).toBe('served')
    expect(await open('POST', {}, '/webhook/x')).toBe('origin-missing')
    expect(await open('POST', { origin: 'https://a.acme.com' })).toBe('served')
    expect(await open('GET', {})).toBe('served')
    expect(bypassed).toEqual([
      { method: 'POST', path: '/webhook', host: 'a.acme.com' },
      { method: 'POST', path: '/webhook/x', host: 'a.acme.com' },
    ])
  })
})
