// The life of a session, request by request. Numbers in brackets point to the behaviours of Django that are compared with.
import { expect, describe, test } from 'vitest'
import type { AnySession } from './support.ts'
import { ALICE, codeOf, ELMER, MINUTE, START, world } from './support.ts'

const COOKIE = /^__Host-sid=([\w-]{22})\.([\w-]{43})$/
const setThen =
  <Result>(act: (session: AnySession) => Result) =>
  (session: AnySession): Result => {
    session.set('a', 1)
    return act(session)
  }
const signInWithValue = setThen((session) => session.signIn({ id: 'elmer' }))
const idAndSecret = (cookie: string) => COOKIE.exec(cookie)?.slice(1) ?? []

describe('laziness', () => {
  test('a request that leaves the session alone calls no store and sets no header, with a cookie or without (1, 51, 63)', async () => {
    const { browser: open, calls } = world()
    const browser = open()
    const before = await browser.visit(ELMER, () => 0)
    expect([calls, [...before.response.headers.keys()]]).toEqual([[], ['content-type']])
    await browser.at(ELMER, (session) => session.set('a', 1))
    calls.length = 0
    const after = await browser.visit(ELMER, () => 0)
    expect([calls, [...after.response.headers.keys()]]).toEqual([[], ['content-type']])
  })

  test('reading reads the store once, however often and in parallel, and sends Vary alone (52)', async () => {
    const { browser: open, calls } = world()
    const browser = open()
    await browser.at(ELMER, (session) => session.set('a', 1))
    calls.length = 0
    const { response } = await browser.visit(ELMER, async (session) => {
      await Promise.all([session.get('a'), session.all(), session.account(), session.expiresAt(), session.flash('none')])
      await session.get('a')
    })
    expect(calls).toEqual(['read'])
    expect(response.headers.get('vary')).toBe('Cookie')
    expect(response.headers.getSetCookie()).toEqual([])
  })

  test('reading without a cookie calls no store and makes no session (10)', async () => {
    const { browser: open, calls } = world()
    const { response, result } = await open().visit(ELMER, async (session) => [
      await session.get('a'),
      session.id,
      await session.expiresAt(),
    ])
    expect([calls, result, response.headers.getSetCookie()]).toEqual([[], [undefined, null, null], []])
  })

  test('nothing is written for a session that stayed empty', async () => {
    const { browser: open, calls } = world()
    const browser = open()
    const acts: ((session: AnySession) => unknown)[] = [
      (session) => session.unset('a'),
      setThen((session) => session.unset('a')),
      (session) => session.flash('a'),
      (session) => session.renew(),
      (session) => session.destroy(),
      (session) => session.signOut(),
      setThen((session) => session.destroy()),
    ]
    for (const act of acts) {
      const { response } = await browser.visit(ELMER, act)
      expect(response.headers.getSetCookie()).toEqual([])
    }
    expect(calls).toEqual([])
  })

  test('the first value makes a session: 128-bit id, 256-bit secret, and a response that no shared cache keeps', async () => {
    const { browser: open, calls } = world()
    const browser = open()
    const { response } = await browser.visit(ELMER, (session) => session.set('a', 1))
    expect(calls).toEqual(['create'])
    expect(idAndSecret(await browser.cookies(ELMER))).toHaveLength(2)
    expect(response.headers.get('cache-control')).toBe('private, no-store')
    expect(await browser.cookies(ALICE)).toBe('')
  })

  test('a change of an existing session sends no cookie again', async () => {
    const browser = world().browser()
    await browser.at(ELMER, (session) => session.set('a', 1))
    const { response } = await browser.visit(ELMER, (session) => session.set('a', 2))
    expect(response.headers.getSetCookie()).toEqual([])
  })

  // 4, 53: an emptied session stays one, with its cookie.
  test('a session whose last value is removed keeps its record and its cookie (53)', async () => {
    const browser = world().browser()
    await browser.at(ELMER, (session) => session.set('a', 1))
    const id = await browser.cookies(ELMER)
    await browser.at(ELMER, (session) => session.unset('a'))
    expect(await browser.cookies(ELMER)).toBe(id)
    expect(await browser.at(ELMER, async (session) => [await session.all(), session.id])).toEqual([{}, idAndSecret(id)[0]])
  })
})

