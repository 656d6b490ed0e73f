/**
 * The crossing protocol as a model: everything that the two people and the attacker's tricks can make happen next. Each function below
 * is one kind of step. A URL, once a browser was sent to it, may be opened at any later time, any number of times, in any order, by
 * whoever knows it; so delays, replays and reorderings need no steps of their own. Where a rule of the protocol stands, so does the
 * switch that takes it away: `has('…')`.
 */
import type { Model, Step } from './explore.ts'
import type { Invariant } from './invariants.ts'
import { INVARIANTS } from './invariants.ts'
import { redeemingSteps } from './redeeming.ts'
import type { Rules } from './rules.ts'
import { canOpen, has, opening } from './rules.ts'
import type { Host, Pull, Spoke, State, Ticket, Who } from './state.ts'
import { HOSTS, INITIAL, keyOf, newSession, NOWHERE, opened, PEOPLE, PLANTED, SPOKES, withCookie, withOut, withSession } from './state.ts'

/** The model under some rules; `faultOf` judges by the named invariants only. */
export function crossing(rules: Rules, invariants: readonly Invariant[] = Object.keys(INVARIANTS) as Invariant[]): Model<State> {
  const checks = invariants.map((name) => INVARIANTS[name])
  const kinds: readonly Kind[] = [signIn, signOut, signOutHere, masterEnds, start, ask, forgedAsk, push, plant, show]
  return {
    initial: INITIAL,
    stepsFrom: (state) => [...kinds.flatMap((kind) => kind(state, rules)), ...redeemingSteps(state, rules)],
    keyOf,
    faultOf: (state) => checks.reduce<string | null>((fault, check) => fault ?? check(state, rules), null),
  }
}

type Kind = (state: State, rules: Rules) => Step<State>[]

const masterOf = (state: State, who: Who, { without }: Rules): number => opened(state, 'hub', state.browsers[who].cookies.hub, without)
const isSignedIn = (state: State, number: number): boolean => number >= 0 && state.sessions[number]!.account !== null

/** The spokes that may be named next. They are alike, so the first one that is named may as well be elmer: half of the states are enough. */
const nameable = ({ pulls, tickets, planted }: State): readonly Spoke[] =>
  pulls.length + tickets.length > 0 || planted ? SPOKES : SPOKES.slice(0, 1)

/** A person signs in at the hub. It renews: a new session with a new secret, and the one that was there ends with all its handles. */
function signIn(state: State, rules: Rules): Step<State>[] {
  return PEOPLE.filter((who) => state.sessions.filter(({ account }) => account === who).length < rules.bounds.signIns[who]).map((who) => {
    const before = masterOf(state, who, rules)
    const tell = () => `The ${who} signs in at the hub.`
    if (before >= 0 && !has(rules, 'renewal')) {
      return { kind: 'sign-in', tell, next: withSession(state, before, { account: who }) }
    }
    const number = state.sessions.length
    const secret = `m${number}`
    const ended = before < 0 ? state : withSession(state, before, { live: false, ended: true })
    const added = { ...ended, sessions: [...ended.sessions, newSession(who, secret)] }
    return { kind: 'sign-in', tell, next: withCookie(added, who, 'hub', secret) }
  })
}

/** A person signs out at the hub or everywhere: the record of the session is removed, and nothing is fanned out to the handles. */
function signOut(state: State, rules: Rules): Step<State>[] {
  return PEOPLE.flatMap((who) => {
    const number = masterOf(state, who, rules)
    if (!isSignedIn(state, number)) return []
    const tell = () => `The ${who} signs out everywhere.`
    return [{ kind: 'sign-out', tell, next: withSession(state, number, { live: false, ended: true }) }]
  })
}

/**
 * The victim signs out at one spoke: that handle is removed, the session notes it, so that tickets from before can be told, and a marker
 * in the browser holds back what comes later. An act from before is none any more.
 */
function signOutHere(state: State, rules: Rules): Step<State>[] {
  return SPOKES.flatMap((spoke) => {
    const number = opened(state, spoke, state.browsers.victim.cookies[spoke], rules.without)
    if (number < 0) return []
    const handles = { ...state.sessions[number]!.handles, [spoke]: null }
    const tickets = state.tickets.map((each) => (each.session === number && each.to === spoke ? { ...each, overtaken: true } : each))
    const closed = withOut(withCookie(state, 'victim', spoke, null), 'victim', spoke, { out: true, left: true })
    const next = { ...withSession(closed, number, { handles }), tickets }
    return [{ kind: 'sign-out-here', tell: () => `The victim signs out at ${spoke} only.`, next }]
  })
}

