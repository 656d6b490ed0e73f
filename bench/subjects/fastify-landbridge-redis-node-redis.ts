import { redis } from 'landbridge/redis'
import { nodeRedis } from '../lib/clients.ts'
import { serveFastify } from '../lib/fastify-landbridge.ts'

await serveFastify(redis(await nodeRedis()))
