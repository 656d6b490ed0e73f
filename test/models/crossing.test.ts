// The crossing protocol as a model (models/README.md): with all defences no state breaks an invariant, whatever the attacker does.
import { describe, expect, test } from 'vitest'
import { crossing } from '../../models/crossing.ts'
import type { Defence } from '../../models/defences.ts'
import { explore } from '../../models/explore.ts'
import { SCENES } from '../../models/scenes.ts'

const PATIENCE = 120_000
const all: ReadonlySet<Defence> = new Set()

/** At least so many states, and these kinds of steps that changed something: an exploration that went nowhere cannot pass. */
const EXPECTED = {
  'everything once': 300_000,
  'other sites': 50_000,
  'two requests': 80_000,
  'two sign-ins': 40_000,
  'three tickets': 80_000,
  'lost marker': 29_000,
}
const ALWAYS = ['sign-in', 'sign-out', 'sign-out-here', 'master-ends', 'start', 'ask', 'post', 'come-in', 'attach', 'refuse-late', 'expire']
const ATTACKING = ['forged-post', 'start-silently']
const ALSO: Record<keyof typeof EXPECTED, string[]> = {
  'everything once': ['push', 'plant', ...ATTACKING],
  'other sites': ['push', ...ATTACKING],
  'two requests': ATTACKING,
  // In these two there are too few requests for a silent one.
  'two sign-ins': ['forged-post'],
  'three tickets': ['forged-post'],
  'lost marker': ['push', 'start-silently'],
}

describe('with all defences no state breaks an invariant', () => {
  for (const scene of Object.keys(EXPECTED) as (keyof typeof EXPECTED)[]) {
    test(scene, { timeout: PATIENCE }, () => {
      const { attack, states, changed, refused } = explore(crossing({ without: all, sight: 'live', bounds: SCENES[scene] }))
      expect(attack).toBeNull()
      expect(states).toBeGreaterThan(EXPECTED[scene])
      expect([...changed.keys()].sort()).toEqual([...ALWAYS, ...ALSO[scene]].sort())
      // What the attacker tries and never gets through with.
      for (const kind of ['show', 'ask', 'forged-ask']) expect(refused.get(kind)).toBeGreaterThan(0)
      if (scene !== 'lost marker') expect(refused.get('forged-post')).toBeGreaterThan(0)
      if (ALSO[scene].includes('start-silently') && scene !== 'lost marker') expect(refused.get('forged-act')).toBeGreaterThan(0)
    })
  }
})
