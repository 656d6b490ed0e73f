/** Tickets for the legacy transport by `<script>`: one for each other peer, made while the page is. */
import { leftKey } from './accounts.ts'
import { originFor } from './bridge.ts'
import { newRid } from './crossing-cookies.ts'
import type { Live } from './recognise.ts'
import { mintTicket } from './ticket.ts'
import type { Place } from './topology.ts'
import type { Account } from './types.ts'
import { valueOf } from './values.ts'
import type { Visit } from './visit.ts'

export async function mintScripts(visit: Visit, { session }: Live, account: Account | null): Promise<readonly string[]> {
  const { context, place, seen } = visit
  const { bridge } = place.span
  if (!bridge.script) return []
  const others = bridge.issuers.filter((host) => host !== place.host)
  return Promise.all(
    others.map(async (destination) => {
      const { scope } = (await context.locate(destination)) as Place
      const ticket = {
        destination,
        left: valueOf(session.values, leftKey(scope)),
        session: session.id,
        ends: session.expiresAt,
        account,
        cc: '',
        rid: newRid(context.now()),
        mode: 'script',
      } as const
      return `${originFor(destination, seen)}${context.basePath}${await mintTicket(visit, ticket)}.js`
    }),
  )
}
