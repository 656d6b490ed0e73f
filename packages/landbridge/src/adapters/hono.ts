import type { MiddlewareHandler } from 'hono'
import { WebHeaders } from '../core/headers.ts'
import type { NodeRequest } from '../core/request.ts'
import { repeatsHost } from '../core/request.ts'
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
    // On Node the server hands its own request along, which alone knows the peer's address, and a Host header that is missing (the
    // server puts its own name there) or comes twice.
    const { incoming } = (c.env ?? {}) as { incoming?: NodeRequest }
    const oneHost = !incoming || (incoming.headers['host'] && !repeatsHost(incoming.rawHeaders))
    const request = oneHost ? c.req.raw : incoming
    // Said before the response is made, it spares the copy that any later header costs.
    const touched = (): void => void (c.finalized || c.header('Vary', 'Cookie', { append: true }))
    const exchange = await sessions.open(request, { address: incoming?.socket?.remoteAddress, touched })
    if (exchange.kind === 'reply') return replyResponse(exchange.reply)
    c.set('session', exchange.session)
    await next()
    const headers = new WebHeaders(c.res)
    try {
      await exchange.commit(headers)
    } catch (error) {
      // Hono would carry the headers of the response that must not leave over to the error page: cookies, and how long to cache it.
      c.res = undefined
      throw error
    }
    if (headers.response !== c.res) {
      c.res = undefined
      c.res = headers.response
    }
    return undefined
  }
}
