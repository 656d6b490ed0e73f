/** How a refused step of a crossing is answered: with a reason, in constant work, and with nothing written. */
import type { Mode } from './bridge.ts'
import type { CrossingReason } from './events.ts'
import { acceptsHtml } from './navigation.ts'
import { page } from './pages.ts'
import type { Reply } from './reply.ts'
import { jsonReply } from './reply.ts'
import type { Visit } from './visit.ts'

const OLD = 'This link is old, was used already, or was made for another browser.'

const ANSWERS: Partial<Record<CrossingReason, readonly [status: number, text: string]>> = {
  'request-unknown': [400, 'This link is old, or this browser keeps no cookies for this site. Nothing was changed.'],
  'ticket-malformed': [400, OLD],
  'ticket-unknown': [400, OLD],
  'ticket-expired': [400, OLD],
  'session-ended': [400, 'You signed out while this page was loading.'],
  'session-kept': [409, 'You have a session here already, which was left as it is.'],
  'signed-out-here': [409, 'You signed out here, and stay so until you sign in again.'],
  'wrong-origin': [403, 'This request came from a page that may not make it.'],
  'wrong-account': [400, 'This account is not signed in in this browser.'],
  'method-not-allowed': [405, 'This address does not answer that method.'],
  'endpoint-unknown': [404, 'There is nothing at this address.'],
  'insecure-transport': [400, 'This address works over https only.'],
  prefetch: [503, 'This address is not fetched ahead.'],
}

/** Reports a refusal and answers it: a page for people, JSON for programs. */
export function refuse(visit: Visit, reason: CrossingReason, about: RefusedStep = {}): Reply {
  const { rid = null, mode = null, cookies = [], back = '/' } = about
  const { context, place, request } = visit
  context.emit(place.host, { type: 'crossing.refused', reason, rid, mode })
  const [status, text] = ANSWERS[reason] ?? [400, 'This request is malformed, old, or was not made by this site.']
  if (!acceptsHtml(request)) return jsonReply(status, { error: reason }, cookies)
  const link = { href: back, text: 'Continue' }
  return page(status, { title: 'This did not work', text, code: reason, link }, cookies)
}

interface RefusedStep {
  readonly rid?: string | null
  readonly mode?: Mode | null
  readonly cookies?: readonly string[]
  /** Where the page leads to. */
  readonly back?: string
}
