import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test } from 'vitest'
import { Faults } from '../../packages/landbridge/src/core/errors.ts'
import { compileProxies, readForwarded } from '../../packages/landbridge/src/core/proxy.ts'

function trusts(ranges: unknown, peer: string | undefined): boolean {
  const faults = new Faults()
  const compiled = compileProxies(ranges, faults)
  faults.throwIfAny()
  return compiled!(peer)
}

/** An address that differs from the given one in one bit, so that about half of the cases fall on each side of a prefix. */
const neighbour = (address: string, bit: number): string => {
  const bytes = ipaddr.parse(address).toByteArray()
  const at = bit % (bytes.length * 8)
  bytes[at >> 3]! ^= 0x80 >> (at & 7)
  return ipaddr.fromByteArray(bytes).toString()
}

describe('trusted proxies', () => {
  test('IPv4 ranges match as in ipaddr.js, also for IPv4 peers of a dual-stack socket', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(32), fc.nat(31), (base, prefix, bit) => {
        const peer = neighbour(base, bit)
        const inside = ipaddr.IPv4.parse(peer).match(ipaddr.IPv4.parse(base), prefix)
        expect(trusts([`${base}/${prefix}`], peer)).toBe(inside)
        expect(trusts([`${base}/${prefix}`], `::ffff:${peer}`)).toBe(inside)
        expect(trusts([`${base}/${prefix}`], `::FFFF:${peer}`)).toBe(inside)
        expect(trusts([`${base}/${prefix}`], ipaddr.IPv4.parse(peer).toIPv4MappedAddress().toString())).toBe(inside)
      }),
      { numRuns: 500 },
    )
  })

  test('IPv6 ranges match as in ipaddr.js, with or without a zone', () => {
    fc.assert(
      fc.property(fc.ipV6(), fc.nat(128), fc.nat(127), (base, prefix, bit) => {
        fc.pre(!base.includes('.') && !ipaddr.IPv6.parse(base).isIPv4MappedAddress())
        const peer = neighbour(base, bit)
        const inside = ipaddr.IPv6.parse(peer).match(ipaddr.IPv6.parse(base), prefix)
        expect(trusts([`${base}/${prefix}`], peer)).toBe(inside)
        expect(trusts([`${base}/${prefix}`], `${peer}%eth0`)).toBe(inside)
      }),
      { numRuns: 500 },
    )
  })

  test('single addresses, one text instead of a list, and peers that are no address', () => {
    expect(trusts(['10.0.0.7'], '10.0.0.7')).toBe(true)
    expect(trusts(['10.0.0.7'], '10.0.0.8')).toBe(false)
    expect(trusts('10.0.0.0/8', '10.9.9.9')).toBe(true)
    for (const peer of [undefined, '', 'localhost', '10.0.0.7:80', '[::1]', '010.0.0.7', '/run/app.sock']) {
      expect(trusts(['0.0.0.0/0', '::/0'], peer)).toBe(false)
    }
    expect(compileProxies(undefined, new Faults())).toBe(null)
  })
})

const read = (headers: Record<string, string>) => readForwarded((name) => headers[name])

