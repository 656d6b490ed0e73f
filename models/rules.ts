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
  /** Requests at `in` between their checks and their answer. */
  readonly redemptions: number
}

export interface Rules {
  readonly without: ReadonlySet<Defence>
  readonly sight: Sight
  readonly bounds: Bounds
}

/**
 * Which URLs of the victim's browser the attacker reads: none; each one when the host that it leads to has answered (an access log, a
 * history); or each one as soon as the browser is sent there, before it arrives.
 */
export type Sight = 'none' | 'log' | 'live'

export const has = ({ without }: Rules, defence: Defence): boolean => !without.has(defence)

/**
 * Whether a person can come to open a URL that the protocol sent the owner's browser to: it is his own, or the attacker's, who can send
 * the victim there, or the attacker has read it.
 */
export function canOpen(who: Who, owner: Who, answered: boolean, { sight }: Rules): boolean {
  return who === owner || owner === 'attacker' || sight === 'live' || (sight === 'log' && answered)
}

/** How a sentence about a browser that opens a URL of somebody begins. */
export const opening = (who: Who, owner: Who): string =>
  who === owner || who === 'attacker' ? `The ${who}'s browser opens` : "The attacker makes the victim's browser open"
