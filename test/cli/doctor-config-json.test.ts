// `landbridge doctor` over JSON: every check that options or cookie settings can raise, and what raises none.
import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cookieChecks } from '../../packages/landbridge/src/cli/checks/doctor-cookie-checks.ts'
import { optionChecks } from '../../packages/landbridge/src/cli/checks/doctor-option-checks.ts'
import { parseJson } from '../../packages/landbridge/src/cli/doctor/json-syntax.ts'
import { masked } from '../../packages/landbridge/src/cli/doctor/mask.ts'
import { folderWith, landbridge, program } from '../support/cli.ts'

interface Finding {
  readonly configuration: string
  readonly check: string
  readonly level: string
  readonly where: string
  readonly message: string
  readonly fix: string
}

/** Reads many documents at once, and gives the findings of each. */
async function readTogether(documents: readonly object[]): Promise<Finding[][]> {
  const { out, err } = await landbridge(['doctor', '-', '--json'], { stdin: JSON.stringify(documents) })
  expect(err).toBe('')
  const { findings } = JSON.parse(out) as { findings: Finding[] }
  return documents.map((_, i) => findings.filter(({ configuration }) => configuration === `standard input[${i}]`))
}

/** The same, as if each stood alone. */
const read = async (documents: readonly object[]): Promise<Finding[][]> =>
  (await readTogether(documents)).map((findings) => findings.filter(({ check }) => check !== 'host-in-two-configurations'))

const KEY = 'Zq3xV9-kT1mWb7RyHc5uJd2sNf8gLp0aEo4iQv6_tBk'
const OTHER = 'hG5-dK2pXs8vYc1nRj7wQf4zTm9bLe3uAo6_iZq0CtE'
const isolated = (hosts: readonly unknown[] = ['app.example.com']) => ({ kind: 'isolated', hosts })
const own = (more: object = {}) => ({ topology: isolated(), store: 'sqlite:', trustedProxies: ['10.0.0.0/8'], ...more })
const cookie = { secure: true, httpOnly: true, sameSite: 'lax', path: '/', name: '__Host-id' }
const foreign = (attributes: object = {}, more: object = {}) => ({
  hosts: ['app.example.com'],
  cookie: { ...cookie, ...attributes },
  secrets: [KEY],
  ...more,
})

