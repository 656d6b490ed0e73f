import fastify from 'fastify'
import { createSessions, type Session, type Store } from 'landbridge'
import { fastifySessions } from 'landbridge/fastify'
import { announce } from './announce.ts'
import { SMALL, USER, type Content } from './content.ts'
import { sessionOf } from './session-of.ts'

/** Fastify with Landbridge; its subjects differ in the store alone. */
export async function serveFastify(store: Store): Promise<void> {
  const sessions = createSessions<Content>({ topology: { kind: 'isolated', hosts: ['localhost'] }, store })
  const app = fastify()
  await app.register(fastifySessions(sessions))

  app.post('/login', async (request) => {
    const session = sessionOf<Session<Content>>(request)
    await session.signIn({ id: USER })
    session.set('user', SMALL.user)
    session.set('pad', SMALL.pad)
    return {}
  })

  app.get('/', async (request) => {
    const user = await sessionOf<Session<Content>>(request).get('user')
    return { user: user ?? null }
  })

  await app.listen({ port: 0, host: '127.0.0.1' })
  announce(app.server)
}