describe('a cookie that the store does not know', () => {
  test('is never adopted: the next change makes a session with an id of its own (9, 11, 41)', async () => {
    const { browser: open, events } = world()
    const planted = `${'A'.repeat(22)}.${'B'.repeat(43)}`
    const browser = open()
    await browser.jar.setCookie(`__Host-sid=${planted}; Secure; Path=/`, ELMER)
    await browser.at(ELMER, (session) => session.set('a', 1))
    const [id] = idAndSecret(await browser.cookies(ELMER))
    expect(id).not.toBe('A'.repeat(22))
    expect(events.map((event) => event.type)).toEqual(['cookie.refused', 'session.created'])
    expect(events[0]).toMatchObject({ reason: 'unknown-handle', session: 'A'.repeat(22) })
  })

  test('costs no store call when it is malformed, and is not cleared', async () => {
    const { browser: open, calls, events } = world()
    for (const value of ['', 'x', 'x'.repeat(4000), `${'A'.repeat(22)}.${'B'.repeat(42)}!`]) {
      const { response, result } = await open().visit(ELMER, (session) => session.account(), { headers: { cookie: `__Host-sid=${value}` } })
      expect([result, response.headers.getSetCookie()]).toEqual([null, []])
    }
    expect(calls).toEqual([])
    expect(events.every((event) => event.type === 'cookie.refused' && event.reason === 'malformed' && event.session === null)).toBe(true)
  })
})

describe('signing in', () => {
  test('gives a new id and secret, keeps the values of an anonymous visitor, and the old cookie is dead (fixation; 6, 24)', async () => {
    const { browser: open, events } = world()
    const browser = open()
    await browser.at(ELMER, (session) => session.set('cart', ['a']))
    const before = await browser.cookies(ELMER)
    await browser.at(ELMER, async (session) => {
      session.set('cart', ['a', 'b'])
      await session.signIn({ id: 'elmer' })
    })
    const after = await browser.cookies(ELMER)
    expect(idAndSecret(after)[0]).not.toBe(idAndSecret(before)[0])
    expect(idAndSecret(after)[1]).not.toBe(idAndSecret(before)[1])
    expect(await browser.at(ELMER, (session) => session.account())).toEqual({ id: 'elmer', signedInAt: START })
    expect(await browser.at(ELMER, (session) => session.get('cart'))).toEqual(['a', 'b'])
    events.length = 0
    const { result } = await open().visit(ELMER, (session) => session.all(), { headers: { cookie: before } })
    expect([result, events[0]]).toMatchObject([{}, { type: 'cookie.refused', reason: 'unknown-handle' }])
  })

  test('over another account drops its values, those set earlier in the same request and flash values too (17)', async () => {
    const browser = world().browser()
    await browser.at(ELMER, async (session) => {
      await session.signIn({ id: 'elmer' })
      session.set('secret', 'of elmer')
      session.flash('note', 'of elmer')
    })
    await browser.at(ELMER, async (session) => {
      session.set('draft', 'of elmer')
      await session.signIn({ id: 'fudd' })
      expect(await session.all()).toEqual({})
      session.set('mine', 'of fudd')
    })
    expect(await browser.at(ELMER, (session) => session.all())).toEqual({ mine: 'of fudd' })
    expect(await browser.at(ELMER, (session) => session.flash('note'))).toBe(undefined)
  })

  // Differs from Django 18, which keeps the key: a new proof of identity always gets a new secret here.
  test('again as the same account keeps the values and renews all the same', async () => {
    const browser = world().browser()
    await browser.at(ELMER, signInWithValue)
    const before = await browser.cookies(ELMER)
    await browser.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
    expect(await browser.cookies(ELMER)).not.toBe(before)
    expect(await browser.at(ELMER, (session) => session.all())).toEqual({ a: 1 })
  })

  test('takes an id of 1 to 256 characters only', async () => {
    const browser = world().browser()
    for (const account of [{ id: '' }, { id: 'x'.repeat(257) }, { id: 5 }, { id: null }, {}, null, undefined, 'elmer', { id: 1n }]) {
      expect(await browser.at(ELMER, (session) => codeOf(() => session.signIn(account as { id: string })))).toBe('ERR_ACCOUNT_INVALID')
    }
    expect(await browser.cookies(ELMER)).toBe('')
    expect(await browser.at(ELMER, (session) => codeOf(() => session.signIn({ id: 'x'.repeat(256) })))).toBe('no error')
  })

  test('succeeds with nothing of the old session when that ended while the request ran', async () => {
    const { browser: open, sessions } = world()
    const browser = open()
    await browser.at(ELMER, (session) => session.set('a', 1))
    await browser.at(ELMER, async (session) => {
      await session.get('a')
      await sessions.revoke(session.id!)
      await session.signIn({ id: 'elmer' })
    })
    const seen = await browser.at(ELMER, async (session) => [(await session.account())?.id, await session.all()])
    expect(seen).toEqual(['elmer', {}])
  })
})

