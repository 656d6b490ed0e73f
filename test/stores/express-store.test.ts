/** Sessions in stores of express-session: what a visitor meets, over real packages and real servers. */
import express from 'express'
import type { Session, Sessions, Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { expressSessions } from 'landbridge/express'
import { expressStore } from 'landbridge/express-store'
import http from 'node:http'
import { setImmediate } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { Data } from '../support/adapters.ts'
import { ADAPTERS } from '../support/adapters.ts'
import type { Answer, Ask } from '../support/client.ts'
import { HOST, idOf, secretOf, sessionCookie, webAnswer, webRequest } from '../support/client.ts'
import type { Reached } from '../support/express-stores.ts'
import { EXPRESS_STORES, expressSession } from '../support/express-stores.ts'
import { makeSessions } from '../support/launch.ts'
import { serving } from '../support/serving.ts'
import { ROUTES } from '../support/visitor.ts'

const onExpress = ADAPTERS.find(({ name }) => name === 'Express 5')!

type Work = (session: Session<Data>) => unknown

/** Two requests that both have read the session when the first one begins to change it, and the second one a moment later. */
async function race(both: readonly [Sessions<Data>, Sessions<Data>], cookie: string, works: readonly [Work, Work]): Promise<number[]> {
  const { promise: bothHaveRead, resolve } = Promise.withResolvers<void>()
  let reads = 0
  const requests = works.map(async (work, index) =>
    both[index]!.handle(webRequest('/', { cookie }), async (session) => {
      await session.get('theme')
      reads += 1
      if (reads === works.length) resolve()
      await bothHaveRead
      if (index === 1) await setImmediate()
      await work(session)
      return new Response()
    }),
  )
  return (await Promise.all(requests)).map(({ status }) => status)
}

/** Asks in process. */
const asking =
  (sessions: Sessions<Data>) =>
  async (path: string, ask: Ask = {}): Promise<Answer> =>
    webAnswer(
      await sessions.handle(webRequest(path, ask), async (session) => {
        const route = ROUTES[path]
        if (route !== undefined) return new Response((await route(session)).body as string)
        session.set(path, path)
        return new Response('set')
      }),
    )

describe.each(EXPRESS_STORES)('over $name', ({ name, missing, start }) => {
  let reached!: Reached
  let store!: Store
  beforeAll(async () => {
    if (missing !== null) return
    reached = await start()
    store = expressStore(reached.store)
  })
  afterAll(() => reached?.stop())
  beforeEach((ctx) => ctx.skip(missing !== null, missing ?? ''))

  /** Two applications of one process, that have nothing in common but the store of express-session. */
  const twoApplications = (): [Sessions<Data>, Sessions<Data>] => [
    makeSessions(expressStore(reached.store)).sessions,
    makeSessions(expressStore(reached.store)).sessions,
  ]

  test('a visitor of an Express application signs in, is known on that host alone, and is out again for good', async () => {
    const { sessions, events } = makeSessions(store)
    const application = await onExpress.start(sessions, { routes: ROUTES })
    onTestFinished(() => application.close())
    const body = async (path: string, ask?: Ask): Promise<string> => (await application.ask(path, ask)).text()

    const before = sessionCookie(await application.ask('/set'))!
    const cookie = sessionCookie(await application.ask('/sign-in', { cookie: before }))!
    expect(idOf(cookie)).not.toBe(idOf(before))
    expect(await body('/who', { cookie })).toBe('elmer')
    expect(await body('/get', { cookie })).toBe('dark')
    expect(await body('/who', { cookie: before })).toBe('anonymous')
    expect(await body('/who', { cookie, host: 'fudd.acme.localhost' })).toBe('anonymous')
    expect(await body('/sign-out', { cookie })).toBe('out')
    expect(await body('/who', { cookie })).toBe('anonymous')
    expect(events.filter(({ type }) => type === 'store.failed')).toEqual([])
  })

  test('of 50 requests that change one session at once none is lost', { timeout: 120_000 }, async () => {
    const asks = twoApplications().map(asking)
    const rounds = name === 'MemoryStore' ? 1000 : 100
    for (let round = 0; round < rounds; round++) {
      const cookie = sessionCookie(await asks[0]!('/set'))!
      const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => asks[index % 2]!(`/${index}`, { cookie })))
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      const { values } = (await store.read(idOf(cookie) as never, HOST as never))!.handle ?? { values: '' }
      expect(values.split('\n').length - 1).toBe(51)
    }
  })

  test('in 1000 races of a sign-out with a save the session stays ended', { timeout: 120_000 }, async () => {
    const both = twoApplications()
    const ask = asking(both[0])
    for (let round = 0; round < 1000; round++) {
      const cookie = sessionCookie(await ask('/sign-in'))!
      const signOut = async (session: Session<Data>): Promise<void> => session.signOut()
      const save = (session: Session<Data>): unknown => session.set('theme', 'dark')
      const statuses = await race(both, cookie, round % 2 ? [signOut, save] : [save, signOut])
      expect(statuses).toEqual([200, round % 2 ? 409 : 200])
      expect(await store.read(idOf(cookie) as never, HOST as never)).toBe(null)
      expect(await (await ask('/who', { cookie })).text()).toBe('anonymous')
    }
  })

  test('the database lets a session go a minute after it has ended, as its time to live says', async () => {
    const { sessions } = makeSessions(store, { lifetime: { idle: '10m' } })
    const cookie = sessionCookie(await asking(sessions)('/set'))!
    const left = await reached.secondsLeft(`lb:${idOf(cookie)}`)
    expect(left).toBeGreaterThan(650)
    expect(left).toBeLessThanOrEqual(661)
  })

  const storedUnder = (sid: string): Promise<unknown> => {
    const { promise, resolve } = Promise.withResolvers<unknown>()
    reached.store.get(sid, (_, found) => resolve(found))
    return promise
  }

  test('no cookie can be made from what is stored', async () => {
    const cookie = sessionCookie(await asking(makeSessions(store).sessions)('/sign-in'))!
    const found = await storedUnder(`lb:${idOf(cookie)}`)
    const text = JSON.stringify(found)
    const record = Buffer.from(text.split(' ')[2]!, 'base64').toString('latin1')
    expect(record, 'it is the record').toContain('acme')
    for (const each of [text, record]) expect(each).not.toContain(secretOf(cookie))
    expect(text).not.toContain(Buffer.from(secretOf(cookie), 'base64url').toString('base64').slice(0, 40))
  })

  test('express-session and Landbridge live in one store side by side', async () => {
    const { sessions } = makeSessions(store)
    const app = express()
    const old = expressSession({ store: reached.store, secret: 'a secret', resave: false, saveUninitialized: true })
    app.get('/old', old, (request, response) => {
      const session = (request as unknown as { session: { visits?: number } }).session
      session.visits = (session.visits ?? 0) + 1
      response.send(String(session.visits))
    })
    app.get('/new', expressSessions(sessions), async (request, response) => {
      const session = request.session as unknown as Session<Data>
      response.send(String(await session.update('visits', (count: number = 0) => count + 1)))
    })
    const { ask } = await serving(http.createServer(app))
    const [first, second] = [await ask('/old'), await ask('/new')]
    const cookie = [...first.setCookies, ...second.setCookies].map((each) => each.split(';')[0]).join('; ')
    expect([await (await ask('/old', { cookie })).text(), await (await ask('/new', { cookie })).text()]).toEqual(['2', '2'])
  })

  if (name === 'MemoryStore') return

  test('while the server hangs a visitor is told so within a second, and it goes on by itself', async (ctx) => {
    const { server } = reached
    ctx.skip(!server!.own, 'the server is shared: it is not ours to harm')
    const ask = asking(makeSessions(store).sessions)
    const cookie = sessionCookie(await ask('/sign-in'))!
    await server!.pause()
    const since = performance.now()
    const refused = await ask('/sign-out', { cookie })
    expect(refused.status).toBe(503)
    expect(await refused.text()).toContain('ERR_STORE_UNAVAILABLE')
    expect(performance.now() - since).toBeLessThan(1500)
    await server!.resume()
    await expect.poll(async () => (await ask('/sign-out', { cookie })).status, { timeout: 10_000 }).toBe(200)
    expect(await (await ask('/who', { cookie })).text()).toBe('anonymous')
  })
})

