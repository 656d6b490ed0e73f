/**
 * The ticket travels in the body of a form that a page of one host posts to another, which need not have asked. The Origin header,
 * which no other page can send, says that it was this host. It arrives where asked-for tickets do: see `receivePosted`.
 *
 *   POST a/.session/push -> a form   POST b/.session/in (the form)  --303-->  b/.session/in  --303-->  b/p
 */
import { postedForm } from '../core/answer.ts'
import { originFor } from '../core/bridge.ts'
import { newRid } from '../core/crossing-cookies.ts'
import { issue } from '../core/issue.ts'
import { acceptsHtml, safePath } from '../core/navigation.ts'
import { refuse } from '../core/refuse.ts'
import type { Reply } from '../core/reply.ts'
import { jsonReply, seeOther } from '../core/reply.ts'
import type { BridgedPlace, Visit } from '../core/visit.ts'
import { memberAt } from '../core/visit.ts'

/** At the source, from its own page: a form for the sister, to be sent at once. Without a session there is nothing to carry. */
export async function beginPush(visit: Visit, fields: ReadonlyMap<string, string>): Promise<Reply> {
  const { context, place, request, seen } = visit
  const target = parseTarget(fields.get('to'))
  const asker = target === null ? null : await sisterOf(visit, target.host)
  if (target === null || asker === null || place.span.role === 'spoke') return refuse(visit, 'ask-unknown-host', { mode: 'push' })
  const rid = newRid(context.now())
  const ticket = await issue(visit, { asker, mode: 'push', rid, cc: '', st: null })
  const origin = originFor(asker.host, seen)
  const path = safePath(target.path, context.basePath)
  const html = acceptsHtml(request)
  if (ticket === null) return html ? seeOther(origin + path) : jsonReply(200, { url: origin + path })
  const form = { action: `${origin}${context.basePath}in`, fields: { rid, ticket, path } }
  return html ? postedForm(form.action, form.fields, asker.host) : jsonReply(200, form)
}

function parseTarget(to: string | undefined): { host: string; path: string } | null {
  const match = /^https?:\/\/([^/?#\\]+)(\/[^#]*)?(?:#.*)?$/i.exec(to ?? '')
  return match && { host: match[1]!, path: match[2] ?? '/' }
}

async function sisterOf({ context, place }: Visit, host: string): Promise<BridgedPlace | null> {
  const found = await memberAt(context, place.span.bridge, host)
  return found !== null && found.host !== place.host && found.span.role !== 'hub' ? found : null
}
