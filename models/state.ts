/**
 * The state of the model: what the browsers, the hosts and the store hold. Secrets are names: who was never told one cannot use it.
 * Numbers are places in the lists `sessions`, `pulls` and `tickets`, in the order in which they came into being.
 */
import type { Defence } from './defences.ts'

export const SPOKES = ['elmer', 'alice'] as const
export type Spoke = (typeof SPOKES)[number]
export type Host = 'hub' | Spoke
export const HOSTS = ['hub', ...SPOKES] as const

/** The two people, each with one account of the same name and one browser. The attacker's browser is also his client. */
export const PEOPLE = ['victim', 'attacker'] as const
export type Who = (typeof PEOPLE)[number]

/** A session as the store holds it. Ending one removes the record and leaves the rows of its handles, which then open nothing. */
export interface Session {
  readonly account: Who | null
  readonly live: boolean
  /** It was ended once: what the invariants remember, not the store. */
  readonly ended: boolean
  /** The secret of the handle of each scope. */
  readonly handles: Readonly<Record<Host, string | null>>
}

interface Browser {
  readonly cookies: Readonly<Record<Host, string | null>>
  /** The marker of a sign-out here, a cookie. An act of the user takes it away. */
  readonly out: Readonly<Record<Spoke, boolean>>
  /** The user signed out here and did nothing since to come back: what the invariants remember, not the browser. */
  readonly left: Readonly<Record<Spoke, boolean>>
}

/** What a spoke began: an ask in a URL, and a cookie `rq.<rid>` with the verifier in the browser. Its number is the rid. */
export interface Pull {
  readonly spoke: Spoke
  readonly by: Who
  /** Whether the browser still has the cookie. The attacker keeps a copy of his. */
  readonly rq: boolean
  /** An act of the user began it, and the marker gives way to it. Noted only where a defence is missing: an act takes the marker away. */
  readonly act: boolean
}

export interface Ticket {
  readonly kind: 'pull' | 'push'
  readonly to: Spoke
  readonly session: number
  /** The browser in which the hub answered: a form in it holds the ticket. */
  readonly inBrowser: Who
  /** The cookie tk.<rid> of that browser keeps it. Of the attacker's browser this is not noted: he keeps what he knows. */
  readonly waiting: boolean
  /** Of a pull: the rid, and the pull whose verifier fits `cc`. They differ only where an ask was forged. */
  readonly rid: number | null
  readonly cc: number | null
  /** Taken or expired. */
  readonly gone: boolean
  /** There was a sign-out here at its spoke, from its session, since it was issued. */
  readonly overtaken: boolean
  /** What the invariants remember: how many handles came of it, and what happened to it that must not. */
  readonly handles: number
  readonly wrong: 'burnt by a stranger' | 'found at another host' | 'found by another transport' | 'used after the master' | null
}

/** A request at `in` that has passed its checks, before the handle is attached and the answer is written. */
export interface Redemption {
  readonly ticket: number
  readonly by: Who
  readonly at: Spoke
  readonly rid: number | null
}

export interface State {
  readonly sessions: readonly Session[]
  readonly browsers: Readonly<Record<Who, Browser>>
  readonly pulls: readonly Pull[]
  readonly tickets: readonly Ticket[]
  readonly redemptions: readonly Redemption[]
  /** The attacker planted a cookie. */
  readonly planted: boolean
  /** A handle that opened a host other than its own. */
  readonly strayed: string | null
}

export const NOWHERE: Readonly<Record<Host, string | null>> = { hub: null, elmer: null, alice: null }
const IN: Readonly<Record<Spoke, boolean>> = { elmer: false, alice: false }
const emptyBrowser: Browser = { cookies: NOWHERE, out: IN, left: IN }

export const INITIAL: State = {
  sessions: [],
  browsers: { victim: emptyBrowser, attacker: emptyBrowser },
  pulls: [],
  tickets: [],
  redemptions: [],
  planted: false,
  strayed: null,
}

