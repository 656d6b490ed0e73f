// `landbridge scan` against applications that know nothing of it, out of the box and mended: what it says is true of them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { ForeignApplication, ForeignOptions } from '../support/foreign/application.ts'
import { ACCOUNTS, HOST_A, HOST_B } from '../support/foreign/application.ts'
import { missingDjango, startDjango } from '../support/foreign/django.ts'
import { startExpressSession } from '../support/foreign/express-session.ts'
import { missingPhp, startPhp } from '../support/foreign/php.ts'
import { folder, idsOf, moduleOf, outcomes, scan, scanned } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 90_000 })

const KINDS = [
  { name: 'Django', start: startDjango, missing: missingDjango, cookie: 'sessionid' },
  { name: 'PHP', start: startPhp, missing: missingPhp, cookie: 'PHPSESSID' },
  { name: 'express-session', start: startExpressSession, missing: null, cookie: 'connect.sid' },
] as const

/** Signs in by the form, as a person would: hidden fields go along. `seen` is told the cookies. */
const signInBy = (seen: string): string => `export default async ({ request }) => {
  const { text } = await request('/login')
  const hidden = [...text.matchAll(/<input[^>]*type="?hidden"?[^>]*>/g)].map(([tag]) => [/name="([^"]*)"/.exec(tag)[1], /value="([^"]*)"/.exec(tag)[1]])
  const form = { ...Object.fromEntries(hidden), user: 'ada', password: ${JSON.stringify(ACCOUNTS.ada)} }
  const { headers } = await request('/login', { form, follow: false })
  ${seen}
}`
const signIn = () => ['--login', moduleOf(signInBy('')), '--yes']

describe.each(KINDS)('$name', ({ start, missing, cookie }) => {
  const begin = async (ctx: { skip: (when: boolean, why: string) => void }, options: ForeignOptions = {}): Promise<ForeignApplication> => {
    ctx.skip(missing !== null, missing ?? '')
    const application = await start(options)
    onTestFinished(() => application.stop())
    return application
  }
  const urls = (application: ForeignApplication) => [application.url('/', HOST_A), application.url('/', HOST_B)]

  test('out of the box: the session of one host is accepted on the other, and that is a fault', async (ctx) => {
    const application = await begin(ctx)
    const report = await scanned([...urls(application), ...signIn()])
    expect(outcomes(report)).toEqual(['a b accepted', 'b a accepted'])
    expect(report.experiments[0]).toMatchObject({ as: 'signed-in', cookies: [cookie] })
    expect(idsOf(report)).toContain('cookie-accepted-elsewhere')
    expect(report.code).toBe(1)
  })

  test('sessions kept apart by host: the copied one is refused, and was known where it belongs', async (ctx) => {
    const application = await begin(ctx, { variant: 'safe' })
    const report = await scanned([...urls(application), ...signIn()])
    expect(outcomes(report)).toEqual(['a b refused', 'b a refused'])
    expect(idsOf(report)).not.toContain('cookie-accepted-elsewhere')
    expect(report.complete).toBe(true)
  })

  test('a cookie for the domain: accepted, as browsers send it there, and wider than needed', async (ctx) => {
    const application = await begin(ctx, { variant: 'domain-cookie' })
    const report = await scanned([...urls(application), ...signIn()])
    expect(outcomes(report)).toEqual(['a b accepted', 'b a accepted'])
    expect(report.findings.filter(({ check }) => check === 'cookie-accepted-elsewhere')).toMatchObject([
      { level: 'warning' },
      { level: 'warning' },
    ])
    expect(idsOf(report)).toContain('cookie-domain-wide')
  })

  test.for([true, false])('requests of other sites refused: %j, and the probe says so', async (csrf, ctx) => {
    const application = await begin(ctx, { csrf })
    const report = await scanned([...urls(application), ...signIn(), '--probe', `POST ${application.url('/transfer')}`])
    const crossing = report.probes.filter(({ origin }) => origin !== '(none)').map(({ outcome }) => outcome)
    expect(crossing).toEqual(csrf ? ['refused', 'refused'] : ['accepted', 'accepted'])
    expect(idsOf(report).includes('csrf-accepted')).toBe(!csrf)
  })

  test('no cookie of it is printed, in any of the reports', async (ctx) => {
    const application = await begin(ctx)
    const seen = join(folder(), 'seen')
    const tell = `const { appendFileSync } = await import('node:fs')
      for (const line of [headers['set-cookie'] ?? []].flat()) appendFileSync(${JSON.stringify(seen)}, line.split(';')[0].split('=')[1] + '\\n')`
    for (const format of [[], ['--json'], ['--sarif']]) {
      const { out, err } = await scan([...urls(application), '--login', moduleOf(signInBy(tell)), '--yes', ...format])
      const cookies = readFileSync(seen, 'utf8')
        .split('\n')
        .filter((value) => value.length > 12)
      expect(cookies.length).toBeGreaterThan(1)
      expect(out).toContain(cookie)
      expect(cookies.filter((value) => (out + err).includes(value) || (out + err).includes(decodeURIComponent(value)))).toEqual([])
    }
  })
})