/**
 * The hub's handle stays idle until it ends. Who works at a spoke, or is let in there, is not idle at the hub either, so no handle of a
 * spoke outlives it. The record of the session stands until it is swept.
 */
function masterEnds(state: State, rules: Rules): Step<State>[] {
  return state.sessions.flatMap(({ account, live, handles }, number) => {
    if (account !== 'victim' || !live || handles.hub === null) return []
    const left = has(rules, 'kept-alive') && has(rules, 'kept-alive-from-the-start') ? NOWHERE : { ...handles, hub: null }
    const meanwhile = has(rules, 'kept-alive') ? 'or to a spoke for a second time,' : 'but to the spokes only,'
    const tell = () => `Nobody comes to the hub with session ${number + 1}, ${meanwhile} until the hub's handle ends.`
    return [{ kind: 'master-ends', tell, next: withSession(state, number, { handles: left }) }]
  })
}

/**
 * A spoke begins: it sets the cookie rq.<rid> and sends the browser to the hub with an ask. By the user's act, on a page of this host or
 * the sign-in page of the hub, which takes the marker away; or silently, on any GET that somebody makes the browser do. Or by an address
 * by which the hub tells that somebody has just signed in there to come here, opened in another browser, or again.
 */
function start(state: State, rules: Rules): Step<State>[] {
  return PEOPLE.filter((by) => state.pulls.filter((pull) => pull.by === by).length < rules.bounds.pulls[by]).flatMap((by) =>
    nameable(state).flatMap((spoke) => {
      const begun = (act: boolean): State => ({
        ...state,
        pulls: [...state.pulls, { spoke, by, rq: true, act: act && !has(rules, 'act-overtaken') }],
      })
      const then = `${spoke} sets the cookie rq.${state.pulls.length + 1} and sends the browser to the hub with ask ${state.pulls.length + 1}.`
      const act: Step<State> = {
        kind: 'start',
        tell: () => `The ${by} asks to sign in at ${spoke}; ${then}`,
        next: withOut(begun(true), by, spoke, { out: false, left: false }),
      }
      // Where the user has not left, both are the same step.
      if (!state.browsers[by].left[spoke]) return [act]
      const makes = (url: string) => () => `A page of the attacker makes the ${by}'s browser open ${url}; ${then}`
      const silent: Step<State> = { kind: 'start-silently', tell: makes(spoke), next: begun(false) }
      if (!state.sessions.some(({ account }) => account === 'attacker')) return [act, silent]
      const forged = has(rules, 'act-bound') ? null : withOut(begun(true), by, spoke, { out: false })
      return [act, silent, { kind: 'forged-act', tell: makes(`the address by which the hub sent him back to ${spoke}`), next: forged }]
    }),
  )
}

/** A browser opens an ask at the hub. */
function ask(state: State, rules: Rules): Step<State>[] {
  return PEOPLE.flatMap((who) =>
    state.pulls.flatMap((pull, rid) => {
      return canOpen(who, pull.by, rules) ? answerAsk(state, rules, who, { ...pull, rid, cc: rid }) : []
    }),
  )
}

/** A browser opens an ask that the attacker made up of parts of others; the signature is what stops it. */
function forgedAsk(state: State, rules: Rules): Step<State>[] {
  return PEOPLE.flatMap((who) =>
    state.pulls.flatMap((pull, rid) =>
      state.pulls.flatMap((other, cc) => {
        const isKnown = [pull, other].every(({ by }) => canOpen('attacker', by, rules))
        if (cc === rid || other.spoke !== pull.spoke || !isKnown) return []
        if (has(rules, 'signature')) return [{ kind: 'forged-ask', tell: () => '', next: null }]
        return answerAsk(state, rules, who, { ...pull, rid, cc }, 'forged-ask')
      }),
    ),
  )
}

type Asked = Pick<Pull, 'spoke' | 'by'> & { readonly rid: number; readonly cc: number }

/**
 * The hub reads its own handle in the browser that came. For an account that is signed in it issues a ticket and answers with a form that
 * posts itself to `in` of the spoke, with ticket and rid in its body.
 */