/** Check, level, where, the document that has this finding and no other. */
const FINDINGS: [check: string, level: string, where: string, document: object][] = [
  ['key-guessable', 'fault', 'keys[0]', own({ keys: ['a'.repeat(40)] })],
  ['key-guessable', 'fault', 'keys[1]', own({ keys: [KEY, 'geheim!'.repeat(6)] })],
  ['key-guessable', 'fault', 'keys[0]', own({ keys: ['abcdefghijklmnopqrstuvwxyz0123456789'] })],
  ['key-guessable', 'fault', 'keys[0]', own({ keys: ['only while developing: 32 characters or more'] })],
  ['key-guessable', 'fault', 'keys[0]', own({ keys: ['correct horse battery staple and some more'] })],
  ['key-guessable', 'warning', 'keys[0]', own({ keys: ['a'.repeat(40)], topology: isolated(['*.acme.localhost']) })],
  ['key-twice', 'warning', 'keys[2]', own({ keys: [KEY, OTHER, KEY] })],
  ['hosts-local-and-public', 'warning', 'topology.hosts[1]', own({ topology: isolated(['app.example.com', 'app.localhost:3000']) })],
  ['host-ports-share-cookie', 'warning', 'topology.hosts[0]', own({ topology: isolated(['app.example.com:8443', '*.example.com']) })],
  ['proxies-not-named', 'note', 'trustedProxies', { topology: isolated(), store: 'redis://localhost' }],
  ['proxies-everybody', 'warning', 'trustedProxies[1]', own({ trustedProxies: ['10.0.0.0/8', '0.0.0.0/0'] })],
  ['proxies-everybody', 'warning', 'trustedProxies[0]', own({ trustedProxies: ['::/0'] })],
  ['store-in-memory', 'warning', 'store', own({ store: 'memory:' })],
  ['store-overwrites', 'warning', 'store', own({ store: 'express-store:' })],
  ['store-lists-nothing', 'note', 'store', own({ store: 'sealed-cookie:' })],
  ['lifetime-very-long', 'warning', 'lifetime.idle', own({ lifetime: { idle: '40d', absolute: '60d' } })],
  ['lifetime-very-long', 'warning', 'lifetime.absolute', own({ lifetime: { absolute: '400d', remember: '400d' } })],
  ['lifetime-very-long', 'warning', 'lifetime.remember', own({ lifetime: { remember: '400d' } })],
  ['trusted-origin-plain-http', 'warning', 'trustedOrigins[0]', own({ trustedOrigins: ['http://app.example.com'] })],
  [
    'trusted-origin-elsewhere',
    'warning',
    'trustedOrigins[1]',
    own({ trustedOrigins: ['https://www.example.com', 'https://www.example.org'] }),
  ],
  [
    'trusted-origin-elsewhere',
    'warning',
    'trustedOrigins[0]',
    own({ topology: isolated(['a.github.io']), trustedOrigins: ['https://b.github.io'] }),
  ],
  ['trusted-origin-wider-than-hosts', 'note', 'trustedOrigins[0]', own({ trustedOrigins: ['https://*.example.com'] })],
  ['bypass-given', 'note', 'insecureBypass', own({ insecureBypass: true })],
  [
    'transport-by-script',
    'note',
    'topology.script',
    own({ keys: [KEY], topology: { kind: 'peers', hosts: ['a.com', 'b.com'], script: true } }),
  ],
  // Of createSessions itself.
  ['domain-is-public-suffix', 'fault', 'topology.domain', own({ topology: { kind: 'shared', domain: '.co.uk' } })],
  ['key-too-short', 'fault', 'keys[0]', own({ keys: ['abc'] })],
  ['lifetime-idle-too-long', 'fault', 'lifetime.idle', own({ lifetime: { idle: '9d', absolute: '8d' } })],
  ['option-unknown', 'fault', 'resave', own({ resave: false })],
  ['host-in-two-scopes', 'fault', 'topology[1].hosts[0]', own({ topology: [isolated(), isolated()] })],
  [
    'store-cannot-cross',
    'fault',
    'store',
    own({ keys: [KEY], topology: { kind: 'peers', hosts: ['a.com', 'b.com'] }, store: 'express-store:' }),
  ],
  ['authorize-missing', 'fault', 'topology.authorize', own({ keys: [KEY], topology: { kind: 'hub', hub: 'a.com', spokes: ['*.a.com'] } })],
  // Of another library.
  ['cookie-without-secure', 'fault', 'cookie.secure', foreign({ secure: false, name: 'id', domain: undefined, path: '/' })],
  ['cookie-without-secure', 'fault', 'cookie.secure', foreign({ secure: 'auto' }, { behindProxy: true })],
  ['cookie-secure-behind-proxy', 'fault', 'cookie.secure', foreign({}, { behindProxy: true, trustsForwardedProto: false })],
  ['cookie-samesite-none-insecure', 'fault', 'cookie.sameSite', foreign({ secure: false, sameSite: 'None', name: 'id' })],
  ['cookie-samesite-none', 'warning', 'cookie.sameSite', foreign({ sameSite: 'none' })],
  ['cookie-samesite-missing', 'warning', 'cookie.sameSite', foreign({ sameSite: undefined })],
  ['cookie-prefix-broken', 'fault', 'cookie.name', foreign({ domain: '.example.com' })],
  ['cookie-prefix-broken', 'fault', 'cookie.name', foreign({ path: '/shop', name: '__HOST-id' })],
  ['cookie-prefix-broken', 'fault', 'cookie.name', foreign({ secure: false, name: '__Secure-id' })],
  ['cookie-prefix-missing', 'note', 'cookie.name', foreign({ name: 'connect.sid' })],
  [
    'cookie-domain-misses-host',
    'fault',
    'hosts[1]',
    foreign({ name: '__Secure-id', domain: '.example.com' }, { hosts: ['a.example.com', 'badexample.com'] }),
  ],
  ['cookie-domain-localhost', 'fault', 'cookie.domain', foreign({ name: '__Secure-id', domain: 'localhost' }, { hosts: ['localhost'] })],
  ['cookie-domain-wide', 'warning', 'cookie.domain', foreign({ name: '__Secure-id', domain: 'example.com' })],
  ['domain-is-public-suffix', 'fault', 'cookie.domain', foreign({ name: '__Secure-id', domain: '.com' })],
  ['domain-is-address', 'fault', 'cookie.domain', foreign({ name: '__Secure-id', domain: '192.168.1.1' })],
  ['domain-invalid', 'fault', 'cookie.domain', foreign({ name: '__Secure-id', domain: 'https://example.com' })],
  ['cookie-without-httponly', 'fault', 'cookie.httpOnly', foreign({ httpOnly: false })],
  ['cookie-path-narrow', 'note', 'cookie.path', foreign({ path: '/shop', name: '__Secure-id' })],
  ['session-very-long', 'warning', 'cookie.maxAge', foreign({ maxAge: '2000d' })],
  ['session-very-long', 'warning', 'cookie.maxAge', foreign({ maxAge: 63_072_000_000 })],
  ['cookie-setting-invalid', 'fault', 'cookie.httpOnly', foreign({ httpOnly: 'yes' })],
  ['cookie-setting-invalid', 'fault', 'cookie.sameSite', foreign({ sameSite: 'laxx' })],
  ['cookie-setting-invalid', 'fault', 'behindProxy', foreign({}, { behindProxy: 'yes' })],
  ['session-resaved', 'warning', 'resave', foreign({}, { resave: true })],
  ['session-for-everybody', 'note', 'saveUninitialized', foreign({}, { saveUninitialized: true })],
  ['option-unknown', 'fault', 'cookie.secrue', foreign({ secrue: true })],
  ['option-unknown', 'fault', 'host', foreign({}, { host: 'a.com' })],
  ['host-invalid', 'fault', 'hosts[0]', foreign({}, { hosts: ['https://a.com'] })],
  ['key-too-short', 'fault', 'secret', foreign({}, { secrets: undefined, secret: 'keyboard cat' })],
  ['key-too-short', 'fault', 'secrets[1]', foreign({}, { secrets: [KEY, null] })],
  ['key-guessable', 'fault', 'secrets[0]', foreign({}, { secrets: ['keyboard cat keyboard cat keyboard'] })],
  ['key-twice', 'warning', 'secrets[1]', foreign({}, { secrets: [KEY, KEY] })],
  ['trusted-origin-invalid', 'fault', 'trustedOrigins[0]', foreign({}, { trustedOrigins: ['www.example.com'] })],
  ['trusted-origin-too-wide', 'fault', 'trustedOrigins[0]', foreign({}, { trustedOrigins: ['https://*.com'] })],
]

