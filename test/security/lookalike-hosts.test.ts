/**
 * Attack 9: hosts `elmer.acme.com.evil.com`, `evilacme.com`, another port, upper case, trailing dot, homograph, `user@`: unknown or
 * canonicalised, in every place that compares hosts.
 */
import { describe, expect, test } from 'vitest'
import type { SessionsOptions } from 'landbridge'
import { makeSessions } from '../support/launch.ts'
import { memory } from 'landbridge/memory'
import { nodeRequest } from '../support/visitor.ts'

const CUSTOMER = 'customer.com'
const asked: string[] = []
const topology: SessionsOptions['topology'] = [
  {
    kind: 'isolated',
    hosts: [
      'app.acme.com',
      'port.acme.com:8443',
      '*.tenants.com',
      async (host) => {
        asked.push(host)
        return host === CUSTOMER
      },
    ],
  },
  { kind: 'shared', domain: '.example.com' },
]

/** The host that a request is served for, or the reason of its refusal. */
async function judged(host: string | string[], headers: Record<string, string> = {}, options: Partial<SessionsOptions> = {}) {
  const { sessions, events } = makeSessions(memory(), { topology, ...options })
  const method = headers['origin'] === undefined && headers['referer'] === undefined ? 'GET' : 'POST'
  const exchange = await sessions.open(nodeRequest(host, headers, { method }))
  if (exchange.kind === 'serve') return exchange.session.host
  expect(exchange.reply.status).toBeGreaterThanOrEqual(400)
  const [event] = events
  return event?.type === 'request.refused' ? event.reason : 'no event'
}

describe('a host rule', () => {
  test.each([
    ['app.acme.com', 'app.acme.com'],
    ['APP.Acme.COM', 'app.acme.com'],
    ['app.acme.com.', 'app.acme.com'],
    ['app.acme.com:8080', 'app.acme.com'],
    ['port.acme.com:8443', 'port.acme.com:8443'],
    ['Elmer.Tenants.com.', 'elmer.tenants.com'],
    ['a.b.tenants.com', 'a.b.tenants.com'],
    ['example.com', 'example.com'],
    ['WWW.example.com:443', 'www.example.com'],
    ['CUSTOMER.com.', CUSTOMER],
  ])('serves %s as %s', async (written, canonical) => {
    expect(await judged(written)).toBe(canonical)
  })

  test.each([
    'app.acme.com.evil.com',
    'evilapp.acme.com',
    'acme.com',
    'xapp.acme.com',
    'app.acme.co',
    'app.acme.com.com',
    'port.acme.com',
    'port.acme.com:8444',
    'port.acme.com:443',
    'tenants.com',
    'eviltenants.com',
    'elmer.tenants.com.evil.com',
    'elmer.tenants.comm',
    'evilexample.com',
    'example.com.evil.com',
    'www.example.com.evil.com',
    'customer.com.evil.com',
    'evilcustomer.com',
    'www.customer.com',
    'xn--pp-6kc.acme.com',
    'xn--exmple-4nf.com',
    '127.0.0.1',
    '[::1]',
    'localhost',
  ])('does not admit %s', async (written) => {
    expect(await judged(written)).toBe('host-not-allowed')
  })

  test.each([
    'user@app.acme.com',
    'app.acme.com@evil.com',
    'app.acme.com/evil.com',
    'app.acme.com\\evil.com',
    'app.acme.com#evil.com',
    'app.acme.com?evil.com',
    'app.acme.com%2eevil.com',
    'app.acme.com..',
    '.app.acme.com',
    'app..acme.com',
    'app.acme.com:',
    'app.acme.com:0',
    'app.acme.com:65536',
    'app.acme.com:80:80',
    'app.acme.com:8o',
    ' app.acme.com',
    'app.acme.com ',
    'app.acme.com,evil.com',
    'app_.acme.com',
    '-app.acme.com',
    '\u0430pp.acme.com',
    'app\u3002acme.com',
    'app.acme.com\u0000',
    'app.acme.com\r\nx-evil: 1',
    '*.tenants.com',
    '2130706433',
    '0x7f.1',
    '127.1',
    '[::1',
    '',
    'a'.repeat(64) + '.tenants.com',
    'a.'.repeat(130) + 'tenants.com',
  ])('calls %j malformed', async (written) => {
    expect(await judged(written)).toBe('host-malformed')
  })

  test('that is a function of the application is asked for canonical names only', () => {
    expect(asked.length).toBeGreaterThan(0)
    for (const name of asked) expect(name).toMatch(/^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])$/)
  })

  test('never serves a request with two Host headers, even equal ones', async () => {
    expect(await judged(['app.acme.com', 'elmer.tenants.com'])).toBe('host-malformed')
    expect(await judged(['app.acme.com', 'app.acme.com'])).toBe('host-malformed')
  })
})

describe('the origin of an unsafe request', () => {
  const HOST = 'app.acme.com'
  const trustedOrigins = ['https://*.tenants.com', 'https://shop.example.com:8443', 'https://partner.com']

  test.each([
    ['http://app.acme.com'],
    ['http://app.acme.com:80'],
    ['HTTP://APP.acme.com'],
    ['http://app.acme.com.'],
    ['https://elmer.tenants.com'],
    ['https://a.b.tenants.com'],
    ['https://ELMER.tenants.com:443'],
    ['https://shop.example.com:8443'],
    ['https://partner.com'],
    ['https://partner.com.'],
  ])('%s is trusted', async (origin) => {
    expect(await judged(HOST, { origin }, { trustedOrigins })).toBe(HOST)
  })

  test.each(
    [
      'https://app.acme.com',
      'http://app.acme.com:8080',
      'http://app.acme.com.evil.com',
      'http://evilapp.acme.com',
      'http://user@app.acme.com',
      'http://app.acme.com@evil.com',
      'http://app.acme.com\\@evil.com',
      'https://tenants.com',
      'https://.tenants.com',
      'https://*.tenants.com',
      'https://eviltenants.com',
      'https://elmer.tenants.com.evil.com',
      'https://elmer.tenants.com@evil.com',
      'https://evil.com#.tenants.com',
      'https://evil.com/.tenants.com',
      'https://evil.com\\.tenants.com',
      'https://evil.com\u0000.tenants.com',
      'https://evil.com .tenants.com',
      'http://elmer.tenants.com',
      'https://elmer.tenants.com:8443',
      'https://shop.example.com',
      'https://shop.example.com:8444',
      'https://www.shop.example.com:8443',
      'http://partner.com',
      'https://xn--prtner-3ve.com',
      'ftp://partner.com',
      'file://',
      'partner.com',
      '//partner.com',
      'https:partner.com',
      'https://partner.com, https://evil.com',
      'https://evil.com, https://partner.com',
      'https://partner.com https://evil.com',
    ].filter((each) => each !== 'https://partner.com.'),
  )('%j is foreign', async (origin) => {
    expect(await judged(HOST, { origin }, { trustedOrigins })).toBe('cross-origin')
  })
})
