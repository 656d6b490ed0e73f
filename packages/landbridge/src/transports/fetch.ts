/**
 * The ticket travels by requests of the page's own script, within one site: nothing navigates.
 *
 *   POST own/.session/begin -> ask URL   fetch(ask URL) -> ticket   POST own/.session/in -> a handle
 */
import { backoffOf, goAhead, holdBack, isOut, knowsNobody } from '../core/answer.ts'
import { beginAsk } from '../core/ask.ts'
import type { Ask } from '../core/ask.ts'
import { originFor } from '../core/bridge.ts'
import { clearAsked, isRid, readAsked } from '../core/crossing-cookies.ts'
import { inTimeClass, issue } from '../core/issue.ts'
import { canonicalOrigin } from '../core/origin.ts'
import { redeem } from '../core/redeem.ts'
import { refuse } from '../core/refuse.ts'
import type { Reply } from '../core/reply.ts'
import { extended, jsonReply } from '../core/reply.ts'
import type { Account } from '../core/types.ts'
import type { Visit } from '../core/visit.ts'
import { cookiesOf } from '../core/visit.ts'

interface Signed {
  account(): Promise<Account | null>
  accountTag(): Promise<string>
}

/**
 * At the asking host, for its own script: where to ask, and the cookie that remembers it. Also for `web-message`. There is nothing to
 * ask when somebody is signed in here, when the answer is known to be nobody, and after a sign-out here, which no script undoes.
 */
export async function beginForScript(visit: Visit, fields: ReadonlyMap<string, string>, session: Signed): Promise<Reply> {
  const here = (await session.account()) !== null
  if (here || isOut(visit) || knowsNobody(visit, backoffOf(visit)))
    return jsonReply(200, { rid: null, ask: null, here, tag: await session.accountTag() })
  const mode = fields.get('mode') === 'web-message' ? 'web-message' : 'fetch'
  const { rid, url, cookies } = beginAsk(visit, mode, '/', { interactive: false, act: null })
  return jsonReply(200, { rid, ask: url }, cookies)
}

/** At the issuing host: only the very page that asks may read the answer, so only its origin is named. */
export async function answerByFetch(visit: Visit, ask: Ask): Promise<Reply> {
  const origin = originFor(ask.asker.host, visit.seen)
  const { rid, mode } = ask
  if (canonicalOrigin(visit.request.header('origin') ?? '') !== origin) return refuse(visit, 'wrong-origin', { rid, mode })
  const ticket = await inTimeClass(issue(visit, ask))
  const cors = {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'cross-origin-resource-policy': 'same-site',
    vary: 'Origin',
  }
  return extended(jsonReply(200, { ticket }), cors)
}

/** At the asking host again, from its own script: `rid` and `ticket`, or no ticket when the answer was nobody. */
export async function receiveByFetch(visit: Visit, fields: ReadonlyMap<string, string>): Promise<Reply> {
  const { context, place } = visit
  const rid = fields.get('rid')
  if (rid === undefined || !isRid(rid)) return refuse(visit, 'answer-malformed')
  const asked = readAsked(context.keys, place.host, rid, cookiesOf(visit), context.now())
  if (asked === null || asked.mode !== 'fetch') return refuse(visit, 'request-unknown', { rid, mode: 'fetch', cookies: [clearAsked(rid)] })
  const cookies = [clearAsked(rid)]
  const ticket = fields.get('ticket')
  if (ticket === undefined) {
    context.emit(place.host, { type: 'crossing.completed', rid, mode: 'fetch', outcome: 'nobody' })
    return jsonReply(200, { changed: false }, [...cookies, holdBack(visit)])
  }
  const redemption = await redeem(visit, ticket, { mode: 'fetch', asked, origin: null })
  if (redemption.outcome === 'refused') return refuse(visit, redemption.reason, { rid, mode: 'fetch', cookies })
  context.emit(place.host, { type: 'crossing.completed', rid, mode: 'fetch', outcome: redemption.outcome })
  const changed = redemption.outcome === 'attached'
  return jsonReply(200, { changed }, [...cookies, ...redemption.cookies, goAhead(visit)])
}
