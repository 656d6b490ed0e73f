// createSessions beyond one request: revoking, listing, listeners, CSRF tokens, and what a store's failure does.
import { errorReply, LandbridgeError } from 'landbridge'
import { memory } from 'landbridge/memory'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test, vi } from 'vitest'
import type { AnySession } from './support.ts'
import { barrier, codeOf, delayed, ELMER, failing, START, world } from './support.ts'

describe('sessions of an account', () => {
  test('are listed, ended one by one, and ended all at once but for one', async () => {
    const { browser: open, sessions, events } = world()
    const browsers = [open(), open(), open()]
    for (const browser of browsers) await browser.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
    await open().at(ELMER, (session) => session.signIn({ id: 'fudd' }))
    const list = await sessions.sessionsOf('elmer')
    expect(list.map(({ accounts }) => accounts)).toEqual([1, 2, 3].map(() => [{ id: 'elmer', signedInAt: START }]))

    events.length = 0
    const idOf = (i: number) =>
      browsers[i]!.at(ELMER, async (session) => {
        await session.account()
        return session.id!
      })
    const [first, second] = [await idOf(0), await idOf(1)]
    expect([await sessions.revoke(first), await sessions.revoke(first), await sessions.revoke('no id' as never)]).toEqual([
      true,
      false,
      false,
    ])
    expect(await sessions.revokeAccount('elmer', { except: second })).toBe(1)
    expect(events).toEqual([
      { at: START, host: null, type: 'session.ended', session: first, scope: null },
      { at: START, host: null, type: 'account.revoked', account: 'elmer', sessions: 1 },
    ])
    const who = browsers.map((browser) => browser.at(ELMER, async (session) => (await session.account())?.id))
    expect(await Promise.all(who)).toEqual([undefined, 'elmer', undefined])
    expect(await sessions.revokeAccount('elmer', { except: null })).toBe(1)
    expect(await sessions.revokeAccount('nobody')).toBe(0)
    expect(await sessions.sessionsOf('fudd')).toHaveLength(1)
  })
})

describe('concurrent requests', () => {
  for (const [name, make] of [
    ['a store that answers at once', memory],
    ['a store that answers later', () => delayed(memory())],
  ] as const) {
    test(`fifty that each set their own key lose none, with ${name}`, async () => {
      const browser = world({ store: make() }).browser()
      await browser.at(ELMER, (session) => session.set('seed', 1))
      const together = barrier(50)
      const request = (i: number) =>
        browser.at(ELMER, async (session) => {
          await session.get('seed')
          await together() // all have read the same before any of them writes
          session.set(`k${i}`, i)
        })
      await Promise.all(Array.from({ length: 50 }, (_, i) => request(i)))
      expect(Object.keys(await browser.at(ELMER, (session) => session.all()))).toHaveLength(51)
    })

    test(`fifty that update one counter end at fifty, with ${name}`, async () => {
      const browser = world({ store: make() }).browser()
      await browser.at(ELMER, (session) => session.set('n', 0))
      const together = barrier(50)
      const request = () =>
        browser.at(ELMER, async (session) => {
          await session.get('n')
          await together()
          await session.update('n', (n) => (n as number) + 1)
        })
      await Promise.all(Array.from({ length: 50 }, request))
      expect(await browser.at(ELMER, (session) => session.get('n'))).toBe(50)
    })
  }

  test('an update that never gets through ends with ERR_STORE_CONFLICT after 64 tries', async () => {
    const { browser: open, sessions } = world()
    const browser = open()
    await browser.at(ELMER, (session) => session.set('n', 0))
    const rival = await sessions.open(new Request(ELMER, { headers: { cookie: await browser.cookies(ELMER) } }))
    if (rival.kind !== 'serve') throw new Error('refused')
    await rival.session.get('n')
    let tries = 0
    const stubborn = (session: AnySession) =>
      session.update('n', (n) => {
        // Each time, another request of the same session comes first.
        void rival.session.update('n', () => `rival ${tries}`)
        tries++
        return n
      })
    expect(await browser.at(ELMER, (session) => codeOf(() => stubborn(session)))).toBe('ERR_STORE_CONFLICT')
    expect([tries, await browser.at(ELMER, (session) => session.get('n'))]).toEqual([64, 'rival 63'])
  })

  test('a save after the session was destroyed is refused with 409 and leaves nothing; an update learns it at once (13, 14)', async () => {
    const { browser: open, events, sessions } = world()
    const browser = open()
    await browser.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
    const slow = await browser.visit(ELMER, async (session) => {
      await session.get('a')
      await browser.at(ELMER, (other) => other.destroy())
      session.set('a', 1)
      expect(await codeOf(() => session.update('b', () => 1))).toBe('ERR_SESSION_ENDED')
    })
    expect([slow.response.status, slow.response.headers.getSetCookie()]).toEqual([409, []])
    expect(await slow.response.text()).toContain('ERR_SESSION_ENDED')
    expect(events.filter(({ type }) => type === 'save.refused')).toHaveLength(2)
    expect(await sessions.sessionsOf('elmer')).toEqual([])
  })
})

