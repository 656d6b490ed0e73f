/** Stores of express-session that answer in odd ways, and what of others stands in the same store. */
import { setImmediate as later } from 'node:timers'
import { setImmediate } from 'node:timers/promises'
import type { ExpressSessionStore } from 'landbridge/express-store'
import { expressStore } from 'landbridge/express-store'
import type { Scope, SessionId, Store } from 'landbridge/store'
import { describe, expect, test } from 'vitest'
import { sessionCookie, webAnswer, webRequest } from '../support/client.ts'
import { expressSession } from '../support/express-stores.ts'
import { makeSessions } from '../support/launch.ts'
import type { Answering } from '../support/odd-stores.ts'
import { change, ID, NEXT, next, now, promptly, SCOPE, session, storeThat, Table, times } from '../support/odd-stores.ts'
import { ROUTES } from '../support/visitor.ts'

function promising(table = new Table()): ExpressSessionStore {
  return {
    get: async (sid) => table.get(sid),
    set: async (sid, session) => table.set(sid, session),
    destroy: async (sid) => table.destroy(sid),
  }
}

const WELL: Record<string, () => ExpressSessionStore> = {
  'calls back at once': () => storeThat(promptly),
  'calls back without an error, which is undefined': () => storeThat((result, callback) => later(callback, undefined, result)),
  'calls back twice': () =>
    storeThat((result, callback) => {
      callback(null, result)
      callback(new Error('once more'))
    }),
  'calls back, and then throws': () =>
    storeThat((result, callback) => {
      callback(null, result)
      throw new Error('too late')
    }),
  'returns promises, and takes no callback': promising,
  'calls back, and returns a promise that fails later': () =>
    storeThat(async (result, callback) => {
      callback(null, result)
      await setImmediate()
      throw new Error('too late')
    }),
  'returns a promise that is through before its callback comes': () => storeThat(async (result, callback) => later(callback, null, result)),
  'says of a session that is not there that its file is not': () =>
    storeThat((result, callback) =>
      callback(result === null ? Object.assign(new Error('no such file'), { code: 'ENOENT' }) : null, result),
    ),
}

const visiting = (store: Store, options?: Parameters<typeof makeSessions>[1]) => {
  const { sessions, events } = makeSessions(store, options)
  const ask = async (path: string, cookie?: string) =>
    webAnswer(
      await sessions.handle(webRequest(path, { cookie }), async (session) => new Response((await ROUTES[path]!(session)).body as string)),
    )
  return { ask, events }
}

describe('a visitor is served over a store that', () => {
  test.each(Object.entries(WELL))('%s', async (_, make) => {
    const { ask, events } = visiting(expressStore(make()))
    const cookie = sessionCookie(await ask('/sign-in', sessionCookie(await ask('/set'))))
    expect(await (await ask('/who', cookie)).text()).toBe('elmer')
    expect(await (await ask('/get', cookie)).text()).toBe('dark')
    expect((await ask('/sign-out', cookie)).status).toBe(200)
    expect(await (await ask('/who', cookie)).text()).toBe('anonymous')
    expect(events.filter(({ type }) => type === 'store.failed')).toEqual([])
  })
})

const BADLY: Record<string, Answering> = {
  throws: () => {
    throw new Error('broken')
  },
  'calls back with an error': (_, callback) => callback(new Error('broken')),
  'calls back with a text for an error': (_, callback) => callback('broken'),
  'returns a promise that fails': () => Promise.reject(new Error('broken')),
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- as some stores do
  'returns a promise that fails with nothing': () => Promise.reject(undefined),
  'never answers': () => undefined,
  'returns a promise that never ends': () => Promise.withResolvers().promise,
  'takes a callback, never calls it, and returns a promise that is through': () => Promise.resolve(null),
}

