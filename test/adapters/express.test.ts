/** What only Express does. */
import http from 'node:http'
import { once } from 'node:events'
import { createGzip, gunzipSync } from 'node:zlib'
import express from 'express'
import type { Sessions } from 'landbridge'
import { expressSessions } from 'landbridge/express'
import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import type { Data } from '../support/adapters.ts'
import { HOST } from '../support/client.ts'
import { OURS, serving, setUp } from '../support/serving.ts'

/** Middleware that compresses as the usual ones do: it takes the place of writeHead, write and end. */
function compress(_request: unknown, response: http.ServerResponse, next: () => void): void {
  const { writeHead, write, end } = response
  const gzip = createGzip()
  let begun = false
  const begin = (): void => {
    if (begun) return
    begun = true
    response.removeHeader('content-length')
    response.setHeader('content-encoding', 'gzip')
    gzip.on('data', (chunk: Buffer) => void write.call(response, chunk, 'utf8'))
    gzip.on('end', () => void end.call(response, undefined, 'utf8'))
  }
  response.writeHead = ((...args: Parameters<typeof writeHead>) => {
    begin()
    return writeHead.apply(response, args)
  }) as typeof writeHead
  response.write = ((chunk: Buffer) => {
    if (!response.headersSent) response.writeHead(response.statusCode)
    return gzip.write(chunk)
  }) as typeof write
  response.end = ((chunk?: Buffer) => {
    if (!response.headersSent) response.writeHead(response.statusCode)
    if (chunk) gzip.write(chunk)
    gzip.end()
    return response
  }) as typeof end
  next()
}

async function rawBody(
  port: number,
  path: string,
): Promise<{ status: number; encoding: string | undefined; text: string; cookies: string[] }> {
  const request = http.get({ host: '127.0.0.1', port, path, headers: { host: HOST }, agent: false })
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const bytes = Buffer.concat(await response.toArray())
  const encoding = response.headers['content-encoding']
  const text = (encoding === 'gzip' ? gunzipSync(bytes) : bytes).toString()
  return { status: response.statusCode!, encoding, text, cookies: response.headers['set-cookie'] ?? [] }
}

describe('Express', () => {
  const routes = (app: express.Express): void => {
    app.get('/send', (request, response) => {
      request.session.set('theme', 'dark')
      response.send('hello')
    })
    app.get('/stream', (request, response) => {
      request.session.set('theme', 'dark')
      Readable.from(['hel', 'lo']).pipe(response)
    })
    app.get('/redirect', (request, response) => {
      request.session.set('theme', 'dark')
      response.redirect('/send')
    })
    app.get('/cookie', (request, response) => {
      request.session.set('theme', 'dark')
      response.cookie('a', '1').cookie('b', '2').json({ hello: true })
    })
  }
  const ORDERS: [string, (app: express.Express, sessions: Sessions<Data>) => void][] = [
    ['before ours', (app, sessions) => app.use(compress).use(expressSessions(sessions))],
    ['after ours', (app, sessions) => app.use(expressSessions(sessions)).use(compress)],
    [
      'after a change',
      (app, sessions) =>
        app
          .use(expressSessions(sessions))
          .use((request, _response, next) => {
            request.session.set('early', true)
            next()
          })
          .use(compress),
    ],
  ]

  test.each(ORDERS)('middleware that compresses, mounted %s, works with a held response', async (_, mount) => {
    const { sessions, watched } = setUp()
    const app = express()
    mount(app, sessions)
    routes(app)
    const { port } = await serving(http.createServer(app))
    for (const path of ['/send', '/stream']) {
      expect(await rawBody(port, path)).toEqual({ status: 200, encoding: 'gzip', text: 'hello', cookies: [OURS] })
    }
    watched.fail('create')
    for (const path of ['/send', '/stream']) {
      const { status, text, cookies } = await rawBody(port, path)
      expect([status, text, cookies]).toEqual([503, expect.stringContaining('[ERR_STORE_UNAVAILABLE]'), []])
    }
  })

  test('redirects and cookies of the application go out beside the session cookie', async () => {
    const app = express().use(expressSessions(setUp().sessions))
    routes(app)
    const { ask } = await serving(http.createServer(app))
    const redirect = await ask('/redirect')
    expect([redirect.status, redirect.header('location'), redirect.setCookies]).toEqual([302, '/send', [OURS]])
    const { setCookies } = await ask('/cookie')
    expect(setCookies).toEqual(['a=1; Path=/', 'b=2; Path=/', OURS])
  })

  test('an error of the application reaches its default handler, with the change stored', async () => {
    const app = express().use(expressSessions(setUp().sessions)).set('env', 'test')
    app.get('/', (request) => {
      request.session.set('theme', 'dark')
      throw new Error('a mistake of the application')
    })
    const { ask } = await serving(http.createServer(app))
    const answer = await ask('/')
    expect([answer.status, answer.setCookies]).toEqual([500, [OURS]])
    expect(await answer.text()).toContain('a mistake of the application')
  })
})
