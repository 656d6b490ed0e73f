/**
 * The ticket travels with the whole page: the one transport that works in every browser and every privacy mode.
 *
 *   elmer/p  --303-->  hub/.session/ask  --form that posts itself-->  elmer/.session/in  --303-->  elmer/p
 *
 * Towards another site the post comes without elmer's cookies, as they are SameSite=Lax. Then it goes on by one more redirect, to
 * `in` itself, behind which they are there.
 */
import { goAhead, holdBack, sendBack } from '../core/answer.ts'
import type { Ask, Cause } from '../core/ask.ts'
import { beginAsk, openReturn } from '../core/ask.ts'
import type { Asked } from '../core/crossing-cookies.ts'
import { clearAsked, clearPosted, isRid, readAsked, readPosted, writePosted, writeVisited } from '../core/crossing-cookies.ts'
import type { CrossingReason } from '../core/events.ts'
import { inTimeClass, issue } from '../core/issue.ts'
import { safePath } from '../core/navigation.ts'
import { page } from '../core/pages.ts'
import { postingOrigin } from '../core/posting-origin.ts'
import { identify } from '../core/identify.ts'
import { recognise } from '../core/recognise.ts'
import { redeem } from '../core/redeem.ts'
import { refuse } from '../core/refuse.ts'
import type { Reply } from '../core/reply.ts'
import { seeOther } from '../core/reply.ts'
import { signInPage } from '../core/sign-in-target.ts'
import type { Proof } from '../core/ticket.ts'
import type { Visit } from '../core/visit.ts'
import { cookiesOf, ownOrigin, singleFields } from '../core/visit.ts'

/** At the asking host: sends the browser to the issuing one. */
export function bounce(visit: Visit, path: string, cause: Cause): Reply {
  const { url, cookies } = beginAsk(visit, 'redirect', path, cause)
  return seeOther(url, visit.place.span.bridge.sync === 'first-visit' ? [...cookies, writeVisited()] : cookies)
}

/** At the issuing host: answers with a ticket, or with nobody, by way of the asking host's fixed address. */
export async function answerByRedirect(visit: Visit, ask: Ask): Promise<Reply> {
  const ticket = await inTimeClass(issue(visit, ask))
  if (ticket === null && ask.interactive && visit.place.span.bridge.kind === 'hub') {
    const signIn = signInPage(visit, { host: ask.asker.host, st: ask.st })
    if (signIn !== null) return seeOther(signIn)
  }
  return sendBack(visit, ask, 'in', ticket)
}

/** At the asking host again, by the form: pushes, which nobody asked for, come by here as well. */
export async function receivePosted(visit: Visit, fields: ReadonlyMap<string, string>): Promise<Reply> {
  const { context, place } = visit
  const origin = await postingOrigin(visit)
  if (origin === null) return refuse(visit, 'wrong-origin')
  const [rid, ticket, st] = [fields.get('rid'), fields.get('ticket'), fields.get('st')]
  if (rid === undefined || !isRid(rid) || ticket === undefined || ticket.length > 64) return refuse(visit, 'answer-malformed')
  const asked = readAsked(context.keys, place.host, rid, cookiesOf(visit), context.now())
  if (asked?.mode === 'redirect') return goOn(visit, rid, ticket, { mode: 'redirect', asked, origin }, openReturn(visit, st))
  const posted = {
    rid,
    ticket,
    origin,
    iat: context.now(),
    ...(st === undefined ? { path: safePath(fields.get('path') ?? '/', context.basePath) } : {}),
  }
  const query = new URLSearchParams({ rid, ...(st === undefined ? {} : { st }) })
  return seeOther(`${ownOrigin(visit)}${context.basePath}in?${query.toString()}`, [writePosted(context.keys, place.host, posted)])
}

