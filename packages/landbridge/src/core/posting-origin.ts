import { originFor } from './bridge.ts'
import { canonicalOrigin } from './origin.ts'
import type { Visit } from './visit.ts'
import { memberAt } from './visit.ts'

/**
 * The origin of the page that posted a form here, when it is a host of the same bridge that makes tickets; which one made the ticket, the ticket
 * says. Page script can forge no Origin, and `null` is nobody's.
 */
export async function postingOrigin({ context, place, seen, request }: Visit): Promise<string | null> {
  const origin = canonicalOrigin(request.header('origin') ?? '')
  const found = origin === null ? null : await memberAt(context, place.span.bridge, origin.replace(/^https?:\/\//, ''))
  return found !== null && found.span.role !== 'spoke' && originFor(found.host, seen) === origin ? origin : null
}
