// `landbridge scan` as its users run it, against sites of the loopback: sound ones, and ones with a fault each.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memory } from 'landbridge/memory'
import { nodeSessions } from 'landbridge/node'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { scanChecks } from '../../packages/landbridge/src/cli/checks/scan-checks.ts'
import type { ScanReport } from '../../packages/landbridge/src/cli/scan/report.ts'
import { makeSessions } from '../support/launch.ts'
import type { Site, SiteOptions } from '../support/scanned.ts'
import { PASSWORD, scan, scanned, serve, startSite } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'landbridge-scan-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

function moduleOf(source: string): string {
  const file = join(folder(), 'sign-in.mjs')
  writeFileSync(file, source)
  return file
}

const SIGN_IN = `export default async ({ request }) => {
  await request('/login', { form: { user: 'ann', password: process.env.SITE_PASSWORD } })
}`
const signIn = () => ['--login', moduleOf(SIGN_IN), '--yes', '--page', '/account']
const KNOWN = { SITE_PASSWORD: PASSWORD }

const idsOf = ({ findings }: ScanReport) => [...new Set(findings.map(({ check }) => check))].sort()
const outcomes = ({ experiments }: ScanReport) => experiments.map(({ from, to, outcome }) => `${name(from)} ${name(to)} ${outcome}`)
const name = (host: string) => host.split('.')[0]!
const elmerAndAlice = (site: Site) => [site.url('elmer'), site.url('alice')]

