/**
 * The small cookies of a crossing. None of them opens a session.
 *
 * `__Host-tk.<rid>` carries a posted ticket over one redirect. `__Host-rq.<rid>` ties the answer to the browser that asked; one for each request in flight, so that tabs do not overwrite each
 * other's. `__Host-nb` holds a host back from asking again. `__Secure-hint` says that there may be a session at the hub: any host of
 * the domain can set it, so it may cause or skip a redirect, and nothing else.
 */
import { clearCookie, cookieNames, cookieValues, setCookie } from './cookie.ts'
import { randomId } from './handle.ts'
import type { Keys } from './keys.ts'
import type { Mode } from './bridge.ts'

/** What the asking host remembers of a request in flight, in the browser alone. */
export interface Asked {
  readonly rid: string
  readonly mode: Mode
  /** What only this browser knows; its hash goes with the ask (the shape of RFC 7636). Empty for a push. */
  readonly verifier: string
  readonly interactive: boolean
  /** Whether the visitor's own act began it. */
  readonly act: boolean
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
const ASKED_KEPT = 10
const RID = /^[a-z0-9]{8,10}[\w-]{22}$/

const hostOnly = (name: string) => ({ name, domain: null, sameSite: 'Lax' }) as const

/** Begins with the time, so that the older of two is known by its name. */
export const newRid = (now: number): string => Math.floor(now).toString(36).padStart(8, '0') + randomId()

export const isRid = (text: string): boolean => RID.test(text)

/** `Set-Cookie` for a new request in flight, and for the oldest ones beyond ten, which it clears. */
export function writeAsked(keys: Keys, host: string, asked: Asked, cookies: string): string[] {
  const old = cookieNames(cookies, ASKED_PREFIX).sort().toReversed()
  const name = ASKED_PREFIX + asked.rid
  return [
    setCookie(hostOnly(name), keys.seal('rq', host, asked), ASKED_MAX_AGE_S),
    ...old.slice(ASKED_KEPT - 1, 4 * ASKED_KEPT).map((each) => clearCookie(hostOnly(each))),
  ]
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
  /** When it asked lately. */
  readonly tries: readonly number[]
  /** Until when the answer "nobody" holds, while the hint stays what it was then. */
  readonly noneUntil: number
  readonly hint: string | null
  /** The user signed out on this host alone: only his own act brings him back. */
  readonly out: boolean
}

const BACKOFF = hostOnly('__Host-nb')
const NO_BACKOFF: Backoff = { tries: [], noneUntil: 0, hint: null, out: false }

export function readBackoff(keys: Keys, host: string, cookies: string): Backoff {
  for (const value of cookieValues(cookies, BACKOFF.name).slice(0, 4)) {
    const found = keys.open('nb', host, value) as Backoff | null
    if (found !== null) return found
  }
  return NO_BACKOFF
}

/** Ends with the browser session: what it says is bounded by the times in it. */
export const writeBackoff = (keys: Keys, host: string, backoff: Partial<Backoff>): string =>
  setCookie(BACKOFF, keys.seal('nb', host, { ...NO_BACKOFF, ...backoff }))

export const clearBackoff = (): string => clearCookie(BACKOFF)

const HINT = '__Secure-hint'

/** The hint as the browser sent it; of several the first, for it is believed in nothing. */
export const readHint = (cookies: string): string | null => cookieValues(cookies, HINT)[0]?.slice(0, 64) ?? null

/** Page script may read it: it changes when somebody signs in, out, or switches, and says no more than that. */
export const writeHint = (domain: string): string => `${HINT}=${randomId()}; Path=/; Domain=${domain}; Secure; SameSite=Lax`

export const clearHint = (domain: string): string => clearCookie({ name: HINT, domain, sameSite: 'Lax' })
