import { once } from 'node:events'
import net from 'node:net'
import type { SessionId } from 'landbridge'
import { memory } from 'landbridge/memory'
import { describe, expect, test } from 'vitest'
import { ADAPTERS, ERROR_PAGE, SERVERS } from '../support/adapters.ts'
import type { Application, Route } from '../support/adapters.ts'
import { HOST, idOf, sessionCookie } from '../support/client.ts'
import { launch } from '../support/launch.ts'
import { wrapped } from '../support/stores.ts'

const APP_COOKIES = { 'set-cookie': ['a=1; Path=/', 'b=2; Path=/'] }

const set: Route = (session) => {
  session.set('theme', 'dark')
  return { body: 'done!', headers: { 'x-application': 'yes', 'content-length': '5', 'cache-control': 'public, max-age=60' } }
}

const application: Application = {
  routes: {
    '/plain': () => ({ body: 'plain' }),
    '/set': set,
    '/get': async (session) => ({ body: String(await session.get('theme')) }),
    '/set-with-cookies': (session) => {
      session.set('theme', 'dark')
      return { headers: APP_COOKIES, body: 'done!' }
    },
    '/set-private': (session) => {
      session.set('theme', 'dark')
      return { headers: { 'cache-control': 'private, max-age=60' } }
    },
    '/destroy': async (session) => {
      await session.destroy()
      return { headers: { 'cache-control': 'public' } }
    },
    '/set-and-throw': (session) => {
      session.set('theme', 'dark')
      throw new Error('a mistake of the application')
    },
  },
}

