/**
 * The ticket travels in the body of a form that a page of one peer posts to another: nothing is in a URL, and the other peer need not
 * have asked. The Origin header, which no other page can send, says that it was this peer.
 *
 *   POST a/.session/push -> a form   POST b/.session/in (the form)  --303-->  b/.session/in  --303-->  b/p
 *
 * The post itself comes without the cookies of b, as they are SameSite=Lax; after the redirect they are there, so only then is it
 * known which session b has already.
 */
import { originFor } from '../core/bridge.ts'
import { isRid, newRid, writeAsked } from '../core/crossing-cookies.ts'
import { issue } from '../core/issue.ts'
import { canonicalOrigin } from '../core/origin.ts'
import { page } from '../core/pages.ts'
import { acceptsHtml, safePath } from '../core/navigation.ts'
import { refuse } from '../core/refuse.ts'
import type { Reply } from '../core/reply.ts'
import { jsonReply, seeOther } from '../core/reply.ts'
import type { BridgedPlace, Visit } from '../core/visit.ts'
import { cookiesOf, ownOrigin } from '../core/visit.ts'

const SCRIPT = 'document.forms[0].submit()'

/** At the source, from its own page: a form for the sister, to be sent at once. Without a session there is nothing to carry. */
export async function beginPush(visit: Visit, fields: ReadonlyMap<string, string>): Promise<Reply> {
  const { context, place, request, seen } = visit
  const target = parseTarget(fields.get('to'))
  const asker = target === null ? null : await sisterOf(visit, target.host)
  if (target === null || asker === null || place.span.role === 'spoke') return refuse(visit, 'ask-unknown-host', { mode: 'push' })
  const rid = newRid(context.now())
  const ticket = await issue(visit, { asker, mode: 'push', rid, cc: '' })
  const origin = originFor(asker.host, seen)
  const path = safePath(target.path, context.basePath)
  if (!acceptsHtml(request))
    return jsonReply(
      200,
      ticket === null ? { url: origin + path } : { action: `${origin}${context.basePath}in`, fields: { rid, ticket, path } },
    )
  if (ticket === null) return seeOther(origin + path)
  const form = { action: `${origin}${context.basePath}in`, fields: { rid, ticket, path }, button: `Go to ${asker.host}` }
  // Under no-referrer browsers send Origin: null, which is nobody's.
  const referrerPolicy = 'strict-origin'
  return page(200, { title: `On to ${asker.host}`, text: 'Your session goes along.', form, script: SCRIPT, referrerPolicy })
}

function parseTarget(to: string | undefined): { host: string; path: string } | null {
  const match = /^https?:\/\/([^/?#\\]+)(\/[^#]*)?$/i.exec(to ?? '')
  return match && { host: match[1]!, path: match[2] ?? '/' }
}

async function sisterOf({ context, place }: Visit, host: string): Promise<BridgedPlace | null> {
  const found = await context.locate(host)
  if (found === null || found === 'malformed' || found.span === null) return null
  return found.span.bridge === place.span.bridge && found.host !== place.host && found.span.role !== 'hub'
    ? { ...found, span: found.span }
    : null
}

/** At the destination: notes what came and from where, and goes on by a redirect, behind which its cookies are there. */
export async function receivePush(visit: Visit, fields: ReadonlyMap<string, string>): Promise<Reply> {
  const { context, place, request } = visit
  const origin = canonicalOrigin(request.header('origin') ?? '')
  const [rid, ticket] = [fields.get('rid'), fields.get('ticket')]
  if (origin === null || !(await isOfBridge(visit, origin))) return refuse(visit, 'wrong-origin', { mode: 'push' })
  if (rid === undefined || !isRid(rid) || ticket === undefined || ticket.length > 64)
    return refuse(visit, 'answer-malformed', { mode: 'push' })
  const path = safePath(fields.get('path') ?? '/', context.basePath)
  const asked = { rid, mode: 'push', verifier: '', interactive: false, act: false, iat: context.now(), ticket, origin, path } as const
  return seeOther(`${ownOrigin(visit)}${context.basePath}in?rid=${rid}`, writeAsked(context.keys, place.host, asked, cookiesOf(visit)))
}

/** Whether the origin is that of a host which could have made the ticket; which one did, the ticket says. */
async function isOfBridge({ context, place, seen }: Visit, origin: string): Promise<boolean> {
  const found = await context.locate(origin.replace(/^https?:\/\//, ''))
  return found !== null && found !== 'malformed' && found.span?.bridge === place.span.bridge && originFor(found.host, seen) === origin
}
