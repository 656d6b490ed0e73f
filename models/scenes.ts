/** The bounds under which the model is explored. One for everything at once would be too large; each of these has room for one kind of trouble. */
import type { Bounds } from './rules.ts'

const once: Bounds = {
  signIns: { victim: 1, attacker: 1 },
  pulls: { victim: 1, attacker: 1 },
  tickets: 2,
  pushes: 1,
  planting: true,
  redemptions: 2,
}

export const SCENES = {
  /** Both people sign in once and ask once; one of the two tickets may be pushed, one cookie may be planted. */
  'everything once': once,
  /** The victim has two requests under way, at one spoke or at both. */
  'two requests': { ...once, pulls: { victim: 2, attacker: 1 }, pushes: 0, planting: false },
  /** The victim signs in a second time, while what belongs to the first session is under way. */
  'two sign-ins': { ...once, signIns: { victim: 2, attacker: 1 }, planting: false },
  /** One more ticket than there are requests. */
  'three tickets': { ...once, tickets: 3, pushes: 0, planting: false },
  /** Only what goes through URLs: for what depends on which of them the attacker reads. */
  redirects: { ...once, pushes: 0, planting: false },
  /** Small: to look for an attack where a defence is missing, and to show that there is none. */
  small: { ...once, planting: false },
} as const satisfies Record<string, Bounds>

export type Scene = keyof typeof SCENES
