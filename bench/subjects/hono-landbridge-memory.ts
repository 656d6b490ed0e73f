import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { createSessions } from 'landbridge'
import { honoSessions } from 'landbridge/hono'
import { memory } from 'landbridge/memory'
import { announce } from '../lib/announce.ts'
import { SMALL, USER, type Content } from '../lib/content.ts'

const sessions = createSessions<Content>({
  topology: { kind: 'isolated', hosts: ['localhost'] },
  store: memory(),
})

const app = new Hono()
  .use(honoSessions(sessions))
  .post('/login', async (c) => {
    const session = c.get('session')
    await session.signIn({ id: USER })
    session.set('user', SMALL.user)
    session.set('pad', SMALL.pad)
    return c.json({})
  })
  .get('/', async (c) => {
    const user = await c.get('session').get('user')
    return c.json({ user: user ?? null })
  })

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => announce(server))
