import { serveFastifySession } from '../lib/fastify-session.ts'

await serveFastifySession()
