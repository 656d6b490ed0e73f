// What `landbridge scan` sends and is given never comes back in what it writes, though servers send it back, whole or in parts.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { Secrets } from '../../packages/landbridge/src/cli/scan/secrets.ts'
import { elmerAndAlice, startSite } from '../support/scanned-site.ts'
import { folder, KNOWN, moduleOf, scan, scanned, serve } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

const SID = 's%3Aq8Zx0vJYk2Lm4N7pRtUw1A3s.Xf9Qe%2BmB5'
const PIECES = ['q8Zx0vJYk2', '2Lm4N7pRtU', 'Uw1A3s.Xf9']

/** Sends every cookie and every form back in each place that a report may quote. */
async function serveEcho(): Promise<number> {
  return await serve((request, response) => {
    const sid = /sid=([^;]*)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const bare = decodeURIComponent(sid).replaceAll(/[^A-Za-z0-9]/g, '')
    let form = ''
    request.on('data', (chunk: Buffer) => (form += String(chunk)))
    request.on('end', () => {
      response.setHeader('server', `${'x'.repeat(60)} ${decodeURIComponent(sid)} ${form}`)
      response.setHeader('cache-control', `public, max-age=60, ${sid}`)
      response.setHeader('set-cookie', [
        `${sid.replace('%3A', '') || 'a'}=1; Path=/${sid}; SameSite=${bare}`,
        `auth_${bare}=9; Domain=x${bare}.localhost`,
        'session=1; Path=/',
      ])
      if (request.url === '/account') response.writeHead(302, { location: `http://x${bare}.other.invalid/${bare}/${form}` })
      response.end('hello')
    })
  })
}

describe('A server that sends back what it was sent', () => {
  test.each([[], ['--json'], ['--sarif']])('has none of it in a report %s', async (...format) => {
    const [port, file] = [await serveEcho(), join(folder(), 'report.html')]
    const urls = ['elmer', 'alice'].map((each) => `http://${each}.acme.localhost:${port}/`)
    const login = moduleOf(`export default async ({ request }) => {
      await request('/account', { form: { password: 'correct-horse-battery' }, follow: false })
    }`)
    const cookie = `elmer.acme.localhost=sid=${SID}`
    const probe = ['--probe', `POST http://elmer.acme.localhost:${port}/account`]
    const args = [...urls, '--page', '/account', '--cookie', cookie, '--login', login, ...probe, '--yes', '--html', file, ...format]
    const { out, err } = await scan(args)
    const written = `${out}${err}${readFileSync(file, 'utf8')}`.replaceAll(/\s+/g, '')
    expect(written).toContain('elmer.acme.localhost')
    for (const piece of [...PIECES, 'horse-battery']) expect(written.toLowerCase()).not.toContain(piece.toLowerCase())
  })
})

test('a token in the path of a redirect is not told, and one of ASP.NET is told of', async () => {
  const token = 'lit3py55t21z5v55vlm25s55'
  const port = await serve((_, response) => response.writeHead(302, { location: `http://b.invalid/(S(${token}))/reset/${token}x` }).end())
  const report = await scanned([`http://elmer.localhost:${port}/`])
  expect(JSON.stringify(report)).not.toContain(token)
  expect(report.findings.map(({ check }) => check).sort()).toEqual(['redirect-to-other-host', 'session-in-url'])
})

test.each([
  [['sid=geheim1']],
  [['a.example=sid=geheim1']],
  [['a.example/;sid=geheim1']],
  [['http://a.example/', '--cookie', 'geheim1Zm9vYmFyMTIzNDU2Nzg5MGFiY2RlZmdo==']],
  [['http://a.example/', 'geheim1@b']],
])('what was given in the wrong place is not quoted: %j', async (args) => {
  const { code, out, err } = await scan(args)
  expect([code, out]).toEqual([2, ''])
  expect(err).toMatch(/^landbridge: /)
  expect(err.toLowerCase()).not.toContain('geheim1')
})

test('what the user named stays to be read, though a cookie holds it too', async () => {
  const site = await startSite()
  const cookie = `elmer.acme.localhost=__Host-sid=elmer.acme.localhost:${site.port}-4f3c9b1e7a5d2846`
  const report = await scanned([...elmerAndAlice(site), '--cookie', cookie])
  expect(report.experiments[0]).toMatchObject({ from: `elmer.acme.localhost:${site.port}`, to: `alice.acme.localhost:${site.port}` })
})

const value = fc.stringMatching(/^[A-Za-z0-9_-]{12,60}$/).filter((text) => /\d/.test(text))

test('no piece of eight characters stays, and nothing else goes', () => {
  fc.assert(
    fc.property(value, fc.string(), fc.string(), fc.nat(), (secret, before, after, cut) => {
      const secrets = new Secrets([])
      secrets.addCookies(`sid=${secret}`)
      const text = `${before}${secret.slice(0, 8 + (cut % secret.length))}${after}`
      const shown = secrets.hide(text).toLowerCase()
      for (let at = 0; at + 8 <= secret.length; at++) expect(shown).not.toContain(secret.slice(at, at + 8).toLowerCase())
      expect(new Secrets([]).hide(text)).toBe(text)
    }),
  )
})

test('a password that is a word of the report makes nothing of the report unreadable for programs', async () => {
  const site = await startSite({ bound: false })
  const login = moduleOf(`export default async ({ request }) => {
    await request('/login', { form: { password: 'signed-in accepted' }, follow: false })
    await request('/login', { form: { user: 'ann', password: process.env.SITE_PASSWORD } })
  }`)
  const report = await scanned([...elmerAndAlice(site), '--page', '/account', '--login', login, '--yes'], KNOWN)
  expect(report.experiments[0]).toMatchObject({ as: 'signed-in', outcome: 'accepted' })
  expect(report.findings.some(({ check, level }) => check === 'cookie-accepted-elsewhere' && level === 'fault')).toBe(true)
})

test('a server that sets cookies without end is not listened to for ever', async () => {
  const lines = Array.from({ length: 1900 }, (_, i) => `sid${i}=a; Path=/`)
  const port = await serve((_, response) => response.setHeader('set-cookie', lines).end())
  const report = await scanned([`http://elmer.localhost:${port}/`])
  expect([report.code, report.problems, report.hosts[0]!.cookies.length]).toEqual([
    2,
    [expect.stringContaining('more than 200 cookies')],
    200,
  ])
})
