/** The issuing host's answer to an ask: a ticket, or nobody. */
import { setTimeout as pause } from 'node:timers/promises'
import { accountFor, activeAccount, leftKey, publicAccount, unexpired } from './accounts.ts'
import type { Ask } from './ask.ts'
import { isOwnAct } from './ask.ts'
import type { Claims, Mode } from './bridge.ts'
import { authorizeAt } from './identify.ts'
import { isRemembered } from './lifetime.ts'
import { recognise } from './recognise.ts'
import { mintTicket, setLeft } from './ticket.ts'
import type { StoredAccount } from './types.ts'
import type { BridgedPlace, Visit } from './visit.ts'
import { cookiesOf } from './visit.ts'
import { valueOf } from './values.ts'

/** For whom a ticket is wanted, and by which way it will travel. */
export interface Wanted extends Pick<Ask, 'asker' | 'rid' | 'cc'> {
  readonly mode: Mode
  /** What the asking host sealed for itself; `null` where nobody asked. */
  readonly st: string | null
}

/** The secret of a new ticket, or `null` for nobody: not signed in and not allowed are one answer. */
export async function issue(visit: Visit, { asker, mode, rid, cc, st }: Wanted): Promise<string | null> {
  const { context, place } = visit
  const { live } = await recognise(context, place, cookiesOf(visit), { fresh: true, request: visit.request })
  const nobody = (because: 'signed-out' | 'not-authorized' | 'signed-out-here'): null => {
    context.emit(place.host, { type: 'crossing.answered-nobody', rid, mode, destination: asker.host, because })
    return null
  }
  if (live === null) return nobody('signed-out')
  const { session } = live
  const isHub = place.span.bridge.kind === 'hub'
  const chosen = isHub ? accountFor(session, session.values, asker.host) : activeAccount(session, session.values)
  const account = unexpired(chosen, context.now(), context.lifetime)
  if (isHub && account === null) return nobody('signed-out')
  if (account !== null && !((await context.authHashes?.holds(account)) ?? true)) return nobody('signed-out')
  const claims = isHub ? await claimsAt(visit, asker, account!) : undefined
  if (claims === false) return nobody('not-authorized')
  const left = valueOf(session.values, leftKey(asker.scope))
  if (left !== null && !isOwnAct(visit, asker.host, rid, st, session.id)) return nobody('signed-out-here')
  // He is back: from now on silent ways are open to him again.
  if (left !== null) await setLeft(context, place.scope, live, asker.scope, null)
  const given = {
    destination: asker.host,
    session: session.id,
    ends: session.expiresAt,
    account: account && publicAccount(account),
    ...(isRemembered(session.accounts) ? { remembered: true as const } : {}),
    cc,
    rid,
    mode,
  }
  return mintTicket(visit, claims === undefined ? given : { ...given, claims })
}

const claimsAt = ({ place }: Visit, asker: BridgedPlace, account: StoredAccount): Promise<Claims | false> =>
  authorizeAt(place.span.bridge.authorize!, account, asker.host)

const CLASS_MS = 100

/**
 * Answers in steps of a tenth of a second, so that the time tells an asking host no more than the answer does: `nobody` is one answer,
 * whether a session was read and `authorize` asked for it or not.
 */
export async function inTimeClass<Answer>(answer: Promise<Answer | null>): Promise<Answer | null> {
  const began = performance.now()
  const given = await answer
  if (given !== null) return given
  const spent = performance.now() - began
  await pause(CLASS_MS - (spent % CLASS_MS))
  return null
}
