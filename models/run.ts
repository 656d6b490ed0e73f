// Explores the model of the crossing and prints what it found.
//
//   node models/run.ts                              every scene, with all defences: states, steps, depth
//   node models/run.ts --without marker             the shortest attack when that defence is missing (several: --without a,b)
//   node models/run.ts --without ticket-in-body --sight none   when the attacker reads no URL of the victim's browser
//   node models/run.ts --scene 'two requests'       one scene only
//   node models/run.ts --attacks                    the page models/attacks.md
import process from 'node:process'
import { parseArgs } from 'node:util'
import { attacksPage, tellAttack } from './attacks.ts'
import { crossing } from './crossing.ts'
import type { Defence } from './defences.ts'
import { IN_DEPTH, NEEDED } from './defences.ts'
import { explore } from './explore.ts'
import type { Sight } from './rules.ts'
import type { Scene } from './scenes.ts'
import { SCENES } from './scenes.ts'

const { values } = parseArgs({
  options: {
    without: { type: 'string' },
    scene: { type: 'string' },
    sight: { type: 'string', default: 'live' },
    attacks: { type: 'boolean' },
  },
})
const say = (line: string): void => void process.stdout.write(`${line}\n`)

const without = new Set((values.without ?? '').split(',').filter((name) => name !== '') as Defence[])
const scenes = values.scene === undefined ? (Object.keys(SCENES) as Scene[]) : [values.scene as Scene]
const sight = values.sight as Sight
const unknown = [
  ...[...without].filter((name) => !(name in NEEDED || name in IN_DEPTH)),
  ...scenes.filter((name) => !(name in SCENES)),
  ...[sight].filter((name) => !['none', 'live'].includes(name)),
]

if (unknown.length > 0) {
  say(`Unknown: ${unknown.join(', ')}`)
  say(`Defences: ${[...Object.keys(NEEDED), ...Object.keys(IN_DEPTH)].join(', ')}`)
  say(`Scenes: ${Object.keys(SCENES).join(', ')}`)
  process.exitCode = 1
} else if (values.attacks) {
  process.stdout.write(attacksPage())
} else {
  for (const scene of scenes) {
    if (!exploreScene(scene)) {
      process.exitCode = 1
      break
    }
  }
}

function exploreScene(scene: Scene): boolean {
  const start = performance.now()
  const found = explore(crossing({ without, sight, bounds: SCENES[scene] }))
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  say(`${scene}: ${found.states} states, ${found.transitions} steps between them, ${found.depth} deep, ${seconds} s`)
  if (found.attack !== null) say(`\n${tellAttack(found.attack)}`)
  else {
    for (const kind of new Set([...found.changed.keys(), ...found.refused.keys()])) {
      say(`  ${kind}: ${found.changed.get(kind) ?? 0} times, and ${found.refused.get(kind) ?? 0} times refused`)
    }
  }
  return found.attack === null
}