describe('what is refused', () => {
  const store = expressStore(new expressSession.MemoryStore())
  const keys = ['a key of at least thirty-two characters']

  test.each([
    { kind: 'hub', hub: 'acme.com', spokes: ['*.acme.com'], authorize: () => true } as const,
    { kind: 'peers', hosts: ['a.com', 'b.com'] } as const,
  ])('topology $kind at start-up, with a sentence that says why and what to use', (topology) => {
    expect(() => createSessions({ topology, keys, store })).toThrow(
      `store: The topology "${topology.kind}" crosses hosts, and this store cannot make sure that a ticket is used only once. ` +
        `[store-cannot-cross]\n    Write store: sqlite('sessions.db') here.`,
    )
  })

  test('the list of the sessions of an account, and to end them all', async () => {
    const { sessions } = makeSessions(store)
    for (const call of [() => sessions.sessionsOf('elmer'), () => sessions.revokeAccount('elmer')]) {
      await expect(call()).rejects.toMatchObject({
        code: 'ERR_STORE_INCAPABLE',
        message: 'An express-session store cannot find the sessions of an account.',
        hint: expect.stringContaining('sqlite') as unknown,
      })
    }
  })

  test.each([undefined, null, {}, expressSession.MemoryStore, { get() {}, set() {} }])('%o in place of a store', (wrong) => {
    expect(() => expressStore(wrong as never)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }))
  })
})
