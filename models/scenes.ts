/** The bounds under which the model is explored. One for everything at once would be too large; each of these has room for one kind of trouble. */
import type { Bounds } from './rules.ts'

const once: Bounds = {
  signIns: { victim: 1, attacker: 1 },
  pulls: { victim: 1, attacker: 1 },
  tickets: 2,
  pushes: 1,
  planting: true,
  sameSite: true,
  redemptions: 2,
}

export const SCENES = {
  /** Both people sign in once and ask once; one of the two tickets may be pushed, one cookie may be planted. */
  'everything once': once,
  /** Hub and spokes are of different sites, so that no cookies come with a form. */
  'other sites': { ...once, planting: false, sameSite: false },
  /** The victim has two requests under way, at one spoke or at both. */
  'two requests': { ...once, pulls: { victim: 2, attacker: 1 }, pushes: 0, planting: false },
  /** The victim signs in a second time, while what belongs to the first session is under way. */
  'two sign-ins': { ...once, signIns: { victim: 2, attacker: 1 }, pushes: 0, planting: false },
  /** One more ticket than there are requests. */
  'three tickets': { ...once, tickets: 3, pushes: 0, planting: false },
  /** The victim alone, with a request too many, begun before or after a sign-out here. */
  'lost marker': { ...once, signIns: { victim: 1, attacker: 0 }, pulls: { victim: 2, attacker: 0 }, tickets: 3, planting: false },
  /** Only what is asked for: for the attacks that begin with an ask. */
  redirects: { ...once, pushes: 0, planting: false },
  /** Small: to show that there is no attack where a second wall is missing. */
  small: { ...once, planting: false },
} as const satisfies Record<string, Bounds>

export type Scene = keyof typeof SCENES
