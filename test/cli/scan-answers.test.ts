// What `landbridge scan` says of cookies and answers as they come.
import { describe, expect, test, vi } from 'vitest'
import { startSite } from '../support/scanned-site.ts'
import { idsOf, scanned, serve } from '../support/scanned.ts'

vi.setConfig({ testTimeout: 60_000 })

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
