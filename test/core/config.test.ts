import { readdirSync, readFileSync } from 'node:fs'
import type { ConfigFault, SessionsOptions } from 'landbridge'
import { createSessions, LandbridgeError } from 'landbridge'
import { expressStore } from 'landbridge/express-store'
import { memory } from 'landbridge/memory'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { describe, expect, test } from 'vitest'
import { show } from '../../packages/landbridge/src/core/errors.ts'

function faultsOf(options: unknown): readonly ConfigFault[] {
  return faultsIn(() => createSessions(options as SessionsOptions))
}

function faultsIn(make: () => unknown): readonly ConfigFault[] {
  try {
    make()
  } catch (error) {
    if (error instanceof LandbridgeError && error.code === 'ERR_CONFIG_INVALID') return error.faults
    throw error
  }
  return []
}

const good = { topology: { kind: 'isolated', hosts: ['app.example.com'] }, store: memory() }
const hosts = (...rules: unknown[]) => ({ topology: { kind: 'isolated', hosts: rules } })
const KEY = 'a key of at least thirty-two characters'
const hub = (more: object = {}) => {
  return { keys: [KEY], topology: { kind: 'hub', hub: 'acme.com', spokes: ['*.acme.com'], authorize: () => true, ...more } }
}
const peers = (more: object = {}) => ({ keys: [KEY], topology: { kind: 'peers', hosts: ['a.com', '.b.com'], ...more } })
const reduced = expressStore({ get: () => undefined, set: () => undefined, destroy: () => undefined })
const domain = (name: unknown) => ({ topology: { kind: 'shared', domain: name } })

