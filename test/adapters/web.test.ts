/** What only adapters of Web-standard responses do. */
import { Hono } from 'hono'
import { honoSessions } from 'landbridge/hono'
import { describe, expect, test } from 'vitest'
import { webRequest } from '../support/client.ts'
import { OURS, setUp } from '../support/serving.ts'

describe('Hono', () => {
  test('a response with immutable headers, or one constant for all visitors, gets the cookie on a copy', async () => {
    const { sessions } = setUp()
    const constant = new Response(null, { status: 204 })
    const app = new Hono().use(honoSessions(sessions))
    app.get('/redirect', (c) => {
      c.var.session.set('theme', 'dark')
      return Response.redirect('http://elmer.acme.localhost/', 303)
    })
    app.get('/constant', (c) => {
      if (c.req.query('change')) c.var.session.set('theme', 'dark')
      return constant
    })
    const redirect = await app.request(webRequest('/redirect'))
    expect([redirect.status, redirect.headers.get('location'), redirect.headers.getSetCookie()]).toEqual([
      303,
      'http://elmer.acme.localhost/',
      [OURS],
    ])
    expect((await app.request(webRequest('/constant?change=yes'))).headers.getSetCookie()).toEqual([OURS])
    expect((await app.request(webRequest('/constant'))).headers.getSetCookie()).toEqual([])
    expect(constant.headers.getSetCookie()).toEqual([])
  })

  test('without an error handler of its own, Hono answers 503 with none of the response that was not saved', async () => {
    const { sessions, watched } = setUp()
    const app = new Hono().use(honoSessions(sessions))
    app.get('/', (c) => {
      c.var.session.set('theme', 'dark')
      return new Response('hello', { headers: { 'cache-control': 'public, max-age=60', 'set-cookie': 'a=1', etag: '"1"' } })
    })
    watched.fail('create')
    const answer = await app.request(webRequest('/'))
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('etag'), answer.headers.getSetCookie()]).toEqual([
      503,
      'no-store',
      null,
      [],
    ])
  })
})

describe('sessions.handle', () => {
  test('a response with immutable headers, or one constant for all visitors, gets the cookie on a copy', async () => {
    const { sessions } = setUp()
    const constant = new Response(null, { status: 204 })
    const change = (response: Response) =>
      sessions.handle(webRequest('/'), (session) => {
        session.set('theme', 'dark')
        return response
      })
    expect((await change(Response.redirect('http://elmer.acme.localhost/', 303))).headers.getSetCookie()).toEqual([OURS])
    expect((await change(constant)).headers.getSetCookie()).toEqual([OURS])
    expect(constant.headers.getSetCookie()).toEqual([])
  })

  test('the response of an untouched session is handed on as it is, whatever kind it has', async () => {
    const { sessions } = setUp()
    for (const response of [new Response('body'), Response.error()]) {
      expect(await sessions.handle(webRequest('/'), () => response)).toBe(response)
    }
  })
})
