/**
 * The small cookies of a crossing. None of them opens a session.
 *
 * `__Host-rq.<rid>` ties the answer to the browser that asked; one for each request in flight, so that tabs do not overwrite each
 * other's. `__Host-tk.<rid>` carries a posted ticket over one redirect. `__Host-nb` holds a host back from asking again. `__Secure-hint`
 * says that there may be a session at the hub: any host of the domain can set it, so it may cause or skip a redirect, and nothing else.
 */
import { clearCookie, cookieNames, cookieValues, setCookie } from './cookie.ts'
import { randomId } from './handle.ts'
import type { Keys } from './keys.ts'
import type { Mode } from './bridge.ts'

/** Something that the visitor did himself, on a page of this host or of the hub, to be signed in here. */
export interface Act {
  /** When, in milliseconds since the epoch: a sign-out here ends what was begun before it. */
  readonly at: number
  /** The hub's word counts for the session that it was given to, and no other; `null` for an act on this host. */
  readonly session: string | null
}

/** What the asking host remembers of a request in flight, in the browser alone. */
export interface Asked {
  readonly rid: string
  readonly mode: Mode
  /** What only this browser knows; its hash goes with the ask (the shape of RFC 7636). */
  readonly verifier: string
  readonly interactive: boolean
  /** The visitor's own act that began it, if one did. */
  readonly act: Act | null
  /** When it began, in milliseconds since the epoch. */
  readonly iat: number
}

/** A ticket that was posted, until the request after the redirect shows which session is here: cookies do not come with the post. */
export interface Posted {
  readonly rid: string
  readonly ticket: string
  /** The origin of the page that posted it. */
  readonly origin: string
  readonly iat: number
  /** Of a push, which nobody asked for here: where to go on to. */
  readonly path?: string
}

const ASKED_PREFIX = '__Host-rq.'
const ASKED_MAX_AGE_S = 120
/** As many tabs as a browser may reopen at one moment; 6 kB of cookies, which servers take. */
const ASKED_KEPT = 20
const RID = /^[a-z0-9]{8,10}[\w-]{22}$/

const hostOnly = (name: string) => ({ name, domain: null, sameSite: 'Lax' }) as const

/** Begins with the time, so that the older of two is known by its name. */
export const newRid = (now: number): string => Math.floor(now).toString(36).padStart(8, '0') + randomId()

export const isRid = (text: string): boolean => RID.test(text)

/** `Set-Cookie` for a new request in flight, and for the oldest ones beyond twenty, which it clears. */
export function writeAsked(keys: Keys, host: string, asked: Asked, cookies: string): string[] {
  const old = cookieNames(cookies, ASKED_PREFIX).sort().toReversed()
  const name = ASKED_PREFIX + asked.rid
  return [
    setCookie(hostOnly(name), keys.seal('rq', host, asked), ASKED_MAX_AGE_S),
    ...old.slice(ASKED_KEPT - 1, 2 * ASKED_KEPT).map((each) => clearCookie(hostOnly(each))),
  ]
}

const PATIENCE_MS = 15_000
const RID_RANDOM = 22

/** How many requests have been in flight for so long that nobody seems to answer: the issuing host may be down. */
export function unanswered(cookies: string, now: number): number {
  const rids = cookieNames(cookies, ASKED_PREFIX).map((name) => name.slice(ASKED_PREFIX.length))
  return rids.filter((rid) => isRid(rid) && now - Number.parseInt(rid.slice(0, -RID_RANDOM), 36) > PATIENCE_MS).length
}

/** The request in flight of this id, or `null`: another browser asked, or cookies are blocked. */
export function readAsked(keys: Keys, host: string, rid: string, cookies: string, now: number): Asked | null {
  const values = cookieValues(cookies, ASKED_PREFIX + rid)
  // Several of one name: one was planted. No order tells which, but only one can have been sealed here for this id.
  for (const value of values.slice(0, 4)) {
    const asked = keys.open('rq', host, value) as Asked | null
    if (asked !== null && asked.rid === rid && now - asked.iat <= ASKED_MAX_AGE_S * 1000) return asked
  }
  return null
}

