import { domainToASCII } from 'node:url'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { authorityText, isAddress, isLocalhost, parseAuthority, toAscii } from '../../packages/landbridge/src/core/host.ts'
import type { Host } from '../../packages/landbridge/src/core/types.ts'

const name = (text: string) => parseAuthority(text)?.name ?? null

describe('parseAuthority', () => {
  // Django 91
  test.each([
    ['example.com', 'example.com', null],
    ['EXAMPLE.Com', 'example.com', null],
    ['example.com.', 'example.com', null],
    ['example.com.:8080', 'example.com', 8080],
    ['example.com:65535', 'example.com', 65_535],
    ['localhost', 'localhost', null],
    ['12.34.56.78', '12.34.56.78', null],
    ['12.34.56.78:23', '12.34.56.78', 23],
    ['[2001:19F0:feee::dead:beef:cafe]:8080', '[2001:19f0:feee::dead:beef:cafe]', 8080],
    ['[0:0:0:0:0:0:0:1]', '[::1]', null],
    ['[::ffff:169.254.169.254]', '[::ffff:a9fe:a9fe]', null],
    ['xn--4ca9at.com', 'xn--4ca9at.com', null],
    ['a-b.c--d.example', 'a-b.c--d.example', null],
    [`${'a'.repeat(63)}.com`, `${'a'.repeat(63)}.com`, null],
  ])('accepts %s', (text, canonical, port) => {
    expect(parseAuthority(text)).toEqual({ name: canonical, port })
  })

  // Django 92 and 93, attack 9, and other spellings that name a host to some programs and not to others
  test.each([
    '',
    '.',
    ':80',
    'example.com:',
    'example.com:dr.frankenstein@evil.tld',
    'example.com:dr.frankenstein@evil.tld:80',
    'user@example.com',
    'example.com/path',
    'example.com\\path',
    'example.com?x',
    'example.com#x',
    'http://example.com',
    'example com',
    ' example.com',
    'example.com ',
    'example.com\t',
    'example.com\n',
    'example.com\0',
    'example.com,evil.com',
    'example.com..',
    '.example.com',
    'a..example.com',
    '*.example.com',
    'exa_mple.com',
    '-a.com',
    'a-.com',
    'ex%61mple.com',
    'exämple.com',
    'ехample.com',
    'example。com',
    'exampſe.com',
    'example.com:0',
    'example.com:65536',
    'example.com:+80',
    'example.com:8o',
    'example.com:80:80',
    '::1',
    '[::1',
    '[::1]x',
    '[::1].',
    '[]',
    '[::g]',
    '[1.2.3.4]',
    '[::1%25eth0]',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '01.2.3.4',
    '0x7f.0.0.1',
    '127.0.0.0x1',
    '2130706433',
    '0x7f000001',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(130)}com`,
  ])('refuses %j', (text) => {
    expect(parseAuthority(text)).toBe(null)
  })

  const anything = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('a', 'B', '.', '-', ':', '[', ']', '0', '9', 'x', '@', '/', '_', '%'), maxLength: 30 }),
    fc.tuple(fc.domain(), fc.option(fc.nat(70_000))).map(([host, port]) => (port === null ? host : `${host}:${port}`)),
    fc.ipV6().map((address) => `[${address}]`),
  )

  test('never throws, and what it accepts is canonical: read again, it stays as it is', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const parsed = parseAuthority(text)
        if (parsed === null) return
        expect(parseAuthority(authorityText(parsed))).toEqual(parsed)
        expect(parsed.name).toMatch(/^(?:[a-z0-9.-]+|\[[0-9a-f:]+\])$/)
        // Browsers see the same host in that text.
        expect(new URL(`http://${authorityText(parsed)}/`).hostname).toBe(parsed.name)
      }),
      { numRuns: 1000 },
    )
  })

  test('spells every IPv6 address in one way, as ipaddr.js understands it', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        fc.pre(!address.includes('.')) // ipaddr.js takes ::1.2.3.4 for ::ffff:1.2.3.4, which it is not
        const canonical = name(`[${address.toUpperCase()}]`)!
        expect(ipaddr.parse(canonical.slice(1, -1)).toByteArray()).toEqual(ipaddr.parse(address).toByteArray())
        expect(name(`[${ipaddr.IPv6.parse(address).toNormalizedString()}]`)).toBe(canonical)
        expect(isAddress(canonical)).toBe(true)
      }),
    )
  })

  test('takes an IPv4 address in four decimal octets only', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4Extended(), fc.ipV4()), (address) => {
        const plain = ipaddr.IPv4.isValidFourPartDecimal(address) && !/(?:^|\.)0\d/.test(address)
        expect(name(address)).toBe(plain ? address : null)
      }),
    )
  })

  test('answers hostile text of a megabyte at once', () => {
    const start = performance.now()
    for (const unit of ['a', '.', '-', ':', '[', 'a.', '1.', '[:', '[::1]', 'a:1']) expect(parseAuthority(unit.repeat(1e6))).toBe(null)
    for (const unit of ['a', '.', '-', ':', '[', 'a.', '1.', '[:', 'a:1']) parseAuthority(unit.repeat(260 / unit.length))
    expect(performance.now() - start).toBeLessThan(100)
  })
})

