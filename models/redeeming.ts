/**
 * How a ticket is redeemed: the second half of the model. A request at `in` is two steps, because other requests come in between:
 * the ticket is taken and checked, then the handle is attached and the answer written.
 */
import type { Step } from './explore.ts'
import type { Rules } from './rules.ts'
import { canOpen, has, opening } from './rules.ts'
import type { Redemption, Spoke, State, Ticket, Who } from './state.ts'
import { PEOPLE, SPOKES, withCookie, withSession, withTicket } from './state.ts'

export function redeemingSteps(state: State, rules: Rules): Step<State>[] {
  return [...comeIn(state, rules), ...post(state, rules), ...attach(state, rules), ...expire(state, rules)]
}

/** What a GET carries to the spoke `at`: the ticket and the rid that the URL names, from the browser `by`. */
interface Arrival {
  readonly by: Who
  readonly at: Spoke
  readonly ticket: number
  /** `null`: the browser has no rq cookie of the rid in the URL. */
  readonly rid: number | null
}

/** Whether a person can come to bring a ticket to `in` by a URL. One in a form is in no URL, unless the attacker writes his own into one. */
const canBring = (by: Who, { kind, inBrowser, answered }: Ticket, rules: Rules): boolean =>
  kind === 'pull' ? canOpen(by, inBrowser, answered, rules) : inBrowser === 'attacker'

/**
 * A GET of `in`. Who knows a ticket can make up a URL with it, for either spoke and with any rid; otherwise the browser opens the one
 * URL that the hub made.
 */
function comeIn(state: State, rules: Rules): Step<State>[] {
  return PEOPLE.flatMap((by) =>
    state.tickets.flatMap((given, ticket) => {
      if (given.gone || !canBring(by, given, rules)) return []
      const logs = rules.sight === 'log' && by === given.inBrowser && !given.answered
      const logged = logs ? withTicket(state, ticket, { answered: true }) : state
      return urlsWith(state, rules, by, given).map(({ at, rid }) => {
        const step = arrive(logged, rules, { by, at, ticket, rid })
        return logs && step.next === null ? { ...step, next: logged } : step
      })
    }),
  )
}

function urlsWith(state: State, rules: Rules, by: Who, ticket: Ticket): Pick<Arrival, 'at' | 'rid'>[] {
  const isAsked = (rid: number, at: Spoke): boolean => {
    const pull = state.pulls[rid]!
    return pull.spoke === at && pull.by === by && pull.rq
  }
  if (!canBring('attacker', ticket, rules)) {
    const rid = ticket.rid !== null && isAsked(ticket.rid, ticket.to) ? ticket.rid : null
    return [{ at: ticket.to, rid }]
  }
  const rids = [...state.pulls.keys()]
  return SPOKES.flatMap((at) => [null, ...rids.filter((rid) => isAsked(rid, at))].map((rid) => ({ at, rid })))
}

/**
 * 1. The rq cookie of the rid in the URL, or nothing happens. 2. The marker of a sign-out here. 3. The ticket is taken from under this
 * host and mode, whatever then comes of it. 4. It says what the cookie says: rid, and S256(verifier) = cc.
 */
function arrive(state: State, rules: Rules, { by, at, ticket: number, rid }: Arrival): Step<State> {
  const ticket = state.tickets[number]!
  const cookie = rid === null ? 'without an rq cookie' : `with its cookie rq.${rid + 1}`
  const opens = `${opening(by, ticket.inBrowser)} \`in\` of ${at} with ticket ${number + 1}, ${cookie}`
  const step = (end: string, next: State | null): Step<State> => ({ kind: 'come-in', tell: () => `${opens}: ${end}.`, next })

  if (rid === null && has(rules, 'rq-first')) return step('nothing happens', null)
  const asked = rid === null ? state : forgetRq(state, by, rid)
  const unchanged = asked === state ? null : asked
  if (rid !== null && state.browsers[by].out[at] && has(rules, 'marker')) return step('refused by the marker', unchanged)
  if (ticket.to !== at && has(rules, 'destination-in-key')) return step('no such ticket here', unchanged)
  if (ticket.kind === 'push' && has(rules, 'mode-in-key')) return step('no such ticket by GET', unchanged)

  const wrong = ticket.to !== at ? 'found at another host' : rid === null && ticket.kind === 'pull' ? 'burnt by a stranger' : ticket.wrong
  const refused = withTicket(asked, number, { gone: true, wrong })
  if (rid === null) return step('the ticket is taken, then the request is refused', refused)
  if (ticket.to !== at && has(rules, 'destination-checked'))
    return step('the ticket is taken, then refused as one for another host', refused)
  // A pushed ticket says nothing of rid and cc: where it can be found here, nothing is there to compare.
  const ridFits = ticket.rid === rid || !has(rules, 'rid-compared')
  const ccFits = ticket.cc === rid || !has(rules, 'cc-compared')
  const fits = ticket.kind === 'push' || (ridFits && ccFits)
  if (!fits && has(rules, 'binding')) return step('the ticket is taken, then refused as not of this browser', refused)
  if (state.redemptions.length >= rules.bounds.redemptions) return step('one too many for the model', null)
  return step('the ticket is taken and good', beginRedemption(state, rules, { ticket: number, by, at, rid }, wrong))
}