describe.each(ADAPTERS)('$name', (adapter) => {
  test('a change is stored, and a cookie brings it back', async () => {
    const { ask, watched } = await launch(adapter, application)
    const answer = await ask('/set')
    expect([answer.status, answer.header('x-application'), answer.setCookies.length]).toEqual([200, 'yes', 1])
    expect(watched.calls).toEqual(['create'])
    expect(await (await ask('/get', { cookie: sessionCookie(answer) })).text()).toBe('dark')
    const second = await ask('/set', { cookie: sessionCookie(answer) })
    expect([second.status, second.setCookies]).toEqual([200, []])
    expect(watched.calls).toEqual(['create', 'read', 'read', 'update'])
  })

  test('the head does not leave before the change is stored', async () => {
    const { ask, watched } = await launch(adapter, application)
    const cookie = sessionCookie(await ask('/set'))
    for (const [method, each] of [
      ['create', undefined],
      ['update', cookie],
    ] as const) {
      const { open, reached } = watched.hold(method)
      let answered = false
      const answering = ask('/set', { cookie: each }).finally(() => (answered = true))
      await reached
      expect(await (await ask('/plain')).text()).toBe('plain')
      expect(answered).toBe(false)
      open()
      const answer = await answering
      expect([answer.status, await answer.text()]).toEqual([200, 'done!'])
    }
  })

  test('a response that the application marked cacheable is private when it carries a session cookie', async () => {
    const { ask } = await launch(adapter, application)
    const answer = await ask('/set')
    expect(answer.header('cache-control')).toBe('private, no-store')
    const cleared = await ask('/destroy', { cookie: sessionCookie(answer) })
    expect([cleared.setCookies.length, cleared.header('cache-control')]).toEqual([1, 'private, no-store'])
    expect((await ask('/set-private')).header('cache-control')).toBe('private, max-age=60')
  })

  test('several cookies of the application survive beside ours', async () => {
    const { ask } = await launch(adapter, application)
    const { setCookies } = await ask('/set-with-cookies')
    expect(setCookies).toEqual(['a=1; Path=/', 'b=2; Path=/', expect.stringMatching(/^__Host-sid=/)])
  })

  test('a store that fails to save is a 503 without a cookie and without anything of the application', async () => {
    const { ask, watched } = await launch(adapter, application)
    const cookie = sessionCookie(await ask('/set'))
    watched.fail('create', 'update')
    for (const each of [undefined, cookie]) {
      const answer = await ask('/set', { cookie: each })
      expect([answer.status, answer.setCookies, answer.header('x-application')]).toEqual([503, [], null])
      expect(answer.header('cache-control') ?? '').not.toMatch(/public/)
      expect(await answer.text()).not.toMatch(/done!/)
    }
    watched.fail()
    expect((await ask('/set')).status).toBe(200)
  })

  test('a store that fails to read is a 503, and works again when the store does', async () => {
    const { ask, watched } = await launch(adapter, application)
    const cookie = sessionCookie(await ask('/set'))
    watched.fail('read')
    const answer = await ask('/get', { cookie })
    expect([answer.status, answer.setCookies]).toEqual([503, []])
    expect(await answer.text()).not.toMatch(/dark/)
    watched.fail()
    expect(await (await ask('/get', { cookie })).text()).toBe('dark')
  })

  test('a save into a session that ended meanwhile is a 409 without a cookie', async () => {
    const { ask, watched, sessions, events } = await launch(adapter, application)
    const cookie = sessionCookie(await ask('/set'))!
    const { open, reached } = watched.hold('update')
    const answering = ask('/set', { cookie })
    await reached
    await sessions.revoke(idOf(cookie) as SessionId)
    open()
    const answer = await answering
    expect([answer.status, answer.setCookies, answer.header('x-application')]).toEqual([409, [], null])
    expect(await answer.text()).not.toMatch(/done!/)
    expect(events.at(-1)).toMatchObject({ type: 'save.refused' })
  })

  test('an error of the application after a change is its own error page, and the server goes on', async () => {
    const { ask } = await launch(adapter, application)
    const answer = await ask('/set-and-throw')
    expect([answer.status, await answer.text()]).toEqual([500, ERROR_PAGE])
    expect(await (await ask('/plain')).text()).toBe('plain')
  })

  test('two updates side by side see one another, also when the store answers late', async () => {
    const late = wrapped(memory(), async (_, call) => call())
    const update: Route = async (session) => {
      const add = (key: string) => session.update(key, (count = 0) => Number(count) + 1)
      await Promise.all([add('a'), add('b'), add('a')])
      return { body: JSON.stringify(await session.all()) }
    }
    const { ask } = await launch(adapter, { routes: { ...application.routes, '/update': update } }, { inner: late })
    const cookie = sessionCookie(await ask('/set'))
    for (const count of [1, 2]) {
      expect(JSON.parse(await (await ask('/update', { cookie })).text())).toEqual({ theme: 'dark', a: 2 * count, b: count })
    }
  })

  test('a stream that changed the session waits for the store, then comes chunk by chunk', async () => {
    const steps = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    const { ask, watched } = await launch(adapter, {
      routes: {
        ...application.routes,
        '/stream': (session) => {
          session.set('theme', 'dark')
          return { body: chunks() }
        },
      },
    })
    async function* chunks(): AsyncIterable<string> {
      yield 'one'
      await steps[0].promise
      yield 'two'
      await steps[1].promise
      yield 'three'
    }
    const { open, reached } = watched.hold('create')
    let answered = false
    const answering = ask('/stream').finally(() => (answered = true))
    await reached
    await ask('/plain')
    expect(answered).toBe(false)
    open()
    const answer = await answering
    expect(sessionCookie(answer)).toBeDefined()
    const body = answer.chunks()[Symbol.asyncIterator]()
    expect((await body.next()).value).toBe('one')
    steps[0].resolve()
    expect((await body.next()).value).toBe('two')
    steps[1].resolve()
    expect((await body.next()).value).toBe('three')
    expect((await body.next()).done).toBe(true)
  })

  test('a stream that failed to save leaves nothing of itself behind', async () => {
    const { ask, watched } = await launch(adapter, {
      routes: {
        '/stream': (session) => {
          session.set('theme', 'dark')
          return { body: many() }
        },
      },
    })
    async function* many(): AsyncIterable<string> {
      for (let i = 0; i < 100; i++) yield `chunk ${i} `.repeat(1000)
    }
    watched.fail('create')
    const answer = await ask('/stream')
    expect([answer.status, answer.setCookies]).toEqual([503, []])
    expect(await answer.text()).not.toMatch(/chunk/)
  })

  test('a large stream comes whole after the wait', async () => {
    const { ask } = await launch(adapter, {
      routes: {
        '/stream': (session) => {
          session.set('theme', 'dark')
          return { body: large() }
        },
      },
    })
    async function* large(): AsyncIterable<string> {
      for (let i = 0; i < 64; i++) yield 'x'.repeat(64 * 1024)
    }
    expect((await (await ask('/stream')).text()).length).toBe(64 * 64 * 1024)
  })
})

describe.each(SERVERS)('$name', (adapter) => {
  test('not one byte leaves before the change is stored', async () => {
    const { ask, port, watched } = await launch(adapter, application)
    const { open, reached } = watched.hold('create')
    const socket = net.connect(port!, '127.0.0.1').setEncoding('utf8')
    socket.write(`GET /set HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)
    await reached
    await ask('/plain')
    expect(socket.bytesRead).toBe(0)
    open()
    const [head] = (await once(socket, 'data')) as [string]
    expect(head).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    socket.destroy()
  })
})
