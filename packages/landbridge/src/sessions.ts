/**
 * The straight line of a request:
 * open → host (allowed? which scope?) → our endpoints (reply) → origin check → arrival (fetch the session from another host?)
 * → session (cookie, handle and store are read when the application asks) → application → commit → headers.
 */
import { channel } from 'node:diagnostics_channel'
import { arrive } from './arrival.ts'
import type { Administration } from './core/administration.ts'
import { administration } from './core/administration.ts'
import type { Seen } from './core/bridge.ts'
import type { Carrier } from './core/carried.ts'
import type { Config, SessionsOptions } from './core/config.ts'
import { compileConfig } from './core/config.ts'
import type { SentToken } from './core/csrf-field.ts'
import { sentToken } from './core/csrf-field.ts'
import type { EventListener, RequestReason, SessionEvent } from './core/events.ts'
import { Events } from './core/events.ts'
import { guardStore } from './core/guard.ts'
import type { ResponseHeaders } from './core/headers.ts'
import { commitResponse } from './core/headers.ts'
import { canonicalOrigin, originOf, provenance } from './core/origin.ts'
import { readForwarded } from './core/proxy.ts'
import type { Reply } from './core/reply.ts'
import { errorReply } from './core/errors.ts'
import { replyResponse } from './core/reply.ts'
import { refusalFor } from './core/refusal-page.ts'
import type { Inbound, NodeRequest } from './core/request.ts'
import { inbound } from './core/request.ts'
import { RequestSession } from './core/request-session.ts'
import type { Context, Session, Signals } from './core/session.ts'
import { startSweeping } from './core/sweep.ts'
import type { Place } from './core/topology.ts'
import type { Host, MaybePromise, RegisteredData } from './core/types.ts'
import { isPromise } from './core/types.ts'
import type { Visit } from './core/visit.ts'
import { visitOf } from './core/visit.ts'
import { answerEndpoint } from './endpoints.ts'

/** What is known of a refused request, all of it checked to be well-formed: events may be logged as they are. */
interface RefusedAbout {
  readonly host?: Host
  readonly asked?: string | null
  readonly origin?: string | null
}

/** What `open` made of a request: a refusal to send as it is, or a session to serve it with. */
export type Exchange<Data extends object> =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | {
      readonly kind: 'serve'
      readonly session: Session<Data>
      /**
       * Stores what the application changed, then writes cookie and cache headers; call it before the head of the response leaves.
       * Throws `ERR_STORE_UNAVAILABLE`, or `ERR_SESSION_ENDED` when the session ended meanwhile; then send `errorReply(error)` instead.
       */
      commit(headers: ResponseHeaders): MaybePromise<void>
    }

/** A request that is served, as this file sees it. */
interface Served<Data extends object> {
  readonly kind: 'serve'
  readonly session: RequestSession<Data>
  commit(headers: ResponseHeaders): MaybePromise<void>
}

export interface OpenOptions extends Signals {
  /** Address of the peer, for `trustedProxies`, where the request itself does not tell it (Web-standard requests do not). */
  readonly address?: string | undefined
}

/** All sessions of an application. */
export interface Sessions<Data extends object = RegisteredData> extends Administration {
  /** Opens the session of a request: checks host and origin, and reads nothing yet. Answers at once unless it has to ask. */
  open(request: Request | NodeRequest, options?: OpenOptions): MaybePromise<Exchange<Data>>
  /** Serves a Web-standard request: opens, runs `next`, commits. */
  handle(
    request: Request,
    next: (session: Session<Data>) => MaybePromise<Response>,
    options?: { readonly address?: string },
  ): Promise<Response>
  /** Calls the listener with each event from now on; returns the function that ends it. */
  subscribe(listener: EventListener): () => void
  /** Stops the sweep and closes the store. */
  close(): Promise<void>
}

/**
 * Each call of `createSessions` publishes its options here before it looks at them, so that `landbridge doctor` reads a configuration from
 * where it is used. They hold the keys: who subscribes is code of this very process, which could read them anyhow.
 */
const optionsChannel = channel('landbridge:options')

/**
 * Makes the sessions of an application. Throws `ERR_CONFIG_INVALID` with every fault of the options at once.
 * Expired records are swept in small bites for as long as the process lives or until `close`.
 */
