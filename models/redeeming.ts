/**
 * How a ticket is redeemed: the second half of the model. A request at `in` is two steps, because other requests come in between:
 * the ticket is taken and checked, then the handle is attached and the answer written.
 */
import type { Step } from './explore.ts'
import type { Rules } from './rules.ts'
import { has } from './rules.ts'
import type { Redemption, Spoke, State, Ticket, Who } from './state.ts'
import { PEOPLE, SPOKES, withCookie, withOut, withSession, withTicket } from './state.ts'

export function redeemingSteps(state: State, rules: Rules): Step<State>[] {
  return [...post(state, rules), ...comeIn(state, rules), ...forgedPost(state, rules), ...attach(state, rules), ...expire(state, rules)]
}

/** The page that handed a ticket over: of the hub, of another spoke (the attacker may hold it), of his own. `null`: nothing is compared. */
type Source = 'hub' | 'sibling' | 'evil' | null

/** What a request brings to the spoke `at`, from the browser `by`. */
interface Arrival {
  readonly by: Who
  readonly at: Spoke
  readonly ticket: number
  readonly mode: Ticket['kind']
  /** `null`: a push, or the browser has no rq cookie of the rid that came with the ticket. */
  readonly rid: number | null
  readonly source: Source
  readonly how: () => string
}

/**
 * The form of the hub posts itself in the browser in which the hub answered. Where the browser sends no Lax cookies with it, or has none
 * of this rid, and for a push, `in` keeps the ticket in the cookie tk.<rid> and goes on by a redirect. Otherwise it redeems at once.
 * While the page stands this can happen again.
 */
function post(state: State, rules: Rules): Step<State>[] {
  if (!has(rules, 'ticket-in-body')) return []
  return state.tickets.flatMap((given, ticket) => {
    if (given.gone || given.inBrowser !== 'victim') return []
    const rid = ridOf(state, given)
    const how = () => `The victim's browser posts the form with ticket ${ticket + 1} to \`in\` of ${given.to}`
    if (given.kind === 'pull' && rid !== null && rules.bounds.sameSite) {
      return [arrive(state, rules, { by: 'victim', at: given.to, ticket, mode: 'pull', rid, source: 'hub', how })]
    }
    const tell = () => `${how()}, which keeps it in the cookie tk and redirects.`
    return [{ kind: 'post', tell, next: given.waiting ? null : withTicket(state, ticket, { waiting: true }) }]
  })
}

/** The rid of the form, if the victim's browser has the rq cookie of it. */
function ridOf({ pulls }: State, { rid, to }: Ticket): number | null {
  const pull = rid === null ? undefined : pulls[rid]
  return pull !== undefined && pull.by === 'victim' && pull.spoke === to && pull.rq ? rid : null
}

/** A GET of `in` with a rid, which anybody can make the victim's browser do: it finds what was kept. In the old draft the URL brings the ticket. */
function comeIn(state: State, rules: Rules): Step<State>[] {
  const inUrl = !has(rules, 'ticket-in-body')
  return state.tickets.flatMap((given, ticket) => {
    if (given.gone || given.inBrowser !== 'victim') return []
    if (!(given.waiting || (inUrl && given.kind === 'pull'))) return []
    const how = () =>
      `The victim's browser opens \`in\` of ${given.to} ${inUrl ? `with ticket ${ticket + 1} in the URL` : 'behind the redirect'}`
    const source = inUrl ? null : 'hub'
    return [arrive(state, rules, { by: 'victim', at: given.to, ticket, mode: given.kind, rid: ridOf(state, given), source, how })]
  })
}

/**
 * Who knows a ticket can bring it to either spoke, with any rid and as either kind: from the attacker's client, which writes into Origin
 * what it likes, or from a page in the victim's browser, with an Origin that he cannot choose. (What `in` would keep in between, nobody
 * looks at before the GET that follows: here both are one step.)
 */
function forgedPost(state: State, rules: Rules): Step<State>[] {
  const inUrl = !has(rules, 'ticket-in-body')
  return state.tickets.flatMap((given, ticket) => {
    const reads = inUrl && rules.sight === 'live' && given.kind === 'pull'
    if (given.gone || !(given.inBrowser === 'attacker' || reads)) return []
    return PEOPLE.flatMap((by) =>
      sourcesOf(by, inUrl).flatMap((source) =>
        SPOKES.flatMap((at) => {
          const rids = state.pulls.flatMap((pull, rid) => (pull.spoke === at && pull.by === by && pull.rq ? [rid] : []))
          const how = () => describe(by, source, at, ticket)
          const pulls = [null, ...rids].map((rid) => ({ by, at, ticket, mode: 'pull' as const, rid, source, how }))
          const pushes = source === null ? [] : [{ by, at, ticket, mode: 'push' as const, rid: null, source, how }]
          return [...pulls, ...pushes].map((arrival) => ({ ...arrive(state, rules, arrival), kind: 'forged-post' }))
        }),
      ),
    )
  })
}

