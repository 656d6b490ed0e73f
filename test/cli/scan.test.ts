// `landbridge scan` as its users run it: what it sends when, its probes, and what its reports never hold.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { scanChecks } from '../../packages/landbridge/src/cli/checks/scan-checks.ts'
import type { ScanReport } from '../../packages/landbridge/src/cli/scan/report.ts'
import type { Site } from '../support/scanned-site.ts'
import { elmerAndAlice, signedInAt, startSite } from '../support/scanned-site.ts'
import { folder, idsOf, KNOWN, moduleOf, PASSWORD, scan, scanned, SIGN_IN, signIn } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

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
