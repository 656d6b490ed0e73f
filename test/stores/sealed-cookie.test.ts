import { randomBytes } from 'node:crypto'
import type { LandbridgeError, SessionsOptions } from 'landbridge'
import { memory } from 'landbridge/memory'
import type { SealedCookieOptions } from 'landbridge/sealed-cookie'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { sqlite } from 'landbridge/sqlite'
import { describe, expect, test } from 'vitest'
import { Browser, codeOf, delayed, ELMER, MINUTE, world } from '../core/support.ts'
import type { AnySession } from '../core/support.ts'

const KEY = 'the key of these tests is long enough'
const NEXT_KEY = 'and so is the one that comes after it'

const sealed = (options: Partial<SealedCookieOptions> = {}, more: Partial<SessionsOptions> = {}) =>
  world({ store: sealedCookie({ keys: [KEY], ...options }), ...more })

const namesOf = async (browser: Browser, url = ELMER): Promise<string[]> =>
  (await browser.cookies(url)).split('; ').map((pair) => pair.slice(0, pair.indexOf('=')))
const account = async (session: AnySession) => (await session.account())?.id ?? null
const signIn = (id: string) => (session: AnySession) => session.signIn({ id })
const text = (kilobytes: number) => randomBytes(kilobytes * 500).toString('hex')

