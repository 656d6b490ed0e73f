import type { FastifySessionOptions } from '@fastify/session'
import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import { pgPool } from '../lib/clients.ts'
import { serveFastifySession } from '../lib/fastify-session.ts'

const PgStore = connectPgSimple(session)
const store = new PgStore({ pool: pgPool(), createTableIfMissing: true })
await serveFastifySession(store as unknown as FastifySessionOptions['store'])
