/** The question that one host has another one asked by way of the browser: may this browser have a session here? */
import type { Mode } from './bridge.ts'
import { originFor } from './bridge.ts'
import type { Act } from './crossing-cookies.ts'
import { newRid, writeAsked } from './crossing-cookies.ts'
import type { CrossingReason } from './events.ts'
import { mintSecret, sha256 } from './handle.ts'
import { safePath } from './navigation.ts'
import type { Host, SessionId } from './types.ts'
import type { BridgedPlace, Visit } from './visit.ts'
import { cookiesOf, memberAt, singleFields } from './visit.ts'

/** A question as the issuing host understood it, with the place that asks. */
export interface Ask {
  readonly asker: BridgedPlace
  readonly mode: Mode
  readonly rid: string
  /** SHA-256 of what only the asking browser knows. */
  readonly cc: string
  /** Sealed by the asking host for itself: where the browser goes back to. */
  readonly st: string
  readonly interactive: boolean
}

/** Why a host asks. */
export interface Cause {
  /** The visitor may be shown the sign-in page: he wants to be signed in, or wants a page that needs it. */
  readonly interactive: boolean
  readonly act: Act | null
}

const ASK_LIFE_MS = 120_000
/** How far the clocks of two hosts may be apart. */
export const SKEW_MS = 5000

/** Begins a request: the URL that asks, and the cookies that remember it. */
export function beginAsk(visit: Visit, mode: Mode, path: string, cause: Cause): { rid: string; url: string; cookies: string[] } {
  const { context, place, seen } = visit
  const { keys, basePath } = context
  const now = context.now()
  const rid = newRid(now)
  const verifier = mintSecret()
  const issuer = place.span.bridge.issuerFor(place.host)
  const ask = {
    h: place.host,
    m: mode,
    rid,
    cc: sha256(verifier),
    st: sealReturn(visit, rid, path, cause.act),
    i: cause.interactive ? '1' : '0',
    iat: String(now),
  }
  const query = new URLSearchParams({ ...ask, sig: keys.sign('ask', place.host, textOf(ask)) })
  context.emit(place.host, { type: 'crossing.asked', rid, mode, issuer, interactive: cause.interactive })
  return {
    rid,
    url: `${originFor(issuer, seen)}${basePath}ask?${query.toString()}`,
    cookies: writeAsked(keys, place.host, { rid, mode, verifier, ...cause, iat: now }, cookiesOf(visit)),
  }
}

type Fields = Record<'h' | 'm' | 'rid' | 'cc' | 'st' | 'i' | 'iat', string>

const textOf = ({ h, m, rid, cc, st, i, iat }: Fields): string => [h, m, rid, cc, st, i, iat].join('\n')

/** Reads and checks an ask; a reason when it is not one that a host of this bridge made within the last two minutes. */
export async function readAsk(visit: Visit, query: string): Promise<Ask | CrossingReason> {
  const { context, place } = visit
  const given = query.length > 4096 ? null : singleFields(query)
  const fields = given === null ? null : (Object.fromEntries(given) as Partial<Fields & { sig: string }>)
  if (fields === null || !isComplete(fields)) return 'ask-malformed'
  if (!context.keys.verify('ask', fields.h, textOf(fields), fields.sig)) return 'ask-forged'
  const age = context.now() - Number(fields.iat)
  if (!(age <= ASK_LIFE_MS && age >= -SKEW_MS)) return 'ask-expired'
  const asker = await memberAt(context, place.span.bridge, fields.h)
  // At a hub only its spokes ask.
  if (asker === null || asker.host !== fields.h || asker.span.role === 'hub') return 'ask-unknown-host'
  const { rid, cc, st } = fields
  return { asker, mode: fields.m as Mode, rid, cc, st, interactive: fields.i === '1' }
}

function isComplete(fields: Partial<Fields & { sig: string }>): fields is Fields & { sig: string } {
  const all: readonly (string | undefined)[] = [fields.h, fields.m, fields.rid, fields.cc, fields.st, fields.i, fields.iat, fields.sig]
  return all.every((field) => field !== undefined && field !== '')
}

/** Seals where the browser goes back to, and what began it. */
export function sealReturn({ context, place }: Visit, rid: string, path: string, act: Act | null = null): string {
  return context.keys.seal('st', place.host, { rid, p: safePath(path, context.basePath), act })
}

/** At the issuing host: whether an act of the visitor himself, which counts for this session, began the ask. */
export function isOwnAct({ context }: Visit, asker: Host, rid: string, st: string | null, session: SessionId): boolean {
  const record = st === null ? null : (context.keys.open('st', asker, st) as { rid: string; act: Act | null } | null)
  if (record === null || record.rid !== rid || record.act === null) return false
  return record.act.session === null || record.act.session === session
}

/** Where the browser goes back to on a host, by the sealed record alone; `/` for anything else. */
export function openReturn({ context, place }: Visit, st: string | undefined, host: Host = place.host): string {
  const record = st === undefined ? null : context.keys.open('st', host, st)
  return typeof record?.['p'] === 'string' ? safePath(record['p'], context.basePath) : '/'
}

/** The issuing host's word that the visitor has just signed in there to go to this page of another host. */
export function sealBegun({ context }: Visit, host: Host, path: string, session: SessionId | null): string {
  // Without a session it is a path and nothing more: the empty text is no session's id.
  return context.keys.seal('begun', host, { p: path, act: { at: context.now(), session: session ?? '' } })
}

/** The page and the act, or `null` for what is no such word, or older than two minutes. */
export function openBegun({ context, place }: Visit, sealed: string): { readonly path: string; readonly act: Act } | null {
  const record = context.keys.open('begun', place.host, sealed) as { p: string; act: Act } | null
  if (record === null || context.now() - record.act.at > ASK_LIFE_MS) return null
  return { path: safePath(record.p, context.basePath), act: record.act }
}

/** Where a sign-in page was asked from: by the issuing host, sealed for itself. */
export interface SignInRequest {
  readonly host: Host
  readonly st: string
}

const SIGN_IN_LIFE_MS = 3_600_000

export const sealSignIn = ({ context, place }: Visit, request: SignInRequest): string =>
  context.keys.seal('sign-in', place.host, { ...request, iat: context.now() })

export function openSignIn({ context, place }: Visit, sealed: string): SignInRequest | null {
  const record = context.keys.open('sign-in', place.host, sealed) as (SignInRequest & { iat: number }) | null
  return record !== null && context.now() - record.iat <= SIGN_IN_LIFE_MS ? record : null
}
