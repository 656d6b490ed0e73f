/**
 * Attack 40, in the pages of refusals: what a request says is repeated on localhost alone, for the developer, and there it is escaped,
 * short, and without secrets. Everywhere else the page says what to do, and nothing that the request said.
 */
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { afterAll, describe, expect, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import { HOST } from '../support/client.ts'
import { launch, makeSessions } from '../support/launch.ts'
import { ROUTES } from '../support/visitor.ts'

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
const FORM = 'application/x-www-form-urlencoded'
const HOSTS = { topology: { kind: 'isolated', hosts: ['*.acme.localhost', '*.acme.example', '127.0.0.1'] } } as const

interface Case {
  readonly host?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** A request for each refusal, full of words that must not come back. */
const CASES: readonly [string, number, Case][] = [
  ['cross-origin', 403, { headers: { origin: 'https://marker.example', referer: 'https://marker.example/marker' } }],
  ['cross-origin', 403, { headers: { 'sec-fetch-site': '"><marker>', origin: '"><script>marker()</script>' } }],
  ['origin-missing', 403, { headers: { 'content-type': 'text/marker' } }],
  ['origin-missing', 403, { headers: { origin: 'null', referer: 'http://user:marker@x/' } }],
  ['csrf-token-invalid', 403, { headers: { 'x-csrf-token': 'marker' } }],
  ['csrf-token-invalid', 403, { headers: { 'content-type': FORM, cookie: 'a=marker' }, body: '_csrf=marker' }],
  ['csrf-body-too-large', 413, { headers: { 'content-type': FORM, cookie: 'a=marker' }, body: 'marker=1&'.repeat(9000) }],
  [
    'csrf-body-unreadable',
    403,
    { headers: { 'content-type': 'multipart/form-data; boundary=marker', cookie: 'a=marker' }, body: 'marker' },
  ],
  ['account-changed', 409, { headers: { 'sec-fetch-site': 'same-origin', 'x-session-account': '<marker>' } }],
]

describe.each(ADAPTERS)('$name', (adapter) => {
  const start = () => launch(adapter, { routes: ROUTES }, HOSTS)

  test.each(CASES)(
    '%s is a page of its own for whoever reads HTML, and repeats nothing',
    async (reason, status, { headers, body = '' }) => {
      const { ask } = await start()
      const answer = await ask('/set?marker', { method: 'POST', host: 'elmer.acme.example', headers: { ...HTML, ...headers }, body })
      const page = await answer.text()
      expect([answer.status, answer.header('content-type'), answer.header('cache-control')]).toEqual([
        status,
        'text/html; charset=utf-8',
        'no-store',
      ])
      expect(answer.header('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'none'; frame-ancestors 'none'/,
      )
      expect(page).toMatch(/<h1>[^<]{10,}<\/h1>/)
      expect(page).toContain(`<small>${reason}</small>`)
      expect(page).not.toMatch(/marker|developer|elmer|href|<script/)
    },
  )

  test.each(CASES)('%s is a line of text for everybody else', async (reason, status, { headers, body = '' }) => {
    const { ask } = await start()
    for (const accept of ['*/*', 'application/json', '']) {
      const answer = await ask('/set', { method: 'POST', host: HOST, headers: { accept, ...headers }, body })
      expect([answer.status, answer.header('content-type')]).toEqual([status, 'text/plain; charset=utf-8'])
      const text = await answer.text()
      expect(text).toMatch(new RegExp(`^[^\\n]{20,} \\[${reason}\\]\\n$`))
      expect(text).not.toContain('marker')
    }
  })

  test('a host that is not served has a page, which repeats its name on localhost alone', async () => {
    const { ask } = await start()
    const page = async (host: string) => {
      const answer = await ask('/', { host, headers: HTML })
      expect([answer.status, answer.header('content-type')]).toEqual([421, 'text/html; charset=utf-8'])
      return answer.text()
    }
    for (const host of [
      'marker.example',
      'localhost.marker.example',
      'markerlocalhost',
      '10.0.0.7',
      '128.0.0.1',
      '127.0.0.1.marker.example',
    ]) {
      expect(await page(host), host).not.toMatch(/marker|developer|10\.0|128|127/)
    }
    expect(await page('shop.test.localhost:3000')).toMatch(
      /<dd>shop\.test\.localhost:3000<\/dd>.*hosts: \[&#39;shop\.test\.localhost&#39;\].*hosts: \[&#39;\*\.test\.localhost&#39;\]/,
    )
    expect(await page('localhost')).toMatch(/<pre>topology: { kind: &#39;isolated&#39;, hosts: \[&#39;localhost&#39;\] }<\/pre><\/section>/)
    for (const host of ['127.0.0.2', '[::1]:8080']) expect(await page(host), host).toContain(`<dd>${host}</dd>`)
  })
})

describe('on localhost the developer reads', () => {
  const sessions = createSessions({ ...HOSTS, store: memory() })
  afterAll(() => sessions.close())
  const page = async ({ host = 'elmer.acme.localhost:3000', headers = {}, method = 'POST', body = '' }: Case): Promise<string> => {
    const request = new Request(`http://${host}/x`, { method, headers: { ...HTML, ...headers }, ...(body && { body }) })
    return (await sessions.handle(request, () => new Response('served'))).text()
  }
  const facts = (text: string): Record<string, string> =>
    Object.fromEntries([...text.matchAll(/<dt>([^<]*)<\/dt><dd>([^<]*)<\/dd>/g)].map(([, term, value]) => [term!, value!]))
  const writes = (text: string): string[] => [...text.matchAll(/<pre>([^<]*)<\/pre>/g)].map(([, line]) => line!)

  test('which origin was sent and which expected, and the line that trusts it', async () => {
    const text = await page({
      headers: { origin: 'HTTPS://Partner.COM:443', 'sec-fetch-site': 'cross-site', referer: 'https://partner.com/secret?x' },
    })
    expect(facts(text)).toEqual({
      'Sec-Fetch-Site': '&quot;cross-site&quot;',
      Origin: 'https://partner.com',
      'Referer, its origin': 'https://partner.com',
      Expected: 'http://elmer.acme.localhost:3000, or an origin of trustedOrigins',
    })
    expect(writes(text)).toEqual(['trustedOrigins: [&#39;https://partner.com&#39;]'])
    expect(text).not.toContain('secret')
    // The line is what it says.
    const trusting = makeSessions(memory(), { ...HOSTS, trustedOrigins: ['https://partner.com'] }).sessions
    const request = new Request('http://elmer.acme.localhost:3000/x', { method: 'POST', headers: { origin: 'https://partner.com' } })
    expect((await trusting.handle(request, () => new Response('served'))).status).toBe(200)
  })

  test('that only the scheme differs, which is a proxy that was not named', async () => {
    expect(writes(await page({ headers: { origin: 'https://elmer.acme.localhost:3000' } }))).toEqual([
      'trustedProxies: [&#39;127.0.0.1&#39;]',
    ])
  })

  test('which origin a Referer names, where there is nothing else', async () => {
    expect(writes(await page({ headers: { referer: 'https://partner.com/x' } }))).toEqual([
      'trustedOrigins: [&#39;https://partner.com&#39;]',
    ])
  })

  test('that another site redirected the request on its way', async () => {
    const text = await page({ headers: { origin: 'http://elmer.acme.localhost:3000', 'sec-fetch-site': 'cross-site' } })
    expect([text, writes(text)]).toEqual([expect.stringContaining('was redirected by another site'), []])
  })

  test('that a page hid where it is', async () => {
    const text = await page({ headers: { origin: 'null', 'sec-fetch-site': 'cross-site', referer: 'https://partner.com/' } })
    expect([facts(text)['Origin'], writes(text)]).toEqual(['&quot;null&quot;', []])
  })

  test('what to write where nothing was said, as code that stands in no link', async () => {
    const text = await page({})
    expect(facts(text)).toMatchObject({
      'Sec-Fetch-Site': '(not sent)',
      Origin: '(not sent)',
      'X-CSRF-Token': '(not sent)',
      Cookie: '(not sent)',
    })
    expect(writes(text).join('\n')).toMatch(
      /csrfField\(\).*\n.*x-csrf-token.*\n.*Origin: http:\/\/elmer\.acme\.localhost:3000.*\ninsecureBypass/,
    )
    expect(text).not.toMatch(/href|<a\b/)
  })

  test('that there was a token and a cookie, and neither of them', async () => {
    const made = await sessions.handle(new Request(`http://${HOST}/`), async (session) => new Response(await session.csrfToken()))
    const [cookie, token] = [made.headers.getSetCookie()[0]!.split(';')[0]!, await made.text()]
    const text = await page({ host: 'fudd.acme.localhost', headers: { cookie, 'x-csrf-token': token } })
    expect(facts(text)).toMatchObject({ 'X-CSRF-Token': '(sent)', Cookie: '(sent)' })
    for (const secret of [token, cookie, cookie.split('.')[1]!]) expect(text).not.toContain(secret)
  })

  test('nothing that a request could draw the page with, however long it is', async () => {
    const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>${'x'.repeat(5000)}`
    const names = ['origin', 'referer', 'sec-fetch-site', 'x-session-account', 'content-type', 'x-csrf-token']
    const requests: Record<string, string>[] = [
      Object.fromEntries(names.map((name) => [name, hostile])),
      { 'content-type': hostile },
      { 'sec-fetch-site': 'same-origin', 'x-session-account': hostile },
      { cookie: 'a=b', 'content-type': `multipart/form-data; boundary=x; y="${'<b>'.repeat(20)}"` },
    ]
    for (const headers of requests) {
      const text = await page({ headers, body: '<b>' })
      expect(text).toContain('For the developer')
      expect(text.replace(/^.*<main>/s, '')).not.toMatch(/<script|<img|<b>/)
      expect(text.length).toBeLessThan(6000)
    }
  })

  test.each(['127.0.0.1:3000', '[::1]:3000', '127.9.9.9', 'a.localhost'])('it at %s as well', async (host) => {
    expect(await page({ host, method: 'GET' })).toMatch(host === '127.0.0.1:3000' ? /^served$/ : /For the developer/)
  })
})