/**
 * A POST of `in`: the form of a push, sent by the browser in which it stands, with the Origin of the hub; a form of the attacker's page
 * in the victim's browser, with an Origin that he cannot choose; or the attacker's client, which writes into Origin what it likes.
 */
function post(state: State, rules: Rules): Step<State>[] {
  return PEOPLE.flatMap((by) =>
    state.tickets.flatMap((given, ticket) => {
      const own = given.kind === 'push' && given.inBrowser === by
      if (given.gone || !(own || canBring(by, given, rules))) return []
      return [arrivePosted(state, rules, by, ticket, own || by === 'attacker' ? 'hub' : 'evil')]
    }),
  )
}

function arrivePosted(state: State, rules: Rules, by: Who, number: number, origin: 'hub' | 'evil'): Step<State> {
  const ticket = state.tickets[number]!
  const posts = origin === 'evil' ? "A page of the attacker makes the victim's browser post" : `The ${by}'s browser posts`
  const step = (end: string, next: State | null): Step<State> => ({
    kind: 'post',
    tell: () => `${posts} ticket ${number + 1} to \`in\` of ${ticket.to}, with Origin ${origin}: ${end}.`,
    next,
  })
  if (ticket.kind === 'pull' && has(rules, 'mode-in-key')) return step('no such ticket by POST', null)
  const wrong = ticket.kind === 'pull' ? 'burnt by a stranger' : ticket.wrong
  // A ticket of a redirect has no source: where it can be found here, nothing is there to compare.
  if (ticket.kind === 'push' && origin !== 'hub' && has(rules, 'push-origin')) {
    return step('the ticket is taken, then refused for its Origin', withTicket(state, number, { gone: true, wrong }))
  }
  if (state.redemptions.length >= rules.bounds.redemptions) return step('one too many for the model', null)
  return step('the ticket is taken and good', beginRedemption(state, rules, { ticket: number, by, at: ticket.to, rid: null }, wrong))
}

/** The answer of `in` clears the rq cookie. The attacker keeps a copy of his. */
function forgetRq(state: State, by: Who, rid: number): State {
  return by === 'attacker' ? state : { ...state, pulls: state.pulls.with(rid, { ...state.pulls[rid]!, rq: false }) }
}

function beginRedemption(state: State, rules: Rules, begun: Redemption, wrong: Ticket['wrong']): State {
  const taken = withTicket(state, begun.ticket, { gone: has(rules, 'take-once'), wrong })
  const order = ({ ticket, by, rid }: Redemption): string => `${ticket}${by}${rid}`
  return { ...taken, redemptions: [...taken.redemptions, begun].sort((a, b) => (order(a) < order(b) ? -1 : 1)) }
}

/**
 * The second half: one atomic step of the store adds the handle, and the answer sets its cookie. Nothing is written unless the session
 * lives, the hub's handle is there, and no sign-out here came in between.
 */
function attach(state: State, rules: Rules): Step<State>[] {
  return state.redemptions.map((redemption, place) => {
    const { ticket: number, by, at, rid } = redemption
    const ticket = state.tickets[number]!
    const session = state.sessions[ticket.session]!
    const answered = rid === null ? state : forgetRq(state, by, rid)
    const done = withTicket({ ...answered, redemptions: state.redemptions.toSpliced(place, 1) }, number, { gone: true })
    const ends = (end: string, next: State): Step<State> => ({
      kind: next === done ? 'refuse-late' : 'attach',
      tell: () => `${at} answers the ${by}'s browser that brought ticket ${number + 1}: ${end}.`,
      next,
    })
    if (!session.live && has(rules, 'live-session')) return ends('its session has ended', done)
    if (session.handles.hub === null && has(rules, 'live-master')) return ends("the hub's handle has ended", done)
    if (ticket.overtaken && has(rules, 'no-overtaking')) return ends('the user signed out here meanwhile', done)

    const shown = state.browsers[by].cookies[at]
    const secret = shown !== null && !has(rules, 'fresh-handle') ? shown : `h${number}.${ticket.handles}`
    const wrong = session.handles.hub === null ? 'used after the master' : ticket.wrong
    const counted = withTicket(done, number, { handles: ticket.handles + 1, wrong })
    const attached = withSession(counted, ticket.session, { live: true, handles: { ...session.handles, [at]: secret } })
    return ends(`it has a session of the ${session.account}'s account now`, withCookie(attached, by, at, secret))
  })
}

/** The ticket's 30 seconds are over. */
function expire(state: State, rules: Rules): Step<State>[] {
  if (!has(rules, 'expiry')) return []
  return state.tickets.flatMap(({ gone }, number) =>
    gone ? [] : [{ kind: 'expire', tell: () => `Ticket ${number + 1} expires.`, next: withTicket(state, number, { gone: true }) }],
  )
}