describe('a visitor is told within a second that the session cannot be had, where the store', () => {
  test.each(Object.entries(BADLY))('%s', async (_, answers) => {
    const { ask } = visiting(expressStore(storeThat(answers)))
    for (const [path, cookie] of [
      ['/set', undefined],
      ['/get', `__Host-sid=${'a'.repeat(22)}.${'b'.repeat(43)}`],
    ] as const) {
      const since = performance.now()
      const answer = await ask(path, cookie)
      expect(performance.now() - since).toBeLessThan(1500)
      expect(answer.status).toBe(503)
      expect(await answer.text()).toContain('ERR_STORE_UNAVAILABLE')
    }
  })
})

describe('in one store with others', () => {
  test('what others wrote under such an id is nobody, is never overwritten, and does not go', async () => {
    const inner = new expressSession.MemoryStore()
    const theirs = JSON.stringify({ cookie: { expires: null }, user: 'ada', landbridge: { not: 'ours' } })
    for (const id of [ID, NEXT]) inner.sessions[`lb:${id}`] = theirs
    const store = expressStore(inner)
    expect(await store.read(ID, SCOPE)).toBe(null)
    await expect(store.create(session)).rejects.toThrow('exists already')
    expect(await store.update(ID, SCOPE, change, now)).toBe('gone')
    expect(await store.revoke(ID)).toBe(false)
    const own = { ...session, id: `aaaa${'c'.repeat(18)}` as SessionId }
    await store.create(own)
    await expect(store.renew(own.id, SCOPE, next, now)).rejects.toThrow('exists already')
    expect(await store.read(own.id, SCOPE)).toEqual(own)
    expect([inner.sessions[`lb:${ID}`], inner.sessions[`lb:${NEXT}`]]).toEqual([theirs, theirs])
  })

  test('a record that loses one of its handles is kept for as long as before', async () => {
    const inner = new expressSession.MemoryStore()
    const store = expressStore(inner)
    const cookie = () => (JSON.parse(inner.sessions[`lb:${ID}`]!) as { cookie: { expires: string } }).cookie
    const other = { ...session.handle, scope: 'fudd.acme.localhost' as Scope }
    await store.create(session)
    await store.attach(ID, SCOPE, other, now, now)
    const { expires } = cookie()
    expect(Date.parse(expires)).toBeGreaterThan(times.expiresAt)
    expect(await store.revoke(ID, SCOPE)).toBe(true)
    expect(cookie().expires).toBe(expires)
  })

  test('a prefix of its own keeps two applications apart', async () => {
    const inner = new expressSession.MemoryStore()
    const [one, two] = [expressStore(inner, { prefix: 'one-' }), expressStore(inner, { prefix: 'two-' })]
    await one.create(session)
    expect(await two.read(ID, SCOPE)).toBe(null)
    expect(Object.keys(inner.sessions)).toEqual([`one-${ID}`])
  })

  test('a database that takes a for A gives nobody the session of another id', async () => {
    const inner = storeThat(promptly)
    const store = expressStore({
      get: (sid, callback) => inner.get(sid.toLowerCase(), callback),
      set: (sid, value, callback) => inner.set(sid.toLowerCase(), value, callback),
      destroy: (sid, callback) => inner.destroy(sid.toLowerCase(), callback),
    })
    await store.create(session)
    expect(await store.read(ID, SCOPE)).toEqual(session)
    expect(await store.read('A'.repeat(22) as SessionId, SCOPE)).toBe(null)
  })

  test.each(['', 'x', '1 2', `1 ${ID}`, `x ${ID} AAAA`, `1 ${ID} AAAA`, `1 ${ID} %%%`])(
    'a damaged record is nobody: %o',
    async (landbridge) => {
      const inner = new expressSession.MemoryStore()
      inner.sessions[`lb:${ID}`] = JSON.stringify({ cookie: {}, landbridge })
      const store = expressStore(inner)
      expect(await store.read(ID, SCOPE)).toBe(null)
      expect(await store.update(ID, SCOPE, change, now)).toBe('gone')
      expect(await store.handlesOf(ID)).toEqual([])
    },
  )
})
