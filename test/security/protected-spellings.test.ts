/** A protected path is protected in every spelling that a router takes for it: Hono and Fastify decode before they route. */
import { expect, test } from 'vitest'
import { HUB, hubOf } from '../support/crossing.ts'

const get = async (path: string) => {
  const { sessions } = hubOf()
  return (await sessions.handle(new Request(HUB + path), () => new Response('the page'))).status
}

test.each([
  '/private',
  '/%70rivate',
  '/priv%61te/x',
  '/%70%72%69%76%61%74%65?x=1',
  '/private/%zz',
  '/x/../%70rivate',
  '/%70rivate/%zz',
  '/%70%FFrivate/../%70rivate',
  '/%70%72ivate%FF',
])('%s is protected', async (path) => {
  expect(await get(path)).toBe(401)
})

test.each(['/', '/public', '/%zz', '/%', '/%E0%A4', '/x?/%70rivate', '/%2570rivate'])('%s is not', async (path) => {
  expect(await get(path)).toBe(200)
})

test.each(['/x/../private', '/./private', '/x/%2e%2e/%70rivate', '/x\\..\\private', 'http://acme.example/x/../private'])(
  '%s, as a program can write it, is protected',
  async (url) => {
    const { sessions } = hubOf()
    const exchange = await sessions.open({ method: 'GET', url, headers: { host: 'acme.example' }, socket: { encrypted: true } })
    expect(exchange).toMatchObject({ kind: 'reply', reply: { status: 401 } })
  },
)

test.each(['*', 'x%', 'x/../private%', ''])('%j, which is no path, is no exception', async (url) => {
  const { sessions } = hubOf()
  const exchange = await sessions.open({ method: 'OPTIONS', url, headers: { host: 'acme.example' }, socket: { encrypted: true } })
  expect(exchange.kind).toBe('serve')
})