export const newSession = (account: Who | null, hub: string): Session => ({
  account,
  live: true,
  ended: false,
  handles: { ...NOWHERE, hub },
})

/** What the attacker plants at a spoke: any text that he knows. */
export const PLANTED = 'planted'

/** The number of the live session that a cookie opens at a host, `-1` when it opens none. */
export function opened({ sessions }: State, host: Host, cookie: string | null, without: ReadonlySet<Defence>): number {
  if (cookie === null) return -1
  return sessions.findIndex(({ live, handles }) => {
    if (!live) return false
    return without.has('scope') ? HOSTS.some((each) => handles[each] === cookie) : handles[host] === cookie
  })
}

const withBrowser = (state: State, who: Who, change: Partial<Browser>): State => ({
  ...state,
  browsers: { ...state.browsers, [who]: { ...state.browsers[who], ...change } },
})

export const withCookie = (state: State, who: Who, host: Host, cookie: string | null): State =>
  withBrowser(state, who, { cookies: { ...state.browsers[who].cookies, [host]: cookie } })

/** Marker and memory of a sign-out here, as they are from now on. */
export const withOut = (state: State, who: Who, spoke: Spoke, change: { readonly out?: boolean; readonly left?: boolean }): State => {
  const { out, left } = state.browsers[who]
  return withBrowser(state, who, {
    out: { ...out, [spoke]: change.out ?? out[spoke] },
    left: { ...left, [spoke]: change.left ?? left[spoke] },
  })
}

export const withSession = (state: State, number: number, change: Partial<Session>): State => ({
  ...state,
  sessions: state.sessions.with(number, { ...state.sessions[number]!, ...change }),
})

export const withTicket = (state: State, number: number, change: Partial<Ticket>): State => ({
  ...state,
  tickets: state.tickets.with(number, { ...state.tickets[number]!, ...change }),
})

/**
 * A state as text. What can make no difference any more is left out, so that states that differ in it alone are one: the handles of a
 * session that ended, a cookie that opens nothing, a ticket that is gone. (Should any of them come back to life, an invariant breaks
 * in that very step.)
 */
export function keyOf(state: State): string {
  const { sessions, browsers, pulls, tickets, redemptions, planted, strayed } = state
  let key = `${planted ? 'p' : ''}${strayed ?? ''}`
  for (const { account, live, ended, handles } of sessions) {
    key += `|${account?.[0] ?? '-'}`
    if (live) key += `${ended ? 'e' : ''}${handles.hub ?? ''},${handles.elmer ?? ''},${handles.alice ?? ''}`
  }
  for (const who of PEOPLE) {
    const { out, left } = browsers[who]
    key += `/${out.elmer ? 'e' : ''}${out.alice ? 'a' : ''}-${left.elmer ? 'e' : ''}${left.alice ? 'a' : ''}`
    for (const host of HOSTS) key += `,${keyOfCookie(state, browsers[who].cookies[host])}`
  }
  for (const { spoke, by, rq, act } of pulls) key += `;${spoke[0]}${by[0]}${rq ? 'r' : ''}${act ? 'a' : ''}`
  for (let i = 0; i < tickets.length; i += 1) {
    const { kind, to, session, inBrowser, rid, cc, gone, overtaken, waiting, handles, wrong } = tickets[i]!
    key += `!${kind[2]}${handles > 1 ? handles : ''}${wrong ?? ''}`
    if (gone && !redemptions.some(({ ticket }) => ticket === i)) continue
    key += `${to[0]}${session}${inBrowser[0]}${rid},${cc}${gone ? 'g' : ''}${overtaken ? 'o' : ''}${waiting ? 'w' : ''}${handles}`
  }
  for (const { ticket, by, at, rid } of redemptions) key += `?${ticket}${by[0]}${at[0]}${rid}`
  return key
}

function keyOfCookie({ sessions }: State, cookie: string | null): string {
  if (cookie === null) return ''
  const opens = cookie === PLANTED || sessions.some(({ live, handles }) => live && HOSTS.some((host) => handles[host] === cookie))
  return opens ? cookie : ''
}
