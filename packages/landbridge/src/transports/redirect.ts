/**
 * The ticket travels by redirects of the whole page: the one transport that works in every browser and every privacy mode.
 *
 *   elmer/p  --303-->  hub/.session/ask  --303-->  elmer/.session/in  --303-->  elmer/p
 */
import type { Ask, Cause } from '../core/ask.ts'
import { beginAsk, openReturn } from '../core/ask.ts'
import { answerUrl, goAhead, holdBack } from '../core/answer.ts'
import type { Asked } from '../core/crossing-cookies.ts'
import { clearAsked, isRid, readAsked, readBackoff, writeBackoff } from '../core/crossing-cookies.ts'
import { inTimeClass, issue } from '../core/issue.ts'
import { page } from '../core/pages.ts'
import type { CrossingReason } from '../core/events.ts'
import { identify } from '../core/identify.ts'
import { recognise } from '../core/recognise.ts'
import { redeem } from '../core/redeem.ts'
import { refuse } from '../core/refuse.ts'
import type { Reply } from '../core/reply.ts'
import { seeOther } from '../core/reply.ts'
import { signInPage } from '../core/sign-in-target.ts'
import type { Visit } from '../core/visit.ts'
import { cookiesOf, ownOrigin, singleFields } from '../core/visit.ts'

/** At the asking host: sends the browser to the issuing one. */
export function bounce(visit: Visit, path: string, cause: Cause): Reply {
  const { context, place } = visit
  const backoff = readBackoff(context.keys, place.host, cookiesOf(visit))
  const { url, cookies } = beginAsk(visit, 'redirect', path, cause)
  const comesBack = backoff.out && cause.act
  return seeOther(url, comesBack ? [...cookies, writeBackoff(context.keys, place.host, { ...backoff, out: false })] : cookies)
}

/** At the issuing host: answers with a ticket, or with nobody, by way of the asking host's fixed address. */
export async function answerByRedirect(visit: Visit, ask: Ask): Promise<Reply> {
  const ticket = await inTimeClass(issue(visit, ask))
  if (ticket === null && ask.interactive && visit.place.span.bridge.kind === 'hub') {
    const signIn = signInPage(visit, { host: ask.asker.host, st: ask.st })
    if (signIn !== null) return seeOther(signIn)
  }
  return seeOther(answerUrl(visit, ask, 'in', ticket))
}

/** At the asking host again: redeems the ticket and goes on to the page. A push comes by here, too, once its cookies can be read. */
export async function receiveByRedirect(visit: Visit): Promise<Reply> {
  const { context, place, request } = visit
  const fields = singleFields(request.query)
  const rid = fields?.get('rid')
  if (!fields || rid === undefined || !isRid(rid)) return refuse(visit, 'answer-malformed')
  const asked = readAsked(context.keys, place.host, rid, cookiesOf(visit), context.now())
  if (asked === null || (asked.mode !== 'redirect' && asked.mode !== 'push')) return receiveUnasked(visit, rid, fields)
  const path = asked.path ?? openReturn(visit, fields.get('st'))
  if (fields.get('e') === 'none') return nobody(visit, asked, path)
  return goOn(visit, asked, asked.ticket ?? fields.get('t'), path)
}

const QUIET: ReadonlySet<CrossingReason> = new Set(['session-kept', 'session-ended', 'signed-out-here'])

async function goOn(visit: Visit, asked: Asked, ticket: string | undefined, path: string): Promise<Reply> {
  const { context, place } = visit
  const { rid, mode } = asked
  const cookies = [clearAsked(rid)]
  const redemption = await redeem(visit, ticket, asked)
  if (redemption.outcome === 'refused') {
    const { reason } = redemption
    // The visitor is told where nothing else would tell him; otherwise the page shows that he is not signed in.
    if (!QUIET.has(reason)) return refuse(visit, reason, { rid, mode, cookies, back: path })
    context.emit(place.host, { type: 'crossing.refused', reason, rid, mode })
    return seeOther(ownOrigin(visit) + path, [...cookies, holdBack(visit)])
  }
  context.emit(place.host, { type: 'crossing.completed', rid, mode, outcome: redemption.outcome })
  const cookie = redemption.outcome === 'attached' ? [redemption.cookie] : []
  return seeOther(ownOrigin(visit) + path, [...cookies, ...cookie, goAhead(visit)])
}

function nobody(visit: Visit, { rid, mode, interactive }: Asked, path: string): Reply {
  const { context, place } = visit
  context.emit(place.host, { type: 'crossing.completed', rid, mode, outcome: 'nobody' })
  const cookies = [clearAsked(rid), holdBack(visit)]
  // Peers have a sign-in page each; a hub has shown its own already.
  const signIn = interactive && place.span.bridge.kind === 'peers' ? signInPage(visit, { host: place.host, st: stOf(visit) }) : null
  return seeOther(signIn ?? ownOrigin(visit) + path, cookies)
}

const stOf = ({ request }: Visit): string => singleFields(request.query)?.get('st') ?? ''

/** Whether the page would be served with what is here: where the hint speaks of an account, an anonymous session would ask again. */
async function isThere({ context, place, request }: Visit): Promise<boolean> {
  const { live } = await recognise(context, place, request.header('cookie'))
  if (live === null || place.span.role !== 'spoke') return live !== null
  return ((await identify(context, place, live))?.account ?? null) !== null
}

/** Without a request in flight nothing is taken and nothing changes, and there is never another redirect to the issuing host. */
async function receiveUnasked(visit: Visit, rid: string, fields: ReadonlyMap<string, string>): Promise<Reply> {
  const { context, place } = visit
  const path = openReturn(visit, fields.get('st'))
  if (await isThere(visit)) return seeOther(ownOrigin(visit) + path, [clearAsked(rid)])
  if (fields.get('e') !== 'none') return refuse(visit, 'request-unknown', { rid, cookies: [clearAsked(rid)], back: path })
  context.emit(place.host, { type: 'crossing.refused', reason: 'request-unknown', rid, mode: 'redirect' })
  const text = 'This browser keeps no cookies for this site, so you cannot be signed in here. You can go on without.'
  return page(200, { title: 'You are not signed in', text, code: 'request-unknown', link: { href: path, text: 'Go on' } })
}
