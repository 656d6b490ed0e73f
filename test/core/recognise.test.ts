// What a Cookie header is worth: scopes, duplicates, and events about what was refused.
import { memory } from 'landbridge/memory'
import { describe, expect, test } from 'vitest'
import type { Act } from './support.ts'
import { ALICE, ELMER, START, world } from './support.ts'

const FAKE = `__Host-sid=${'A'.repeat(22)}.${'B'.repeat(43)}`
const fake = (i: number) => `__Host-sid=${String(i).padStart(22, 'A')}.${'B'.repeat(43)}`

/** Two browsers, signed in at the same host, and a way to send any Cookie header there. */
async function two() {
  const all = world()
  const [elmer, fudd] = [all.browser(), all.browser()]
  await elmer.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
  await fudd.at(ELMER, (session) => session.signIn({ id: 'fudd' }))
  const send = <Result>(cookie: string, act: Act<Result>, url = ELMER) => all.browser().visit(url, act, { headers: { cookie } })
  const who = async (cookie: string, url = ELMER) => (await send(cookie, async (session) => (await session.account())?.id, url)).result
  all.events.length = 0
  all.calls.length = 0
  return { ...all, send, who, mine: await elmer.cookies(ELMER), other: await fudd.cookies(ELMER) }
}

describe('a cookie', () => {
  test('of another host is nobody’s there, is reported as wrong-host, and still good at home', async () => {
    const { who, mine, events } = await two()
    const session = mine.slice('__Host-sid='.length).split('.')[0]
    expect(await who(mine, ALICE)).toBe(undefined)
    expect(events).toEqual([
      { at: START, host: 'alice.acme.com', type: 'cookie.refused', reason: 'wrong-host', session, belongsTo: 'elmer.acme.com' },
    ])
    expect(await who(mine)).toBe('elmer')
  })

  test('with the id of one session and the secret of another belongs to neither', async () => {
    const { who, mine, other, events } = await two()
    expect(await who(`${mine.split('.')[0]}.${other.split('.')[1]}`)).toBe(undefined)
    expect(events).toMatchObject([{ reason: 'unknown-handle', belongsTo: null }])
  })

  test('of a shared domain is good on every host below it', async () => {
    const all = world({ topology: { kind: 'shared', domain: '.acme.com' }, store: memory() })
    const browser = all.browser()
    await browser.at(ELMER, (session) => session.set('a', 1))
    expect(await browser.at(ALICE, (session) => session.get('a'))).toBe(1)
    expect(await browser.at('https://acme.com/', (session) => session.get('a'))).toBe(1)
    await browser.at(ALICE, (session) => session.destroy())
    expect(await browser.at(ELMER, (session) => session.get('a'))).toBe(undefined)
  })
})

describe('several cookies of one name', () => {
  test('the one that verifies wins, wherever it stands, and the strays are cleared', async () => {
    const { send, mine, events } = await two()
    for (const cookie of [`${FAKE}; ${mine}`, `${mine}; ${FAKE}`, `__Host-sid=; ${mine}; __Host-sid=x`]) {
      events.length = 0
      const { result, response } = await send(cookie, async (session) => (await session.account())?.id)
      expect(result).toBe('elmer')
      expect(events[0]).toMatchObject({ type: 'cookie.duplicate' })
      expect(response.headers.getSetCookie().every((line) => line.includes('Max-Age=0') && line.includes('Domain='))).toBe(true)
      expect(response.headers.getSetCookie()).toHaveLength(2)
    }
  })

  test('the same one twice is one', async () => {
    const { who, mine, events } = await two()
    expect([await who(`${mine}; ${mine}`), events]).toEqual(['elmer', []])
  })

  test('two live sessions are nobody’s, both go on living, and the strays are cleared (fixation by a sibling)', async () => {
    const { send, who, mine, other, events } = await two()
    const { result, response } = await send(`${other}; ${mine}`, (session) => session.account())
    expect(result).toBe(null)
    expect(events.map((event) => event.type === 'cookie.refused' && event.reason)).toEqual([false, 'ambiguous'])
    expect(response.headers.getSetCookie().length).toBeGreaterThan(0)
    expect([await who(mine), await who(other)]).toEqual(['elmer', 'fudd'])
  })

  test('none that verifies is nobody’s, and nothing is cleared', async () => {
    const { send } = await two()
    const { result, response } = await send(`${FAKE}; __Host-sid=x`, (session) => session.account())
    expect([result, response.headers.getSetCookie()]).toEqual([null, []])
  })

  test('more planted by a sibling than are looked up sign nobody out for longer than one page', async () => {
    const all = world({ topology: { kind: 'shared', domain: '.acme.com' } })
    const browser = all.browser()
    const page = `${ELMER}a/b/c/d/e/f/g`
    await browser.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
    for (const path of ['a', 'a/', 'a/b', 'a/b/', 'a/b/c', 'a/b/c/', 'a/b/c/d', 'a/b/c/d/', 'a/b/c/d/e', 'a/b/c/d/e/']) {
      const planted = fake(path.length).replace('__Host-', '__Secure-')
      await browser.jar.setCookie(`${planted}; Secure; Domain=acme.com; Path=/${path}`, 'https://evil.acme.com/')
    }
    const who = () => browser.at(page, async (session) => (await session.account())?.id)
    expect([await who(), await who()]).toEqual([undefined, 'elmer'])
  })

  test('a sibling that plants a live session of its own on a deep page signs nobody out for longer than one page', async () => {
    const all = world({ topology: { kind: 'shared', domain: '.acme.com' } })
    const [browser, evil] = [all.browser(), all.browser()]
    await browser.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
    await evil.at(ELMER, (session) => session.signIn({ id: 'evil' }))
    const planted = await evil.cookies(ELMER)
    await browser.jar.setCookie(`${planted}; Secure; Domain=acme.com; Path=/a/b/c/d/e/f/`, 'https://evil.acme.com/')
    const who = () => browser.at(`${ELMER}a/b/c/d/e/f/g`, async (session) => (await session.account())?.id)
    expect([await who(), await who()]).toEqual([undefined, 'elmer'])
  })

  test('at most eight are looked up, malformed ones for nothing', async () => {
    const { who, mine, calls } = await two()
    const malformed = Array.from({ length: 50 }, (_, i) => `__Host-sid=${i}`).join('; ')
    expect(await who(`${malformed}; ${Array.from({ length: 7 }, (_, i) => fake(i)).join('; ')}; ${mine}`)).toBe('elmer')
    expect(calls.filter((call) => call === 'read')).toHaveLength(8)
    calls.length = 0
    await who(Array.from({ length: 100 }, (_, i) => fake(i)).join('; '))
    expect(calls).toEqual(Array.from({ length: 8 }, () => 'read'))
  })
})
