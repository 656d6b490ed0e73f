/**
 * Attack 7: Referer, history and logs of the page after sign-in hold no ticket. No secret is in an event either: everything that was
 * a secret on the way is searched for in everything that is said.
 */
import http from 'node:http'
import { inspect } from 'node:util'
import type { SessionsOptions } from 'landbridge'
import { nodeSessions } from 'landbridge/node'
import { memory } from 'landbridge/memory'
import { expect, onTestFinished, test } from 'vitest'
import { askServer } from '../support/client.ts'
import { listening } from '../support/adapters.ts'
import { Browser } from '../support/browser.ts'
import { askedFor, ELMER, HUB, hubOf, KEYS, parameter, peersOf, SHOP_A, SHOP_B, signIn } from '../support/crossing.ts'
import { makeSessions } from '../support/launch.ts'

const TOPOLOGY: SessionsOptions['topology'] = {
  kind: 'hub',
  hub: 'acme.localhost',
  spokes: ['*.acme.localhost'],
  authorize: () => true,
}

/** A server that writes an access log as servers do, and a browser that obeys Referrer-Policy in front of it. */
async function logged() {
  const log: string[] = []
  const { sessions, events } = makeSessions(memory(), { topology: TOPOLOGY, keys: KEYS })
  const listener = nodeSessions(sessions, async (request, response) => {
    if (request.method === 'POST') await request.session.signIn({ id: 'ada' })
    response.end((await request.session.account())?.id ?? 'anonymous')
  })
  const server = http.createServer((request, response) => {
    response.on('finish', () => {
      const { method, url, headers } = request
      log.push(`${headers.host} "${method} ${url}" ${response.statusCode} "${headers.referer ?? '-'}"`)
    })
    listener(request, response)
  })
  const { port, close } = await listening(server)
  onTestFinished(close)
  const send = async (request: Request): Promise<Response> => {
    const { pathname, search, host } = new URL(request.url)
    const answer = await askServer(port, pathname + search, {
      host,
      method: request.method,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    })
    const response = new Response(await answer.text(), { status: answer.status })
    for (const name of ['location', 'referrer-policy', 'cache-control']) {
      const value = answer.header(name)
      if (value !== null) response.headers.set(name, value)
    }
    for (const cookie of answer.setCookies) response.headers.append('set-cookie', cookie)
    return response
  }
  return { log, events, browser: new Browser(send) }
}

test("in a server's access log no request holds a ticket, and no Referer either", async () => {
  const { log, browser, events } = await logged()
  await browser.post('http://acme.localhost/login', {})
  const visit = await browser.go('http://elmer.acme.localhost/page?x=1')
  expect([visit.text, visit.url]).toEqual(['ada', 'http://elmer.acme.localhost/page?x=1'])

  // The page after the crossing asks for its style: with its own address as Referer, as the policy of no hop said otherwise.
  await browser.fetch('http://elmer.acme.localhost/style.css', { from: visit.url, headers: { referer: visit.url } })
  const ticket = visit.steps.map(({ body }) => new URLSearchParams(body).get('ticket')).find((each) => each !== null)!
  expect(ticket).toMatch(/^[\w-]{43}$/)
  expect(log.filter((line) => line.includes(ticket))).toEqual([])
  expect(log.filter((line) => line.includes('/.session/in'))).toEqual([`elmer.acme.localhost "POST /.session/in" 303 "-"`])
  expect(log.at(-2)).toBe('elmer.acme.localhost "GET /page?x=1" 200 "-"')
  expect(log.at(-1)).toContain('"http://elmer.acme.localhost/page?x=1"')
  for (const line of log) expect(/"([^"]*)"$/.exec(line)![1]).not.toMatch(/\.session/)
  expect(inspect(events, { depth: 9 })).not.toContain(ticket)
})

test('every hop of a crossing forbids caches to keep it and the next page to learn its address', async () => {
  const { browser } = hubOf()
  await signIn(browser, HUB)
  const { steps } = await browser.go(`${ELMER}/page`)
  const [asks, answers, redeems, page] = steps.map(({ response }) => response)
  expect([asks!.status, answers!.status, redeems!.status, page!.status]).toEqual([303, 200, 303, 200])
  for (const response of [asks!, redeems!]) {
    expect([response.headers.get('cache-control'), response.headers.get('referrer-policy')]).toEqual(['no-store', 'no-referrer'])
    expect(await response.text()).toBe('')
  }
  // The form has to say from which host it comes, and says no more.
  expect([answers!.headers.get('cache-control'), answers!.headers.get('referrer-policy')]).toEqual(['no-store', 'strict-origin'])
  // A page that stays in the address bar of a refused answer, too.
  const refused = await browser.go(`${ELMER}/.session/frame?rid=${'a'.repeat(30)}`)
  expect(refused.response.status).toBe(400)
  expect(refused.response.headers.get('referrer-policy')).toBe('no-referrer')
  expect(refused.response.headers.get('cache-control')).toBe('no-store')
})

