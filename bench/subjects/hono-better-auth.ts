import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { announce } from '../lib/announce.ts'
import { signedIn, signUp } from '../lib/better-auth.ts'

const app = new Hono()
app.post('/login', () => signUp())
app.get('/', async (c) => c.json({ user: (await signedIn(c.req.raw.headers)) ?? null }))

const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => announce(server))
