/** What a sign-in, a switch or a sign-out leaves in the browser for the crossing: the hint, and what holds a host back. */
import { isWithin } from './bridge.ts'
import { clearHint, clearOut, readHint, readOut, writeHint, writeOut } from './crossing-cookies.ts'
import type { Reach } from './session.ts'
import type { Visit } from './visit.ts'
import { cookiesOf } from './visit.ts'

/** What the commit of a request did to the session. */
export interface Done {
  /** Accounts came, went or were switched. */
  readonly stirred: boolean
  /** A user's act signed somebody in here. */
  readonly signedIn: boolean
  /** How far an ending reached. */
  readonly ended: Reach | null
  /** The visitor signed out of this host alone. */
  readonly left: boolean
  /** For how long the session's own cookie is kept, where it outlives the browser. */
  readonly maxAgeS: number | undefined
}

export function cookiesAfter(visit: Visit, { stirred, signedIn, ended, left, maxAgeS }: Done): string[] {
  const { context, place } = visit
  const { hintDomain } = place.span.bridge
  const cookies: string[] = []
  if (stirred && place.span.role === 'hub' && hintDomain !== null) cookies.push(writeHint(hintDomain, maxAgeS))
  if (ended === 'everywhere') cookies.push(...forgetHint(visit))
  if (left) cookies.push(writeOut(context.keys, place.host, context.now()))
  else if (signedIn && readOut(context.keys, place.host, cookiesOf(visit)) !== null) cookies.push(clearOut())
  return cookies
}

/** The hint is cleared by whoever learns that there is nobody at the hub, if its host can. */
function forgetHint(visit: Visit): string[] {
  const { hintDomain } = visit.place.span.bridge
  const there = hintDomain !== null && isWithin(visit.place.host, hintDomain) && readHint(cookiesOf(visit)) !== null
  return there ? [clearHint(hintDomain)] : []
}
