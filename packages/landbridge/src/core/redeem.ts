/** From a taken ticket to a handle for this host. */
import type { Proof, Ticket } from './ticket.ts'
import { boundValues, takeTicket } from './ticket.ts'
import { activeAccount, BOUND_KEY, leftKey, recordAt, removalsOf } from './accounts.ts'
import { setCookie } from './cookie.ts'
import { clearOut, readOut } from './crossing-cookies.ts'
import type { CrossingReason } from './events.ts'
import { hashSecret, mintSecret, writeCookieValue } from './handle.ts'
import { idleEnd } from './lifetime.ts'
import type { Live } from './recognise.ts'
import { recognise } from './recognise.ts'
import type { Visit } from './visit.ts'
import { cookiesOf } from './visit.ts'

/** What came of a ticket: `attached` with a new handle, `connected` when the browser had it already, or a reason. */
export type Redemption =
  | { readonly outcome: 'attached' | 'connected'; readonly cookies: readonly string[] }
  | { readonly outcome: 'refused'; readonly reason: CrossingReason }

const refused = (reason: CrossingReason): Redemption => ({ outcome: 'refused', reason })

/**
 * Redeems a ticket: two store calls, one more to look at the session that the browser shows here already, and one to end that one
 * when it gave way.
 */
export async function redeem(visit: Visit, secret: string | undefined, proof: Proof): Promise<Redemption> {
  const { context, place } = visit
  const out = readOut(context.keys, place.host, cookiesOf(visit))
  const act = proof.asked?.act ?? null
  // Whoever signed out on this host alone comes back by his own act: not by what began before, not by a link of another page.
  if (out !== null && (act === null || act.at < out)) return refused('signed-out-here')
  const ticket = await takeTicket(visit, secret, proof)
  if (typeof ticket === 'string') return refused(ticket)
  const isOwnAct = act !== null && (act.session === null || act.session === ticket.session)
  if (out !== null && !isOwnAct) return refused('signed-out-here')
  const { live } = await recognise(context, place, cookiesOf(visit), { fresh: true, request: visit.request })
  const welcome = out === null ? [] : [clearOut()]
  if (live !== null && live.session.id === ticket.session) return { outcome: 'connected', cookies: welcome }
  if (live !== null && !(await givesWay(visit, live, ticket, isOwnAct))) return refused('session-kept')
  return attach(visit, ticket, live, welcome)
}

async function attach(visit: Visit, ticket: Ticket, before: Live | null, welcome: readonly string[]): Promise<Redemption> {
  const { context, place } = visit
  const { store, lifetime } = context
  const now = context.now()
  const secret = mintSecret()
  const expiresAt = ticket.remembered ? ticket.ends : idleEnd(lifetime, now, { expiresAt: ticket.ends, accounts: [] })
  const values = boundValues(ticket, carriedValues(before, ticket))
  const handle = { scope: place.scope, hash: hashSecret(secret), createdAt: now, seenAt: now, expiresAt, values }
  const outcome = await store.attach(ticket.session, ticket.through, handle, ticket.iat, now, [{ key: leftKey(place.scope), json: null }])
  if (outcome === 'gone') return refused('session-ended')
  // Another tab of this browser was first: the cookie that it got is the right one.
  if (outcome === 'kept') return { outcome: 'connected', cookies: welcome }
  if (before !== null) await store.revoke(before.session.id, place.scope)
  context.emit(place.host, {
    type: 'session.replaced',
    session: ticket.session,
    scope: place.scope,
    account: ticket.account?.id ?? null,
    source: ticket.source,
    destination: place.host,
    wasEmpty: before === null || isEmpty(before),
    mode: ticket.mode,
    rid: ticket.rid,
    replaced: before?.session.id ?? null,
  })
  const maxAgeS = ticket.remembered ? Math.floor((ticket.ends - now) / 1000) : undefined
  const cookie = setCookie(place.cookie, writeCookieValue({ id: ticket.session, secret }), maxAgeS)
  return { outcome: 'attached', cookies: [cookie, ...welcome] }
}

/**
 * Whether the session that is here makes room. One of another account never does behind the user's back: only where an act of his
 * began the crossing. At a spoke what belongs to nobody else always does, and its values go along.
 */
async function givesWay({ place }: Visit, live: Live, ticket: Ticket, act: boolean): Promise<boolean> {
  const { bridge } = place.span
  const account = accountHere(live)
  const incoming = ticket.account?.id ?? null
  if (account !== null && account !== incoming && !(act && incoming !== null)) return false
  if (bridge.kind === 'hub' || isEmpty(live)) return true
  // A script runs unseen on a page of another site: it fills what is empty, and nothing else.
  if (ticket.mode === 'script') return false
  if (typeof bridge.replace === 'string') return bridge.replace === 'always'
  const current = { id: live.session.id, account }
  const carried = { id: ticket.session, account: incoming }
  return (await bridge.replace({ source: ticket.source, destination: place.host, current, incoming: carried })) === true
}

/** The account that the session here is of: at a spoke the one that its handle was made for. */
const accountHere = ({ session, handle }: Live): string | null =>
  recordAt<string>(handle.values, BOUND_KEY) ?? activeAccount(session, session.values)?.id ?? null

/** At a spoke, what an anonymous visitor or the same account left there stays his. */
function carriedValues(before: Live | null, ticket: Ticket): string {
  const account = before === null ? null : accountHere(before)
  return before !== null && (account === null || account === ticket.account?.id) ? before.handle.values : ''
}

/** Nobody is signed in and nothing is kept. */
const isEmpty = ({ session, handle }: Live): boolean =>
  session.accounts.length === 0 && removalsOf(session.values).size === 0 && removalsOf(handle.values).size === 0
