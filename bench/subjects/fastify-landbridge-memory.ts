import fastify from 'fastify'
import { createSessions, type Session } from 'landbridge'
import { fastifySessions } from 'landbridge/fastify'
import { memory } from 'landbridge/memory'
import { announce } from '../lib/announce.ts'
import { SMALL, USER, type Content } from '../lib/content.ts'
import { sessionOf } from '../lib/session-of.ts'

const sessions = createSessions<Content>({
  topology: { kind: 'isolated', hosts: ['localhost'] },
  store: memory(),
})

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
