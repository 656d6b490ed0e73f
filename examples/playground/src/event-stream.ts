/** The log as server-sent events. A browser that comes back says which line it saw last, so none is lost and none comes twice. */
import type { RequestHandler } from 'express'
import type { Entry } from './entry.ts'
import { siteOf } from './hosts.ts'
import type { EventLog } from './log.ts'

const KEEP_ALIVE_MS = 20_000

export function eventStream(log: EventLog): RequestHandler {
  return (request, response, next) => {
    if (!siteOf(request.headers.host)) return next()
    // Gone before its turn came: it would never say that it closed.
    if (response.destroyed) return
    response.writeHead(200, { 'Content-Type': 'text/event-stream; charset=utf-8' })
    const send = (entry: Entry): void => {
      response.write(`id: ${entry.number}\ndata: ${JSON.stringify(entry)}\n\n`)
    }
    const seen = Number(request.headers['last-event-id'] ?? request.query['after'])
    for (const entry of log.after(Number.isSafeInteger(seen) ? seen : log.last)) send(entry)
    response.write(': listening\n\n')
    const unsubscribe = log.subscribe(send)
    const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS)
    response.on('close', () => {
      clearInterval(keepAlive)
      unsubscribe()
    })
  }
}
