import type { MiddlewareHandler } from 'hono'
import { replyResponse } from '../core/reply.ts'
import type { Session } from '../core/session.ts'
import type { RegisteredData } from '../core/types.ts'
import type { Sessions } from '../sessions.ts'

declare module 'hono' {
  interface ContextVariableMap {
    session: Session<RegisteredData>
  }
}

/**
 * Middleware for Hono: `app.use(honoSessions(sessions))`, then `c.var.session`. The response is not handed on before the session is
 * stored. A store that fails reaches `app.onError`; without one it is answered with 503, a session that ended meanwhile with 409.
 */
export function honoSessions<Data extends object>(sessions: Sessions<Data>): MiddlewareHandler {
  return async (c, next) => {
    // On Node the server hands its own request along, which alone knows the peer's address.
    const { incoming } = (c.env ?? {}) as { incoming?: { socket?: { remoteAddress?: string } } }
    const exchange = await sessions.open(c.req.raw, { address: incoming?.socket?.remoteAddress })
    if (exchange.kind === 'reply') return replyResponse(exchange.reply)
    c.set('session', exchange.session)
    await next()
    await exchange.commit(c.res.headers)
    return undefined
  }
}