describe('renewing', () => {
  test('changes id and secret, keeps values and account, and kills the old cookie (6, 7)', async () => {
    const { browser: open } = world()
    const browser = open()
    await browser.at(ELMER, signInWithValue)
    const before = await browser.cookies(ELMER)
    await browser.at(ELMER, (session) => session.renew())
    const after = await browser.cookies(ELMER)
    expect(idAndSecret(after)).toHaveLength(2)
    expect(after).not.toBe(before)
    expect(await browser.at(ELMER, async (session) => [await session.all(), (await session.account())?.id])).toEqual([{ a: 1 }, 'elmer'])
    expect((await open().visit(ELMER, (session) => session.account(), { headers: { cookie: before } })).result).toBe(null)
  })

  test('of a session that ended meanwhile is refused with 409, and nothing comes back', async () => {
    const { browser: open, sessions, types } = world()
    const browser = open()
    await browser.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
    const { response } = await browser.visit(ELMER, async (session) => {
      await session.renew()
      await sessions.revokeAccount('elmer')
    })
    expect([response.status, response.headers.getSetCookie()]).toEqual([409, []])
    expect(types().slice(-2)).toEqual(['account.revoked', 'save.refused'])
    expect(await sessions.sessionsOf('elmer')).toEqual([])
  })
})

describe('ending', () => {
  test('destroy ends record and cookie at once, and what is set afterwards starts a new session (5, 50, 54, 55)', async () => {
    const { browser: open, sessions } = world()
    const browser = open()
    await browser.at(ELMER, signInWithValue)
    const before = await browser.cookies(ELMER)
    const { response } = await browser.visit(ELMER, async (session) => {
      await session.destroy()
      expect(await sessions.sessionsOf('elmer')).toEqual([])
      expect([session.id, await session.account(), await session.all()]).toEqual([null, null, {}])
    })
    expect(response.headers.getSetCookie()).toEqual([
      '__Host-sid=; Path=/; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Secure; HttpOnly; SameSite=Lax',
    ])
    expect(await browser.cookies(ELMER)).toBe('')

    await browser.at(ELMER, (session) => session.set('a', 1))
    const again = await browser.visit(ELMER, async (session) => {
      await session.destroy()
      session.set('fresh', 1)
    })
    expect(again.response.headers.getSetCookie()).toHaveLength(1)
    expect(await browser.cookies(ELMER)).not.toBe(before)
    expect(await browser.at(ELMER, (session) => session.all())).toEqual({ fresh: 1 })
  })

  test('a cookie is cleared only when a live session ended (51)', async () => {
    const { browser: open } = world()
    const browser = open()
    await browser.jar.setCookie(`__Host-sid=${'A'.repeat(22)}.${'B'.repeat(43)}; Secure; Path=/`, ELMER)
    const { response } = await browser.visit(ELMER, (session) => session.destroy())
    expect(response.headers.getSetCookie()).toEqual([])
  })

  test('signing out ends the session of an account; an anonymous visitor keeps everything (23)', async () => {
    const { browser: open, types } = world()
    const browser = open()
    await browser.at(ELMER, (session) => session.set('a', 1))
    await browser.at(ELMER, (session) => session.signOut())
    expect(await browser.at(ELMER, (session) => session.get('a'))).toBe(1)
    await browser.at(ELMER, (session) => session.signIn({ id: 'elmer' }))
    await browser.at(ELMER, (session) => session.signOut())
    expect(await browser.at(ELMER, async (session) => [await session.account(), await session.all()])).toEqual([null, {}])
    expect(types()).toEqual(['session.created', 'session.renewed', 'account.signed-in', 'session.ended', 'account.signed-out'])
  })

  test('in an isolated topology, here ends what everywhere ends: the session of this host, and no other', async () => {
    for (const reach of ['here', 'everywhere'] as const) {
      const { browser: open, sessions } = world()
      const browser = open()
      for (const url of [ELMER, ALICE]) await browser.at(url, (session) => session.signIn({ id: 'elmer' }))
      await browser.at(ELMER, (session) => session.signOut(reach))
      expect(await sessions.sessionsOf('elmer')).toHaveLength(1)
      expect(await browser.at(ALICE, async (session) => (await session.account())?.id)).toBe('elmer')
    }
  })
})

describe('handles and expiry as a session tells them', () => {
  test('handles lists the scope of this host; expiresAt is the end of the idle lifetime', async () => {
    const { browser: open, clock } = world({ lifetime: { idle: '30m', absolute: '12h' } })
    const browser = open()
    expect(
      await browser.at(
        ELMER,
        setThen((session) => session.expiresAt()),
      ),
    ).toBe(START + 30 * MINUTE)
    clock.now += MINUTE
    expect(await browser.at(ELMER, (session) => session.handles())).toEqual([
      { scope: 'elmer.acme.com', createdAt: START, seenAt: START, expiresAt: START + 30 * MINUTE, current: true },
    ])
    expect(await browser.at(ELMER, (session) => session.expiresAt())).toBe(START + 30 * MINUTE)
    expect(await open().at(ELMER, (session) => session.handles())).toEqual([])
  })
})
