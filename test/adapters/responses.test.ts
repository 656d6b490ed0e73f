/** What an application can do with a response of `node:http` itself. */
import { describe, expect, test } from 'vitest'
import { NODE_SERVERS } from '../support/adapters.ts'
import type { RawRoute } from '../support/adapters.ts'
import { sessionCookie } from '../support/client.ts'
import { launch } from '../support/launch.ts'

const OURS = expect.stringMatching(/^__Host-sid=/)

const change =
  (then: RawRoute): RawRoute =>
  (session, response, request) => {
    session.set('theme', 'dark')
    return then(session, response, request)
  }
const read =
  (then: RawRoute): RawRoute =>
  async (session, response, request) => {
    await session.get('theme')
    return then(session, response, request)
  }

/** Ways to send two cookies and a Vary header. */
const HEADS: readonly [string, RawRoute][] = [
  ['setHeader with a list', (_, response) => void response.setHeader('Vary', 'Origin').setHeader('Set-Cookie', ['a=1', 'b=2']).end('body')],
  [
    'appendHeader',
    (_, response) =>
      void response.setHeader('vary', 'Origin').appendHeader('set-cookie', 'a=1').appendHeader('Set-Cookie', 'b=2').end('body'),
  ],
  ['writeHead with an object', (_, response) => void response.writeHead(200, { Vary: 'Origin', 'Set-Cookie': ['a=1', 'b=2'] }).end('body')],
  [
    'writeHead with a message and an object',
    (_, response) => void response.writeHead(200, 'Fine', { vary: 'Origin', 'set-cookie': ['a=1', 'b=2'] }).end('body'),
  ],
  [
    'writeHead with a flat list',
    (_, response) => void response.writeHead(200, ['Vary', 'Origin', 'Set-Cookie', 'a=1', 'set-cookie', 'b=2']).end('body'),
  ],
  [
    'writeHead with a list in a list',
    (_, response) => void response.writeHead(200, ['Vary', 'Origin', 'Set-Cookie', ['a=1', 'b=2']]).end('body'),
  ],
  [
    'writeHead with pairs',
    (_, response) =>
      void response
        .writeHead(200, [
          ['Vary', 'Origin'],
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ] as never)
        .end('body'),
  ],
  [
    'writeHead over what setHeader said',
    (_, response) =>
      void response
        .setHeader('Vary', 'Accept')
        .writeHead(200, { Vary: 'Origin', 'Set-Cookie': ['a=1', 'b=2'] })
        .end('body'),
  ],
  [
    'flushHeaders',
    (_, response) => {
      response.setHeader('Vary', 'Origin').setHeader('Set-Cookie', ['a=1', 'b=2'])
      response.flushHeaders()
      response.end('body')
    },
  ],
  [
    'a first write',
    (_, response) => {
      response.setHeader('Vary', 'Origin').setHeader('Set-Cookie', ['a=1', 'b=2'])
      response.write('bo')
      response.end('dy')
    },
  ],
]

