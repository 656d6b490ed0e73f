/** What a sealed session cannot help, and what ends it all the same: cookies that somebody kept work until their end, or an epoch. */
import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { memory } from 'landbridge/memory'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { describe, expect, test } from 'vitest'
import { ELMER, failing, MINUTE, world } from '../core/support.ts'
import type { AnySession } from '../core/support.ts'

const KEYS = ['the key of these tests is long enough']
const who = async (session: AnySession) => (await session.account())?.id ?? null
const theme = (session: AnySession) => session.get('theme')

/** A visitor, and somebody who has copied all his cookies at one time or another. */
function setUp(epochs = memory()) {
  const store = sealedCookie({ keys: KEYS, epochs })
  const made = world({ store })
  const visitor = made.browser()
  const replay = async <Result>(cookie: string, act: (session: AnySession) => Result | Promise<Result>) =>
    (await made.browser().visit(ELMER, act, { headers: { cookie } })).result
  return { ...made, endAll: () => store.revokeAll(), visitor, replay }
}

describe('Cookies that somebody kept', () => {
  test('bring the old state back, and only that: as docs/sealed-cookie.md says', async () => {
    const { visitor, replay } = setUp()
    await visitor.at(ELMER, (session) => session.set('theme', 'dark'))
    const anonymous = await visitor.cookies(ELMER)
    await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
    await visitor.at(ELMER, (session) => session.set('theme', 'light'))
    const signedIn = await visitor.cookies(ELMER)
    await visitor.at(ELMER, (session) => session.signOut())

    expect(await visitor.at(ELMER, who)).toBe(null)
    expect([await replay(anonymous, who), await replay(anonymous, theme)]).toEqual([null, 'dark'])
    expect([await replay(signedIn, who), await replay(signedIn, theme)]).toEqual(['ada', 'light'])
  })

  test('work no longer than the idle lifetime from when they were sealed', async () => {
    const { visitor, replay, clock } = setUp()
    await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
    const kept = await visitor.cookies(ELMER)
    clock.now += 30 * MINUTE - 1
    expect(await replay(kept, who)).toBe('ada')
    clock.now += 1
    expect(await replay(kept, who)).toBe(null)
  })

  test.each(['revokeAccount', 'revokeAll'] as const)(
    'open nothing after %s, whichever state they are of, with whatever key',
    async (method) => {
      const { visitor, replay, sessions, endAll } = setUp()
      const kept: string[] = []
      await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
      for (const act of [
        () => undefined,
        (session: AnySession) => session.set('theme', 'dark'),
        (session: AnySession) => session.renew(),
      ]) {
        await visitor.at(ELMER, act)
        kept.push(await visitor.cookies(ELMER))
      }
      for (const cookie of kept) expect(await replay(cookie, who)).toBe('ada')
      await (method === 'revokeAll' ? endAll() : sessions.revokeAccount('ada'))
      for (const cookie of kept) expect([await replay(cookie, who), await replay(cookie, theme)]).toEqual([null, undefined])
      // Nor once she is back.
      await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
      expect(await visitor.at(ELMER, who)).toBe('ada')
      for (const cookie of kept) expect(await replay(cookie, who)).toBe(null)
    },
  )

  test('from before a sign-in do not sign in, so that a planted session gains nothing', async () => {
    const { visitor, replay } = setUp()
    await visitor.at(ELMER, (session) => session.set('theme', 'planted'))
    const planted = await visitor.cookies(ELMER)
    await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
    expect(await replay(planted, who)).toBe(null)
    await visitor.at(ELMER, (session) => session.set('secret', 'for ada'))
    expect(await replay(planted, (session) => session.get('secret'))).toBe(undefined)
  })
})

