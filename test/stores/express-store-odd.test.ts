/** Stores of express-session that answer in odd ways, late or not at all, and what is left of a session then. */
import { setImmediate as later } from 'node:timers'
import { setImmediate } from 'node:timers/promises'
import type { ExpressSessionStore } from 'landbridge/express-store'
import { expressStore } from 'landbridge/express-store'
import type { NewSession, Scope, SecretHash, SessionId, Store, Successor } from 'landbridge/store'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { sessionCookie, webAnswer, webRequest } from '../support/client.ts'
import type { MemoryStore } from '../support/express-stores.ts'
import { expressSession } from '../support/express-stores.ts'
import { makeSessions } from '../support/launch.ts'
import { ROUTES } from '../support/visitor.ts'

type Callback = (error?: unknown, result?: unknown) => void

/** Sessions as JSON in a map; each test says how its store answers. */
class Table {
  readonly rows = new Map<string, string>()
  get = (sid: string): unknown => {
    const text = this.rows.get(sid)
    return text === undefined ? null : (JSON.parse(text) as unknown)
  }
  set = (sid: string, session: object): void => void this.rows.set(sid, JSON.stringify(session))
  destroy = (sid: string): void => void this.rows.delete(sid)
}

type Answering = (result: unknown, callback: Callback) => unknown

function storeThat(answers: Answering, table = new Table()): ExpressSessionStore {
  return {
    get: (sid, callback) => answers(table.get(sid), callback),
    set: (sid, session, callback) => answers(table.set(sid, session), callback),
    destroy: (sid, callback) => answers(table.destroy(sid), callback),
  }
}

function promising(table = new Table()): ExpressSessionStore {
  return {
    get: async (sid) => table.get(sid),
    set: async (sid, session) => table.set(sid, session),
    destroy: async (sid) => table.destroy(sid),
  }
}

