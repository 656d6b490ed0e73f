/** Tickets for the legacy transport by `<script>`: one for each other peer, made while the page is. */
import { leftKey } from './accounts.ts'
import { originFor } from './bridge.ts'
import { newRid } from './crossing-cookies.ts'
import { publicAccount } from './accounts.ts'
import { isRemembered } from './lifetime.ts'
import type { Live } from './recognise.ts'
import { mintTicket } from './ticket.ts'
import type { Place } from './topology.ts'
import type { StoredAccount } from './types.ts'
import { valueOf } from './values.ts'
import type { Visit } from './visit.ts'

export async function mintScripts(visit: Visit, { session }: Live, account: StoredAccount | null): Promise<readonly string[]> {
  const { context, place, seen } = visit
  const { bridge } = place.span
  const urls = await Promise.all(
    bridge.issuers.map(async (destination) => {
      const { scope } = (await context.locate(destination)) as Place
      if (scope === place.scope) return []
      // Signed out there alone: no script brings the visitor back.
      if (valueOf(session.values, leftKey(scope)) !== null) return []
      const ticket = {
        destination,
        session: session.id,
        ends: session.expiresAt,
        account: account && publicAccount(account),
        ...(isRemembered(session.accounts) ? { remembered: true as const } : {}),
        cc: '',
        rid: newRid(context.now()),
        mode: 'script',
      } as const
      return `${originFor(destination, seen)}${context.basePath}${await mintTicket(visit, ticket)}.js`
    }),
  )
  return urls.flat()
}
