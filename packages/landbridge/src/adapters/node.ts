import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Reply } from '../core/reply.ts'
import type { Session } from '../core/session.ts'
import type { Sessions } from '../sessions.ts'
import { closeWithSession } from './ended-sockets.ts'
import { replyFor, sendInstead } from './hold.ts'
import { openNode } from './open.ts'

/** A request of `node:http` with its session. */
export type SessionRequest<Data extends object> = IncomingMessage & { session: Session<Data> }

/**
 * A request listener for `node:http` and `node:http2`: `createServer(nodeSessions(sessions, (req, res) => …))`. The head of the
 * response is held back until the session is stored, streaming included. What the handler throws is answered: 503 when the store
 * failed, 409 when the session ended meanwhile, otherwise 500 and a warning on standard error.
 */
export function nodeSessions<Data extends object>(
  sessions: Sessions<Data>,
  handler: (request: SessionRequest<Data>, response: ServerResponse) => unknown,
): (request: IncomingMessage, response: ServerResponse) => void {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      const session = await openNode(sessions, request, response)
      if (session !== null) await handler(Object.assign(request, { session }), response)
    } catch (error) {
      const reply = replyFor(error)
      if (!response.headersSent) sendInstead(response, reply)
      else if (!response.writableEnded) response.destroy()
    }
  }
  return (request, response) => void serve(request, response)
}

/**
 * A listener for the `upgrade` event: `server.on('upgrade', nodeUpgrade(sessions, (req, socket, head) => …))`. A handshake from an
 * origin that is not trusted is refused. The session of `req` can be read; changes throw `ERR_HEADERS_SENT`, as a handshake
 * carries no cookie of ours. What the handler throws is answered as by `nodeSessions`. When the session ends later, or another account
 * takes it over, the socket is closed: at once when this process hears of it, otherwise within half a minute.
 */
export function nodeUpgrade<Data extends object>(
  sessions: Sessions<Data>,
  handler: (request: SessionRequest<Data>, socket: Duplex, head: Buffer) => unknown,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const serve = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    // Node has taken its own listener off: a client that goes away while the session is read would end the process.
    socket.on('error', () => socket.destroy())
    const written = bytesWritten(socket)
    try {
      const exchange = await sessions.open(request, { changed: () => false })
      if (exchange.kind === 'reply') sendRaw(socket, exchange.reply)
      else {
        await handler(Object.assign(request, { session: exchange.session }), socket, head)
        await closeWithSession(sessions, request, socket, exchange.session)
      }
    } catch (error) {
      const reply = replyFor(error)
      // Once the handler has answered the handshake, the connection no longer speaks HTTP.
      if (bytesWritten(socket) === written) sendRaw(socket, reply)
      else socket.destroy()
    }
  }
  return (request, socket, head) => void serve(request, socket, head)
}

const bytesWritten = (socket: Duplex): number | undefined => (socket as Partial<Socket>).bytesWritten

function sendRaw(socket: Duplex, { status, headers, body }: Reply): void {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(
    `HTTP/1.1 ${status} Refused\r\n${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
