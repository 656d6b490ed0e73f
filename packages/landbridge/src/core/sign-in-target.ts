/** The sign-in page of the application: how a browser is sent there, and where it goes afterwards. */
import type { SignInRequest } from './ask.ts'
import { openReturn, openSignIn, sealBegun, sealReturn, sealSignIn } from './ask.ts'
import { originFor } from './bridge.ts'
import { newRid } from './crossing-cookies.ts'
import type { SignInTarget } from './session.ts'
import type { SessionId } from './types.ts'
import type { Visit } from './visit.ts'
import { ownOrigin, singleFields } from './visit.ts'

/** URL of the sign-in page on this host; it carries, sealed, where the visitor came from. `null` when the application has none. */
export function signInPage(visit: Visit, request: SignInRequest): string | null {
  const { signIn } = visit.place.span.bridge
  return signIn === null ? null : `${ownOrigin(visit)}${signIn}?return=${sealSignIn(visit, request)}`
}

/** The same for a visitor of this very host, who goes on to a path on it. */
export function ownSignInPage(visit: Visit, path: string): string | null {
  const { context, place } = visit
  return signInPage(visit, { host: place.host, st: sealReturn(visit, newRid(context.now()), path) })
}

/** For the session that has signed in here. Reads `return` of the sign-in page's own URL: the host that asked begins again, as its ask is too old by now. */
export function signInTargetOf(visit: Visit, session: SessionId | null): SignInTarget | null {
  const { context, place, request, seen } = visit
  const sealed = singleFields(request.query)?.get('return')
  const wanted = sealed === undefined ? null : openSignIn(visit, sealed)
  if (wanted === null) return null
  const { host, st } = wanted
  if (host === place.host) return { host, url: ownOrigin(visit) + openReturn(visit, st) }
  return { host, url: `${originFor(host, seen)}${context.basePath}begin?b=${sealBegun(visit, host, openReturn(visit, st, host), session)}` }
}
