/** A crossing as the steps of a sequence diagram: browser, asking host and issuing host are its lanes. */
import type { Answer, Crossing, CrossingEvent, Exchange } from './crossings.ts'
import { partiesIn } from './crossings.ts'
import { nobodySentence, replacedSentence, seconds } from './entry.ts'
import { CROSSING } from './reasons.ts'

type Tone = 'plain' | 'good' | 'refused'

export interface Lane {
  readonly host: string | null
  readonly part: string
}

/** From and to are indices of lanes; lane 0 is the browser. */
export type Step =
  | {
      readonly kind: 'message'
      readonly from: number
      readonly to: number
      readonly text: string
      readonly detail: string | null
      readonly redirect: boolean
      readonly set: readonly string[]
      readonly cleared: readonly string[]
    }
  | { readonly kind: 'note'; readonly lane: number; readonly at: number; readonly text: string; readonly code: string; readonly tone: Tone }

export interface Diagram {
  readonly rid: string
  readonly at: number
  readonly mode: string
  readonly outcome: string
  readonly tone: Tone
  readonly redirects: number
  readonly lastedMs: number
  readonly ticket: Ticket | null
  readonly lanes: readonly Lane[]
  readonly steps: readonly Step[]
}

export interface Ticket {
  readonly destination: string
  readonly issuedAt: number
  readonly lifeMs: number
  /** `null`: not used so far. */
  readonly redeemedAt: number | null
}

export function diagramOf({ rid, exchanges }: Crossing): Diagram {
  const events = exchanges.flatMap((exchange) => exchange.events)
  const lanes = lanesOf(exchanges, events)
  const ticket = ticketOf(events)
  const [first, last] = [exchanges[0], exchanges.at(-1)]
  return {
    rid,
    at: first?.at ?? 0,
    mode: events.find(({ mode }) => mode !== null)?.mode ?? 'unknown',
    ...outcomeOf(events, last?.answer ?? null),
    redirects: exchanges.filter(({ answer }) => answer !== null && isRedirect(answer)).length,
    lastedMs: (last?.answer?.at ?? 0) - (first?.at ?? 0),
    ticket,
    lanes,
    steps: [...exchanges.flatMap((exchange) => stepsOf(exchange, lanes, ticket)), ...arrival(last, lanes)],
  }
}

function lanesOf(exchanges: readonly Exchange[], events: readonly CrossingEvent[]): Lane[] {
  const asked = events.find((event) => event.type === 'crossing.asked')
  const issued = events.find((event) => event.type === 'ticket.issued')
  const isPush = events.some(({ mode }) => mode === 'push')
  const issuer = asked?.issuer ?? issued?.host ?? null
  const all = [...new Set(exchanges.flatMap(({ host, events: own }) => [host, ...own.flatMap(partiesIn)]))]
  const others = all.filter((host) => host !== issuer)
  const hosts = isPush && issuer !== null ? [issuer, ...others] : [...others.slice(0, 1), ...(issuer === null ? [] : [issuer])]
  const part = (host: string): string => (host === issuer ? 'issuing host' : isPush ? 'destination' : 'asking host')
  return [{ host: null, part: 'the visitor’s' }, ...hosts.slice(0, 2).map((host) => ({ host, part: part(host) }))]
}

function ticketOf(events: readonly CrossingEvent[]): Ticket | null {
  const issued = events.find((event) => event.type === 'ticket.issued')
  if (issued === undefined) return null
  const redeemed = events.find(({ type }) => type === 'session.replaced') ?? events.find(({ type }) => type === 'crossing.completed')
  const { destination, at, expiresAt } = issued
  return { destination, issuedAt: at, lifeMs: expiresAt - at, redeemedAt: redeemed?.at ?? null }
}

function outcomeOf(events: readonly CrossingEvent[], last: Answer | null): Pick<Diagram, 'outcome' | 'tone'> {
  const refusal = events.find((event) => event.type === 'crossing.refused')
  if (refusal) return { outcome: `refused: ${refusal.reason}`, tone: 'refused' }
  const completed = events.find((event) => event.type === 'crossing.completed')
  if (completed) return { outcome: completed.outcome, tone: completed.outcome === 'nobody' ? 'plain' : 'good' }
  const atSignIn = events.some(({ type }) => type === 'crossing.answered-nobody') && last !== null
  return { outcome: atSignIn ? 'on to the sign-in page' : 'not finished', tone: 'plain' }
}

const isRedirect = ({ status }: Answer): boolean => status >= 300 && status < 400

function stepsOf({ host, method, path, events, answer }: Exchange, lanes: readonly Lane[], ticket: Ticket | null): Step[] {
  const lane = Math.max(1, laneOf(lanes, host))
  const request = message(0, lane, `${method} ${path}`, null)
  const notes = events.map((event) => noteOf(event, lane, ticket))
  return answer === null ? [request, ...notes] : [request, ...notes, answerStep(lane, answer, carriesTicket(events))]
}

const laneOf = (lanes: readonly Lane[], host: string): number => lanes.findIndex((lane) => lane.host === host)

/** What brings a ticket without a redirect is a form: the ticket stands in its body, and in no address. */
const carriesTicket = (events: readonly CrossingEvent[]): boolean =>
  events.some((event) => event.type === 'ticket.issued' && event.mode !== 'fetch')

function answerStep(lane: number, answer: Answer, isForm: boolean): Step {
  const { status, to, set, cleared } = answer
  const text = to === null ? String(status) : `${status} to ${to.host}`
  return {
    ...message(lane, 0, text, to?.path ?? (isForm ? 'a form with the ticket, which sends itself' : null)),
    redirect: isRedirect(answer),
    set,
    cleared,
  }
}

function message(from: number, to: number, text: string, detail: string | null) {
  return { kind: 'message', from, to, text, detail, redirect: false, set: [], cleared: [] } as const
}

/** The page that the last redirect led to. It is no part of the crossing, so nothing listened to it. */
function arrival(last: Exchange | undefined, lanes: readonly Lane[]): Step[] {
  const to = last?.answer?.to
  const lane = to ? laneOf(lanes, to.host) : -1
  return to && lane > 0 ? [message(0, lane, `GET ${to.path}`, 'the page itself')] : []
}

function noteOf(event: CrossingEvent, lane: number, ticket: Ticket | null): Step {
  const { type: code, at } = event
  const note = { kind: 'note', lane, at, code, tone: 'plain' } as const
  switch (event.type) {
    case 'crossing.asked':
      return { ...note, text: `No session here. ${event.issuer} is asked, and the answer will count in this browser only.` }
    case 'crossing.answered-nobody':
      return { ...note, text: nobodySentence(event), code: `${code} ${event.because}` }
    case 'ticket.issued':
      return { ...note, tone: 'good', text: `Ticket for ${event.destination} only, good once, for ${seconds(event.expiresAt - at)}.` }
    case 'session.replaced': {
      const after = ticket === null ? '' : `Ticket taken after ${at - ticket.issuedAt} ms. `
      return { ...note, tone: 'good', text: after + replacedSentence(event) }
    }
    case 'crossing.completed':
      return {
        ...note,
        tone: event.outcome === 'nobody' ? 'plain' : 'good',
        text: COMPLETED[event.outcome],
        code: `${code} ${event.outcome}`,
      }
    case 'crossing.refused':
      return { ...note, tone: 'refused', text: CROSSING[event.reason], code: `${code} ${event.reason}` }
  }
}

const COMPLETED = {
  attached: 'Done. A redirect leads on to the page that was wanted.',
  connected: 'Done: this host had a handle for this very session already.',
  nobody: 'Done, without a session. The page is shown as to any visitor.',
}