/** What raises nothing, however close it comes. */
const FINE: [why: string, document: object][] = [
  ['a plain configuration', own()],
  [
    'a hub whose functions are said to be there',
    own({
      keys: [KEY, OTHER],
      topology: { kind: 'hub', hub: 'acme.com', spokes: ['*.acme.com', true], authorize: true, protect: true, signIn: '/login' },
      onEvent: true,
      clock: true,
    }),
  ],
  ['peers that choose which session stays', own({ keys: [KEY], topology: { kind: 'peers', hosts: ['a.com', '.b.com'], replace: true } })],
  [
    'hosts of this machine, with what is good enough there',
    {
      topology: isolated(['*.acme.localhost', 'localhost:3000']),
      store: 'memory:',
      trustedOrigins: ['http://localhost:4000', 'http://a.acme.localhost'],
    },
  ],
  [
    'a wildcard origin that a wildcard rule covers',
    own({ topology: isolated(['*.example.com']), trustedOrigins: ['https://*.example.com', 'https://*.a.example.com'] }),
  ],
  [
    'origins of sites that a function may admit',
    own({ topology: isolated(['app.example.com', true]), trustedOrigins: ['https://www.example.org'] }),
  ],
  ['a port of a host that no wildcard serves', own({ topology: isolated(['example.com:8443', '*.example.com']) })],
  ['lifetimes at their bounds', own({ lifetime: { idle: '30d', absolute: '365d' } })],
  ['keys as they are made', own({ keys: [KEY, OTHER, 'f1d2d2f924e986ac86fdf7b36c94bcdf32beec15'] })],
  ['a good cookie', foreign()],
  ['a good cookie behind a proxy that is believed', foreign({}, { behindProxy: true, trustsForwardedProto: true })],
  [
    'a good cookie as express-session writes it',
    {
      name: '__Host-id',
      secret: [KEY],
      resave: false,
      saveUninitialized: false,
      proxy: true,
      hosts: ['a.com'],
      cookie: { secure: true, sameSite: 'strict', maxAge: 86_400_000 },
    },
  ],
  ['a cookie of localhost that is not Secure', foreign({ secure: false, name: undefined }, { hosts: ['x.acme.localhost'] })],
]