function answerAsk(state: State, rules: Rules, who: Who, { spoke, by, rid, cc }: Asked, kind = 'ask'): Step<State>[] {
  const session = masterOf(state, who, rules)
  const what = kind === 'ask' ? `ask ${rid + 1}` : `a forged ask of rid ${rid + 1} with the cc of ask ${cc + 1}`
  const refused = (why: string): Step<State>[] => [{ kind, tell: () => `${opening(who, by)} ${what}; the hub ${why}.`, next: null }]
  if (!isSignedIn(state, session)) return refused('knows nobody there')
  if (state.tickets.length >= rules.bounds.tickets) return []
  const ticket = newTicket({ kind: 'pull', to: spoke, session, inBrowser: who, rid, cc })
  const tell = () =>
    `${opening(who, by)} ${what}; the hub issues ticket ${state.tickets.length + 1} for ${spoke} and the ${state.sessions[session]!.account}'s account.`
  return [{ kind, tell, next: { ...state, tickets: [...state.tickets, ticket] } }]
}

type NewTicket = Pick<Ticket, 'kind' | 'to' | 'session' | 'inBrowser' | 'rid' | 'cc'>
const newTicket = (given: NewTicket): Ticket => ({ ...given, gone: false, overtaken: false, waiting: false, handles: 0, wrong: null })

/** A person follows a link at the hub to a host that takes pushed tickets: a form with the ticket in it. It does not take a marker away. */
function push(state: State, rules: Rules): Step<State>[] {
  const { bounds } = rules
  if (state.tickets.length >= bounds.tickets) return []
  if (state.tickets.filter(({ kind }) => kind === 'push').length >= bounds.pushes) return []
  return PEOPLE.flatMap((who) => {
    const session = masterOf(state, who, rules)
    if (!isSignedIn(state, session)) return []
    return nameable(state).map((to) => {
      const ticket = newTicket({ kind: 'push', to, session, inBrowser: who, rid: null, cc: null })
      const next = { ...state, tickets: [...state.tickets, ticket] }
      return {
        kind: 'push',
        tell: () => `The ${who} follows a link at the hub to ${to}; the form holds ticket ${next.tickets.length}.`,
        next,
      }
    })
  })
}

/**
 * The attacker has a sibling host plant a cookie that he knows, in a browser that enforces no prefix and has no live cookie there: at
 * the hub one of an anonymous session of his, at a spoke any text.
 */
function plant(state: State, { without, bounds }: Rules): Step<State>[] {
  if (state.planted || !bounds.planting) return []
  const { victim, attacker } = state.browsers
  return (['hub', ...nameable(state)] as const).flatMap((host) => {
    const isFree = (cookie: string | null): boolean => opened(state, host, cookie, without) < 0
    if (!isFree(victim.cookies[host]) || !isFree(attacker.cookies[host])) return []
    const secret = host === 'hub' ? `m${state.sessions.length}` : PLANTED
    const sessions = host === 'hub' ? [...state.sessions, newSession(null, secret)] : state.sessions
    const known = withCookie({ ...state, sessions, planted: true }, 'attacker', host, secret)
    const what = host === 'hub' ? 'the cookie of an anonymous session of his' : 'a cookie'
    const tell = () => `The attacker plants ${what} at ${host} in the victim's browser, and keeps a copy.`
    return [{ kind: 'plant', tell, next: withCookie(known, 'victim', host, secret) }]
  })
}

/**
 * A cookie is shown at another host: one of the attacker's own, or the victim's cookie of a spoke, whose pages and server the attacker
 * may hold.
 */
function show(state: State, { without }: Rules): Step<State>[] {
  const shown = (who: Who, from: Host): Step<State>[] => {
    const cookie = state.browsers[who].cookies[from]
    return HOSTS.filter((at) => cookie !== null && at !== from).map((at) => {
      const number = opened(state, at, cookie, without)
      const tell = () => `The attacker shows ${who === 'attacker' ? 'his own' : "the victim's"} cookie of ${from} at ${at}.`
      return {
        kind: 'show',
        tell,
        next: number < 0 ? null : { ...state, strayed: `A handle of ${from} opened session ${number + 1} at ${at}.` },
      }
    })
  }
  return [...HOSTS.flatMap((from) => shown('attacker', from)), ...SPOKES.flatMap((from) => shown('victim', from))]
}
