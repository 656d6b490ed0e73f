/**
 * The ticket travels inside a hidden frame, within one site; the page around it is told that something changed, and
 * nothing else. No ticket is in any message.
 *
 *   frame: hub/.session/ask  --form that posts itself-->  elmer/.session/frame  --postMessage-->  page of elmer
 */
import { goAhead, holdBack, sendBack } from '../core/answer.ts'
import type { Ask } from '../core/ask.ts'
import type { Asked } from '../core/crossing-cookies.ts'
import { clearAsked, isRid, readAsked } from '../core/crossing-cookies.ts'
import type { CrossingReason } from '../core/events.ts'
import { inTimeClass, issue } from '../core/issue.ts'
import { page } from '../core/pages.ts'
import { postingOrigin } from '../core/posting-origin.ts'
import { redeem } from '../core/redeem.ts'
import { refuse } from '../core/refuse.ts'
import type { Reply } from '../core/reply.ts'
import { extended } from '../core/reply.ts'
import type { Visit } from '../core/visit.ts'
import { cookiesOf, ownOrigin, singleFields } from '../core/visit.ts'

/** For pages under COEP, which load no frame that does not say so, too. */
const ISOLATION = { 'cross-origin-embedder-policy': 'require-corp', 'cross-origin-resource-policy': 'same-site' }

/** At the issuing host, inside the frame. */
export async function answerByFrame(visit: Visit, ask: Ask): Promise<Reply> {
  const destination = visit.request.header('sec-fetch-dest')
  // A page that is not in a frame has another way, and its ticket another mode.
  if (destination !== undefined && destination !== 'iframe') return refuse(visit, 'wrong-mode', { rid: ask.rid, mode: ask.mode })
  const ticket = await inTimeClass(issue(visit, ask))
  return extended(sendBack(visit, ask, 'frame', ticket), ISOLATION)
}

/** At the asking host, inside the frame, by the form of the issuing host: redeems, and tells the page around it. */
export async function receiveInFrame(visit: Visit, fields: ReadonlyMap<string, string>): Promise<Reply> {
  const { context, place } = visit
  const origin = await postingOrigin(visit)
  const asked = askedInFrame(visit, fields.get('rid'))
  if (origin === null || asked === null) return refuseFrame(visit, origin === null ? 'wrong-origin' : 'request-unknown', fields.get('rid'))
  const { rid } = asked
  const cookies = [clearAsked(rid)]
  const redemption = await redeem(visit, fields.get('ticket'), { mode: 'web-message', asked, origin })
  if (redemption.outcome === 'refused') return refuseFrame(visit, redemption.reason, rid)
  context.emit(place.host, { type: 'crossing.completed', rid, mode: 'web-message', outcome: redemption.outcome })
  const { outcome, cookies: fresh } = redemption
  return messagePage(visit, rid, outcome === 'attached', [...cookies, ...fresh, goAhead(visit)])
}

/** At the asking host, inside the frame, by a redirect: there is nobody. */
export function receiveNobodyInFrame(visit: Visit): Reply {
  const { context, place, request } = visit
  const fields = singleFields(request.query)
  const asked = askedInFrame(visit, fields?.get('rid'))
  if (asked === null || fields?.get('e') !== 'none') return refuseFrame(visit, 'request-unknown', fields?.get('rid'))
  const { rid } = asked
  context.emit(place.host, { type: 'crossing.completed', rid, mode: 'web-message', outcome: 'nobody' })
  return messagePage(visit, rid, false, [clearAsked(rid), holdBack(visit)])
}

function askedInFrame(visit: Visit, rid: string | undefined): Asked | null {
  const { context, place } = visit
  const asked = rid === undefined || !isRid(rid) ? null : readAsked(context.keys, place.host, rid, cookiesOf(visit), context.now())
  return asked?.mode === 'web-message' ? asked : null
}

function refuseFrame(visit: Visit, reason: CrossingReason, rid: string | undefined): Reply {
  const known = rid !== undefined && isRid(rid)
  return refuse(visit, reason, { rid: known ? rid : null, mode: 'web-message', cookies: known ? [clearAsked(rid)] : [] })
}

/** Only a page of this very host may hold the frame. */
function messagePage(visit: Visit, rid: string, changed: boolean, cookies: readonly string[]): Reply {
  const origin = ownOrigin(visit)
  // All parts are ours: a rid is letters, digits, hyphens; an origin is canonical.
  const script = `parent.postMessage(${JSON.stringify({ type: 'landbridge', rid, changed })},${JSON.stringify(origin)})`
  return extended(page(200, { title: 'Sign-in', text: 'This page works in the background.', script, framedBy: origin }, cookies), ISOLATION)
}
