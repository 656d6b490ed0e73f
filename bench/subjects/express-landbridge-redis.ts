import { redis } from 'landbridge/redis'
import { ioRedis } from '../lib/clients.ts'
import { serveExpress } from '../lib/express-landbridge.ts'

serveExpress(redis(ioRedis()))