/** What comes along with a finding by its nature. */
const COMPANIONS: Readonly<Record<string, readonly string[]>> = {
  'cookie-without-secure': ['cookie-prefix-missing'],
  'cookie-samesite-none-insecure': ['cookie-prefix-missing'],
  'cookie-prefix-broken': ['cookie-domain-wide', 'cookie-path-narrow', 'cookie-without-secure'],
  'cookie-domain-misses-host': ['cookie-domain-wide'],
  'store-overwrites': ['store-lists-nothing'],
  'store-cannot-cross': ['store-overwrites', 'store-lists-nothing'],
  'cookie-setting-invalid': ['cookie-samesite-missing'],
}

describe('A finding', async () => {
  const found = await read(FINDINGS.map(([, , , document]) => document))
  test.for(FINDINGS.map((row, i) => [...row, i] as const))('%s (%s) at %s: %j', ([check, level, where, , i]) => {
    const findings = found[i]!
    expect(findings).toContainEqual(expect.objectContaining({ check, level, where, fix: expect.stringMatching(/.{10}/) }))
    const others = findings.filter((each) => each.check !== check && !COMPANIONS[check]?.includes(each.check))
    // `laxx` is no SameSite, `localhost` no public host: what follows from a row is named above.
    expect(others.map((each) => each.check)).toEqual([])
  })

  test('is shown above for every check of options and cookies, but for those of modules and of several configurations', () => {
    const elsewhere = ['host-in-two-configurations', 'module-stopped']
    const all = [...optionChecks, ...cookieChecks].map(({ id }) => id)
    const shown = new Set([...FINDINGS.map(([check]) => check), ...elsewhere])
    expect(all.filter((id) => !shown.has(id))).toEqual([])
  })
})

test('What is well raises nothing', async () => {
  const found = await read(FINE.map(([, document]) => document))
  expect(FINE.map(([why], i) => [why, found[i]])).toEqual(FINE.map(([why]) => [why, []]))
})

test('No random key is taken for one that can be guessed', async () => {
  const random = Array.from({ length: 4000 }, (_, i) =>
    randomBytes(16 + (i % 17)).toString((['base64url', 'base64', 'hex'] as const)[i % 3]),
  )
  const long = random.filter((key) => key.length >= 32)
  expect(long.length).toBeGreaterThan(2000)
  expect(await read([own({ keys: long })])).toEqual([[]])
})