describe('A session that travels in cookies', () => {
  test('is kept from request to request, with its values, and on its host alone', async () => {
    const { browser } = sealed()
    const visitor = browser()
    await visitor.at(ELMER, (session) => session.set('cart', ['a book', 'ein Büchlein', '書']))
    expect(await visitor.at(ELMER, (session) => session.get('cart'))).toEqual(['a book', 'ein Büchlein', '書'])
    await visitor.at(ELMER, signIn('ada'))
    expect(await visitor.at(ELMER, account)).toBe('ada')
    expect(await visitor.at(ELMER, (session) => session.get('cart'))).toEqual(['a book', 'ein Büchlein', '書'])
    expect(await visitor.at('https://alice.acme.com/', account)).toBe(null)
  })

  test('is shared by the hosts of a domain where the topology says so', async () => {
    const { browser } = sealed({}, { topology: { kind: 'shared', domain: '.example.com' } })
    const visitor = browser()
    await visitor.at('https://www.example.com/', signIn('ada'))
    expect(await visitor.at('https://shop.example.com/', account)).toBe('ada')
    await visitor.at('https://shop.example.com/', (session) => session.signOut())
    expect(await visitor.at('https://www.example.com/', account)).toBe(null)
    expect(await visitor.cookies('https://www.example.com/')).toBe('')
  })

  test('opens nothing and sets nothing while the application does not touch it', async () => {
    const { browser } = sealed()
    const visitor = browser()
    await visitor.at(ELMER, signIn('ada'))
    const { response } = await visitor.visit(ELMER, () => undefined)
    expect([response.headers.getSetCookie(), response.headers.get('vary')]).toEqual([[], null])
  })

  test('sets no cookie when it is only read, and a new one once a tenth of the idle lifetime has passed', async () => {
    const { browser, clock } = sealed()
    const visitor = browser()
    await visitor.at(ELMER, signIn('ada'))
    clock.now += MINUTE
    expect((await visitor.visit(ELMER, account)).response.headers.getSetCookie()).toEqual([])
    for (let i = 0; i < 5; i++) {
      clock.now += 20 * MINUTE
      const { response, result } = await visitor.visit(ELMER, account)
      expect([result, response.headers.getSetCookie().length]).toEqual(['ada', 1])
    }
  })

  test('ends when it is idle, and at its absolute end however busy it is', async () => {
    const { browser, clock, events } = sealed({}, { lifetime: { idle: '30m', absolute: '2h' } })
    const idle = browser()
    const busy = browser()
    for (const each of [idle, busy]) await each.at(ELMER, signIn('ada'))
    for (let i = 0; i < 5; i++) {
      clock.now += 20 * MINUTE
      expect(await busy.at(ELMER, account)).toBe('ada')
    }
    expect(await idle.at(ELMER, account)).toBe(null)
    expect(events.at(-1)).toMatchObject({ type: 'cookie.refused', reason: 'expired' })
    clock.now += 20 * MINUTE
    expect(await busy.at(ELMER, account)).toBe(null)
  })

  test('gets another id and secret at a sign-in and at a renewal, and its CSRF token dies with them', async () => {
    const { browser } = sealed()
    const visitor = browser()
    const token = await visitor.at(ELMER, (session) => session.csrfToken())
    expect(await visitor.at(ELMER, (session) => session.checkCsrfToken(token))).toBe(true)
    const handle = async (): Promise<string> => (await visitor.jar.getCookies(ELMER)).find(({ key }) => key === '__Host-sid')!.value
    const before = await handle()
    await visitor.at(ELMER, signIn('ada'))
    const after = await handle()
    expect([after.slice(0, 22) === before.slice(0, 22), after.slice(23) === before.slice(23)]).toEqual([false, false])
    expect(await visitor.at(ELMER, (session) => session.checkCsrfToken(token))).toBe(false)
    await visitor.at(ELMER, (session) => session.renew())
    expect(await handle()).not.toBe(after)
    expect(await visitor.at(ELMER, account)).toBe('ada')
    expect(await namesOf(visitor)).toHaveLength(2)
  })

  test('leaves no cookie behind when it is signed out of', async () => {
    const { browser } = sealed()
    const visitor = browser()
    await visitor.at(ELMER, signIn('ada'))
    await visitor.at(ELMER, (session) => session.set('pad', text(5)))
    expect(await namesOf(visitor)).toHaveLength(3)
    await visitor.at(ELMER, (session) => session.signOut())
    expect(await visitor.cookies(ELMER)).toBe('')
    expect(await visitor.at(ELMER, account)).toBe(null)
  })

  test('leaves no cookie behind either when the same request changed it before', async () => {
    const { browser } = sealed()
    const visitor = browser()
    await visitor.at(ELMER, signIn('ada'))
    await visitor.at(ELMER, async (session) => {
      await session.update('count', () => 1)
      await session.signOut()
    })
    expect(await visitor.cookies(ELMER)).toBe('')
  })

  test('holds several accounts, switches between them, and removes them', async () => {
    const { browser } = sealed()
    const visitor = browser()
    await visitor.at(ELMER, signIn('ada'))
    await visitor.at(ELMER, (session) => session.addAccount({ id: 'bob' }))
    expect(await visitor.at(ELMER, account)).toBe('bob')
    expect(await visitor.at(ELMER, (session) => session.switchAccount('ada'))).toBe(true)
    expect(await visitor.at(ELMER, account)).toBe('ada')
    await visitor.at(ELMER, (session) => session.removeAccount('ada'))
    expect(await visitor.at(ELMER, async (session) => (await session.accounts()).map(({ id }) => id))).toEqual(['bob'])
  })

  test('keeps every update of one request, and refuses one that comes after the head of the response', async () => {
    const { browser, sessions } = sealed()
    const visitor = browser()
    await visitor.at(ELMER, signIn('ada'))
    await visitor.at(ELMER, (session) =>
      Promise.all(Array.from({ length: 50 }, () => session.update('count', (count) => Number(count ?? 0) + 1))),
    )
    expect(await visitor.at(ELMER, (session) => session.get('count'))).toBe(50)

    const request = new Request(ELMER, { headers: { cookie: await visitor.cookies(ELMER) } })
    const exchange = await sessions.open(request)
    if (exchange.kind !== 'serve') throw new Error('not served')
    await exchange.session.get('count')
    await exchange.commit(new Headers())
    expect(await codeOf(() => exchange.session.update('count', () => 0))).toBe('ERR_HEADERS_SENT')
    expect(await visitor.at(ELMER, (session) => session.get('count'))).toBe(50)
  })

  test('a late save after a sign-out, or after another sign-in, brings nothing back in this browser', async () => {
    const { browser, sessions } = sealed()
    for (const then of ['sign-out', 'sign-in']) {
      const visitor = browser()
      await visitor.at(ELMER, signIn('ada'))
      const exchange = await sessions.open(new Request(ELMER, { headers: { cookie: await visitor.cookies(ELMER) } }))
      if (exchange.kind !== 'serve') throw new Error('not served')
      await exchange.session.get('late')
      await visitor.at(ELMER, (session) => (then === 'sign-out' ? session.signOut() : session.signIn({ id: 'bob' })))
      exchange.session.set('late', true)
      const headers = new Headers()
      await exchange.commit(headers)
      for (const line of headers.getSetCookie()) await visitor.jar.setCookie(line, ELMER)
      expect(await visitor.at(ELMER, account)).toBe(then === 'sign-out' ? null : 'bob')
      expect(await visitor.at(ELMER, (session) => session.get('late'))).toBe(undefined)
      // What the late answer left there goes with the next change.
      await visitor.at(ELMER, (session) => session.set('more', 1))
      expect(await namesOf(visitor)).toHaveLength(2)
    }
  })

  test('of two requests at one time the one that answers last decides', async () => {
    const { browser } = sealed()
    const visitor = browser()
    await visitor.at(ELMER, signIn('ada'))
    const cookie = await visitor.cookies(ELMER)
    for (const key of ['first', 'last']) await visitor.visit(ELMER, (session) => session.set(key, true), { headers: { cookie } })
    expect(await visitor.at(ELMER, (session) => session.all())).toEqual({ last: true })
  })
})

