import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SessionEvent } from '../core/events.ts'
import type { Session } from '../core/session.ts'
import type { Sessions } from '../sessions.ts'

/** How often the store is asked whether the session of an open socket still lives, in milliseconds. */
const ASK_MS = 30_000

/**
 * Closes a socket when the session that it was opened with is over, or is used with another account: at once when this process hears
 * of it, otherwise within half a minute. A socket whose handler did not read the session is left alone. A store that does not answer
 * closes it: nobody can tell then.
 */
export async function closeWithSession<Data extends object>(
  sessions: Sessions<Data>,
  request: IncomingMessage,
  socket: Duplex,
  session: Session<Data>,
): Promise<void> {
  const { id } = session
  if (id === null) return
  const account = (await session.account())?.id ?? null

  const isOver = async (): Promise<boolean> => {
    const exchange = await sessions.open(request, { changed: () => false, standing: true })
    if (exchange.kind === 'reply' || (await exchange.session.expiresAt()) === null) return true
    return ((await exchange.session.account())?.id ?? null) !== account
  }
  const check = (): void => {
    isOver().then(
      (over) => {
        if (over) socket.destroy()
      },
      () => socket.destroy(),
    )
  }
  const timer = setInterval(check, ASK_MS).unref()
  const unsubscribe = sessions.subscribe((event) => {
    if (ends(event, id)) socket.destroy()
    else if (concerns(event, id, account)) check()
  })
  const stop = (): void => {
    clearInterval(timer)
    unsubscribe()
  }
  if (socket.destroyed) stop()
  else socket.once('close', stop)
}

/** Of an end itself nobody has to be asked; and where sessions travel in cookies, those of the handshake would open all the same. */
function ends(event: SessionEvent, id: string): boolean {
  if (event.type === 'session.ended') return event.session === id && event.scope === null
  return event.type === 'session.renewed' && event.before === id && event.session !== id
}

function concerns(event: SessionEvent, id: string, account: string | null): boolean {
  if (event.type === 'session.ended' || event.type === 'account.switched') return event.session === id
  if (event.type === 'session.renewed') return event.before === id
  return event.type === 'account.revoked' && event.account === account
}