describe('The store of the epochs', () => {
  test('is down: no session opens, and none is made up for it', async () => {
    const { store: epochs, fail } = failing(memory())
    const { browser, events } = world({ store: sealedCookie({ keys: KEYS, epochs }) })
    const visitor = browser()
    await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
    fail.set('read', new Error('down'))
    for (const act of [who, theme, (session: AnySession) => session.signIn({ id: 'ada' }), (session: AnySession) => session.csrfToken()]) {
      const { response } = await visitor.visit(ELMER, act)
      expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    }
    expect(events.some(({ type }) => type === 'store.failed')).toBe(true)
    // What does not touch the session is served.
    expect((await visitor.visit(ELMER, () => undefined)).response.status).toBe(200)
    fail.clear()
    expect(await visitor.at(ELMER, who)).toBe('ada')
  })

  test('holds damage: nothing opens that rests on it', async () => {
    const epochs = memory()
    const { visitor, sessions, browser } = setUp(epochs)
    await sessions.revokeAccount('ada')
    await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
    const record = await recordOf(epochs, 'ada')
    const number = /"number":(\d+)/.exec(record.values)![1]!
    const write = (json: string | null) => {
      const delta = { place: 'session', changes: new Map([['number', json]]), seenAt: 0, expiresAt: record.expiresAt } as const
      return epochs.update(record.id, record.handle.scope, delta, 0)
    }
    for (const damage of [null, '', '{}', 'null', 'nonsense', '"1"']) {
      await write(damage)
      expect([damage, await visitor.at(ELMER, who)]).toEqual([damage, null])
      // What is sealed meanwhile must not outlive the repair and every number after it.
      const other = browser()
      await other.at(ELMER, (session) => session.signIn({ id: 'ada' }))
      await write(number)
      expect([damage, await visitor.at(ELMER, who), await other.at(ELMER, who)]).toEqual([damage, 'ada', null])
    }
  })

  test('lost its records: the next number is still larger than any that sessions carry', async () => {
    let epochs = memory()
    const lost = { ...memory(), read: (...args: Parameters<typeof epochs.read>) => epochs.read(...args) }
    const { visitor, sessions } = setUp({
      ...lost,
      create: (session) => epochs.create(session),
      update: (...args) => epochs.update(...args),
    })
    for (let i = 0; i < 3; i++) await sessions.revokeAccount('ada')
    await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
    epochs = memory()
    expect(await visitor.at(ELMER, who)).toBe('ada')
    await pause(5)
    await sessions.revokeAccount('ada')
    expect(await visitor.at(ELMER, who)).toBe(null)
  })

  test('holds nothing from which a cookie could be made', async () => {
    const epochs = memory()
    const { visitor, sessions, browser } = setUp(epochs)
    await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
    await visitor.at(ELMER, async (session) => {
      await session.account()
      await sessions.revokeAccount('ada', { except: session.id })
    })
    const record = await recordOf(epochs, 'ada')
    for (const secret of [record.handle.hash, 'A'.repeat(43)]) {
      const cookie = `__Host-sid=${record.id}.${secret}`
      // Neither here, nor where the same store keeps sessions as well.
      for (const { sessions: each } of [{ sessions }, world({ store: epochs })]) {
        const answer = await each.handle(new Request(ELMER, { headers: { cookie } }), async (session) => Response.json(await session.all()))
        expect(await answer.json()).toEqual({})
      }
    }
    expect(await browser().at(ELMER, who)).toBe(null)
  })
})

test('A damaged epoch lets nobody through, the session that was excepted neither, and that one does not escape the next epoch', async () => {
  for (const damage of ['"many"', '1e999', 'null', '-']) {
    const epochs = memory()
    const { visitor, sessions } = setUp(epochs)
    await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
    await visitor.at(ELMER, async (session) => {
      await session.account()
      await sessions.revokeAccount('ada', { except: session.id })
    })
    const { id, handle } = await recordOf(epochs, 'ada')
    const { seenAt, expiresAt } = handle
    await epochs.update(id, handle.scope, { place: 'session', changes: new Map([['number', damage]]), seenAt, expiresAt }, 0)
    const set = async (session: AnySession) => [await who(session), session.set('theme', 'dark')][0]
    expect([damage, await visitor.at(ELMER, set)]).toEqual([damage, null])
    await sessions.revokeAccount('ada')
    expect([damage, await visitor.at(ELMER, who)]).toEqual([damage, null])
  }
})

/** The record that an account's epoch is kept in, found as somebody would who reads the store. */
async function recordOf(epochs: ReturnType<typeof memory>, account: string) {
  const id = createHash('sha256').update(`landbridge epoch of account ${account}`).digest().subarray(0, 16).toString('base64url')
  const [handle] = await epochs.handlesOf(id as never)
  const record = await epochs.read(id as never, handle!.scope)
  return { ...record!, handle: handle! }
}

test('An account that is revoked while one of its sessions is renewed is out of that one as well, whenever it is', async () => {
  for (let before = 1; before <= 8; before++) {
    const inner = memory()
    let reads = -Infinity
    const read: typeof inner.read = async (...args) => {
      reads += 1
      if (reads === before) await made.sessions.revokeAccount('ada')
      return inner.read(...args)
    }
    const made = setUp({ ...inner, read })
    await made.visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
    reads = 0
    await made.visitor.at(ELMER, (session) => session.renew()).catch(() => undefined)
    if (reads < before) await made.sessions.revokeAccount('ada')
    expect([before, await made.visitor.at(ELMER, who)]).toEqual([before, null])
  }
})