describe('The size of a session', () => {
  test('takes a second cookie when it grows, and gives it back when it shrinks', async () => {
    const { browser } = sealed()
    const visitor = browser()
    await visitor.at(ELMER, (session) => session.set('small', 'stays'))
    expect(await namesOf(visitor)).toHaveLength(2)
    const large = text(4.5)
    await visitor.at(ELMER, (session) => session.set('large', large))
    expect(await namesOf(visitor)).toHaveLength(3)
    expect(await visitor.at(ELMER, (session) => session.all())).toEqual({ small: 'stays', large })
    await visitor.at(ELMER, (session) => session.unset('large'))
    expect(await namesOf(visitor)).toHaveLength(2)
    expect(await visitor.at(ELMER, (session) => session.all())).toEqual({ small: 'stays' })
  })

  test('is refused beyond the limit with an error that says the limit, and the session stays as it was', async () => {
    for (const [chunks, fits, exceeds] of [
      [1, 2, 3],
      [2, 5, 6],
      [4, 10, 11],
    ] as const) {
      const { browser } = sealed({ chunks })
      const visitor = browser()
      await visitor.at(ELMER, (session) => session.set('pad', text(fits)))
      expect(await namesOf(visitor)).toHaveLength(1 + chunks)
      for (const value of (await visitor.jar.getCookies(ELMER)).map(({ key, value }) => key + value))
        expect(value.length).toBeLessThan(3800)
      const refused = visitor.at(ELMER, (session) => session.set('more', text(exceeds - fits)))
      await expect(refused).rejects.toMatchObject({ code: 'ERR_COOKIE_TOO_LARGE', message: expect.stringContaining(String(chunks * 3600)) })
      expect(await visitor.at(ELMER, async (session) => Object.keys(await session.all()))).toEqual(['pad'])
    }
  })

  test('may be beyond a limit that was lowered, so that such a session can shrink', async () => {
    const { visitor, serveBy } = moving(sealed({ chunks: 4 }))
    await visitor.at(ELMER, (session) => session.set('a', text(4)))
    await visitor.at(ELMER, (session) => session.set('b', text(5)))
    serveBy(sealed({ chunks: 1 }))
    expect(await codeOf(() => visitor.at(ELMER, (session) => session.set('c', 1)))).toBe('ERR_COOKIE_TOO_LARGE')
    await visitor.at(ELMER, (session) => session.unset('b'))
    expect(await namesOf(visitor)).toHaveLength(3)
    await visitor.at(ELMER, (session) => session.unset('a'))
    expect(await namesOf(visitor)).toHaveLength(2)
  })
})

describe('Keys', () => {
  test('are replaced without signing anybody out: the first seals, all of them open', async () => {
    const { visitor, serveBy } = moving(sealed({ keys: [KEY] }))
    await visitor.at(ELMER, signIn('ada'))
    serveBy(sealed({ keys: [NEXT_KEY, KEY] }))
    expect(await visitor.at(ELMER, account)).toBe('ada')
    await visitor.at(ELMER, (session) => session.set('seen', true))
    serveBy(sealed({ keys: [NEXT_KEY] }))
    expect(await visitor.at(ELMER, account)).toBe('ada')
  })

  test('open nothing any more once they are removed, and the visitor can sign in again', async () => {
    const { visitor, serveBy } = moving(sealed({ keys: [KEY] }))
    await visitor.at(ELMER, signIn('ada'))
    const next = sealed({ keys: [NEXT_KEY] })
    serveBy(next)
    expect(await visitor.at(ELMER, account)).toBe(null)
    expect(next.events.at(-1)).toMatchObject({ type: 'cookie.refused', reason: 'unknown-handle', belongsTo: null })
    await visitor.at(ELMER, signIn('ada'))
    expect(await visitor.at(ELMER, account)).toBe('ada')
    expect(await namesOf(visitor)).toHaveLength(2)
  })

  test('that begin with the same name byte are all tried', async () => {
    // Of three hundred keys at least two have the same.
    const keys = Array.from({ length: 300 }, (_, i) => `${KEY} number ${i}`)
    for (const key of [keys[0]!, keys[150]!, keys[299]!]) {
      const { visitor, serveBy } = moving(sealed({ keys: [key] }))
      await visitor.at(ELMER, signIn('ada'))
      serveBy(sealed({ keys }))
      expect(await visitor.at(ELMER, account)).toBe('ada')
    }
  })
})

