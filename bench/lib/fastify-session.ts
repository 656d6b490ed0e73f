import cookie from '@fastify/cookie'
import session, { type FastifySessionOptions } from '@fastify/session'
import fastify from 'fastify'
import { announce } from './announce.ts'
import { SECRET, SMALL, type Content } from './content.ts'
import { sessionOf } from './session-of.ts'

/** Fastify with @fastify/session; its subjects differ in the store alone. */
export async function serveFastifySession(store?: FastifySessionOptions['store']): Promise<void> {
  const app = fastify()
  await app.register(cookie)
  await app.register(session, { secret: SECRET, saveUninitialized: false, cookie: { secure: false }, ...(store && { store }) })

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
}