describe('The copy experiment, signed in', () => {
  test.each([false, true])('a session that is bound to its host is refused elsewhere (redirects: %j): 0', async (redirects) => {
    const site = await startSite({ redirects })
    const report = await scanned([...elmerAndAlice(site), ...signIn()], KNOWN)
    expect(report).toMatchObject({ code: 0, complete: true, problems: [], findings: [] })
    expect(outcomes(report)).toEqual(['elmer alice refused', 'alice elmer refused'])
    expect(report.experiments[0]).toMatchObject({ cookies: ['__Host-sid'], as: 'signed-in' })
  })

  test.each([false, true])('one that is good on every host is accepted, and that is a fault (redirects: %j): 1', async (redirects) => {
    const site = await startSite({ redirects, bound: false })
    const report = await scanned([...elmerAndAlice(site), ...signIn()], KNOWN)
    expect(report).toMatchObject({ code: 1, complete: true })
    expect(outcomes(report)).toEqual(['elmer alice accepted', 'alice elmer accepted'])
    expect(report.findings).toMatchObject([{ check: 'cookie-accepted-elsewhere', level: 'fault' }, { check: 'cookie-accepted-elsewhere' }])
    expect(report.findings[0]!.evidence.join(' ')).toContain('A made-up cookie of the same shape was answered unlike it too')
  })

  test('where a Domain covers both hosts it is a warning, as browsers send the cookie to both: 0', async () => {
    const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax; Domain=acme.localhost'
    const site = await startSite({ bound: false, cookie: '__Secure-sid', attributes })
    const report = await scanned([...elmerAndAlice(site), ...signIn()], KNOWN)
    expect(outcomes(report)).toEqual(['elmer alice accepted', 'alice elmer accepted'])
    expect([report.code, idsOf(report)]).toEqual([0, ['cookie-accepted-elsewhere', 'cookie-domain-wide']])
    expect(new Set(report.findings.map(({ level }) => level))).toEqual(new Set(['warning']))
  })

  test('a page that shows nobody tells nothing: unclear, and 2', async () => {
    const blank = await serve((request, response) => {
      if (request.url === '/login')
        response.setHeader('set-cookie', '__Host-sid=q8Zx0vJYk2Lm4N7pRtUw1A; Path=/; Secure; HttpOnly; SameSite=Lax')
      response.end('the same for everybody')
    })
    const urls = ['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${blank}/`)
    const unclear = await scanned([...urls, ...signIn()], KNOWN)
    expect([unclear.code, outcomes(unclear)]).toEqual([2, ['elmer alice unclear', 'alice elmer unclear']])
    expect(unclear.problems[0]).toContain('Name one that shows who is signed in with --page')
  })

  test('a refusal says nothing once the session was ended for being shown elsewhere', async () => {
    const site = await startSite({ endsWhenMoved: true })
    const report = await scanned([...elmerAndAlice(site), ...signIn()], KNOWN)
    expect(outcomes(report)).toEqual(['elmer alice unclear', 'alice elmer unclear'])
    expect(report.experiments[0]!.because.at(-1)).toContain('was not known at elmer.acme.localhost')
  })

  test('an answer that any cookie gets, such as "your session has expired", is a refusal', async () => {
    const site = await startSite({ expires: true })
    const report = await scanned([...elmerAndAlice(site), ...signIn()], KNOWN)
    expect(outcomes(report)).toEqual(['elmer alice refused', 'alice elmer refused'])
    expect(report.experiments[0]!.because.join(' ')).toContain('the copied one counted for nothing')
  })

  test.each([404, 429, 500])('a host that answers everybody with %i refuses nobody: unclear', async (status) => {
    const site = await startSite({ bound: false, status: { alice: status } })
    const login = moduleOf(`export default async ({ url, request }) => {
      if (url.includes('elmer')) await request('/login', { form: { user: 'ann', password: process.env.SITE_PASSWORD } })
    }`)
    const report = await scanned([...elmerAndAlice(site), '--login', login, '--yes', '--page', '/account'], KNOWN)
    expect([report.code, outcomes(report)]).toEqual([2, ['elmer alice unclear']])
  })

  test('sessions of Landbridge stay on their host, and nothing is wrong with their cookies', async () => {
    const { sessions } = makeSessions(memory())
    const port = await serve(
      nodeSessions(sessions, async ({ session, method, url }, response) => {
        if (method === 'POST' && url === '/login') await session.signIn({ id: 'ann' })
        const account = await session.account()
        response.end(account === null ? 'Please sign in' : 'Hello ann, welcome back')
      }),
    )
    const [elmer, alice] = ['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`)
    const report = await scanned([elmer!, alice!, ...signIn(), '--probe', `POST ${elmer}email`], KNOWN)
    expect(report).toMatchObject({ complete: true, problems: [] })
    expect(outcomes(report)).toEqual(['elmer alice refused', 'alice elmer refused'])
    expect(report.probes.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused'])
    expect([report.code, report.findings]).toEqual([0, []])
  })

  test('with cookies of the environment and of the option, for one host each', async () => {
    const site = await startSite({ bound: false })
    const ids = await Promise.all(['elmer', 'alice'].map((each) => signedInAt(site, each)))
    const args = [...elmerAndAlice(site), '--page', '/account', '--cookie', `alice.acme.localhost=__Host-sid=${ids[1]}`]
    const report = await scanned(args, { LANDBRIDGE_SCAN_COOKIE: `elmer.acme.localhost:${site.port}=__Host-sid=${ids[0]}; theme=dark\n` })
    expect(outcomes(report)).toEqual(['elmer alice accepted', 'alice elmer accepted'])
    expect(report.experiments[0]).toMatchObject({ cookies: ['__Host-sid'], as: 'signed-in' })
    expect(site.asked.filter((each) => !each.startsWith('GET')).length).toBe(2)
  })

  test('a cookie that the login module returns', async () => {
    const site = await startSite({ bound: false })
    const id = await signedInAt(site, 'elmer')
    const login = moduleOf(`export default async () => '__Host-sid=${id}'`)
    const report = await scanned([...elmerAndAlice(site), '--login', login, '--yes', '--page', '/account'])
    expect(outcomes(report)).toEqual(['elmer alice accepted', 'alice elmer accepted'])
  })
})

async function signedInAt(site: Site, host: string): Promise<string> {
  return await new Promise((resolve) => {
    const headers = { host: `${host}.acme.localhost:${site.port}`, 'content-type': 'application/x-www-form-urlencoded' }
    const request = httpRequest({ port: site.port, host: '127.0.0.1', path: '/login', method: 'POST', headers }, (response) => {
      response.resume()
      resolve(/=([^;]*)/.exec(response.headers['set-cookie']![0]!)![1]!)
    })
    request.end(new URLSearchParams({ user: 'ann', password: PASSWORD }).toString())
  })
}

describe('The copy experiment, with the session of a stranger', () => {
  test.each<[SiteOptions, string, number]>([
    [{ eager: true }, 'refused', 0],
    [{ eager: true, bound: false }, 'accepted', 1],
    [{}, 'unclear', 0],
  ])('%j: %s', async (options, outcome, code) => {
    const site = await startSite(options)
    const report = await scanned(elmerAndAlice(site))
    expect([report.code, outcomes(report)]).toEqual([code, [`elmer alice ${outcome}`, `alice elmer ${outcome}`]])
    expect(report.experiments[0]!.as).toBe('anonymous')
  })

  test('a host that goes on with a made-up id is told of', async () => {
    const site = await startSite({ eager: true, adopts: true, bound: false })
    const report = await scanned(elmerAndAlice(site))
    expect(idsOf(report)).toEqual(['session-id-adopted'])
  })

  test.each([true, false])('a page that counts visits tells by its numbers (bound to the host: %j)', async (isBound) => {
    const visits = new Map<string, number>()
    const port = await serve((request, response) => {
      const [, id = ''] = /sid=([^;]*)/.exec(request.headers.cookie ?? '') ?? []
      const key = id === '' ? `${crypto.randomUUID()}` : id
      const known = isBound ? `${request.headers.host} ${key}` : key
      visits.set(known, (visits.get(known) ?? 0) + 1)
      if (id === '') response.setHeader('set-cookie', `__Host-sid=${key}; Path=/; HttpOnly; Secure; SameSite=Lax`)
      response.end(`Visit ${visits.get(known)} to ${request.headers.host}`)
    })
    const report = await scanned(['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`))
    const outcome = isBound ? 'refused' : 'accepted'
    expect(outcomes(report)[0]).toBe(`elmer alice ${outcome}`)
  })

  test('where the hosts name their cookies differently, the value is shown under both names', async () => {
    const ids = new Set<string>()
    const port = await serve((request, response) => {
      const own = `${name(request.headers.host!)}_session`
      const id =
        (request.headers.cookie ?? '')
          .split('; ')
          .find((each) => each.startsWith(`${own}=`))
          ?.slice(own.length + 1) ?? ''
      const fresh = crypto.randomUUID()
      if (!ids.has(id)) response.setHeader('set-cookie', `${own}=${fresh}; Path=/; HttpOnly; Secure; SameSite=Lax`)
      if (!ids.has(id)) ids.add(fresh)
      response.end('hello')
    })
    const report = await scanned(['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`))
    expect(outcomes(report)).toEqual(['elmer alice accepted', 'alice elmer accepted'])
  })
})

describe('Probes', () => {
  const probe = (site: Site) => [site.url('elmer'), ...signIn(), '--probe', `POST ${site.url('elmer', '/email')}`]
  const told = ({ probes }: ScanReport) => probes.map(({ origin, outcome }) => [origin, outcome])

  test('a write from elsewhere that is refused: 0', async () => {
    const site = await startSite()
    const report = await scanned(probe(site), KNOWN)
    expect(told(report)).toEqual([
      ['https://landbridge-scan.invalid', 'refused'],
      ['null', 'refused'],
      ['(none)', 'accepted'],
    ])
    expect([report.code, idsOf(report)]).toEqual([0, ['csrf-without-origin']])
    expect(site.asked.filter((each) => each === 'POST elmer /email')).toHaveLength(5)
  })

  test('a write that asks for a token is refused', async () => {
    const report = await scanned(probe(await startSite({ csrf: 'token' })), KNOWN)
    expect([report.code, told(report).map(([, outcome]) => outcome)]).toEqual([0, ['refused', 'refused', 'refused']])
  })

  test.each([
    ['HttpOnly; Secure; Path=/; SameSite=None', 'fault', 1],
    ['HttpOnly; Secure; Path=/; SameSite=Lax', 'warning', 0],
  ])('one that is accepted (%s) is a %s', async (attributes, level, code) => {
    const report = await scanned(probe(await startSite({ csrf: 'none', attributes })), KNOWN)
    expect(told(report).map(([, outcome]) => outcome)).toEqual(['accepted', 'accepted', 'accepted'])
    expect(report.findings.filter(({ check }) => check === 'csrf-accepted').map((each) => each.level)).toEqual([level, level])
    expect(report.code).toBe(code)
  })

  test('with a sibling host beside it, SameSite keeps nobody off: a fault', async () => {
    const site = await startSite({ csrf: 'none' })
    const report = await scanned([...probe(site), site.url('alice')], KNOWN)
    expect(report.findings.find(({ check }) => check === 'csrf-accepted')?.level).toBe('fault')
  })

  test('what is refused for another reason first is unclear: 2', async () => {
    const site = await startSite()
    const report = await scanned([
      site.url('elmer'),
      '--cookie',
      'elmer.acme.localhost=sid=abc',
      '--probe',
      `POST ${site.url('elmer', '/login')}`,
      '--yes',
    ])
    expect(report.code).toBe(2)
    expect(told(report).map(([, outcome]) => outcome)).toEqual(['refused', 'refused', 'unclear'])
  })

  test('nothing is sent where there is no session to send with it', async () => {
    const site = await startSite()
    const report = await scanned([site.url('elmer'), '--probe', `DELETE ${site.url('elmer', '/email')}`, '--yes'])
    expect([report.code, told(report).map(([, outcome]) => outcome)]).toEqual([2, ['unclear', 'unclear', 'unclear']])
    expect(site.asked).toEqual(['GET elmer /'])
  })
})

describe('What is wrong with cookies and answers', () => {
  const SOUND = 'Path=/; Secure; HttpOnly; SameSite=Lax'
  test.each<[string, string, string, Readonly<Record<string, string>>, string[]]>([
    ['a sound cookie', '__Host-sid', SOUND, {}, []],
    ['no Secure', 'sid', 'Path=/; HttpOnly; SameSite=Lax', {}, ['cookie-prefix-missing', 'cookie-without-secure']],
    ['no HttpOnly', '__Host-sid', 'Path=/; Secure; SameSite=Lax', {}, ['cookie-without-httponly']],
    ['no SameSite', '__Host-sid', 'Path=/; Secure; HttpOnly', {}, ['cookie-samesite-missing']],
    ['SameSite=None', '__Host-sid', 'Path=/; Secure; HttpOnly; SameSite=None', {}, ['cookie-samesite-none']],
    [
      'SameSite=None without Secure',
      'sid',
      'Path=/; HttpOnly; SameSite=None',
      {},
      ['cookie-prefix-missing', 'cookie-samesite-none-insecure', 'cookie-without-secure'],
    ],
    ['a prefix that is broken', '__Host-sid', `${SOUND}; Domain=acme.localhost`, {}, ['cookie-domain-wide', 'cookie-prefix-broken']],
    ['no prefix', 'sid', SOUND, {}, ['cookie-prefix-missing']],
    ['a public suffix', '__Secure-sid', `${SOUND}; Domain=localhost`, {}, ['cookie-domain-refused']],
    ['a domain of others', '__Secure-sid', `${SOUND}; Domain=other.example`, {}, ['cookie-domain-refused']],
    ['a wide domain', '__Secure-sid', `${SOUND}; Domain=acme.localhost`, {}, ['cookie-domain-wide']],
    ['ten years', '__Host-sid', `${SOUND}; Max-Age=315360000`, {}, ['session-very-long']],
    ['a shared cache', '__Host-sid', SOUND, { 'cache-control': 'public, max-age=60' }, ['session-cacheable']],
    ['a shared cache, by its time', '__Host-sid', SOUND, { 'cache-control': 'max-age=60' }, ['session-cacheable']],
    ['a private one', '__Host-sid', SOUND, { 'cache-control': 'private, max-age=60' }, []],
    ['one that has to ask', '__Host-sid', SOUND, { 'cache-control': 'no-cache, max-age=60' }, []],
  ])('%s', async (_, cookie, attributes, headers, expected) => {
    const site = await startSite({ eager: true, cookie, attributes, headers })
    const report = await scanned([site.url('elmer')])
    // Domain on a __Host- cookie is one fault, not two: the browser drops it.
    expect(idsOf(report)).toEqual(expected.filter((id) => id !== 'cookie-domain-wide' || cookie !== '__Host-sid'))
  })

  test('a cookie that is no session is spoken of softly', async () => {
    const port = await serve((_, response) => response.setHeader('set-cookie', ['lang=en', 'gone=; Max-Age=0']).end())
    const report = await scanned([`http://elmer.acme.localhost:${port}/`])
    expect(report.findings).toMatchObject([{ check: 'cookie-without-secure', level: 'note' }])
    expect(report.hosts[0]!.cookies).toEqual([
      { name: 'lang', domain: null, path: '/', secure: false, httpOnly: false, sameSite: null, maxAgeS: null, isSession: false },
    ])
  })

  test('two cookies of one name, a session id in a URL, and redirects', async () => {
    const id = '0f3c9b1e7a5d2846f1c0b3a59e7d8642'
    const port = await serve((request, response) => {
      const to = { '/': '/twice', '/twice': `/page;jsessionid=${id}` }[request.url!]
      if (request.url === '/twice') response.setHeader('set-cookie', [`sid=${id}; ${SOUND}`, `sid=${id}; ${SOUND}; Domain=acme.localhost`])
      if (to === undefined) response.writeHead(302, { location: `http://other.example/?secret=geheim` }).end()
      else response.writeHead(302, { location: to }).end()
    })
    const report = await scanned([`http://elmer.acme.localhost:${port}/`])
    expect(idsOf(report)).toEqual([
      'cookie-domain-wide',
      'cookie-prefix-missing',
      'cookie-set-twice',
      'redirect-to-other-host',
      'session-in-url',
    ])
    expect(report.hosts[0]).toMatchObject({ status: 302, redirects: ['other.example'], problem: null })
    expect(JSON.stringify(report)).not.toMatch(/geheim|0f3c9b/)
  })

  test('a link with a session id in its query', async () => {
    const port = await serve((_, response) => response.end(`<a href="/x?a=1&amp;PHPSESSID=0f3c9b1e7a5d2846f1c0b3a59e7d8642">x</a>`))
    expect(idsOf(await scanned([`http://elmer.acme.localhost:${port}/`]))).toEqual(['session-in-url'])
  })

  test('redirects go no further than the hosts named and their site', async () => {
    const inside = await serve((_, response) => response.end('a service of the network that nobody named'))
    const port = await serve((_, response) => response.writeHead(302, { location: `http://127.0.0.1:${inside}/` }).end())
    const report = await scanned([`http://elmer.acme.localhost:${port}/`])
    expect(report).toMatchObject({ requests: 1, hosts: [{ redirects: [`127.0.0.1:${inside}`] }] })
  })
})

describe('What it sends', () => {
  test('only GET, with its own name, unless something else was asked for', async () => {
    const site = await startSite({ eager: true, bound: false })
    await scanned(elmerAndAlice(site))
    expect(site.asked.every((each) => /^GET (?:elmer|alice) \/$/.test(each))).toBe(true)
    expect([...site.agents]).toEqual([expect.stringMatching(/^landbridge-scan\/\d/)])
  })

  test.each([
    ['a login module', (site: Site) => ['--login', moduleOf(SIGN_IN), site.url('elmer')], /sign-in\.mjs once for each of elmer\.acme/],
    [
      'a probe',
      (site: Site) => [site.url('elmer'), '--probe', `post ${site.url('elmer', '/x?t=geheim')}`],
      /send POST http:\/\/elmer\.[^?]*\/x 5 times/,
    ],
  ])('%s is not used without a word: it says what it would do, and sends nothing', async (_, args, sentence) => {
    const site = await startSite()
    const { code, out, err } = await scan(args(site))
    expect([code, out, site.asked]).toEqual([2, '', []])
    expect(err).toMatch(sentence)
    expect(err).toContain('--yes')
    expect(err).not.toContain('geheim')
  })

  test('no report holds the id of a session, or a password', async () => {
    const site = await startSite({ bound: false, csrf: 'none', attributes: 'Path=/' })
    const file = join(folder(), 'report.html')
    const id = await signedInAt(site, 'carol')
    const args = [
      ...elmerAndAlice(site),
      site.url('carol', '/?token=geheim'),
      '--cookie',
      `carol.acme.localhost=__Host-sid=${id}`,
      ...signIn(),
    ]
    const all = [...args, '--probe', `POST ${site.url('carol', '/email?key=geheim')}`, '--html', file]
    for (const form of [[], ['--json'], ['--sarif']]) {
      const { out, err } = await scan([...all, ...form], KNOWN)
      const written = out + err + readFileSync(file, 'utf8')
      expect(out).toContain('cookie-without-secure')
      for (const secret of [...site.ids, PASSWORD, 'geheim']) expect(written).not.toContain(secret)
    }
    expect(site.ids.length).toBeGreaterThan(3)
  })

  test('every id that it can report is in the catalogue once, and documented', () => {
    const ids = scanChecks.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(existsSync('docs/scan.md')).toBe(true)
    for (const { title, why, fix } of scanChecks) expect([title, why, fix].every((text) => /^[`A-Z].*\.$/.test(text))).toBe(true)
  })
})