describe.each([
  { name: 'memory', make: memory },
  { name: 'sqlite', make: () => sqlite(':memory:') },
  { name: 'a store that answers later', make: () => delayed(memory()) },
])('Epochs in $name', ({ make }) => {
  const withEpochs = () => sealed({ epochs: make() })

  test('end all sessions of an account, also those that were copied, and no other', async () => {
    const { browser, sessions } = withEpochs()
    const [ada, other, bob] = [browser(), browser(), browser()]
    for (const each of [ada, other]) await each.at(ELMER, signIn('ada'))
    await bob.at(ELMER, signIn('bob'))
    const copied = await ada.cookies(ELMER)
    expect(await sessions.revokeAccount('ada')).toBe(0)
    for (const each of [ada, other]) expect(await each.at(ELMER, account)).toBe(null)
    expect((await browser().visit(ELMER, account, { headers: { cookie: copied } })).result).toBe(null)
    expect(await bob.at(ELMER, account)).toBe('bob')
    await ada.at(ELMER, signIn('ada'))
    expect(await ada.at(ELMER, account)).toBe('ada')
    expect((await browser().visit(ELMER, account, { headers: { cookie: copied } })).result).toBe(null)
  })

  test('spare the session that is excepted, whatever becomes of it, until the next one', async () => {
    for (const then of ['nothing', 'set', 'renew', 'renew at once'] as const) {
      const { browser, sessions } = withEpochs()
      const [own, other] = [browser(), browser()]
      for (const each of [own, other]) await each.at(ELMER, signIn('ada'))
      await own.at(ELMER, async (session) => {
        await session.account()
        await sessions.revokeAccount('ada', { except: session.id })
        if (then === 'renew at once') await session.renew()
      })
      if (then === 'set') await own.at(ELMER, (session) => session.set('more', 1))
      if (then === 'renew') await own.at(ELMER, (session) => session.renew())
      expect([then, await own.at(ELMER, account), await other.at(ELMER, account)]).toEqual([then, 'ada', null])
      await sessions.revokeAccount('ada')
      expect([then, await own.at(ELMER, account)]).toEqual([then, null])
    }
  })

  test('end everybody at once, the anonymous visitors as well', async () => {
    const store = sealedCookie({ keys: [KEY], epochs: make() })
    const { browser } = world({ store })
    const [ada, nobody] = [browser(), browser()]
    await ada.at(ELMER, signIn('ada'))
    await nobody.at(ELMER, (session) => session.set('cart', 1))
    await store.revokeAll()
    expect(await ada.at(ELMER, account)).toBe(null)
    expect(await nobody.at(ELMER, (session) => session.get('cart'))).toBe(undefined)
    await ada.at(ELMER, signIn('ada'))
    expect(await ada.at(ELMER, account)).toBe('ada')
  })

  test('end a session with several accounts when one of them is revoked, and a further sign-in does not hide that', async () => {
    const { browser, sessions } = withEpochs()
    const visitor = browser()
    await visitor.at(ELMER, signIn('ada'))
    await visitor.at(ELMER, async (session) => {
      await session.addAccount({ id: 'bob' })
      await sessions.revokeAccount('ada')
    })
    expect(await visitor.at(ELMER, async (session) => (await session.accounts()).map(({ id }) => id))).toEqual(['bob'])
  })

  test('are not caught up with by a save that was under way', async () => {
    const { browser, sessions } = withEpochs()
    for (const [change, status] of [
      ['set', 200],
      ['renew', 409],
    ] as const) {
      const visitor = browser()
      await visitor.at(ELMER, signIn('ada'))
      const { response } = await visitor.visit(ELMER, async (session) => {
        await session.account()
        await sessions.revokeAccount('ada')
        if (change === 'set') session.set('late', 1)
        else await session.renew()
      })
      expect([change, response.status]).toEqual([change, status])
      expect(await visitor.at(ELMER, account)).toBe(null)
    }
  })

  test('count each of many that come at once', async () => {
    const { browser, sessions } = withEpochs()
    const visitor = browser()
    for (let round = 0; round < 3; round++) {
      await visitor.at(ELMER, signIn('ada'))
      await Promise.all(Array.from({ length: 20 }, () => sessions.revokeAccount('ada')))
      expect(await visitor.at(ELMER, account)).toBe(null)
    }
  })
})

