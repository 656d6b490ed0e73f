/**
 * Tickets: one-time, short-lived, for one host and one browser. A ticket brings a handle to another scope.
 *
 * Invariants:
 * 1. The store knows a ticket by its destination, its mode and its SHA-256: another host, or another transport, can neither find nor
 *    burn it, and a leak of the store yields none.
 * 2. It is taken before anything that it says is believed: of any number of callers one gets it, whatever then comes of it.
 * 3. It opens nothing by itself: the browser has to show what only the asking browser can know (or, pushed, the right origin).
 * 4. It stands in no URL (the legacy transport by script excepted), so no log, history or Referer has it, and whoever makes another
 *    browser follow his ask does not get what comes of it.
 * 5. A handle comes into being only beside a live handle of the issuing host, in one step: what has ended stays ended.
 */
import { BOUND_KEY, CLAIMS_KEY, leftKey } from './accounts.ts'
import { SKEW_MS } from './ask.ts'
import { thoughRotated } from './rotated.ts'
import type { Claims, Mode } from './bridge.ts'
import { originFor } from './bridge.ts'
import type { Asked } from './crossing-cookies.ts'
import type { CrossingReason } from './events.ts'
import { constantTimeEqual, mintSecret, sha256 } from './handle.ts'
import type { Live } from './recognise.ts'
import type { Context } from './session.ts'
import type { Account, Host, Scope, SessionId } from './types.ts'
import { applyChanges } from './values.ts'
import type { Visit } from './visit.ts'

/** What a ticket says, as the store keeps it. Times are milliseconds since the epoch. */
export interface Ticket {
  readonly source: Host
  /** The scope whose live handle vouches for the new one. */
  readonly through: Scope
  readonly destination: Host
  readonly session: SessionId
  /** When the session ends at the latest. */
  readonly ends: number
  readonly account: Account | null
  /** Whether the browser's handles outlive its end. */
  readonly remembered?: true
  /** What `authorize` said of the account; absent between peers. */
  readonly claims?: Claims
  readonly cc: string
  readonly rid: string
  readonly mode: Mode
  readonly iat: number
  readonly exp: number
}

/** What a request shows for a ticket besides the ticket itself. */
export interface Proof {
  readonly mode: Mode
  /** What the asking browser remembers; `null` for a push and for a script, which nobody asked for. */
  readonly asked: Asked | null
  /** The origin of the page that handed the ticket over; `null` where the browser's own script of this host did. */
  readonly origin: string | null
}

/** How long the store keeps a ticket beyond its life, so that a late one is told apart from one that never was. */
const LATE_MS = 60_000
const TICKET = /^[\w-]{43}$/

const keyOf = (destination: Host, mode: Mode, ticket: string): string => `ticket ${destination} ${mode} ${sha256(ticket)}`

/** Stores a new ticket, in one call, and returns its secret. */
export async function mintTicket({ context, place }: Visit, given: Omit<Ticket, 'source' | 'through' | 'iat' | 'exp'>): Promise<string> {
  const secret = mintSecret()
  const iat = context.now()
  const exp = iat + place.span.bridge.ticketMs
  const ticket: Ticket = { ...given, source: place.host, through: place.scope, iat, exp }
  await context.store.put(keyOf(ticket.destination, ticket.mode, secret), JSON.stringify(ticket), exp + LATE_MS, iat)
  const { rid, mode, destination, session } = ticket
  context.emit(place.host, { type: 'ticket.issued', rid, mode, destination, session, expiresAt: exp })
  return secret
}

/** Takes a ticket for this host and checks everything that it says against the request that the browser began. */
export async function takeTicket(visit: Visit, secret: string | undefined, proof: Proof): Promise<Ticket | CrossingReason> {
  const { context, place } = visit
  if (secret === undefined || !TICKET.test(secret)) return 'ticket-malformed'
  const text = await context.store.take(keyOf(place.host, proof.mode, secret), context.now())
  const ticket = text === null ? null : parseTicket(text)
  if (ticket === null || ticket.destination !== place.host) return 'ticket-unknown'
  const now = context.now()
  if (now >= ticket.exp || ticket.iat - now > SKEW_MS) return 'ticket-expired'
  return isProved(visit, ticket, proof) ? ticket : 'ticket-wrong-browser'
}

/** `null` for damage in the store. */
function parseTicket(text: string): Ticket | null {
  try {
    const ticket = JSON.parse(text) as Partial<Ticket> | null
    return ticket !== null && isWhole(ticket) ? ticket : null
  } catch {
    return null
  }
}

const TEXTS = ['source', 'through', 'destination', 'session', 'cc', 'rid'] as const

const isWhole = (ticket: Partial<Ticket>): ticket is Ticket =>
  TEXTS.every((name) => typeof ticket[name] === 'string') && typeof ticket.iat === 'number' && typeof ticket.exp === 'number'

/** What nobody asked for has to come from a page of its source, which its origin proves; the rest from the browser that asked. */
function isProved({ seen }: Visit, ticket: Ticket, { asked, origin }: Proof): boolean {
  if (origin !== null && origin !== originFor(ticket.source, seen)) return false
  if (asked === null) return origin !== null
  return ticket.rid === asked.rid && constantTimeEqual(sha256(asked.verifier), ticket.cc)
}

/** Values of a spoke's new handle: the account that it is for, and those of the visitor who had no session here yet. */
export function boundValues({ account, claims, iat }: Ticket, carried: string): string {
  if (claims === undefined) return ''
  const bound = new Map([
    [BOUND_KEY, JSON.stringify(account!.id)],
    [CLAIMS_KEY, JSON.stringify({ at: iat, claims })],
  ])
  return applyChanges(carried, bound)
}

/**
 * Marks, at `time`, that somebody signed out of one scope alone: tickets for it that are under way are void, and none are made for it
 * but by an act of his own, which clears the mark (`null`). Through the live handle of the scope that knows.
 */
export async function setLeft(
  { store, now }: Context,
  through: Scope,
  live: Pick<Live, 'session' | 'handle'> & Partial<Pick<Live, 'secret'>>,
  scope: Scope,
  time: number | null,
): Promise<void> {
  const changes = new Map([[leftKey(scope), time === null ? null : String(time)]])
  const { seenAt, expiresAt } = live.handle
  await thoughRotated(store, now(), live, (expectHash) =>
    store.update(live.session.id, through, { place: 'session', changes, expectHash, seenAt, expiresAt }, now()),
  )
}