/** Every secret that was in a URL, a cookie or a body. */
async function secretsOf(browser: Browser, urls: readonly string[], hosts: readonly string[]): Promise<string[]> {
  const inUrls = urls.flatMap((url) => ['t', 'st', 'sig', 'cc', 'b', 'return'].map((name) => parameter(url, name)))
  const cookies = (await Promise.all(hosts.map((host) => browser.jar.getCookies(host)))).flat()
  return [...inUrls, ...cookies.map(({ value }) => value.slice(value.indexOf('.') + 1))].filter((each) => each.length > 20)
}

test('no event holds a secret of any kind, at a hub', async () => {
  const { browser, events, serve } = hubOf()
  const urls: string[] = []
  const note = async (url: string) => {
    const { steps } = await browser.go(url)
    urls.push(...steps.map(({ request }) => request.url), ...steps.map(({ response }) => response.headers.get('location') ?? HUB))
  }
  await note(`${ELMER}/private`)
  await signIn(browser, HUB)
  const { ask, form } = await askedFor(browser, `${ELMER}/`)
  urls.push(ask)
  const secrets = [form.fields['ticket']!, form.fields['st']!, ...(await secretsOf(browser, urls, [HUB, ELMER]))]
  await note(`${ELMER}/private`)
  // Refusals of all kinds repeat nothing either.
  for (const url of urls) {
    await new Browser(serve).go(url)
    await browser.go(url.replace('elmer', 'alice'))
    await browser.go(`${url}&t=x&x=${secrets[0]}`)
  }
  for (const page of [form.page, `${ELMER}/`, 'https://evil.example/']) {
    for (const [name, secret] of Object.entries(form.fields)) {
      await new Browser(serve).go({ ...form, page })
      await browser.go({ ...form, page, action: form.action.replace('elmer', 'alice') })
      await browser.go({ ...form, page, fields: { ...form.fields, [name]: `${secret}x` } })
    }
  }
  secrets.push(...(await secretsOf(browser, urls, [HUB, ELMER])))
  const said = inspect(events, { depth: 9, maxArrayLength: null })
  expect(secrets.length).toBeGreaterThan(15)
  for (const secret of secrets) expect(said).not.toContain(secret)
})

test('no event holds a secret, of pushes, fetches and scripts between peers', async () => {
  const { browser, events } = peersOf({ topology: { script: true, replace: 'always' } })
  await signIn(browser, SHOP_A)
  const begun = await browser.fetch(`${SHOP_B}/.session/begin`, { method: 'POST', body: '{}' })
  const pushed = (await (await browser.fetch(`${SHOP_A}/.session/push`, { method: 'POST', body: `to=${SHOP_B}/` })).response.json()) as {
    fields: { ticket: string; rid: string }
  }
  await browser.post(`${SHOP_B}/.session/in`, pushed.fields, `${SHOP_A}/`)
  const { rid, ask } = (await begun.response.json()) as { rid: string; ask: string }
  const asked = await browser.send(ask, { headers: { origin: SHOP_B } })
  const { ticket } = (await asked.response.json()) as { ticket: string }
  await browser.fetch(`${SHOP_B}/.session/in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ rid, ticket }),
  })
  const scripts = JSON.parse((await browser.go(`${SHOP_A}/scripts`)).text) as string[]
  await browser.send(scripts[0]!, { headers: { 'sec-fetch-dest': 'script', referer: `${SHOP_A}/` } }, 'cross-site')
  const secrets = [pushed.fields.ticket, ticket, scripts[0]!.slice(-46, -3), ...(await secretsOf(browser, [ask], [SHOP_A, SHOP_B]))]
  expect(secrets.length).toBeGreaterThan(6)
  const said = inspect(events, { depth: 9, maxArrayLength: null })
  for (const secret of secrets) expect(said).not.toContain(secret)
  expect(events.flatMap((event) => (event.type === 'crossing.completed' ? [event.mode] : []))).toEqual(['push', 'fetch', 'script'])
})