describe('a change after the response left', () => {
  test('throws ERR_HEADERS_SENT; reading goes on', async () => {
    const { sessions } = world()
    const exchange = await sessions.open(new Request(ELMER))
    if (exchange.kind !== 'serve') throw new Error('refused')
    const { session } = exchange
    session.set('a', 1)
    const headers = new Headers()
    await exchange.commit(headers)
    await exchange.commit(headers) // an adapter may call twice: nothing happens twice
    expect(headers.getSetCookie()).toHaveLength(1)
    expect(await codeOf(() => session.set('a', 2))).toBe('ERR_HEADERS_SENT')
    expect(await codeOf(() => session.unset('a'))).toBe('ERR_HEADERS_SENT')
    expect(await codeOf(() => session.flash('a', 2))).toBe('ERR_HEADERS_SENT')
    expect(await codeOf(() => session.signIn({ id: 'elmer' }))).toBe('ERR_HEADERS_SENT')
    expect(await session.get('a')).toBe(1)
  })
})

describe('a store that fails', () => {
  test('fails the request with ERR_STORE_UNAVAILABLE and its cause, reported once; the next request works again', async () => {
    const { store, fail } = failing(memory())
    const { browser: open, events } = world({ store })
    const browser = open()
    await browser.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
    events.length = 0
    const cause = new Error('disk on fire')
    fail.set('read', cause)
    const thrown: unknown[] = []
    const { response } = await browser.visit(ELMER, async (session) => {
      await session.account().catch((error: unknown) => {
        thrown.push(error)
        throw error
      })
    })
    expect(thrown[0]).toBeInstanceOf(LandbridgeError)
    expect(thrown[0]).toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', cause, status: 503 })
    expect([response.status, response.headers.get('retry-after'), response.headers.getSetCookie()]).toEqual([503, '1', []])
    expect(await response.text()).not.toContain('fire')
    expect(events).toEqual([{ at: START, host: null, type: 'store.failed', error: thrown[0] }])
    fail.clear()
    expect(await browser.at(ELMER, async (session) => (await session.account())?.id)).toBe('elmer')
  })

  test.each(['create', 'update', 'renew', 'revoke'] as const)('never lets a response go out as if %s had worked', async (method) => {
    const { store, fail } = failing(delayed(memory()))
    const { browser: open, types } = world({ store })
    const browser = open()
    if (method !== 'create') await browser.at(ELMER, (session) => session.set('a', 1))
    fail.set(method, new Error('read-only'))
    const { response } = await browser.visit(ELMER, (session) => {
      if (method === 'renew') return session.renew()
      return method === 'revoke' ? session.destroy() : session.set('a', 2)
    })
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    expect(types().filter((type) => type === 'store.failed')).toEqual(['store.failed'])
    fail.clear()
    expect(await browser.at(ELMER, (session) => session.get('a'))).toBe(method === 'create' ? undefined : 1)
  })

  test('errorReply answers what is nobody’s mistake, and leaves all other errors to the application', () => {
    const error = (code: 'ERR_STORE_UNAVAILABLE' | 'ERR_SESSION_ENDED' | 'ERR_KEY_INVALID') => new LandbridgeError(code, 'm', { hint: 'h' })
    expect([errorReply(error('ERR_STORE_UNAVAILABLE'))?.status, errorReply(error('ERR_SESSION_ENDED'))?.status]).toEqual([503, 409])
    expect([errorReply(error('ERR_KEY_INVALID')), errorReply(new Error('other')), errorReply(undefined)]).toEqual([null, null, null])
    expect(error('ERR_KEY_INVALID').getResponse().status).toBe(500)
  })
})

