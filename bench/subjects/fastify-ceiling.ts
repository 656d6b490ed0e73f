// Fastify without sessions: what every other Fastify subject is compared with.

import { randomBytes } from 'node:crypto'
import fastify from 'fastify'
import { announce } from '../lib/announce.ts'
import { USER } from '../lib/content.ts'

const app = fastify()

// The cookie is not read, but every subject parses the same bytes.
app.post('/login', async (_request, reply) => {
  reply.header('set-cookie', `sid=${randomBytes(32).toString('base64url')}`)
  return {}
})

app.get('/', async () => {
  const user = USER
  return { user }
})

await app.listen({ port: 0, host: '127.0.0.1' })
announce(app.server)