test('Two configurations that serve one host under one cookie name are a warning of the second, with other names none', async () => {
  const shop = (more: object = {}) => own({ topology: isolated(['*.example.com']), ...more })
  const found = await readTogether([
    own(),
    shop(),
    shop({ cookieName: 'shop' }),
    own({ topology: isolated(['example.com']) }),
    own({ topology: { kind: 'shared', domain: '.example.com' } }),
  ])
  expect(found.map((each) => each.map(({ check }) => check))).toEqual([[], ['host-in-two-configurations'], [], [], []])
  expect(found[1]![0]!.message).toBe(
    '*.example.com is served by standard input[0] (topology.hosts[0]: app.example.com), too, and both name their cookie "sid".',
  )
})

describe('The exit code and the report', () => {
  test('0 for a file with warnings alone, without colours, grouped by file', async () => {
    const cwd = folderWith({ 'sessions.json': JSON.stringify(own({ store: 'memory:' })) })
    const { code, out, err } = await landbridge(['doctor', 'sessions.json'], { cwd })
    expect([code, err]).toEqual([0, ''])
    expect(out).toBe(`sessions.json
! warning store-in-memory at store
    app.example.com is public, and its sessions are gone when the process ends.
    → Write store: sqlite('sessions.db') for one machine; Redis, PostgreSQL or MySQL for several.

Nothing is wrong. 1 warning.
`)
  })

  test('1 for faults, which come first; as JSON with a format number', async () => {
    const stdin = JSON.stringify(own({ store: 'memory:', keys: ['abc'] }))
    const { code, out } = await landbridge(['doctor', '--json', '-'], { stdin })
    expect([code, JSON.parse(out)]).toEqual([
      1,
      {
        format: 1,
        fine: false,
        problems: [],
        findings: [expect.objectContaining({ check: 'key-too-short' }), expect.objectContaining({ check: 'store-in-memory' })],
      },
    ])
    const text = await landbridge(['doctor', '-'], { stdin })
    expect([text.code, text.out]).toEqual([1, expect.stringMatching(/^Faults were found\. 1 fault, 1 warning\.$/m)])
  })

  test.each([
    ['', /standard input is no JSON: line 1, column 1: the text ends too early/],
    ['{\n  "topology": {},\n  store: "sqlite:"\n}', /line 3, column 3: a name in double quotes is expected here/],
    [`{ "keys": ["${KEY}", oops] }`, /line 1, column 59: a value is expected here/],
    ['{ "a": 1 } x', /line 1, column 12: the value has ended/],
    ['[1]', /standard input\[0\] is no configuration: write an object/],
    ['"text"', /is no configuration/],
    [
      '{ "topology": {}, "store": "mongodb://u:geheim@h" }',
      /the store of standard input is a URL that begins with one of memory:, .* mongodb is none/,
    ],
    [`"${'x'.repeat(1_000_001)}"`, /longer than 1 MB/],
    ['[]', /standard input holds no configuration: the list is empty\./],
    [JSON.stringify(own({ keys: Array.from({ length: 5001 }, (_, i) => `${i}-Zq3xV9`) })), /lists more than 5000 things/],
  ])('2 for what is no configuration: %.60s', async (stdin, sentence) => {
    const { code, out, err } = await landbridge(['doctor', '-'], { stdin })
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(sentence)
    expect(err.split('\n')).toHaveLength(2)
    expect(err).not.toMatch(/Zq3xV9|geheim/)
  })

  test('never shows a key, a secret or a password, wherever it was written', async () => {
    const secret = 'sEcReT-sEcReT-sEcReT-sEcReT-sEcReT-sEcReT'
    const documents = [
      own({
        keys: [secret, secret, 'hunter2'],
        cookieName: secret,
        trustedOrigins: [`https://ann:${secret}@a.com`, 'https://ann:geheim@b.com'],
      }),
      foreign({ name: `${secret};`, domain: secret }, { secrets: ['hunter2', secret], hosts: [secret, 'https://ann:geheim@c.com'] }),
      own({ store: `redis://ann:${secret}@localhost`, basePath: 'redis://ann:geheim@h' }),
    ]
    for (const args of [
      ['doctor', '-'],
      ['doctor', '-', '--json'],
    ]) {
      const { code, out, err } = await landbridge(args, { stdin: JSON.stringify(documents) })
      expect(code).toBe(1)
      expect(out).toContain('***')
      expect(out + err).not.toMatch(/sEcReT|hunter2|geheim/)
    }
  })
})

