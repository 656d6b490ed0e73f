/** A request that takes part in a crossing, with everything that a step of it needs. */
import type { Bridge, Seen, Span } from './bridge.ts'
import { originFor } from './bridge.ts'
import { isLocalhost } from './host.ts'
import type { Keys } from './keys.ts'
import type { Look } from './recognise.ts'
import type { Inbound } from './request.ts'
import type { Context } from './session.ts'
import type { Place } from './topology.ts'

/** A place that is part of a bridge. */
export type BridgedPlace = Place & { readonly span: Span }

export interface Visit {
  readonly context: Context & { readonly keys: Keys }
  readonly place: BridgedPlace
  readonly request: Inbound
  readonly seen: Seen
}

/** The visit of a request, or `null` where nothing crosses. */
export function visitOf(context: Context, place: Place, request: Inbound, seen: Seen): Visit | null {
  if (place.span === null || context.keys === null) return null
  return { context: context as Visit['context'], place: place as BridgedPlace, request, seen }
}

/** Whether what travels is hidden, and Secure cookies come along. */
export const isConfidential = ({ place, seen }: Visit): boolean => seen.encrypted || isLocalhost(place.host)

/** The place of an authority, when it is a host of this bridge; otherwise `null`. */
export async function memberAt({ locate }: Context, bridge: Bridge, authority: string): Promise<BridgedPlace | null> {
  const found = await locate(authority)
  return found !== null && found !== 'malformed' && found.span?.bridge === bridge ? (found as BridgedPlace) : null
}

/** For what leads to a handle of another host: no cache answers. */
export const freshLook = ({ request }: Visit): Look => ({ fresh: true, request })

export const cookiesOf = ({ request }: Visit): string => request.header('cookie') ?? ''

/** The origin under which the browser came here. */
export const ownOrigin = ({ place, seen }: Visit): string => originFor(place.host, seen)

/** Parameters of a query or a form: each name at most once, otherwise `null`. */
export function singleFields(text: string): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(text)) {
    if (fields.has(name) || fields.size >= 16) return null
    fields.set(name, value)
  }
  return fields
}