export function createSessions<Data extends object = RegisteredData>(options: SessionsOptions): Sessions<Data> {
  if (optionsChannel.hasSubscribers) optionsChannel.publish(options)
  const config = compileConfig(options)
  const events = new Events()
  events.subscribe(warnOfInsecureTransport)
  if (config.onEvent) events.subscribe(config.onEvent)
  const emit: Context['emit'] = (host, details) => events.emit({ at: config.now(), host, ...details })
  const store = guardStore(config.store, (details) => events.emit({ at: config.now(), host: null, ...details }))
  const { lifetime, authHashes, now, keys, locate, basePath, trustsOrigin } = config
  const carry = config.store.forRequest === undefined ? null : (carrier: Carrier) => config.store.forRequest!(carrier, store)
  const context: Context = { store, carry, lifetime, authHashes, now, keys, locate, basePath, trustsOrigin, emit }
  const stopSweeping = startSweeping(store, config.now)

  const refuse = (reason: RequestReason, incoming: Inbound, seen: Seen | null, about: RefusedAbout = {}): Exchange<Data> => {
    const { method } = incoming
    events.emit({ at: config.now(), type: 'request.refused', reason, method, host: null, asked: null, origin: null, ...about })
    incoming.drain()
    return { kind: 'reply', reply: refusalFor(reason, incoming, seen) }
  }

  const serve = (incoming: Inbound, seen: Seen, place: Place, options: OpenOptions | undefined): Served<Data> => {
    const session = new RequestSession<Data>(context, place, incoming, seen, options)
    // A commit has to come in any case then, to say who may frame the page.
    const guarded = place.span?.role === 'hub' && isPage(incoming) && options?.changed?.() !== false
    const commit = (headers: ResponseHeaders): MaybePromise<void> => {
      if (guarded) refuseFrames(headers)
      return session.commit(headers)
    }
    return { kind: 'serve', session, commit }
  }

  function open(request: Request | NodeRequest, options?: OpenOptions): MaybePromise<Exchange<Data>> {
    const incoming = inbound(request, options?.address)
    const seen = seenByBrowser(config, incoming)
    if (seen === null) return refuse('forwarded-invalid', incoming, null)
    const { authority } = seen
    if (authority === null) return refuse('host-malformed', incoming, seen)
    const place = config.locate(authority)
    return isPromise(place) ? place.then((found) => admit(incoming, seen, found, options)) : admit(incoming, seen, place, options)
  }

  function admit(
    incoming: Inbound,
    seen: Seen,
    place: Place | null | 'malformed',
    options: OpenOptions | undefined,
  ): MaybePromise<Exchange<Data>> {
    if (place === 'malformed') return refuse('host-malformed', incoming, seen)
    if (place === null) return refuse('host-not-allowed', incoming, seen, { asked: seen.authority })
    const visit = visitOf(context, place, incoming, seen)
    if (visit === null) return checkOrigin(incoming, seen, place, options)

    if (incoming.path.startsWith(basePath)) return replying(answerEndpoint(visit, () => serve(incoming, seen, place, options).session))
    const exchange = checkOrigin(incoming, seen, place, options)
    return isPromise(exchange) ? exchange.then((checked) => crossing(visit, checked)) : crossing(visit, exchange)
  }

  /** Where nothing crosses, nobody comes here. */
  function crossing(visit: Visit, exchange: Exchange<Data> | Served<Data>): MaybePromise<Exchange<Data>> {
    if (exchange.kind === 'reply') return exchange
    const reply = arrive(visit, (exchange as Served<Data>).session)
    return isPromise(reply) ? replying(reply, exchange) : reply === null ? exchange : { kind: 'reply', reply }
  }

  function checkOrigin(incoming: Inbound, seen: Seen, place: Place, options: OpenOptions | undefined): MaybePromise<Exchange<Data>> {
    if (!changesState(incoming)) return serve(incoming, seen, place, options)

    const from = provenance(incoming, () => originOf(seen.encrypted ? 'https' : 'http', seen.authority ?? ''), config.trustsOrigin)
    if (from === 'own' || from === 'trusted') return checkAccount(incoming, seen, serve(incoming, seen, place, options))
    // Only true itself: the promise of an async function must not let everything pass.
    if (config.insecureBypass?.({ method: incoming.method, path: incoming.path, host: place.host }) === true)
      return checkAccount(incoming, seen, serve(incoming, seen, place, options))
    if (from === 'foreign')
      return refuse('cross-origin', incoming, seen, { host: place.host, origin: canonicalOrigin(incoming.header('origin') ?? '') })

    const sent = sentToken(incoming)
    const check = (found: SentToken) => checkToken(found, incoming, seen, place, options)
    return isPromise(sent) ? sent.then(check) : check(sent)
  }

  function checkToken(
    sent: SentToken,
    incoming: Inbound,
    seen: Seen,
    place: Place,
    options: OpenOptions | undefined,
  ): MaybePromise<Exchange<Data>> {
    const about = { host: place.host }
    if (sent.token === null) return refuse(sent.reason, incoming, seen, about)
    const exchange = serve(incoming, seen, place, options)
    return exchange.session
      .checkCsrfToken(sent.token)
      .then((right) => (right ? checkAccount(incoming, seen, exchange) : refuse('csrf-token-invalid', incoming, seen, about)))
  }

  /** A page that says which account it was made for is not served for another one. */
  function checkAccount(incoming: Inbound, seen: Seen, exchange: Served<Data>): MaybePromise<Exchange<Data>> {
    const tag = incoming.header('x-session-account')
    if (tag === undefined) return exchange
    const { session } = exchange
    return session.accountTag().then((now) => (now === tag ? exchange : refuse('account-changed', incoming, seen, { host: session.host })))
  }

  async function handle(
    request: Request,
    next: (session: Session<Data>) => MaybePromise<Response>,
    { address }: { readonly address?: string } = {},
  ): Promise<Response> {
    try {
      const exchange = await open(request, { address })
      if (exchange.kind === 'reply') return replyResponse(exchange.reply)
      return await commitResponse(await next(exchange.session), exchange.commit)
    } catch (error) {
      const reply = errorReply(error)
      if (reply === null) throw error
      return replyResponse(reply)
    }
  }

  async function close(): Promise<void> {
    stopSweeping()
    await store.close()
  }

  return {
    open,
    handle,
    ...administration(context),
    subscribe: (listener) => events.subscribe(listener),
    close,
  }
}

