// The login module of `landbridge scan` is a program of the user's: whatever it does, the scan ends in bounded time, with a report and no secret.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { signedInAt, startSite } from '../support/scanned-site.ts'
import { folder, moduleOf, scan, scanned } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

const withModule = (source: string, url: string) => [url, '--login', moduleOf(source), '--yes']

describe('A login module that', () => {
  test.each([
    ['returns a number', '42'],
    ['returns a list of numbers', '[1]'],
    ['returns a session without a name', `'geheim'`],
    ['returns a line break', `'sid=a\\r\\nX-A: geheim'`],
    ['returns letters that no header can hold', `'sid=geheimä'`],
  ])('%s is told of', async (_, value) => {
    const site = await startSite()
    const { code, out, err } = await scan(withModule(`export default async () => ${value}`, site.url('elmer')))
    expect([code, err]).toEqual([2, ''])
    expect(out.replaceAll(/\s+/g, ' ')).toContain('the login module returned something else than cookies')
    expect(out).not.toContain('geheim')
  })

  test('returns null has returned nothing', async () => {
    const site = await startSite()
    const report = await scanned(withModule('export default async () => null', site.url('elmer')))
    expect(report.problems).toEqual([expect.stringContaining('left no session cookie there')])
  })

  test.each([
    ['a promise that nobody waits for', `void Promise.reject(new RangeError('geheim'))`],
    ['a timer', `setTimeout(() => { throw new RangeError('geheim') }, 0)`],
  ])('fails in %s ends the scan, with a report and without its message', async (_, source) => {
    const site = await startSite()
    const module = `export default async ({ request }) => {\n ${source}\n await new Promise((done) => setTimeout(done, 20_000)) }`
    const { code, out, err } = await scan([...withModule(module, site.url('elmer')), '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(out)).toMatchObject({
      complete: false,
      problems: [expect.stringMatching(/thrown where nobody caught it, by the login module for one \(RangeError in line 2\)/)],
      hosts: [{ status: 200 }],
    })
    expect(out + err).not.toMatch(/geheim|^ {4}at /m)
  })

  test('ends the process does not make it a scan that found nothing', async () => {
    const site = await startSite()
    const { code, out, err } = await scan(withModule('export default () => process.exit(0)', site.url('elmer')))
    expect([code, out, err]).toEqual([2, '', expect.stringContaining('there is no report')])
  })

  test('names its error by a secret does not have it told', async () => {
    const site = await startSite()
    const module = `export default async () => { throw Object.assign(new Error(), { name: 'pass: geheim', code: 'x geheim' }) }`
    const { out, err } = await scan(withModule(module, site.url('elmer')))
    expect(out).toContain('the login module failed')
    expect(out + err).not.toContain('geheim')
  })

  test('never comes to its end while it is loaded is not waited for longer than the whole scan may take', async () => {
    const site = await startSite()
    const args = withModule('setInterval(() => {}, 1000); await new Promise(() => {}); export default () => {}', site.url('elmer'))
    const report = await scanned([...args, '--max-time', '1'])
    expect([report.code, report.problems]).toEqual([2, ['The scan took longer than 1 s (--max-time).']])
    expect(site.asked).toEqual([])
  })

  test('is not needed is not run, not even loaded', async () => {
    const [site, made] = [await startSite(), join(folder(), 'made')]
    const module = moduleOf(`import { writeFileSync } from 'node:fs'; writeFileSync(${JSON.stringify(made)}, ''); export default () => {}`)
    const cookie = `elmer.acme.localhost=__Host-sid=${await signedInAt(site, 'elmer')}`
    const report = await scanned([site.url('elmer'), '--cookie', cookie, '--login', module])
    expect([report.problems, existsSync(made)]).toEqual([[], false])
  })
})
