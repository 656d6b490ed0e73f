import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { nodeSessions } from 'landbridge/node'
import { expect, onTestFinished, test } from 'vitest'
import { failing } from '../core/support.ts'
import { askServer, HOST } from '../support/client.ts'

test('the 503 for a store that fails while node:http reads carries no header of the response that was begun', async () => {
  const { store, fail } = failing(memory())
  fail.set('read', new Error('down'))
  const sessions = createSessions({ topology: { kind: 'isolated', hosts: [HOST] }, store })
  const serve = nodeSessions(sessions, async (request, response) => {
    response.setHeader('Content-Length', 1000)
    response.setHeader('Content-Encoding', 'gzip')
    response.setHeader('Set-Cookie', 'application=1')
    await request.session.account()
    response.end('x'.repeat(1000))
  })
  const server = http.createServer((request, response) => serve(request, response)).listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answer = await askServer(port, '/', { cookie: `__Host-sid=${'a'.repeat(22)}.${'b'.repeat(43)}` })
  expect([answer.status, answer.header('content-encoding'), answer.setCookies]).toEqual([503, null, []])
  expect(await answer.text()).toContain('ERR_STORE_UNAVAILABLE')
})
