/**
 * The ticket travels by redirects inside a hidden frame, within one site; the page around it is told that something changed, and
 * nothing else. No ticket is in any message.
 *
 *   frame: hub/.session/ask  --303-->  elmer/.session/frame  --postMessage-->  page of elmer
 */
import { answerUrl, holdBack } from '../core/answer.ts'
import type { Ask } from '../core/ask.ts'
import { clearAsked, clearBackoff, isRid, readAsked } from '../core/crossing-cookies.ts'
import { inTimeClass, issue } from '../core/issue.ts'
import { page } from '../core/pages.ts'
import { redeem } from '../core/redeem.ts'
import { refuse } from '../core/refuse.ts'
import type { Reply } from '../core/reply.ts'
import { extended, seeOther } from '../core/reply.ts'
import type { Visit } from '../core/visit.ts'
import { cookiesOf, ownOrigin, singleFields } from '../core/visit.ts'

/** For pages under COEP, which load no frame that does not say so, too. */
const ISOLATION = { 'cross-origin-embedder-policy': 'require-corp', 'cross-origin-resource-policy': 'same-site' }

/** At the issuing host, inside the frame. */
export async function answerByFrame(visit: Visit, ask: Ask): Promise<Reply> {
  const destination = visit.request.header('sec-fetch-dest')
  // A page that is not in a frame has another way, and its ticket another mode.
  if (destination !== undefined && destination !== 'iframe') return refuse(visit, 'wrong-origin', { rid: ask.rid, mode: ask.mode })
  const ticket = await inTimeClass(issue(visit, ask))
  return extended(seeOther(answerUrl(visit, ask, 'frame', ticket)), ISOLATION)
}

/** At the asking host, inside the frame: redeems, and tells the page around it. Only a page of this very host may hold the frame. */
export async function receiveByFrame(visit: Visit): Promise<Reply> {
  const { context, place, request } = visit
  const fields = singleFields(request.query)
  const rid = fields?.get('rid')
  if (!fields || rid === undefined || !isRid(rid)) return refuse(visit, 'answer-malformed')
  const asked = readAsked(context.keys, place.host, rid, cookiesOf(visit), context.now())
  if (asked === null || asked.mode !== 'web-message') {
    return refuse(visit, 'request-unknown', { rid, mode: 'web-message', cookies: [clearAsked(rid)] })
  }
  const cookies = [clearAsked(rid)]
  if (fields.get('e') === 'none') {
    context.emit(place.host, { type: 'crossing.completed', rid, mode: 'web-message', outcome: 'nobody' })
    return messagePage(visit, rid, false, [...cookies, holdBack(visit)])
  }
  const redemption = await redeem(visit, fields.get('t'), asked)
  if (redemption.outcome === 'refused') return refuse(visit, redemption.reason, { rid, mode: 'web-message', cookies })
  context.emit(place.host, { type: 'crossing.completed', rid, mode: 'web-message', outcome: redemption.outcome })
  const attached = redemption.outcome === 'attached'
  return messagePage(visit, rid, attached, [...cookies, ...(attached ? [redemption.cookie] : []), clearBackoff()])
}

function messagePage(visit: Visit, rid: string, changed: boolean, cookies: readonly string[]): Reply {
  const origin = ownOrigin(visit)
  // All parts are ours: a rid is letters, digits, hyphens; an origin is canonical.
  const script = `parent.postMessage(${JSON.stringify({ type: 'landbridge', rid, changed })},${JSON.stringify(origin)})`
  return extended(page(200, { title: 'Sign-in', text: 'This page works in the background.', script, framedBy: origin }, cookies), ISOLATION)
}
