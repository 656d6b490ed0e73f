/** A stray cookie sits at the path that the browser knows, also where Express shows a router only the rest of it. */
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { createSessions } from 'landbridge'
import { expressSessions } from 'landbridge/express'
import { memory } from 'landbridge/memory'
import { expect, onTestFinished, test } from 'vitest'
import { askServer } from '../support/client.ts'

test.each(['middleware on the application', 'middleware on the router'])(
  'a cookie tossed at the path of a mounted router is cleared there: %s',
  async (where) => {
    const sessions = createSessions({ topology: { kind: 'shared', domain: '.acme.localhost' }, store: memory() })
    const app = express()
    const router = express.Router()
    if (where === 'middleware on the application') app.use(expressSessions(sessions))
    else router.use(expressSessions(sessions))
    router.get('/sign-in', async (request, response) => {
      await request.session.signIn({ id: 'ada' })
      response.send('ok')
    })
    router.get('/home', async (request, response) => {
      response.send((await request.session.account())?.id ?? 'anonymous')
    })
    app.use('/account', router)
    const server = http.createServer(app).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const signIn = async () => (await askServer(port, '/account/sign-in', {})).setCookies[0]!.split(';')[0]!

    const [right, tossed] = [await signIn(), await signIn()]
    const answer = await askServer(port, '/account/home', { cookie: `${tossed}; ${right}` })
    expect(await answer.text()).toBe('anonymous')
    for (const path of ['/account', '/account/', '/account/home']) {
      expect(
        answer.setCookies.filter((line) => line.startsWith(`__Secure-sid=; Path=${path}; Domain=acme.localhost; Max-Age=0`)),
      ).toHaveLength(1)
    }
  },
)
