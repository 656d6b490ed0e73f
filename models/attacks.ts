/** The shortest attack for each defence that is taken away, as text. */
import { NEEDED } from './defences.ts'
import { crossing } from './crossing.ts'
import type { Attack } from './explore.ts'
import { explore } from './explore.ts'
import type { Rules } from './rules.ts'
import type { Scene } from './scenes.ts'
import { SCENES } from './scenes.ts'

export type Needed = keyof typeof NEEDED
export const NEEDED_NAMES = Object.keys(NEEDED) as Needed[]

/** The nearest state in which the invariant that a defence keeps is broken, with that defence alone taken away; `null` if there is none. */
export function attackWithout(defence: Needed): Attack | null {
  const needed = NEEDED[defence]
  const scene: Scene = 'scene' in needed ? needed.scene : 'everything once'
  const rules: Rules = { without: new Set([defence]), sight: 'live', bounds: SCENES[scene] }
  return explore(crossing(rules, [needed.breaks])).attack
}

export function tellAttack({ trace, fault }: Attack): string {
  return [...trace.map((sentence, i) => `${i + 1}. ${sentence}`), '', `**${fault}**`].join('\n')
}

/** The page `attacks.md`. */
export function attacksPage(attackOf: (defence: Needed) => Attack | null = attackWithout): string {
  const parts = NEEDED_NAMES.map((name) => {
    const { says, breaks } = NEEDED[name]
    const attack = attackOf(name)
    return `## ${name}\n\nThe defence: ${says}.\nWithout it \`${breaks}\` breaks:\n\n${attack === null ? 'no attack found' : tellAttack(attack)}\n`
  })
  return `# The shortest attack on the crossing without each of its defences\n\nWritten by \`node models/run.ts --attacks\`; the tests compare it.\n\n${parts.join('\n')}`
}