/** Authority and scheme as the browser used them: from the request itself, or from a trusted proxy. `null`: the proxy contradicts itself. */
function seenByBrowser({ trustsPeer }: Config, incoming: Inbound): Seen | null {
  if (trustsPeer === null || !trustsPeer(incoming.address)) return incoming
  const forwarded = readForwarded((name) => incoming.header(name))
  if (forwarded === null) return null
  return {
    authority: forwarded.host ?? incoming.authority,
    encrypted: forwarded.proto === undefined ? incoming.encrypted : forwarded.proto === 'https',
  }
}

/** Safe methods (RFC 9110 section 9.2.1) change nothing; a WebSocket handshake is a GET that opens a channel which can. */
function changesState(incoming: Inbound): boolean {
  switch (incoming.method) {
    case 'GET':
    case 'HEAD':
    case 'OPTIONS':
    case 'TRACE':
      return isWebSocket(incoming.header('upgrade'))
    default:
      return true
  }
}

const isWebSocket = (upgrade: string | undefined): boolean => upgrade !== undefined && /websocket/i.test(upgrade)

/** A reply that had to be waited for; without one the request is served. */
async function replying<Data extends object>(reply: Promise<Reply | null>, exchange?: Exchange<Data>): Promise<Exchange<Data>> {
  const given = await reply
  return given === null ? exchange! : { kind: 'reply', reply: given }
}

/** What a browser may show in a frame. */
function isPage(incoming: Inbound): boolean {
  const destination = incoming.header('sec-fetch-dest')
  return destination === undefined || /^(?:document|iframe|frame|embed|object)$/.test(destination)
}

/** The pages of a hub choose accounts and take passwords: nobody frames them. A further policy can only narrow one that is there. */
function refuseFrames(headers: ResponseHeaders): void {
  headers.append('Content-Security-Policy', "frame-ancestors 'none'")
}

let warned = false

/** Says once in a process, on standard error, what otherwise looks like a sign-in that does not stick. */
function warnOfInsecureTransport({ type, host }: SessionEvent): void {
  if (warned || type !== 'cookie.insecure-transport') return
  warned = true
  const problem = `A session cookie for ${host} was set over plain http. It is Secure, so browsers drop it.`
  process.emitWarning(`${problem} Serve the host over https, or set trustedProxies if TLS ends at a proxy.`, 'LandbridgeWarning')
}
