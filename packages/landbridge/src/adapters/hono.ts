import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Context, MiddlewareHandler, Next } from 'hono'
import type { ResponseHeaders } from '../core/headers.ts'
import { commitResponse } from '../core/headers.ts'
import { replyResponse } from '../core/reply.ts'
import type { Session } from '../core/session.ts'
import type { MaybePromise, RegisteredData } from '../core/types.ts'
import { isPromise } from '../core/types.ts'
import type { Exchange, Sessions } from '../sessions.ts'
import { Hold } from './hold.ts'

declare module 'hono' {
  interface ContextVariableMap {
    session: Session<RegisteredData>
  }
}

/** What `@hono/node-server` hands along: the request and response of Node beneath. */
interface NodeBindings {
  readonly incoming?: IncomingMessage
  readonly outgoing?: ServerResponse
}

/**
 * Middleware for Hono: `app.use(honoSessions(sessions))`, then `c.get('session')`. The response is not handed on before the session
 * is stored. A store that fails while the application reads reaches `app.onError`; without one it is answered with 503.
 *
 * On Node the response is held back beneath Hono, as for every other Node framework: reading and writing Node's own headers costs
 * a third of what building Web-standard ones does.
 */
export function honoSessions<Data extends object>(sessions: Sessions<Data>): MiddlewareHandler {
  return (c, next) => {
    const { incoming, outgoing } = (c.env ?? {}) as NodeBindings
    return incoming && outgoing ? serveNode(sessions, c, next, incoming, outgoing) : serveWeb(sessions, c, next)
  }
}

/** Not an async function: a turn of the event loop costs as much here as reading the session. */
function serveNode<Data extends object>(
  sessions: Sessions<Data>,
  c: Context,
  next: Next,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<Response | void> {
  const hold = new Hold(outgoing)
  const proceed = (exchange: Exchange<Data>): Promise<Response | void> => {
    if (exchange.kind === 'reply') return Promise.resolve(replyResponse(exchange.reply))
    hold.commit = exchange.commit
    c.set('session', exchange.session)
    return next()
  }
  const opened = sessions.open(incoming, hold)
  return isPromise(opened) ? opened.then(proceed) : proceed(opened)
}

async function serveWeb<Data extends object>(sessions: Sessions<Data>, c: Context, next: Next): Promise<Response | void> {
  const exchange = await sessions.open(c.req.raw)
  if (exchange.kind === 'reply') return replyResponse(exchange.reply)
  c.set('session', exchange.session)
  await next()
  return commitTo(c, exchange.commit)
}

/** Where there is no Node response beneath, the commit goes to the Web-standard one. */
async function commitTo(c: Context, commit: (headers: ResponseHeaders) => MaybePromise<void>): Promise<void> {
  const given = c.res
  // Taken off first: Hono would carry its headers over, to the response that takes its place and to an error page.
  c.res = undefined
  c.res = await commitResponse(given, commit)
}