/** Every fault: code, path, options that have it and no other, and what its hint or message must say. */
const FAULTS: [code: string, path: string, options: object, says: RegExp][] = [
  ['option-unknown', 'trustedOrigin', { trustedOrigin: [] }, /trustedOrigins/],
  ['option-unknown', '__proto__', JSON.parse('{"__proto__":1}') as object, /"__proto__"/],
  ['option-unknown', 'lifetime.idel', { lifetime: { idel: '5m' } }, /idle, absolute/],
  ['option-unknown', 'topology.domain', { topology: { ...hosts('a.com').topology, domain: '.a.com' } }, /kind, hosts/],
  ['option-unknown', 'topology.hosts', { topology: { ...domain('.a.com').topology, hosts: [] } }, /kind, domain/],
  ['option-not-a-function', 'onEvent', { onEvent: 'log' }, /"log" is not a function/],
  ['option-not-a-function', 'clock', { clock: 5 }, /5 is not/],
  ['clock-invalid', 'clock', { clock: () => new Date(0) }, /1970[^]*Date\.now/],
  ['clock-invalid', 'clock', { clock: () => Number.NaN }, /no time/],
  ['trusted-origin-too-wide', 'trustedOrigins[0]', { trustedOrigins: ['https://*.com'] }, /public suffix[^]*'https:\/\/\*\.example\.com'/],
  ['trusted-origin-too-wide', 'trustedOrigins[0]', { trustedOrigins: ['https://*.github.io:8443'] }, /every site/],
  [
    'domain-within-domain',
    'topology[1].domain',
    { topology: [domain('.a.com').topology, domain('.b.a.com').topology] },
    /"\.b\.a\.com" and "\.a\.com"[^]*outer/,
  ],
  ['domain-within-domain', 'topology[1].domain', { topology: [domain('.b.a.com').topology, domain('.a.com').topology] }, /outer/],
  ['option-not-a-function', 'insecureBypass', { insecureBypass: null }, /null is not/],
  ['store-cannot-cross', 'store', { ...hub(), store: reduced }, /"hub" crosses hosts[^]*used only once[^]*sqlite\('sessions\.db'\)/],
  ['store-cannot-cross', 'store', { ...peers(), store: reduced }, /"peers" crosses hosts/],
  ['store-cannot-cross', 'store', { keys: [KEY], topology: [good.topology, hub().topology], store: reduced }, /"hub" crosses hosts/],
  [
    'store-cannot-cross',
    'store',
    { ...hub(), store: sealedCookie({ keys: [KEY] }) },
    /"hub" crosses hosts.*one host[^]*Write store: sqlite/,
  ],
  ['store-cannot-cross', 'store', { ...peers(), store: sealedCookie({ keys: [KEY] }) }, /"peers" crosses hosts/],
  ['store-cannot-cross', 'store', { ...peers(), store: { ...memory(), lacks: ['take'] } }, /used only once/],
  ['store-missing', 'store', { store: undefined }, /sqlite\('sessions\.db'\)/],
  ['store-missing', 'store', { store: 'sqlite' }, /sqlite/],
  ['store-incapable', 'store', { store: { ...memory(), take: undefined } }, /no take/],
  ['cookie-name-invalid', 'cookieName', { cookieName: '__Host-sid' }, /__Host- or __Secure- is added/],
  ['cookie-name-invalid', 'cookieName', { cookieName: 'a b' }, /"a b"/],
  ['cookie-name-invalid', 'cookieName', { cookieName: 'sid\r\nSet-Cookie: x' }, /"sid\\r\\nSet-Cookie: x"/],
  ['cookie-name-invalid', 'cookieName', { cookieName: 'x'.repeat(65) }, /cannot name/],
  ['cookie-name-invalid', 'cookieName', { cookieName: '' }, /""/],
  ['cookie-name-invalid', 'cookieName', { cookieName: null }, /null/],
  ['lifetime-invalid', 'lifetime', { lifetime: '30m' }, /idle: '30m'/],
  ['lifetime-invalid', 'lifetime', { lifetime: null }, /null is not/],
  ['lifetime-invalid', 'lifetime.idle', { lifetime: { idle: '30 m' } }, /"30 m".*'30m'/s],
  ['lifetime-invalid', 'lifetime.idle', { lifetime: { idle: Number.NaN } }, /NaN/],
  ['lifetime-invalid', 'lifetime.absolute', { lifetime: { absolute: '11000d' } }, /10 years/],
  ['lifetime-invalid', 'lifetime.absolute', { lifetime: { absolute: 0 } }, /0 is not/],
  ['lifetime-invalid', 'lifetime.remember', { lifetime: { remember: '401d' } }, /400 days/],
  ['lifetime-invalid', 'lifetime.rotateAfter', { lifetime: { rotateAfter: '59s' } }, /one minute/],
  ['lifetime-remember-too-short', 'lifetime.remember', { lifetime: { remember: '13d' } }, /at least the absolute/],
  ['option-not-a-function', 'authHash', { authHash: 'secret' }, /authHash/],
  ['lifetime-idle-too-long', 'lifetime.idle', { lifetime: { idle: '2d', absolute: '1d' } }, /at most the absolute/],
  ['trusted-proxy-invalid', 'trustedProxies[0]', { trustedProxies: 'localhost' }, /10\.0\.0\.0\/8/],
  ['trusted-proxy-invalid', 'trustedProxies[1]', { trustedProxies: ['10.0.0.0/8', '10.0.0.0/33'] }, /10\.0\.0\.0\/33/],
  ['trusted-proxy-invalid', 'trustedProxies[0]', { trustedProxies: ['::/129'] }, /::\/129/],
  ['trusted-proxy-invalid', 'trustedProxies[0]', { trustedProxies: [{}] }, /\{\}/],
  ['trusted-proxy-invalid', 'trustedProxies[0]', { trustedProxies: null }, /null/],
  ['trusted-origin-invalid', 'trustedOrigins[0]', { trustedOrigins: ['partner.com'] }, /https:\/\/app/],
  ['trusted-origin-invalid', 'trustedOrigins[0]', { trustedOrigins: 'https://a.com/' }, /without a path/],
  ['topology-missing', 'topology', { topology: [] }, /isolated/],
  ['topology-unknown', 'topology.kind', { topology: undefined }, /isolated.*shared/s],
  ['topology-unknown', 'topology.kind', { topology: null }, /shared/],
  ['topology-unknown', 'topology.kind', { topology: { kind: 'isolate' } }, /"isolate"/],
  ['topology-unknown', 'topology[1].kind', { topology: [good.topology, 5] }, /isolated/],
  ['topology-unknown', 'topology.kind', { topology: { kind: '__proto__' } }, /"__proto__"/],
  ['keys-missing', 'keys', { ...hub(), keys: undefined }, /"hub" crosses[^]*npx landbridge keygen/],
  ['keys-missing', 'keys', { ...peers(), keys: undefined }, /"peers" crosses/],
  ['keys-missing', 'keys', { keys: [] }, /LANDBRIDGE_KEY/],
  ['key-too-short', 'keys[1]', { keys: [KEY, 'secret'] }, /It has 6 characters/],
  ['key-too-short', 'keys[0]', { keys: [undefined] }, /undefined/],
  ['base-path-invalid', 'basePath', { basePath: 'session' }, /"\/\.session\/"/],
  ['base-path-invalid', 'basePath', { basePath: '/' }, /slash/],
  ['hub-invalid', 'topology.hub', hub({ hub: '*.acme.com' }), /'acme\.com'/],
  ['hub-invalid', 'topology.hub', hub({ hub: undefined }), /undefined/],
  ['authorize-missing', 'topology.authorize', hub({ authorize: undefined }), /async \(account, host\)/],
  ['hosts-missing', 'topology.spokes', hub({ spokes: [] }), /No host/],
  ['host-is-domain', 'topology.spokes[0]', hub({ spokes: ['.acme.com'] }), /"\*\.acme\.com"/],
  ['ticket-lifetime-invalid', 'topology.ticketLifetime', hub({ ticketLifetime: '1h' }), /'30s'/],
  ['sign-in-path-invalid', 'topology.signIn', hub({ signIn: '//evil.com' }), /'\/login'/],
  ['sign-in-path-invalid', 'topology.signIn', hub({ signIn: 'https://acme.com/login' }), /"https/],
  ['sign-in-path-invalid', 'topology.signIn', hub({ signIn: '/login?x' }), /path of the page/],
  ['option-not-a-function', 'topology.protect', hub({ protect: true }), /protect/],
  ['option-unknown', 'topology.replace', hub({ replace: 'always' }), /spokes, authorize/],
  ['option-invalid', 'topology.replace', peers({ replace: 'never' }), /"empty", "always"/],
  ['option-invalid', 'topology.sync', peers({ sync: () => true }), /"on-demand", "first-visit"/],
  ['peers-too-few', 'topology.hosts', peers({ hosts: ['a.com'] }), /two hosts/],
  ['peers-too-few', 'topology.hosts', peers({ hosts: ['a.com', '*.b.com'] }), /named/],
  ['domain-is-public-suffix', 'topology.hosts[2]', peers({ hosts: ['a.com', 'b.com', '.co.uk'] }), /'\.example\.co\.uk'/],
  ['host-in-two-scopes', 'topology.spokes[0]', hub({ spokes: ['acme.com'] }), /one scope/],
  ['hosts-missing', 'topology.hosts', { topology: { kind: 'isolated' } }, /a list such as/],
  ['hosts-missing', 'topology.hosts', { topology: { kind: 'isolated', hosts: 'app.example.com' } }, /a list such as/],
  ['hosts-missing', 'topology.hosts', hosts(), /a list such as/],
  ['host-is-domain', 'topology.hosts[0]', hosts('.example.com'), /"\*\.example\.com"/],
  ['host-invalid', 'topology.hosts[1]', hosts('a.com', 'https://b.com'), /no scheme, no path/],
  ['host-invalid', 'topology.hosts[0]', hosts('https://bücher.example'), /no scheme/],
  ['host-invalid', 'topology.hosts[0]', hosts('a_b.com'), /"a_b\.com"/],
  ['host-invalid', 'topology.hosts[0]', hosts('*'), /"\*"/],
  ['host-invalid', 'topology.hosts[0]', hosts('*.example.com:8080'), /\*\.example\.com/],
  ['host-invalid', 'topology.hosts[0]', hosts('*.127.0.0.1'), /127/],
  ['host-invalid', 'topology.hosts[0]', hosts('a.*.com'), /a\.\*\.com/],
  ['host-invalid', 'topology.hosts[0]', hosts(5n), /5/],
  ['host-invalid', 'topology.hosts[0]', hosts(''), /""/],
  ['host-default-port', 'topology.hosts[0]', hosts('example.com:443'), /Write "example\.com"/],
  ['host-default-port', 'topology.hosts[0]', hosts('bücher.example:80'), /xn--bcher-kva\.example/],
  ['host-ports-share-cookie', 'topology.hosts[1]', hosts('a.com:3000', 'a.com:4000'), /Write "a\.com" for all its ports/],
  ['host-ports-share-cookie', 'topology.hosts[1]', hosts('a.com', 'a.com:4000'), /one cookie for both/],
  ['option-unknown', 'cookie', { cookie: { secure: true } }, /Secure, HttpOnly.* lifetime/],
  ['option-unknown', 'secret', { secret: 'geheim' }, /keys: \[process\.env\.LANDBRIDGE_KEY\]/],
  ['host-in-two-scopes', 'topology.hosts[1]', hosts('a.com', 'A.com.'), /one rule only/],
  ['host-in-two-scopes', 'topology.hosts[1]', hosts('*.a.com', '*.a.com'), /earlier rule/],
  ['host-in-two-scopes', 'topology[1].hosts[0]', { topology: [domain('.a.com').topology, hosts('*.a.com').topology] }, /one scope/],
  ['domain-invalid', 'topology.domain', domain('example.com'), /leading dot/],
  ['domain-invalid', 'topology.domain', domain('..example.com'), /leading dot/],
  ['domain-invalid', 'topology.domain', domain('.example.com:8080'), /'\.example\.com'/],
  ['domain-invalid', 'topology.domain', domain('.'), /"\."/],
  ['domain-invalid', 'topology.domain', domain(undefined), /undefined/],
  ['domain-invalid', 'topology.domain', domain(['.a.com']), /\.a\.com/],
  ['domain-is-address', 'topology.domain', domain('.127.0.0.1'), /isolated/],
  ['domain-is-address', 'topology.domain', domain('.[::1]'), /isolated/],
  ['domain-is-public-suffix', 'topology.domain', domain('.com'), /'\.example\.com'/],
  ['domain-is-public-suffix', 'topology.domain', domain('.co.uk'), /'\.example\.co\.uk'/],
  ['domain-is-public-suffix', 'topology.domain', domain('.CO.UK.'), /public suffix/],
  ['domain-is-public-suffix', 'topology.domain', domain('.github.io'), /'\.example\.github\.io'/],
  ['domain-is-public-suffix', 'topology.domain', domain('.example.ck'), /public suffix/],
  ['domain-is-public-suffix', 'topology.domain', domain('.localhost'), /'\.example\.localhost'/],
  ['domain-is-public-suffix', 'topology.domain', domain('.intranet'), /public suffix/],
]

/** Those of the stores, which are refused when they are made. */
const STORE_FAULTS: [code: string, path: string, make: () => unknown, says: RegExp][] = [
  ['chunks-invalid', 'chunks', () => sealedCookie({ keys: [KEY], chunks: 5 }), /from 1 to 4/],
  ['chunks-invalid', 'chunks', () => sealedCookie({ keys: [KEY], chunks: '2' as never }), /from 1 to 4/],
  ['epochs-invalid', 'epochs', () => sealedCookie({ keys: [KEY], epochs: {} as never }), /sqlite\('epochs\.db'\)/],
  ['epochs-invalid', 'epochs', () => sealedCookie({ keys: [KEY], epochs: sealedCookie({ keys: [KEY] }) }), /on the server/],
  ['key-too-short', 'keys[1]', () => sealedCookie({ keys: [KEY, 'short'] }), /32 or more/],
  ['keys-missing', 'keys', () => sealedCookie({ keys: [] }), /list of keys is empty/],
  ['option-unknown', 'epoch', () => sealedCookie({ keys: [KEY], epoch: memory() } as never), /epochs/],
]

describe('each fault has its code, its path, and a hint what to write', () => {
  test.each(FAULTS)('%s at %s: %o', (code, path, options, says) => {
    const faults = faultsOf({ ...good, ...(Object.hasOwn(options, '__proto__') ? {} : options), ...own(options) })
    expect(faults.map((fault) => [fault.code, fault.path])).toEqual([[code, path]])
    expect(`${faults[0]!.message}\n${faults[0]!.hint}`).toMatch(says)
    expect(faults[0]!.hint.length).toBeGreaterThan(10)
  })

  test.each(STORE_FAULTS)('%s at %s of a store', (code, path, make, says) => {
    const faults = faultsIn(make)
    expect(faults.map((fault) => [fault.code, fault.path])).toEqual([[code, path]])
    expect(`${faults[0]!.message}\n${faults[0]!.hint}`).toMatch(says)
    expect(make).toThrow(/^The configuration of sealedCookie has one fault/)
  })

  test('and the tables above have them all', () => {
    const folder = new URL('../../packages/landbridge/src/', import.meta.url)
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    const text = sources.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n')
    const codes = [...text.matchAll(/(?:faults|this)\.add\(\s*'([a-z-]+)'/g)].map(([, code]) => code!)
    expect([...new Set([...FAULTS, ...STORE_FAULTS].map(([code]) => code))].toSorted()).toEqual([...new Set(codes)].toSorted())
  })
})

/** Spreading drops an own key named __proto__. */
function own(options: object): object {
  return Object.hasOwn(options, '__proto__') ? Object.defineProperty({}, '__proto__', { value: 1, enumerable: true }) : {}
}

describe('a configuration with many faults', () => {
  test('is refused once, with all of them, each on two lines of the message', () => {
    const options = {
      topology: [{ kind: 'isolated', hosts: ['.a.com', 'b_c.com'] }, { kind: 'shared', domain: '.co.uk' }, { kind: 'hub' }],
      store: {},
      lifetime: { idle: '2d', absolute: '1d', rememberr: '60d' },
      trustedProxies: ['x', '10.0.0.0/8', 'y'],
      trustedOrigins: ['z'],
      cookieName: ';',
      onEvent: 1,
      key: 'secret',
    }
    const faults = faultsOf(options)
    expect(faults.map(({ code }) => code).toSorted()).toEqual([
      'cookie-name-invalid',
      'domain-is-public-suffix',
      'host-invalid',
      'host-is-domain',
      'hosts-missing',
      'hub-invalid',
      'keys-missing',
      'lifetime-idle-too-long',
      'option-not-a-function',
      'option-unknown',
      'option-unknown',
      'store-missing',
      'trusted-origin-invalid',
      'trusted-proxy-invalid',
      'trusted-proxy-invalid',
    ])
    expect(() => createSessions(options as never)).toThrow(/has 15 faults:\n {2}key: .*\[option-unknown\]\n {4}Write one of/)
    expect(() => createSessions(options as never)).not.toThrow(/secret/)
  })

  test.each([undefined, null, 5, 'x', [], () => 0, {}])('%o instead of options is a fault, not a crash', (options) => {
    const codes = faultsOf(options).map(({ code }) => code)
    expect(codes).toContain('store-missing')
    expect(codes).toContain('topology-unknown')
  })
})

test('a good configuration is accepted, with a cookie name of its own', async () => {
  for (const cookieName of ['sid', 'a', 'SESSION-1', 'x'.repeat(64)]) {
    const sessions = createSessions({ ...good, cookieName } as SessionsOptions)
    const response = await sessions.handle(new Request('https://app.example.com/'), (session) => {
      session.set('a', 1)
      return new Response()
    })
    expect(response.headers.getSetCookie()[0]!.startsWith(`__Host-${cookieName}=`)).toBe(true)
  }
})

test('any value can be shown in a message: on one line, short, without throwing', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error('no')
      },
    },
  )
  const values = [
    undefined,
    null,
    Number.NaN,
    -0,
    1n,
    Symbol('s'),
    () => 1,
    cycle,
    hostile,
    Object.create(null),
    'a\nb',
    'x'.repeat(999),
    [1, 'a'],
    new Date(Number.NaN),
  ]
  const shown = values.map(show)
  for (const text of shown) expect(text).toMatch(/^[^\n]{1,80}$/)
  expect(shown.slice(0, 7)).toEqual(['undefined', 'null', 'NaN', '0', '1', 'Symbol(s)', 'a function'])
})

test('a store that cannot keep tickets is no fault where nothing crosses, and one that lacks something else nowhere', () => {
  expect(faultsOf({ ...good, store: reduced })).toEqual([])
  expect(faultsOf({ ...good, ...domain('.a.com'), store: reduced })).toEqual([])
  expect(faultsOf({ ...hub(), store: { ...memory(), lacks: ['accounts'] } })).toEqual([])
})

test('domains side by side, and wildcards of names on no list, are no fault', () => {
  const topology = [domain('.a.com').topology, domain('.aa.com').topology]
  expect(faultsOf({ ...good, topology, trustedOrigins: ['http://*.localhost', 'https://*.corp', 'https://*.example.com'] })).toEqual([])
})
