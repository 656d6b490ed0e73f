/**
 * Crossings as they happened: the library's events of one crossing, each with the request during which it came, and what that
 * request was answered. Of cookies only names are kept, of addresses only hosts and paths.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Request, RequestHandler, Response } from 'express'
import type { SessionEvent } from 'landbridge'

export type CrossingEvent = Extract<SessionEvent, { readonly rid: string | null }>

export interface Exchange {
  readonly at: number
  readonly host: string
  readonly method: string
  readonly path: string
  readonly events: CrossingEvent[]
  answer: Answer | null
}

export interface Answer {
  readonly at: number
  readonly status: number
  readonly to: { readonly host: string; readonly path: string } | null
  readonly set: readonly string[]
  readonly cleared: readonly string[]
}

export interface Crossing {
  readonly rid: string
  readonly exchanges: readonly Exchange[]
}

interface Running extends Exchange {
  rid: string | null
}

const KEPT = 60

export class Crossings {
  readonly #kept = new Map<string, Running[]>()
  readonly #current = new AsyncLocalStorage<Running>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  /** Listens to a request and its response. Comes before whatever may answer for the library. */
  readonly middleware: RequestHandler = (request, response, next) => {
    const { method, path } = request
    const exchange: Running = { at: this.#now(), host: request.hostname, method, path, events: [], answer: null, rid: ridIn(request.url) }
    response.on('finish', () => {
      exchange.answer = answerOf(response, this.#now())
      exchange.rid ??= ridIn(String(response.getHeader('location') ?? ''))
      // A request that only names some id is no part of a crossing unless the library said so.
      if (exchange.rid !== null && (exchange.events.length > 0 || this.#kept.has(exchange.rid))) this.#keep(exchange.rid, exchange)
    })
    this.#current.run(exchange, next)
  }

  note(event: SessionEvent): void {
    const exchange = this.#current.getStore()
    if (exchange === undefined || !('rid' in event)) return
    exchange.events.push(event)
    exchange.rid ??= event.rid
  }

  /** The crossings that a host had a part in, the latest first. */
  of(host: string): readonly Crossing[] {
    const all = [...this.#kept].map(([rid, exchanges]) => ({ rid, exchanges: exchanges.toSorted((a, b) => a.at - b.at) }))
    return all.filter((crossing) => hostsOf(crossing).has(host)).toReversed()
  }

  #keep(rid: string, exchange: Running): void {
    const exchanges = this.#kept.get(rid)
    if (exchanges) exchanges.push(exchange)
    else this.#kept.set(rid, [exchange])
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > KEPT && oldest !== undefined) this.#kept.delete(oldest)
  }
}

/** Every host that was asked, asked for, or sent something. */
function hostsOf({ exchanges }: Crossing): Set<string> {
  const named = exchanges.flatMap(({ host, events }) => [host, ...events.flatMap(partiesIn)])
  return new Set(named)
}

export function partiesIn(event: CrossingEvent): string[] {
  switch (event.type) {
    case 'crossing.asked':
      return [event.issuer]
    case 'ticket.issued':
    case 'crossing.answered-nobody':
      return [event.destination]
    case 'session.replaced':
      return [event.source, event.destination]
    case 'crossing.completed':
    case 'crossing.refused':
      return []
  }
}

const ridIn = (url: string): string | null => /[?&]rid=([a-z0-9]{8,10}[\w-]{22})(?:&|$)/.exec(url)?.[1] ?? null

function answerOf(response: Response, at: number): Answer {
  const cookies = [response.getHeader('set-cookie') ?? []].flat().map(String)
  const cleared = cookies.filter((cookie) => /;\s*Max-Age=0(?:;|$)/i.test(cookie))
  return {
    at,
    status: response.statusCode,
    to: placeIn(response.getHeader('location'), response.req),
    set: cookies.filter((cookie) => !cleared.includes(cookie)).map(nameOf),
    cleared: cleared.map(nameOf),
  }
}

const nameOf = (cookie: string): string => cookie.slice(0, cookie.indexOf('='))

function placeIn(location: unknown, request: Request): Answer['to'] {
  const base = `${request.protocol}://${request.headers.host ?? ''}`
  if (typeof location !== 'string' || !URL.canParse(location, base)) return null
  const { hostname, pathname } = new URL(location, base)
  return { host: hostname, path: pathname }
}