describe('a CSRF token of a session', () => {
  const post = { method: 'POST' }

  test('lets a request pass that does not say where it comes from; without one, or with another’s, it is refused', async () => {
    const { browser: open, events } = world()
    const [browser, other] = [open(), open()]
    const token = await browser.at(ELMER, (session) => session.csrfToken())
    const foreign = await other.at(ELMER, (session) => session.csrfToken())
    const status = async (headers: Record<string, string>) => (await browser.visit(ELMER, () => 0, { ...post, headers })).response.status
    expect(await status({ 'x-csrf-token': token })).toBe(200)
    expect([await status({}), await status({ 'x-csrf-token': foreign }), await status({ 'x-csrf-token': '' })]).toEqual([403, 403, 403])
    const cross = { origin: 'https://evil.com', 'x-csrf-token': token }
    expect(await status(cross)).toBe(403)
    expect(events.filter(({ type }) => type === 'request.refused')).toMatchObject([
      { reason: 'origin-missing', method: 'POST', host: 'elmer.acme.com' },
      { reason: 'csrf-token-invalid' },
      { reason: 'csrf-token-invalid' },
      { reason: 'cross-origin' },
    ])
  })

  test('differs at each call, stays good, and dies when the session is renewed (24, 68)', async () => {
    const browser = world().browser()
    const [a, b] = await browser.at(ELMER, async (session) => [await session.csrfToken(), await session.csrfToken()])
    expect(a).not.toBe(b)
    const right = (token: string) => browser.at(ELMER, (session) => session.checkCsrfToken(token))
    expect([await right(a), await right(b), await right('x'.repeat(86))]).toEqual([true, true, false])
    await browser.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
    expect(await right(a)).toBe(false)
  })
})

describe('listeners', () => {
  test('one that throws, rejects, or throws what is no error harms neither the request nor the others', async () => {
    const warnings: string[] = []
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)))
    try {
      const { sessions, browser: open, types } = world()
      sessions.subscribe(() => {
        throw new Error('boom')
      })
      // oxlint-disable-next-line no-throw-literal, typescript/only-throw-error -- what a listener might do
      sessions.subscribe(() => {
        throw Object.create(null)
      })
      // oxlint-disable-next-line typescript/no-misused-promises -- what applications do all the same
      sessions.subscribe(async () => {
        throw new Error('later')
      })
      const seen: string[] = []
      const end = sessions.subscribe(({ type }) => seen.push(type))
      await open().at(ELMER, (session) => session.set('a', 1))
      end()
      await open().at(ELMER, (session) => session.set('a', 1))
      await setImmediate()
      expect([types(), seen]).toEqual([['session.created', 'session.created'], ['session.created']])
      expect(warnings.filter((text) => /boom|later|no Error/.test(text))).toHaveLength(6)
    } finally {
      warn.mockRestore()
    }
  })

  test('get the events of a request in order, with their fields, and never a secret', async () => {
    const { browser: open, events } = world()
    const browser = open()
    await browser.at(ELMER, (session) => session.set('a', 1))
    await browser.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
    await browser.at(ELMER, (session) => session.signOut())
    const common = { at: START, host: 'elmer.acme.com' }
    const [first, second] = [expect.stringMatching(/^[\w-]{22}$/), expect.stringMatching(/^[\w-]{22}$/)]
    expect(events).toEqual([
      { ...common, type: 'session.created', session: first, scope: 'elmer.acme.com', account: null, before: null },
      { ...common, type: 'session.renewed', session: second, scope: 'elmer.acme.com', account: 'elmer', before: first },
      { ...common, type: 'account.signed-in', session: second, account: 'elmer' },
      { ...common, type: 'session.ended', session: second, scope: null },
      { ...common, type: 'account.signed-out', session: second, account: 'elmer' },
    ])
    expect(JSON.stringify(events)).not.toMatch(/[\w-]{43}/)
  })

  test('are told when a cookie is set over plain http, except on localhost', async () => {
    const { browser: open, types } = world({ topology: { kind: 'isolated', hosts: ['*.acme.com', '*.acme.localhost'] } })
    await open().at('http://elmer.acme.localhost/', (session) => session.set('a', 1))
    expect(types()).toEqual(['session.created'])
    const { sessions, types: later } = world()
    const exchange = await sessions.open(new Request('http://elmer.acme.com/'))
    if (exchange.kind !== 'serve') throw new Error('refused')
    exchange.session.set('a', 1)
    await exchange.commit(new Headers())
    expect(later()).toEqual(['session.created', 'cookie.insecure-transport'])
  })
})