describe('toAscii', () => {
  test('turns a name of any script into what browsers send, as domainToASCII does', () => {
    const letters = fc.string({ unit: fc.constantFrom(...Array.from('abüßéжя中日한ñ')), minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(letters, (label) => {
        expect(toAscii(`${label}.example`)).toBe(domainToASCII(`${label}.example`))
        expect(toAscii(`*.${label}.example:8443`)).toBe(`*.${domainToASCII(`${label}.example`)}:8443`)
      }),
    )
  })

  test.each(['https://bücher.example', 'bücher.example/x', 'u@bücher.example', 'bücher.example?x', 'bücher.example#x', 'bü%2ecom'])(
    'leaves %s as it is, so that it is refused: it is no host name',
    (written) => {
      expect(toAscii(written)).toBe(written)
      expect(parseAuthority(toAscii(written))).toBe(null)
    },
  )

  test('keeps a port that the URL parser would drop', () => {
    expect([toAscii('bücher.example:80'), toAscii('bücher.example:443')]).toEqual(['xn--bcher-kva.example:80', 'xn--bcher-kva.example:443'])
  })

  test('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(typeof toAscii(text)).toBe('string')
      }),
    )
  })
})

test('only localhost and what is below it is localhost', () => {
  const hosts = ['localhost', 'localhost:3000', 'a.b.localhost', 'a.localhost:80', 'notlocalhost', 'localhost.com', 'localhost.evil.com:1']
  expect(hosts.map((host) => isLocalhost(host as Host))).toEqual([true, true, true, true, false, false, false])
})

describe('the Host header of a request', () => {
  const hosts = ['example.com', '*.acme.com', 'bücher.example', 'аpple.com', '[2001:db8::1]', 'only.example:8443']
  const sessions = createSessions({ topology: { kind: 'isolated', hosts }, store: memory() })
  const open = async (host: string | undefined) => {
    const exchange = await sessions.open({ method: 'GET', url: '/', headers: { host } })
    return exchange.kind === 'serve' ? exchange.session.host : exchange.reply.status
  }

  test.each([
    ['example.com', 'example.com'],
    ['EXAMPLE.COM.:8080', 'example.com'],
    ['Elmer.ACME.com', 'elmer.acme.com'],
    ['a.b.acme.com:1', 'a.b.acme.com'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['[2001:DB8:0::1]:443', '[2001:db8::1]'],
    ['only.example:8443', 'only.example:8443'],
  ])('%s is served as %s', async (header, host) => {
    expect(await open(header)).toBe(host)
  })

  test.each([
    ['apple.com', 421, 'a homograph of a listed name'],
    ['elmer.acme.com.evil.com', 421, 'a listed name at the front'],
    ['evilacme.com', 421, 'a listed name at the end'],
    ['acme.com', 421, 'the domain of a wildcard itself'],
    ['only.example', 421, 'the listed name without its port'],
    ['only.example:8444', 421, 'the listed name with another port'],
    ['[::1]', 421, 'another address'],
    ['bücher.example', 400, 'a name that is not in punycode'],
    ['elmer@acme.com', 400, 'a user'],
    ['x@elmer.acme.com', 400, 'a user before a listed name'],
    ['elmer.acme.com..', 400, 'two dots'],
    ['exa_mple.acme.com', 400, 'an underscore'],
    ['', 400, 'nothing'],
    [undefined, 400, 'no header'],
  ] as [string | undefined, number, string][])('%s is refused with %i: %s', async (header, status, _why) => {
    expect(await open(header)).toBe(status)
  })
})
