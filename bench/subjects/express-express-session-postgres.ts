import connectPgSimple from 'connect-pg-simple'
import session from 'express-session'
import { pgPool } from '../lib/clients.ts'
import { serveExpressSession } from '../lib/express-session.ts'

const PgStore = connectPgSimple(session)
serveExpressSession(new PgStore({ pool: pgPool(), createTableIfMissing: true }))
