/** What a host that crosses answers to a request without a session, before the application sees it. */
import { backoffOf, isOut, knowsNobody, TRIES, TRIES_MS } from './core/answer.ts'
import type { Cause } from './core/ask.ts'
import { hasVisited, readHint, unanswered } from './core/crossing-cookies.ts'
import { cookieValues } from './core/cookie.ts'
import { acceptsHtml, isPrefetch, kindOf, safePath, spellingsOf } from './core/navigation.ts'
import { page } from './core/pages.ts'
import type { Reply } from './core/reply.ts'
import { extended, jsonReply, seeOther } from './core/reply.ts'
import type { Inbound } from './core/request.ts'
import { ownSignInPage } from './core/sign-in-target.ts'
import type { Account, MaybePromise } from './core/types.ts'
import type { Visit } from './core/visit.ts'
import { cookiesOf, isConfidential } from './core/visit.ts'
import { bounce } from './transports/redirect.ts'

/** What is asked of the session of the request, and only when it matters. */
export interface Presence {
  account(): Promise<Account | null>
  /** Whether the cookie opened anything, anonymous sessions included. */
  isLive(): Promise<boolean>
}

/** The browser asks again when the user really goes there, and finds out then who he is. */
const NOT_AHEAD: Reply = { status: 503, headers: { 'cache-control': 'no-store' }, body: '' }
const SILENT: Cause = { interactive: false, act: null }
const WANTED: Cause = { interactive: true, act: null }

/** A reply, or `null`: the application serves the request, with a session or without one. */
export function arrive(visit: Visit, session: Presence): MaybePromise<Reply | null> {
  const { place, request } = visit
  const { role } = place.span
  if (isProtected(visit)) return session.account().then((account) => (account === null ? answerProtected(visit) : null))
  const mayAsk = role !== 'hub' && isNavigation(request) && mayHaveSession(visit)
  return mayAsk ? askSilently(visit, session) : null
}

function isProtected({ place, request }: Visit): boolean {
  const { bridge, role } = place.span
  // The sign-in page would send its visitors to itself.
  if (role !== 'spoke' && request.path === bridge.signIn) return false
  const { protects } = bridge
  if (protects === null) return false
  // Anything that is truthy protects: the promise of an async function must not let everybody pass.
  return spellingsOf(request.path).some((path) => Boolean(protects({ method: request.method, path, host: place.host })))
}

async function askSilently(visit: Visit, session: Presence): Promise<Reply | null> {
  // The hint speaks of accounts: an anonymous session here does not make up for one.
  const hinted = hintOf(visit) !== null
  if (hinted ? (await session.account()) !== null : await session.isLive()) return null
  if (!mayBounce(visit)) return null
  return isPrefetch(visit.request) ? NOT_AHEAD : bounce(visit, targetOf(visit), SILENT)
}

/** One that is fetched ahead counts: the browser shows what it got, without another request, when the user goes there. */
function isNavigation(request: Inbound): boolean {
  const kind = kindOf(request)
  return kind === 'navigation' || (kind === 'prefetch' && request.header('sec-fetch-mode') === 'navigate')
}

/**
 * Whether it is worth asking: the hint says that somebody is signed in at the hub, a cookie here says that there was a session, or the
 * application wants the first page of each visit to ask. Somebody who brings none of them is never redirected.
 */
function mayHaveSession(visit: Visit): boolean {
  const { place, request } = visit
  const cookies = cookiesOf(visit)
  if (cookieValues(cookies, place.cookie.name).length > 0) return true
  if (hintOf(visit) !== null) return true
  if (place.span.bridge.sync !== 'first-visit' || hasVisited(cookies)) return false
  // Programs that fetch pages without being browsers do not say how they navigate; and a page of this host that leads here was there
  // first, also where the browser keeps no cookie of ours that would say so.
  return request.header('sec-fetch-mode') === 'navigate' && request.header('sec-fetch-site') !== 'same-origin'
}

const hintOf = (visit: Visit): string | null => (visit.place.span.bridge.hintDomain === null ? null : readHint(cookiesOf(visit)))

/**
 * Not over plain http, where the cookies that tie the answer to this browser would not be kept, not after a sign-out here, and not
 * where it would be in vain.
 */
function mayBounce(visit: Visit): boolean {
  const { context, place } = visit
  if (!isConfidential(visit)) context.emit(place.host, { type: 'cookie.insecure-transport' })
  return isConfidential(visit) && !isOut(visit) && !isHeldBack(visit)
}

/**
 * The answer that nobody is there, which holds until the hint says otherwise; and the loop guard, for browsers that come back again and
 * again, and for those that never do, as the issuing host is down.
 */
function isHeldBack(visit: Visit): boolean {
  const { context, place } = visit
  const backoff = backoffOf(visit)
  if (knowsNobody(visit, backoff)) return true
  const now = context.now()
  const returned = backoff.tries.filter((at) => now - at < TRIES_MS).length
  if (returned < TRIES && unanswered(cookiesOf(visit), now) < TRIES) return false
  context.emit(place.host, { type: 'crossing.refused', reason: 'loop-guard', rid: null, mode: 'redirect' })
  return true
}

function answerProtected(visit: Visit): Reply {
  const { place, request } = visit
  switch (kindOf(request)) {
    case 'prefetch':
      return NOT_AHEAD
    case 'navigation':
      if (place.span.role === 'hub') return signInHere(visit) ?? signInAgain(visit)
      return mayBounce(visit) ? bounce(visit, targetOf(visit), WANTED) : signInAgain(visit)
    case 'embedded':
    case 'other':
      return signInAgain(visit)
  }
}

function signInHere(visit: Visit): Reply | null {
  const url = ownSignInPage(visit, targetOf(visit))
  return url === null ? null : seeOther(url)
}

/** 401: a page for people, JSON for scripts, which trusted origins may read. A body is never sent on. */
function signInAgain(visit: Visit): Reply {
  const { context, request } = visit
  const back = request.method === 'GET' ? safePath(targetOf(visit), context.basePath) : '/'
  const begin = `${context.basePath}begin?to=${encodeURIComponent(back)}`
  if (!acceptsHtml(request)) return withCors(visit, jsonReply(401, { error: 'signed-out', refresh: `${context.basePath}begin` }))
  const text =
    request.method === 'GET'
      ? 'This page is for signed-in visitors.'
      : 'You are no longer signed in, so this was not saved. Sign in, go back, and send it again.'
  return page(401, { title: 'Please sign in', text, link: { href: begin, text: 'Sign in' } })
}

function withCors({ context, request }: Visit, reply: Reply): Reply {
  const origin = request.header('origin')
  if (origin === undefined || !context.trustsOrigin(origin)) return reply
  return extended(reply, { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', vary: 'Origin' })
}

const targetOf = ({ request }: Visit): string => request.path + (request.query === '' ? '' : `?${request.query}`)