describe('What cannot be done without a list of the sessions', () => {
  test('throws an error that says what to use', async () => {
    const { sessions, browser, types } = sealed({ epochs: memory() })
    const visitor = browser()
    await visitor.at(ELMER, signIn('ada'))
    const id = await visitor.at(ELMER, async (session) => {
      await session.account()
      return session.id!
    })
    for (const call of [
      () => sessions.sessionsOf('ada'),
      () => sessions.revoke(id),
      () => sessions.revoke(id, { scope: 'elmer.acme.com' as never }),
      () => sessions.handlesOf(id),
    ]) {
      await expect(async () => call()).rejects.toMatchObject({ code: 'ERR_STORE_INCAPABLE', hint: expect.stringMatching(/^(?:Use|Keep) /) })
    }
    // Nothing has failed.
    expect(types()).not.toContain('store.failed')
    expect(await visitor.at(ELMER, account)).toBe('ada')
    expect(await visitor.at(ELMER, async (session) => (await session.handles()).map(({ scope, current }) => [scope, current]))).toEqual([
      ['elmer.acme.com', true],
    ])
  })

  test('includes revokeAccount where no store for epochs is given', async () => {
    const store = sealedCookie({ keys: [KEY] })
    const { sessions } = world({ store })
    await expect(async () => sessions.revokeAccount('ada')).rejects.toMatchObject({
      code: 'ERR_STORE_INCAPABLE',
      hint: expect.stringContaining('epochs'),
    })
    await expect(async () => store.revokeAll()).rejects.toMatchObject({
      code: 'ERR_STORE_INCAPABLE',
      hint: expect.stringContaining('epochs'),
    })
  })
})

describe('The configuration', () => {
  const faultsOf = (make: () => unknown): unknown => {
    try {
      make()
    } catch (error) {
      return (error as LandbridgeError).faults.map(({ code, path }) => [code, path])
    }
    return 'none'
  }

  test.each([
    [{ keys: [] }, [['keys-missing', 'keys']]],
    [{}, [['key-too-short', 'keys[0]']]],
    [
      { keys: ['short'], chunks: 5, epoch: memory() },
      [
        ['option-unknown', 'epoch'],
        ['key-too-short', 'keys[0]'],
        ['chunks-invalid', 'chunks'],
      ],
    ],
    [{ keys: [KEY], chunks: 0 }, [['chunks-invalid', 'chunks']]],
    [{ keys: [KEY], epochs: {} }, [['epochs-invalid', 'epochs']]],
    [{ keys: [KEY], epochs: sealedCookie({ keys: [KEY] }) }, [['epochs-invalid', 'epochs']]],
  ])('is refused with every fault at once: %o', (options, faults) => {
    expect(faultsOf(() => sealedCookie(options as SealedCookieOptions))).toEqual(faults)
  })

  test.each([
    { kind: 'hub', hub: 'acme.com', spokes: ['*.acme.com'], authorize: () => true },
    { kind: 'peers', hosts: ['example.com', 'example.de'] },
  ] as const)('is refused for a topology that crosses: $kind', (topology) => {
    const store = sealedCookie({ keys: [KEY], epochs: memory() })
    expect(faultsOf(() => world({ store, topology, keys: [KEY] }))).toEqual([['store-cannot-cross', 'store']])
    expect(faultsOf(() => world({ store, topology: [{ kind: 'isolated', hosts: ['a.example'] }, topology], keys: [KEY] }))).toEqual([
      ['store-cannot-cross', 'store'],
    ])
  })
})

/** A browser that stays while the server behind it is replaced. */
function moving(first: ReturnType<typeof sealed>) {
  let { handle } = first.sessions
  const visitor = new Browser((request, next) => handle(request, next))
  return { visitor, serveBy: (next: ReturnType<typeof sealed>) => void ({ handle } = next.sessions) }
}
