import { cached } from 'landbridge/cached'
import { redis } from 'landbridge/redis'
import { ioRedis } from '../lib/clients.ts'
import { serveFastify } from '../lib/fastify-landbridge.ts'

await serveFastify(cached(redis(ioRedis())))
