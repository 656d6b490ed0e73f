// One host has many spellings: `landbridge scan` takes them for the same, in its URLs and in what is said of them.
import { expect, test, vi } from 'vitest'
import { signedInAt, startSite } from '../support/scanned-site.ts'
import { scan, scanned } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

test.each([
  ['http://a.example./', 'http://a.example/'],
  ['http://A.example:80/', 'http://a.example./'],
  ['http://münchen.example/', 'http://xn--mnchen-3ya.example./'],
  ['http://[::1]:80/', 'http://[0:0:0:0:0:0:0:1]/'],
  ['http://127.0.0.1/', 'http://127.1/'],
])('%s and %s are named twice', async (one, other) => {
  const { code, err } = await scan([one, other])
  expect([code, err]).toEqual([2, expect.stringContaining('is named twice')])
})

test.each([
  ['elmer.acme.localhost', (port: number) => `elmer.acme.localhost.:${port}`],
  ['elmer.acme.localhost', () => 'ELMER.acme.localhost.'],
  ['münchen.localhost', () => 'münchen.localhost'],
  ['münchen.localhost', (port: number) => `MÜNCHEN.localhost:${port}`],
  ['xn--mnchen-3ya.localhost', () => 'münchen.localhost'],
])('a cookie for %s may be given however it is spelled (%#)', async (host, spelled) => {
  const site = await startSite({ bound: false })
  const id = await signedInAt(site, 'elmer')
  const urls = [`http://${host}:${site.port}/`, site.url('alice')]
  const report = await scanned([...urls, '--page', '/account', '--cookie', `${spelled(site.port)}=__Host-sid=${id}`])
  expect(report.experiments[0]).toMatchObject({ as: 'signed-in', outcome: 'accepted' })
})

test('a port that is not that of the URL is another host', async () => {
  const { code, err } = await scan(['http://a.example:81/', '--cookie', 'a.example:80=sid=1'])
  expect([code, err]).toEqual([2, expect.stringContaining('a.example:80, which is none of the hosts')])
})
