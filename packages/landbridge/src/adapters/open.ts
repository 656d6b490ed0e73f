import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { isUnread } from '../core/peek.ts'
import type { Session } from '../core/session.ts'
import type { MaybePromise } from '../core/types.ts'
import { isPromise } from '../core/types.ts'
import type { Exchange, Sessions } from '../sessions.ts'
import { Hold, send } from './hold.ts'

/** What the adapters of Node frameworks share: opens the session, or sends the refusal and returns `null`. */
export function openNode<Data extends object>(
  sessions: Sessions<Data>,
  request: IncomingMessage,
  response: ServerResponse,
): MaybePromise<Session<Data> | null> {
  const hold = new Hold(response)
  const exchange = sessions.open(request, hold)
  if (!isPromise(exchange)) return serve(exchange, hold, response)
  // On HTTP/2 the response itself says so only when the stream is closed, for which the body would have to have flowed away.
  const written = request.httpVersionMajor === 2 ? (response as unknown as Http2ServerResponse).stream : response
  written.once('finish', () => drain(request))
  return exchange.then((found) => serve(found, hold, response))
}

/** Node lets a body that nobody wanted flow away, so that the connection serves the next request; but not one that we have looked into. */
function drain(request: IncomingMessage): void {
  if (isUnread(request)) request.resume()
}

function serve<Data extends object>(exchange: Exchange<Data>, hold: Hold, response: ServerResponse): Session<Data> | null {
  if (exchange.kind === 'serve') {
    hold.commit = exchange.commit
    return exchange.session
  }
  send(response, exchange.reply)
  return null
}