test('The examples of docs/doctor.md are read as that page says', async () => {
  const page = readFileSync(new URL('../../docs/doctor.md', import.meta.url), 'utf8')
  const examples = [...page.matchAll(/^```json\n([^]*?)^```$/gm)].map(([, text]) => JSON.parse(text!) as object)
  const found = await read(examples)
  expect(found.map((each) => each.map(({ check }) => check))).toEqual([
    ['key-too-short'],
    ['cookie-secure-behind-proxy', 'key-too-short', 'cookie-domain-wide'],
  ])
})

test('Many hosts, origins and keys are judged within seconds', async () => {
  const many = (text: string) => Array.from({ length: 1600 }, (_, i) => text.replace('*', String(i)))
  const document = own({
    topology: { kind: 'isolated', hosts: many('a*.acme.com') },
    trustedOrigins: many('https://b*.acme.com'),
    keys: many('Zq3xV9-kT1mWb7RyHc5uJd2sNf8gLp0aEo4iQv6_*'),
  })
  const long = { ...own(), ['a-'.repeat(200_000)]: true }
  const began = Date.now()
  const { code, out } = await landbridge(['doctor', '-'], { stdin: JSON.stringify([document, long]) })
  expect([code, out]).toEqual([1, expect.stringMatching(/option-unknown at (?:a-){1000}\.\.\.\n/)])
  expect(Date.now() - began).toBeLessThan(10_000)
})

test.skipIf(!existsSync('/dev/full'))('A report that cannot be written to its end is none: 2', async () => {
  const cwd = folderWith({ 'a.json': JSON.stringify(own({})) })
  const { signal, status } = spawnSync('sh', ['-c', '"$0" "$1" doctor a.json > /dev/full', process.execPath, program], { cwd })
  expect([signal, status]).toEqual([null, 2])
})

describe('The parser', () => {
  const near = fc.tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', '{', ']', '"', '\\', ' ', '0', '\n')).map(([text, at, put]) => {
    const place = at % (text.length + 1)
    return text.slice(0, place) + put + text.slice(place + (put === '' ? 1 : 0))
  })

  test('takes exactly what JSON is, and names a place within the text for everything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), near, fc.string()), (text) => {
        const parsed = parseJson(text)
        let value: unknown
        let isJson = true
        try {
          value = JSON.parse(text)
        } catch {
          isJson = false
        }
        if (isJson) {
          expect(parsed).toEqual({ value })
          return
        }
        const { line, column } = (parsed as { fault: { line: number; column: number } }).fault
        const lines = text.split('\n')
        expect(line).toBeLessThanOrEqual(lines.length)
        expect(column).toBeLessThanOrEqual(lines[line - 1]!.length + 1)
      }),
      { numRuns: 3000 },
    )
  })

  test('ends at a text that is nested without end', () => {
    expect(parseJson('['.repeat(100_000))).toMatchObject({ fault: { line: 1, message: expect.stringContaining('200 deep') } })
  })
})

test('A secret is taken out of any text, as it is, quoted, percent-encoded or in base64', () => {
  const secrets = fc.stringMatching(/^[\w+/"\\ ü-]{4,40}$/)
  fc.assert(
    fc.property(fc.string(), secrets, fc.string(), (before, secret, after) => {
      const spellings = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), Buffer.from(secret).toString('base64')]
      for (const spelling of spellings) {
        // A text around it that holds the secret by chance would prove nothing.
        fc.pre(!(before + after).includes(spelling) && !`${before}***${after}`.includes(spelling))
        expect(masked(before + spelling + after, [secret])).not.toContain(spelling)
      }
    }),
  )
})
