import { RedisStore } from 'connect-redis'
import { nodeRedis } from '../lib/clients.ts'
import { serveFastifySession } from '../lib/fastify-session.ts'

await serveFastifySession(new RedisStore({ client: await nodeRedis() }))
