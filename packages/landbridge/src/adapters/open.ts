import type { IncomingMessage, ServerResponse } from 'node:http'
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
  return isPromise(exchange) ? exchange.then((found) => serve(found, hold, response)) : serve(exchange, hold, response)
}

function serve<Data extends object>(exchange: Exchange<Data>, hold: Hold, response: ServerResponse): Session<Data> | null {
  if (exchange.kind === 'serve') {
    hold.commit = exchange.commit
    return exchange.session
  }
  send(response, exchange.reply)
  return null
}
