import { pgPool } from '../lib/clients.ts'
import { serveExpress } from '../lib/express-landbridge.ts'
import { postgresStore } from '../lib/postgres-store.ts'

serveExpress(await postgresStore(pgPool()))
