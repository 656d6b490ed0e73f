import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session } from '../core/session.ts'
import type { RegisteredData } from '../core/types.ts'
import { isPromise } from '../core/types.ts'
import type { Sessions } from '../sessions.ts'
import { openNode } from './open.ts'

declare global {
  // oxlint-disable-next-line typescript/no-namespace -- the only way in which Express lets a request be typed
  namespace Express {
    interface Request {
      session: Session<RegisteredData>
    }
  }
}

/**
 * Middleware for Express: `app.use(expressSessions(sessions))`, then `req.session`. Put it before whatever reads or changes the
 * session. A store that fails reaches the application's error handlers as an error with `status` 503.
 */
export function expressSessions<Data extends object>(
  sessions: Sessions<Data>,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  return (request, response, next) => {
    const proceed = (session: Session<Data> | null): void => {
      if (session === null) return
      ;(request as { session?: Session<Data> }).session = session
      next()
    }
    const opened = openNode(sessions, request, response)
    if (isPromise(opened)) opened.then(proceed, next)
    else proceed(opened)
  }
}
