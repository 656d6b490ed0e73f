import { serveExpressSession } from '../lib/express-session.ts'

serveExpressSession()
