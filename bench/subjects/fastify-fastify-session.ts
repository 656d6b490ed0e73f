import cookie from '@fastify/cookie'
import session from '@fastify/session'
import fastify from 'fastify'
import { announce } from '../lib/announce.ts'
import { SECRET, SMALL, type Content } from '../lib/content.ts'
import { sessionOf } from '../lib/session-of.ts'

const app = fastify()
await app.register(cookie)
await app.register(session, { secret: SECRET, saveUninitialized: false, cookie: { secure: false } })

app.post('/login', async (request) => {
  Object.assign(sessionOf<Content>(request), SMALL)
  return {}
})

app.get('/', async (request) => {
  const { user } = sessionOf<Partial<Content>>(request)
  return { user: user ?? null }
})

await app.listen({ port: 0, host: '127.0.0.1' })
announce(app.server)