const POSTED_PREFIX = '__Host-tk.'
const POSTED_MAX_AGE_S = 30

export const writePosted = (keys: Keys, host: string, posted: Posted): string =>
  setCookie(hostOnly(POSTED_PREFIX + posted.rid), keys.seal('tk', host, posted), POSTED_MAX_AGE_S)

export function readPosted(keys: Keys, host: string, rid: string, cookies: string, now: number): Posted | null {
  const [value = ''] = cookieValues(cookies, POSTED_PREFIX + rid)
  const posted = keys.open('tk', host, value) as Posted | null
  return posted !== null && posted.rid === rid && now - posted.iat <= POSTED_MAX_AGE_S * 1000 ? posted : null
}

export const clearPosted = (rid: string): string => clearCookie(hostOnly(POSTED_PREFIX + rid))

export const clearAsked = (rid: string): string => clearCookie(hostOnly(ASKED_PREFIX + rid))

/** Why a host does not ask again. Times are milliseconds since the epoch. */
export interface Backoff {
  /** When it asked lately, and the browser came back. */
  readonly tries: readonly number[]
  /** Until when the answer "nobody" holds, while the hint stays what it was then. */
  readonly noneUntil: number
  readonly hint: string | null
}

const BACKOFF = hostOnly('__Host-nb')
const NO_BACKOFF: Backoff = { tries: [], noneUntil: 0, hint: null }

export function readBackoff(keys: Keys, host: string, cookies: string): Backoff {
  for (const value of cookieValues(cookies, BACKOFF.name).slice(0, 4)) {
    const found = keys.open('nb', host, value) as Backoff | null
    if (found !== null) return found
  }
  return NO_BACKOFF
}

/** Without `maxAgeS` it ends with the browser session: what it says is bounded by the times in it. */
export const writeBackoff = (keys: Keys, host: string, backoff: Partial<Backoff>, maxAgeS?: number): string =>
  setCookie(BACKOFF, keys.seal('nb', host, { ...NO_BACKOFF, ...backoff }), maxAgeS)

const OUT = hostOnly('__Host-out')

/**
 * The visitor signed out on this host alone: only an act of his own, begun later, brings him back. In a cookie of its own, so that no
 * answer that was under way when he did can write over it.
 */
export const writeOut = (keys: Keys, host: string, at: number): string => setCookie(OUT, keys.seal('out', host, { at }))

/** When he did, in milliseconds since the epoch; `null` when he did not. */
export function readOut(keys: Keys, host: string, cookies: string): number | null {
  const found = cookieValues(cookies, OUT.name).slice(0, 4)
  const times = found.map((value) => keys.open('out', host, value)?.['at']).filter((at) => typeof at === 'number')
  return times.length === 0 ? null : Math.max(...times)
}

export const clearOut = (): string => clearCookie(OUT)

const VISITED = hostOnly('__Host-fv')
const VISITED_MAX_AGE_S = 30 * 86_400

/** Where the first visit asks: it did, and for a month no other one will. */
export const writeVisited = (): string => setCookie(VISITED, '1', VISITED_MAX_AGE_S)
export const hasVisited = (cookies: string): boolean => cookieValues(cookies, VISITED.name).length > 0

const HINT = '__Secure-hint'

/** The hint as the browser sent it; of several the first, for it is believed in nothing. */
export const readHint = (cookies: string): string | null => cookieValues(cookies, HINT)[0]?.slice(0, 64) ?? null

/** Page script may read it: it changes when somebody signs in, out, or switches, and says no more than that. */
export const writeHint = (domain: string, maxAgeS?: number): string =>
  `${HINT}=${randomId()}; Path=/; Domain=${domain}${maxAgeS === undefined ? '' : `; Max-Age=${maxAgeS}`}; Secure; SameSite=Lax`

export const clearHint = (domain: string): string => clearCookie({ name: HINT, domain, sameSite: 'Lax' })
