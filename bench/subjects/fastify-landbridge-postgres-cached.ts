import { cached } from 'landbridge/cached'
import { postgres } from 'landbridge/postgres'
import { pgPool } from '../lib/clients.ts'
import { serveFastify } from '../lib/fastify-landbridge.ts'

const store = postgres(pgPool())
await store.migrate()
await serveFastify(cached(store))
