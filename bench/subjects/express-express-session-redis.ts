import { RedisStore } from 'connect-redis'
import { serveExpressSession } from '../lib/express-session.ts'
import { nodeRedis } from '../lib/clients.ts'

serveExpressSession(new RedisStore({ client: await nodeRedis() }))
