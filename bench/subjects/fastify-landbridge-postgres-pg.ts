import { pgPool } from '../lib/clients.ts'
import { serveFastify } from '../lib/fastify-landbridge.ts'
import { postgresStore } from '../lib/postgres-store.ts'

await serveFastify(await postgresStore(pgPool()))
