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
  const serve = (exchange: Exchange<Data>): Session<Data> | null => {
    if (exchange.kind === 'serve') {
      hold.commit = exchange.commit
      return exchange.session
    }
    send(response, exchange.reply)
    return null
  }
  const exchange = sessions.open(request, hold)
  return isPromise(exchange) ? exchange.then(serve) : serve(exchange)
}
