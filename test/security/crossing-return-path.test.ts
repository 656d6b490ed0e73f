/**
 * Attack 8: return path `//evil`, `/\evil`, `https:evil`, CR/LF, `javascript:`, tabs: `/` is used. Return paths come in by the link to
 * sign in, by a push, by the sealed return and by the target of the request itself.
 */
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  altered,
  askedFor,
  ELMER,
  HUB,
  HUB_TOPOLOGY,
  hubOf,
  KEYS,
  newHandles,
  parameter,
  peersOf,
  SHOP_A,
  SHOP_B,
  signIn,
} from '../support/crossing.ts'
import { nodeRequest } from '../support/visitor.ts'

const EVIL = [
  '//evil.example/x',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  'https:evil.example',
  'https://evil.example/',
  'evil.example',
  '@evil.example',
  ':80@evil.example',
  '.evil.example',
  // oxlint-disable-next-line no-script-url -- an attack, never followed
  'javascript:alert(1)',
  '/evil\r\nlocation: https://evil.example',
  '/\tevil',
  '/\t/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/evil\u0000',
  '/\u2028evil',
  '/é',
  '/a\\b',
  '/.session/begin',
  '/x/../.session/begin',
  '/./.session/accounts?x=/',
  '/x/%2e%2E/.session/begin#..',
  `/${'a'.repeat(1500)}`,
  '',
]

describe('a hostile return path is `/`', () => {
  test.each(EVIL)('in the link to sign in: %j', async (to) => {
    const { browser } = hubOf()
    await signIn(browser, HUB)
    const visit = await browser.go(`${ELMER}/.session/begin?to=${encodeURIComponent(to)}`)
    expect(visit.url).toBe(`${ELMER}/`)
  })

  test.each(EVIL)('in the link to sign in at the hub itself, and by way of the sign-in page: %j', async (to) => {
    const { browser } = hubOf()
    for (const host of [HUB, ELMER]) {
      const page = await browser.go(`${host}/.session/begin?to=${encodeURIComponent(to)}`)
      expect(page.text).toBe('login page')
      expect((await browser.post(page.url, {})).url).toBe(`${host}/`)
      await browser.post(`${HUB}/out`, {})
    }
  })

  test.each(EVIL)('in the fields of a push: %j', async (path) => {
    const { browser } = peersOf()
    await signIn(browser, SHOP_A)
    const { response } = await browser.fetch(`${SHOP_A}/.session/push`, { method: 'POST', body: `to=${SHOP_B}/x` })
    const { fields } = (await response.json()) as { fields: Record<string, string> }
    expect((await browser.post(`${SHOP_B}/.session/in`, { ...fields, path }, `${SHOP_A}/`)).url).toBe(`${SHOP_B}/`)
  })

  test.each(EVIL)('in the `to` of a form that signs out or switches: %j', async (to) => {
    const { browser } = hubOf()
    await signIn(browser, HUB)
    for (const act of ['switch', 'choose', 'remove', 'sign-out']) {
      const done = await browser.post(`${HUB}/.session/${act}`, { to, account: 'ada', host: 'elmer.acme.example' })
      expect(done.url).toBe(`${HUB}/`)
    }
  })

  // With another scheme and authority than the Host header, a target is a malformed request; the front page of our endpoints is one.
  const targets = EVIL.filter((each) => !each.startsWith('https://') && each !== '/.session/begin')
  test.each(targets)('in the target of a request that has to be sent away: %j', async (url) => {
    const sessions = createSessions({ topology: HUB_TOPOLOGY, store: memory(), keys: KEYS })
    onTestFinished(() => sessions.close())
    const open = (host: string, target: string, cookie: string) =>
      sessions.open({ ...nodeRequest(host, { accept: 'text/html', cookie }, { url: target }), socket: { encrypted: true } })
    const bounced = await open('elmer.acme.example', url, '__Secure-hint=x')
    if (bounced.kind !== 'reply') throw new Error('this request was to be sent to the hub')
    const [rq] = bounced.reply.cookies!
    const rid = /rq\.([^=]+)/.exec(rq!)![1]!
    const st = new URL(bounced.reply.headers['location']!).searchParams.get('st')
    const back = await open('elmer.acme.example', `/.session/in?rid=${rid}&e=none&st=${st}`, rq!.split(';')[0]!)
    expect(back).toMatchObject({ kind: 'reply', reply: { status: 303, headers: { location: 'https://elmer.acme.example/' } } })
  })
})

test('a sealed return of another host, of another kind, or of nobody is `/`', async () => {
  const { browser } = hubOf()
  await signIn(browser, HUB)
  const alices = await askedFor(browser, `${ELMER.replace('elmer', 'alice')}/theirs`)
  const wrong = [
    alices.form.fields['st']!,
    await browser.cookie(ELMER.replace('elmer', 'alice'), '__Host-out'),
    'https://evil.example/',
    '',
    null,
  ]
  for (const st of wrong) {
    const { form } = await askedFor(browser, `${ELMER}/mine`)
    const { response } = await browser.hop({
      ...form,
      fields: { rid: form.fields['rid']!, ticket: form.fields['ticket']!, ...(st === null ? {} : { st }) },
    })
    expect([response.headers.get('location'), newHandles(response).length]).toEqual([`${ELMER}/`, 1])
    await browser.post(`${ELMER}/out`, {})
    await signIn(browser, HUB)
    for (const name of ['__Host-sid', '__Host-nb']) await browser.jar.setCookie(`${name}=; Max-Age=0; Path=/; Secure`, ELMER)
  }
})

test('between peers, where what is posted waits behind a redirect, it is `/` as well', async () => {
  const { browser } = peersOf()
  const elsewhere = parameter((await browser.hop(`${SHOP_A}/.session/begin?to=/theirs`)).location!, 'st')
  await signIn(browser, SHOP_A)
  for (const st of [elsewhere, 'https://evil.example/', '//evil.example', '', null]) {
    const { form } = await askedFor(browser, `${SHOP_B}/.session/begin?to=/mine`)
    const kept = (await browser.hop(form)).location!
    expect((await browser.hop(altered(kept, { st }))).location).toBe(`${SHOP_B}/`)
  }
})

test('the way to the sign-in page and back is sealed: a target of somebody else is none', async () => {
  const { browser } = hubOf()
  for (const target of ['https://evil.example/', '//evil.example', 'x', '']) {
    const { url } = await browser.post(`${HUB}/login?return=${encodeURIComponent(target)}`, {})
    expect(url).toBe(`${HUB}/after`)
    // The other half of that way: what the hub sealed for a host is good there alone.
    expect((await browser.go(`${ELMER}/.session/begin?b=${encodeURIComponent(target)}`)).url).toBe(`${ELMER}/`)
  }
})
