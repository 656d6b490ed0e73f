/** The browsers that an account is signed in on, as the person whose account it is may list and end them. */
import { recordAt } from './accounts.ts'
import { agentLabel } from './agent.ts'
import { reservedKey } from './entry.ts'
import { randomId } from './handle.ts'
import { isRemembered } from './lifetime.ts'
import type { ListedSession, StoredHandle, StoredSession } from './store.ts'
import type { Scope } from './types.ts'

/** A browser that an account is signed in on. Times are milliseconds since the epoch. */
export interface Device {
  /** Names it in a list, and stays when the session is renewed. It opens nothing and is not the session's id. */
  readonly id: string
  /** When it signed in. */
  readonly createdAt: number
  /** When it was seen last, on whichever host: to within a tenth of the idle lifetime. */
  readonly seenAt: number
  /** The scopes that its session can be used in. */
  readonly scopes: readonly Scope[]
  /** What the browser says of itself, as in `'Firefox 140 on Linux'`. */
  readonly agent: string
  /** Whether it asked to stay signed in. */
  readonly remembered: boolean
  /** Whether it is the one that this request came from. */
  readonly current: boolean
}

/** What a sign-in keeps among the values. */
interface KeptDevice {
  readonly id: string
  readonly agent: string
}

export const DEVICE_KEY: string = reservedKey('device')

/** What a sign-in keeps of the browser. Its name in the list stays: it is in the values before. */
export function deviceRecord(before: string, userAgent: string | undefined): string {
  const kept = recordAt<Partial<KeptDevice>>(before, DEVICE_KEY)
  const device: KeptDevice = { id: kept !== null && isWhole(kept) ? kept.id : randomId(), agent: agentLabel(userAgent) }
  return JSON.stringify(device)
}

interface Read extends StoredSession {
  readonly handle?: StoredHandle | null
  readonly handles?: readonly StoredHandle[]
}

/** What the sign-in of a session kept: with the session, or with the handle where each scope has its own values. */
export function deviceOf({ values, handle, handles = [] }: Read): KeptDevice | null {
  for (const text of [values, handle?.values ?? '', ...handles.map((each) => each.values)]) {
    const found = recordAt<Partial<KeptDevice>>(text, DEVICE_KEY)
    if (found !== null && isWhole(found)) return found
  }
  return null
}

/** Damage in the store counts as absent. */
const isWhole = (found: Partial<KeptDevice>): found is KeptDevice => typeof found.id === 'string' && typeof found.agent === 'string'

/** A session as its owner may see it. One that signed in before devices were named goes by the end of its id, which opens nothing. */
export function deviceFrom(session: ListedSession, current: string | null, now: number): Device {
  const kept = deviceOf(session)
  const live = session.handles.filter(({ expiresAt }) => expiresAt > now)
  return {
    id: kept?.id ?? session.id.slice(-8),
    createdAt: session.createdAt,
    // The last handle may have come to its end since the session was listed.
    seenAt: Math.max(session.createdAt, ...live.map(({ seenAt }) => seenAt)),
    scopes: live.map(({ scope }) => scope).sort(),
    agent: kept?.agent ?? agentLabel(undefined),
    remembered: isRemembered(session.accounts),
    current: session.id === current,
  }
}
