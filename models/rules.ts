/** Under which rules the model runs: which defences stand, what the attacker sees, how much may happen. */
import type { Defence } from './defences.ts'
import type { Who } from './state.ts'

/** How much may happen. Everything else is bounded by these. */
export interface Bounds {
  readonly signIns: Readonly<Record<Who, number>>
  readonly pulls: Readonly<Record<Who, number>>
  readonly tickets: number
  /** How many of the tickets are pushed. */
  readonly pushes: number
  /** Whether the attacker can plant a cookie, once. */
  readonly planting: boolean
  /** Whether hub and spokes are of one site, so that the browser sends Lax cookies with a form from the one to the other. */
  readonly sameSite: boolean
  /** Requests at `in` between their checks and their answer. */
  readonly redemptions: number
}

export interface Rules {
  readonly without: ReadonlySet<Defence>
  readonly sight: Sight
  readonly bounds: Bounds
}

/** Whether the attacker reads the URLs that the victim's browser is sent to, each before it arrives. He never reads bodies and cookies. */
export type Sight = 'none' | 'live'

export const has = ({ without }: Rules, defence: Defence): boolean => !without.has(defence)

/**
 * Whether a person can come to open a URL that the protocol sent the owner's browser to: it is his own, or the attacker's, who can send
 * the victim there, or the attacker has read it.
 */
export const canOpen = (who: Who, owner: Who, { sight }: Rules): boolean => who === owner || owner === 'attacker' || sight === 'live'

/** How a sentence about a browser that opens a URL of somebody begins. */
export const opening = (who: Who, owner: Who): string =>
  who === owner || who === 'attacker' ? `The ${who}'s browser opens` : "The attacker makes the victim's browser open"