describe('forwarded headers', () => {
  // The examples of RFC 7239.
  test.each([
    ['for="_gazonk"', undefined, undefined],
    ['For="[2001:db8:cafe::17]:4711"', undefined, undefined],
    ['for=192.0.2.60;proto=http;by=203.0.113.43', undefined, 'http'],
    ['for=192.0.2.43, for=198.51.100.17', undefined, undefined],
    ['for=192.0.2.43, for="[2001:db8:cafe::17]", for=unknown', undefined, undefined],
    ['for=_hidden, for=_SEVKISEK', undefined, undefined],
    ['for=192.0.2.43,for=198.51.100.17;by=203.0.113.60;proto=http;host=example.com', 'example.com', 'http'],
    ['PROTO=HTTPS;Host="example.com:8443"', 'example.com:8443', 'https'],
    ['host="exam\\ple.com"', 'example.com', undefined],
    ['for="a;host=evil.com,\\"proto=http";host=example.com', 'example.com', undefined],
    [' ; , host=example.com ,; ', 'example.com', undefined],
  ])('%s', (text, host, proto) => {
    expect(read({ forwarded: text })).toEqual({ host, proto })
  })

  test.each([
    'host=a.com, host=a.com',
    'host=a.com;host=b.com',
    'proto=https, proto=http',
    'proto=https;proto=https',
    'proto=ftp',
    'host',
    'host="a.com',
    'host=a.com"',
    'host="a.com\\',
    'host=a b',
    'host = a.com',
    'host=a.com/x',
    '=a.com',
    'héader=x',
  ])('refused: %j', (text) => {
    expect(read({ forwarded: text })).toBe(null)
  })

  test('the headers of X-Forwarded are read alike, and refused where they hold several values or contradict Forwarded', () => {
    expect(read({})).toEqual({ host: undefined, proto: undefined })
    expect(read({ 'x-forwarded-host': ' a.com ', 'x-forwarded-proto': ' HTTPS ' })).toEqual({ host: 'a.com', proto: 'https' })
    expect(read({ 'x-forwarded-proto': 'WSS' })).toEqual({ host: undefined, proto: 'https' }) // as some proxies do for a handshake
    expect(read({ 'x-forwarded-proto': 'ws', forwarded: 'proto=http' })).toEqual({ host: undefined, proto: 'http' })
    expect(read({ 'x-forwarded-host': 'A.com', forwarded: 'host=a.com' })).toEqual({ host: 'a.com', proto: undefined })
    for (const headers of [
      { 'x-forwarded-host': 'a.com, b.com' },
      { 'x-forwarded-host': 'a.com,a.com' },
      { 'x-forwarded-proto': 'https,http' },
      { 'x-forwarded-proto': 'https, https' },
      { 'x-forwarded-proto': '' },
      { 'x-forwarded-proto': 'ftp' },
      { 'x-forwarded-proto': 'wss', forwarded: 'proto=http' },
      { 'x-forwarded-host': 'a.com', forwarded: 'host=b.com' },
      { 'x-forwarded-proto': 'http', forwarded: 'proto=https' },
    ]) {
      expect([headers, read(headers as Record<string, string>)]).toEqual([headers, null])
    }
  })

  test('what is quoted is read back as it was meant', () => {
    const quoted = fc.string({ unit: fc.constantFrom(...Array.from('ab;,="\\ :[]é')) })
    fc.assert(
      fc.property(quoted, quoted, fc.constantFrom('http', 'https'), (host, other, proto) => {
        const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`
        expect(read({ forwarded: `for=${quote(other)};host=${quote(host)}, proto=${proto}` })).toEqual({ host, proto })
      }),
    )
  })

  test('no text makes it throw, however long', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom('host', 'proto', '=', '"', '\\', ';', ',', ' ', 'a') }),
    )
    fc.assert(
      fc.property(text, (forwarded) => {
        expect(() => read({ forwarded })).not.toThrow()
      }),
    )
    for (const unit of ['a', '\\a', ';', '=', '"', 'a=b;']) expect(read({ forwarded: `host="${unit.repeat(1e7)}"` })).toBe(null)
  })
})

describe('a request through a proxy', () => {
  const sessions = createSessions({
    topology: { kind: 'isolated', hosts: ['*.acme.com'] },
    store: memory(),
    trustedProxies: ['10.0.0.0/8'],
  })
  const open = async (address: string, headers: Record<string, string>) => {
    const exchange = await sessions.open({
      method: 'GET',
      url: '/',
      headers: { host: 'inner.acme.com', ...headers },
      socket: { remoteAddress: address },
    })
    return exchange.kind === 'serve' ? exchange.session.host : exchange.reply.body
  }

  test('is served for the forwarded host only where the peer is trusted (84, 89)', async () => {
    for (const headers of [{ 'x-forwarded-host': 'elmer.acme.com' }, { forwarded: 'host=elmer.acme.com' }]) {
      expect(await open('10.0.0.1', headers as Record<string, string>)).toBe('elmer.acme.com')
      expect(await open('::ffff:10.0.0.1', headers as Record<string, string>)).toBe('elmer.acme.com')
      expect(await open('11.0.0.1', headers as Record<string, string>)).toBe('inner.acme.com')
    }
  })

  test('is refused when the trusted proxy contradicts itself, and judged by the forwarded host like any other (89)', async () => {
    expect(await open('10.0.0.1', { 'x-forwarded-host': 'a.acme.com, b.acme.com' })).toContain('[forwarded-invalid]')
    expect(await open('10.0.0.1', { 'x-forwarded-host': 'evil.com' })).toContain('[host-not-allowed]')
    expect(await open('10.0.0.1', { 'x-forwarded-host': 'a_b.acme.com' })).toContain('[host-malformed]')
    expect(await open('10.0.0.1', { forwarded: 'host=""' })).toContain('[host-malformed]')
  })

  test('has the forwarded scheme in its own origin', async () => {
    const post = async (proto: string, origin: string) => {
      const headers = { host: 'elmer.acme.com', 'x-forwarded-proto': proto, origin }
      return (await sessions.open({ method: 'POST', url: '/', headers, socket: { remoteAddress: '10.0.0.1' } })).kind
    }
    expect(await post('https', 'https://elmer.acme.com')).toBe('serve')
    expect(await post('http', 'https://elmer.acme.com')).toBe('reply')
    expect(await post('http', 'http://elmer.acme.com')).toBe('serve')
  })
})
