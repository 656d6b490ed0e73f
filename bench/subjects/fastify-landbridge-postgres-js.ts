import { postgresJs } from '../lib/clients.ts'
import { serveFastify } from '../lib/fastify-landbridge.ts'
import { postgresStore } from '../lib/postgres-store.ts'

await serveFastify(await postgresStore(postgresJs()))