/** At the asking host, behind a redirect: the answer "nobody", or what was posted. */
export async function receiveByRedirect(visit: Visit): Promise<Reply> {
  const { context, place, request } = visit
  const fields = singleFields(request.query)
  const rid = fields?.get('rid')
  if (!fields || rid === undefined || !isRid(rid)) return refuse(visit, 'answer-malformed')
  const cookies = cookiesOf(visit)
  const asked = readAsked(context.keys, place.host, rid, cookies, context.now())
  const posted = readPosted(context.keys, place.host, rid, cookies, context.now())
  const path = posted?.path ?? openReturn(visit, fields.get('st'))
  if (posted?.path !== undefined) return goOn(visit, rid, posted.ticket, { mode: 'push', asked: null, origin: posted.origin }, path)
  if (asked === null || asked.mode !== 'redirect') return receiveUnasked(visit, rid, fields)
  if (posted !== null) return goOn(visit, rid, posted.ticket, { mode: 'redirect', asked, origin: posted.origin }, path)
  return fields.get('e') === 'none'
    ? nobody(visit, asked, path)
    : refuse(visit, 'answer-malformed', { rid, cookies: [clearAsked(rid)], back: path })
}

const QUIET: ReadonlySet<CrossingReason> = new Set(['session-kept', 'session-ended', 'signed-out-here'])

async function goOn(visit: Visit, rid: string, ticket: string, proof: Proof, path: string): Promise<Reply> {
  const { context, place } = visit
  const { mode } = proof
  const cookies = [clearAsked(rid), clearPosted(rid)]
  const onwards = ownOrigin(visit) + path
  const redemption = await redeem(visit, ticket, proof)
  if (redemption.outcome === 'refused') {
    const { reason } = redemption
    // Where the page itself shows that nobody is signed in, nobody has to be told.
    if (!QUIET.has(reason)) return refuse(visit, reason, { rid, mode, cookies, back: path })
    context.emit(place.host, { type: 'crossing.refused', reason, rid, mode })
    return seeOther(onwards, [...cookies, holdBack(visit)])
  }
  context.emit(place.host, { type: 'crossing.completed', rid, mode, outcome: redemption.outcome })
  return seeOther(onwards, [...cookies, ...redemption.cookies, goAhead(visit)])
}

function nobody(visit: Visit, { rid, mode, interactive }: Asked, path: string): Reply {
  const { context, place, request } = visit
  context.emit(place.host, { type: 'crossing.completed', rid, mode, outcome: 'nobody' })
  const st = singleFields(request.query)?.get('st') ?? ''
  // Peers have a sign-in page each; a hub has shown its own already.
  const signIn = interactive && place.span.bridge.kind === 'peers' ? signInPage(visit, { host: place.host, st }) : null
  return seeOther(signIn ?? ownOrigin(visit) + path, [clearAsked(rid), holdBack(visit)])
}

/** Whether the page would be served with what is here: where the hint speaks of an account, an anonymous session would ask again. */
async function isThere({ context, place, request }: Visit): Promise<boolean> {
  const { live } = await recognise(context, place, request.header('cookie'), { request })
  if (live === null || place.span.role !== 'spoke') return live !== null
  return ((await identify(context, place, live))?.account ?? null) !== null
}

/** Without a request in flight nothing is taken and nothing changes, and there is never another redirect to the issuing host. */
async function receiveUnasked(visit: Visit, rid: string, fields: ReadonlyMap<string, string>): Promise<Reply> {
  const { context, place } = visit
  const path = openReturn(visit, fields.get('st'))
  const cookies = [clearAsked(rid), clearPosted(rid)]
  if (await isThere(visit)) return seeOther(ownOrigin(visit) + path, cookies)
  if (fields.get('e') !== 'none') return refuse(visit, 'request-unknown', { rid, cookies, back: path })
  context.emit(place.host, { type: 'crossing.refused', reason: 'request-unknown', rid, mode: 'redirect' })
  const text = 'This browser keeps no cookies for this site, so you cannot be signed in here. You can go on without.'
  return page(200, { title: 'You are not signed in', text, code: 'request-unknown', link: { href: path, text: 'Go on' } })
}