function sourcesOf(by: Who, inUrl: boolean): Source[] {
  const forms: Source[] = by === 'attacker' ? ['hub'] : ['sibling', 'evil']
  return inUrl ? [null, ...forms] : forms
}

function describe(by: Who, source: Source, at: Spoke, ticket: number): string {
  if (by === 'attacker') return `The attacker brings ticket ${ticket + 1} to \`in\` of ${at} himself`
  if (source === null) return `The attacker makes the victim's browser open \`in\` of ${at} with ticket ${ticket + 1} in the URL`
  const page = source === 'evil' ? 'A page of the attacker' : 'A page of another spoke, which the attacker holds,'
  return `${page} makes the victim's browser post ticket ${ticket + 1} to \`in\` of ${at}`
}

/**
 * 1. The page that posted is of a host of the bridge. 2. The rq cookie of the rid, or nothing is taken. 3. The marker of a sign-out here.
 * 4. The ticket is taken from under this host and mode, whatever then comes of it. 5. It comes from its source. 6. It says what the
 * cookie says: rid, and S256(verifier) = cc.
 */
function arrive(state: State, rules: Rules, { by, at, ticket: number, mode, rid, source, how }: Arrival): Step<State> {
  const ticket = state.tickets[number]!
  const cookie = (): string => (mode === 'push' ? 'as a push' : rid === null ? 'without an rq cookie' : `with the cookie rq.${rid + 1}`)
  const step = (end: string, next: State | null): Step<State> => ({ kind: 'come-in', tell: () => `${how()}, ${cookie()}: ${end}.`, next })

  if (source === 'evil' && has(rules, 'bridge-origin')) return step('refused for its Origin', null)
  const told = ticket.waiting ? withTicket(state, number, { waiting: false }) : state
  const asked = rid === null ? told : forgetRq(told, by, rid)
  const unchanged = asked === state ? null : asked
  const isUnasked = mode === 'pull' && rid === null
  if (isUnasked && has(rules, 'rq-first')) return step('nothing is taken', unchanged)
  const act = rid !== null && state.pulls[rid]!.act
  if (state.browsers[by].out[at] && !act && has(rules, 'marker')) return step('refused by the marker', unchanged)
  if (ticket.to !== at && has(rules, 'destination-in-key')) return step('no such ticket here', unchanged)
  if (ticket.kind !== mode && has(rules, 'mode-in-key')) return step('no such ticket for this transport', unchanged)

  const wrong = misuseOf(ticket, at, mode, isUnasked)
  const refused = withTicket(asked, number, { gone: true, wrong })
  if (isUnasked) return step('the ticket is taken, then the request is refused', refused)
  if (ticket.to !== at && has(rules, 'destination-checked'))
    return step('the ticket is taken, then refused as one for another host', refused)
  if ((source === 'evil' || source === 'sibling') && has(rules, 'source-origin'))
    return step('the ticket is taken, then refused for its Origin', refused)
  const fits = mode === 'push' || (ticket.rid === rid && ticket.cc === rid)
  if (!fits && has(rules, 'binding')) return step('the ticket is taken, then refused as not of this browser', refused)
  if (state.redemptions.length >= rules.bounds.redemptions) return step('one too many for the model', null)
  return step('the ticket is taken and good', beginRedemption(told, rules, { ticket: number, by, at, rid }, wrong))
}

function misuseOf(ticket: Ticket, at: Spoke, mode: Ticket['kind'], isUnasked: boolean): Ticket['wrong'] {
  if (ticket.to !== at) return 'found at another host'
  if (isUnasked) return 'burnt by a stranger'
  return ticket.kind === mode ? ticket.wrong : 'found by another transport'
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
 * lives, the hub's handle is there, and the session says of a sign-out here what the ticket says.
 */
function attach(state: State, rules: Rules): Step<State>[] {
  return state.redemptions.map((redemption, place) => {
    const { ticket: number, by, at, rid } = redemption
    const ticket = state.tickets[number]!
    const session = state.sessions[ticket.session]!
    const answered = rid === null ? state : forgetRq(state, by, rid)
    const settled = withTicket({ ...answered, redemptions: state.redemptions.toSpliced(place, 1) }, number, { gone: true })
    // A marker that shares its cookie with what this answer writes falls back to what the request brought: there was none.
    const done = has(rules, 'marker-apart') ? settled : withOut(settled, by, at, { out: false })
    const ends = (end: string, next: State): Step<State> => ({
      kind: next === done ? 'refuse-late' : 'attach',
      tell: () => `${at} answers the ${by}'s browser that brought ticket ${number + 1}: ${end}.`,
      next,
    })
    if (!session.live && has(rules, 'live-session')) return ends('its session has ended', done)
    if (session.handles.hub === null && has(rules, 'live-master')) return ends("the hub's handle has ended", done)
    if (ticket.overtaken && has(rules, 'left-expected')) return ends('the user signed out here meanwhile', done)

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
