// Hono without sessions: what every other Hono subject is compared with.

import { randomBytes } from 'node:crypto'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { announce } from '../lib/announce.ts'
import { USER } from '../lib/content.ts'

const app = new Hono()

// The cookie is not read, but every subject parses the same bytes.
app.post('/login', (c) => {
  c.header('set-cookie', `sid=${randomBytes(32).toString('base64url')}`)
  return c.json({})
})

app.get('/', async (c) => {
  const user = USER
  return c.json({ user })
})

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => announce(server))