describe.each(NODE_SERVERS)('$name', (adapter) => {
  test.each(HEADS)('%s keeps the cookies and Vary of the application beside ours', async (_, write) => {
    const { ask } = await launch(adapter, { raw: { '/change': change(write), '/read': read(write), '/plain': write } })
    const changed = await ask('/change')
    expect([changed.status, changed.header('vary'), await changed.text()]).toEqual([200, 'Origin, Cookie', 'body'])
    expect(changed.setCookies).toEqual(['a=1', 'b=2', OURS])
    const seen = await ask('/read', { cookie: sessionCookie(changed) })
    expect([seen.header('vary'), seen.setCookies, await seen.text()]).toEqual(['Origin, Cookie', ['a=1', 'b=2'], 'body'])
    const plain = await ask('/plain', { cookie: sessionCookie(changed) })
    expect([plain.header('vary'), plain.setCookies, await plain.text()]).toEqual(['Origin', ['a=1', 'b=2'], 'body'])
  })

  test.each(HEADS)('%s leaves nothing behind when the save fails', async (_, write) => {
    const { ask, watched } = await launch(adapter, { raw: { '/change': change(write) } })
    watched.fail('create')
    const answer = await ask('/change')
    expect([answer.status, answer.setCookies, answer.header('vary')]).toEqual([503, [], null])
    expect(await answer.text()).not.toMatch(/body/)
  })

  test('a change after the head left throws ERR_HEADERS_SENT', async () => {
    const thrown: unknown[] = []
    const attempt = async (act: () => unknown): Promise<void> => {
      try {
        await act()
      } catch (error) {
        thrown.push((error as { code: string }).code)
      }
    }
    const { ask, watched } = await launch(adapter, {
      raw: {
        '/late': async (session, response) => {
          response.write('too ')
          await attempt(() => session.set('theme', 'dark'))
          await attempt(() => session.unset('theme'))
          await attempt(() => session.flash('note', 1))
          await attempt(() => session.signIn({ id: 'elmer' }))
          await attempt(() => session.csrfToken())
          response.end('late')
        },
      },
    })
    const answer = await ask('/late')
    expect([answer.status, await answer.text(), answer.setCookies]).toEqual([200, 'too late', []])
    expect(thrown).toEqual(Array(5).fill('ERR_HEADERS_SENT'))
    expect(watched.calls).toEqual([])
  })

  test('a change while the head waits for the store throws ERR_HEADERS_SENT, too', async () => {
    const thrown: unknown[] = []
    const { ask } = await launch(adapter, {
      raw: {
        '/late': change((session, response) => {
          response.end('done')
          try {
            session.set('theme', 'light')
          } catch (error) {
            thrown.push((error as { code: string }).code)
          }
        }),
        '/get': async (session, response) => response.end(String(await session.get('theme'))),
      },
    })
    const answer = await ask('/late')
    expect([await answer.text(), thrown]).toEqual(['done', ['ERR_HEADERS_SENT']])
    expect(await (await ask('/get', { cookie: sessionCookie(answer) })).text()).toBe('dark')
  })

  test('a method of the response that was taken before the session was touched is held as well', async () => {
    const { ask, watched } = await launch(adapter, {
      raw: {
        '/token': async (session, response) => response.end(await session.csrfToken()),
        '/write': async (session, response) => {
          response.write(await session.csrfToken())
          response.end()
        },
        '/head': async (session, response) => void response.writeHead((await session.csrfToken()) ? 201 : 500).end('token'),
      },
    })
    for (const path of ['/token', '/write', '/head']) {
      const answer = await ask(path)
      expect([answer.status, answer.setCookies]).toEqual([path === '/head' ? 201 : 200, [OURS]])
      expect((await answer.text()).length).toBeGreaterThan(0)
    }
    watched.fail('create')
    for (const path of ['/token', '/write', '/head']) expect((await ask(path)).status).toBe(503)
  })

  test('to the application the response looks sent while it is held, so it does not answer twice', async () => {
    const seen: unknown[] = []
    const { ask } = await launch(adapter, {
      raw: {
        '/twice': change((_, response) => {
          response.writeHead(201)
          seen.push(response.headersSent, response.writableEnded)
          try {
            response.writeHead(202)
          } catch (error) {
            seen.push((error as { code: string }).code)
          }
          response.end('once')
          seen.push(response.headersSent, response.writableEnded)
        }),
      },
    })
    const answer = await ask('/twice')
    expect([answer.status, await answer.text(), answer.setCookies]).toEqual([201, 'once', [OURS]])
    expect(seen).toEqual([true, false, 'ERR_HTTP_HEADERS_SENT', true, true])
  })

  test('callbacks of held writes are called, whether the save succeeds or fails', async () => {
    const called: string[] = []
    const { ask, watched } = await launch(adapter, {
      raw: {
        '/callbacks': change(async (_, response) => {
          const [written, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
          response.write('one', () => written.resolve())
          response.end('two', () => ended.resolve())
          await Promise.all([written.promise, ended.promise])
          called.push('both')
        }),
      },
    })
    expect(await (await ask('/callbacks')).text()).toBe('onetwo')
    watched.fail('create')
    expect((await ask('/callbacks')).status).toBe(503)
    await expect.poll(() => called).toEqual(['both', 'both'])
  })

  test('a status that Node refuses ends in a 500, not in the end of the process', async () => {
    const { ask } = await launch(adapter, {
      raw: { '/wrong': change((_, response) => void response.writeHead(7).end('seven')), '/right': (_, response) => response.end('right') },
    })
    const answer = await ask('/wrong')
    expect([answer.status, answer.setCookies]).toEqual([500, []])
    expect(await (await ask('/right')).text()).toBe('right')
  })

  test('values that are too large are a 500 of which nothing is stored', async () => {
    const { ask, watched } = await launch(adapter, {
      raw: {
        '/large': (session, response) => {
          for (const key of ['a', 'b', 'c']) session.set(key, 'x'.repeat(30_000))
          response.end('large')
        },
      },
    })
    const answer = await ask('/large')
    expect([answer.status, answer.setCookies, watched.calls]).toEqual([500, [], []])
  })
})
