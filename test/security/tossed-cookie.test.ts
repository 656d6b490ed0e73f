/**
 * Attack 12: a sibling sets a domain cookie `sid`, `__Secure-sid`, with a longer Path: the master is untouched; at worst one
 * bounce; never a forced sign-out. The browser is a cookie jar here, which sends cookies in the order that browsers do.
 */
import type { Sessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { CookieJar } from 'tough-cookie'
import { describe, expect, test } from 'vitest'
import type { Data } from '../support/adapters.ts'
import { makeSessions } from '../support/launch.ts'

const APP = 'https://app.example.com'
const EVIL = 'https://evil.example.com'
const TOPOLOGY = [
  { kind: 'shared', domain: '.example.com' },
  { kind: 'isolated', hosts: ['*.acme.com'] },
] as const

class Browser {
  // The worst browser: it even takes a __Host- cookie with a Domain.
  readonly jar = new CookieJar(undefined, { prefixSecurity: 'unsafe-disabled' })
  readonly #sessions: Sessions<Data>

  constructor(sessions: Sessions<Data>) {
    this.#sessions = sessions
  }

  /** Visits a page, lets the jar take what it sets, and tells who is signed in there. */
  async visit(url: string, signIn?: string): Promise<string> {
    const request = new Request(url, { headers: { cookie: await this.jar.getCookieString(url) } })
    const response = await this.#sessions.handle(request, async (session) => {
      if (signIn) await session.signIn({ id: signIn })
      return new Response((await session.account())?.id ?? 'anonymous')
    })
    for (const each of response.headers.getSetCookie()) await this.jar.setCookie(each, url)
    return response.text()
  }

  async toss(cookie: string, from = EVIL): Promise<void> {
    await this.jar.setCookie(cookie, `${from}/`)
  }

  async valueAt(url: string): Promise<string> {
    return (await this.jar.getCookies(url))[0]!.value
  }
}

function start() {
  const { sessions, events } = makeSessions(memory(), { topology: TOPOLOGY })
  return { victim: new Browser(sessions), mallory: new Browser(sessions), events }
}

/** A page, and paths under which a cookie for it can sit. */
const PAGE = `${APP}/shop/hats/brown/checkout`
const PATHS = ['/shop', '/shop/hats', '/shop/hats/brown', '/shop/hats/brown/checkout']
const planted = (value: string, path: string): string => `__Secure-sid=${value}; Domain=example.com; Path=${path}; Secure`
const wellFormed = (i: number): string => `${String(i).padStart(22, 'A')}.${String(i).padStart(43, 'B')}`

describe('a visitor who is signed in', () => {
  test.each([
    ['garbage', 'x'],
    ['nothing', ''],
    ['a cookie of no session', wellFormed(1)],
  ])('stays signed in when a sibling plants %s on longer paths, which is cleared', async (_, value) => {
    const { victim, events } = start()
    await victim.visit(APP, 'elmer')
    for (const path of PATHS) await victim.toss(planted(value, path))
    expect((await victim.jar.getCookies(PAGE)).length).toBe(5)
    expect(await victim.visit(PAGE)).toBe('elmer')
    expect((await victim.jar.getCookies(PAGE)).length).toBe(1)
    expect(await victim.visit(PAGE)).toBe('elmer')
    expect(events.some(({ type }) => type === 'session.ended')).toBe(false)
  })

  test('is anonymous for one request at most when a sibling plants a live session of its own', async () => {
    const { victim, mallory, events } = start()
    await victim.visit(APP, 'elmer')
    await mallory.visit(EVIL, 'mallory')
    const value = await mallory.valueAt(EVIL)
    for (const path of PATHS) await victim.toss(planted(value, path))
    expect(await victim.visit(PAGE)).toBe('anonymous')
    expect(events.at(-1)).toMatchObject({ type: 'cookie.refused', reason: 'ambiguous' })
    expect(await victim.visit(PAGE)).toBe('elmer')
    expect(await mallory.visit(EVIL)).toBe('mallory')
  })

  test('is anonymous for one request at most when cookies are planted by the dozen', async () => {
    const { victim } = start()
    const page = `${APP}/1/2/3/4/5/6`
    await victim.visit(APP, 'elmer')
    const paths = Array.from({ length: 6 }, (_, i) => `/${[1, 2, 3, 4, 5, 6].slice(0, i + 1).join('/')}`)
    for (const [i, path] of [...paths, ...paths.slice(0, 5).map((each) => `${each}/`)].entries()) {
      await victim.toss(planted(wellFormed(i), path))
    }
    expect((await victim.jar.getCookies(page)).length).toBe(12)
    await victim.visit(page)
    expect(await victim.visit(page)).toBe('elmer')
  })

  test('under a domain of their own is not touched by cookies of other names', async () => {
    const { victim, mallory } = start()
    const page = 'https://elmer.acme.com'
    await victim.visit(page, 'elmer')
    await mallory.visit('https://evil.acme.com', 'mallory')
    const value = await mallory.valueAt('https://evil.acme.com')
    for (const name of ['sid', '__Secure-sid', '__host-sid'])
      await victim.toss(`${name}=${value}; Domain=acme.com; Secure`, 'https://evil.acme.com')
    await victim.toss(`__Host-sid=${value}; Domain=acme.com; Secure`, 'https://evil.acme.com')
    expect((await victim.jar.getCookies(page)).length).toBe(5)
    expect(await victim.visit(page)).toBe('elmer')
  })
})