const WELL: Record<string, () => ExpressSessionStore> = {
  'calls back at once': () => storeThat((result, callback) => callback(null, result)),
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

const SCOPE = 'elmer.acme.localhost' as Scope
const [ID, NEXT] = ['a'.repeat(22), `aaaa${'b'.repeat(18)}`] as [SessionId, SessionId]
const hash = 'A'.repeat(43) as SecretHash
const now = Date.now()
const times = { createdAt: now, expiresAt: now + 3_600_000 }
const session: NewSession = {
  id: ID,
  ...times,
  accounts: [],
  values: '',
  handle: { scope: SCOPE, hash, ...times, seenAt: now, values: '' },
}
const next: Successor = {
  id: NEXT,
  ...times,
  accounts: [],
  keepValues: true,
  place: 'handle',
  changes: new Map(),
  traceUntil: now + 60_000,
  handle: { hash, ...times, seenAt: now },
}
const change = { place: 'handle', changes: new Map([['a', '1']]), seenAt: now, expiresAt: times.expiresAt } as const

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

  test('a prefix of its own keeps two applications apart', async () => {
    const inner = new expressSession.MemoryStore()
    const [one, two] = [expressStore(inner, { prefix: 'one-' }), expressStore(inner, { prefix: 'two-' })]
    await one.create(session)
    expect(await two.read(ID, SCOPE)).toBe(null)
    expect(Object.keys(inner.sessions)).toEqual([`one-${ID}`])
  })

  test('a database that takes a for A gives nobody the session of another id', async () => {
    const inner = storeThat((result, callback) => callback(null, result))
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

describe('when something comes in between', () => {
  test('a renewal that is cut short leaves the visitor signed out, and not two sessions', async () => {
    const table = new Table()
    const inner = storeThat((result, callback) => callback(null, result), table)
    let writes = 0
    const store = expressStore({
      ...inner,
      set(sid, value, callback) {
        writes += 1
        if (writes <= 2) inner.set(sid, value, callback)
        else callback(new Error('the process ends here'))
      },
    })
    await store.create(session)
    await expect(store.renew(ID, SCOPE, next, now)).rejects.toThrow('the process ends here')
    // Another process reads what is left in the database.
    const afterwards = expressStore({ ...inner })
    for (const id of [ID, NEXT]) expect(await afterwards.read(id, SCOPE)).toBe(null)
    expect(await afterwards.wasRenewed(ID, now)).toBe(true)
  })

  test('what another process writes back of a session that this one ended stays closed here', async () => {
    const { inner, store } = await withSession()
    const before = inner.sessions[`lb:${ID}`]!
    expect(await store.revoke(ID)).toBe(true)
    inner.sessions[`lb:${ID}`] = before
    expect(await store.read(ID, SCOPE)).toBe(null)
    expect(await store.update(ID, SCOPE, change, now)).toBe('gone')
  })

  test('what another process writes back of a session that this one renewed does not make two of one', async () => {
    const { inner, store } = await withSession()
    const before = inner.sessions[`lb:${ID}`]!
    expect(await store.renew(ID, SCOPE, next, now)).toBe('saved')
    inner.sessions[`lb:${ID}`] = before
    expect(await store.read(ID, SCOPE)).toBe(null)
    expect(await store.revoke(ID)).toBe(true)
    expect(await store.read(NEXT, SCOPE)).toBe(null)
  })

  async function withSession(): Promise<{ inner: MemoryStore; store: Store }> {
    const inner = new expressSession.MemoryStore()
    const store = expressStore(inner)
    await store.create(session)
    return { inner, store }
  }
})

describe('while a write of a session hangs', () => {
  /** A store whose next write hangs until it is told to go on. */
  async function hanging() {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const table = new Table()
    const inner = storeThat((result, callback) => callback(null, result), table)
    let held: (() => unknown) | null = null
    let hangs = false
    const store = expressStore({
      ...inner,
      set(sid, value, callback) {
        if (hangs) held = () => inner.set(sid, value, callback)
        else inner.set(sid, value, callback)
        hangs = false
      },
    })
    await store.create(session)
    hangs = true
    const update = Promise.resolve(store.update(ID, SCOPE, change, now))
    await setImmediate()
    return { table, store, update, goOn: () => held!() }
  }

  test('others of that session fail and are never carried out, and those of other sessions succeed', async () => {
    const { store, update, goOn } = await hanging()
    const ends = Promise.allSettled([store.revoke(ID), store.read(ID, SCOPE)])
    await vi.advanceTimersByTimeAsync(3000)
    for (const each of await ends)
      expect(each).toMatchObject({ status: 'rejected', reason: { message: expect.stringMatching(/still under way/) as unknown } })
    const other = { ...session, id: NEXT }
    await store.create(other)
    expect(await store.revoke(NEXT)).toBe(true)
    goOn()
    expect(await update).toBe('saved')
    expect((await store.read(ID, SCOPE))?.handle?.values).toContain('"a":1')
  })

  test('it counts as failed after half a minute, and what it brings back of a session that has ended goes again', async () => {
    const { table, store, update, goOn } = await hanging()
    const failed = expect(update).rejects.toThrow(`did not answer 'set'`)
    await vi.advanceTimersByTimeAsync(30_000)
    await failed
    expect(await store.revoke(ID)).toBe(true)
    goOn()
    expect(await store.read(ID, SCOPE)).toBe(null)
    await setImmediate()
    expect([...table.rows.keys()]).toEqual([])
  })

  test('and what it brings back of a session that was renewed is its trace again', async () => {
    const { table, store, update, goOn } = await hanging()
    const failed = expect(update).rejects.toThrow()
    await vi.advanceTimersByTimeAsync(30_000)
    await failed
    expect(await store.renew(ID, SCOPE, next, now)).toBe('saved')
    const trace = table.rows.get(`lb:${ID}`)!
    goOn()
    await setImmediate()
    expect((JSON.parse(table.rows.get(`lb:${ID}`)!) as { landbridge: string }).landbridge).toBe(
      (JSON.parse(trace) as { landbridge: string }).landbridge,
    )
  })
})
