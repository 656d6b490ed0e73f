// Each defence of the crossing, taken away alone, lets somebody break an invariant: so the model would have noticed that it is missing.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Needed } from '../../models/attacks.ts'
import { attacksPage, attackWithout, NEEDED_NAMES } from '../../models/attacks.ts'
import { crossing } from '../../models/crossing.ts'
import type { Defence } from '../../models/defences.ts'
import { IN_DEPTH } from '../../models/defences.ts'
import type { Attack } from '../../models/explore.ts'
import { explore } from '../../models/explore.ts'
import type { Invariant } from '../../models/invariants.ts'
import type { Sight } from '../../models/rules.ts'
import { SCENES } from '../../models/scenes.ts'

const PATIENCE = 120_000

/** What the shortest attack without each defence comes to. */
const FAULTS: Record<Needed, RegExp> = {
  'take-once': /^Ticket 1 yielded 2 handles/,
  binding: /^The attacker's browser has a session of the victim's account at elmer/,
  pairing: /^The attacker's browser has a session of the victim's account at elmer/,
  'rq-first': /^Ticket 1, for elmer, was burnt by a stranger/,
  'destination-in-key': /^Ticket 1, for elmer, was found at another host/,
  'mode-in-key': /^The attacker's browser has a session of the victim's account at elmer/,
  'push-origin': /^The victim's browser has a session of the attacker's account at elmer/,
  renewal: /^The attacker's browser has a session of the victim's account at hub/,
  'fresh-handle': /^The attacker's browser has a session of the victim's account at elmer/,
  'live-session': /^Session 1 was ended and lives again/,
  'live-master': /^Ticket 1 yielded a handle after the hub's handle had ended/,
  'kept-alive': /^A handle of session 1 opens a spoke after the hub's handle has ended/,
  marker: /^The victim signed out at elmer and is signed in there again without having asked for it/,
  'no-overtaking': /^The victim signed out at elmer and is signed in there again without having asked for it/,
  scope: /^A handle of hub opened session 1 at elmer/,
}

describe('without one defence an attack succeeds', () => {
  const attacks = new Map<Needed, Attack | null>()

  for (const defence of NEEDED_NAMES) {
    test(defence, { timeout: PATIENCE }, () => {
      const attack = attackWithout(defence)
      attacks.set(defence, attack)
      expect(attack?.fault).toMatch(FAULTS[defence])
      expect(attack?.trace.length).toBeGreaterThan(1)
    })
  }

  test('models/attacks.md tells these attacks', { timeout: PATIENCE }, () => {
    const page = readFileSync(new URL('../../models/attacks.md', import.meta.url), 'utf8')
    expect(page).toBe(attacksPage((defence) => attacks.get(defence) ?? attackWithout(defence)))
  })
})

describe('a second wall can go alone and no invariant breaks', () => {
  for (const defence of Object.keys(IN_DEPTH) as Defence[]) {
    test(defence, { timeout: PATIENCE }, () => {
      const { attack, states } = explore(crossing({ without: new Set([defence]), sight: 'live', bounds: SCENES.small }))
      expect(attack).toBeNull()
      expect(states).toBeGreaterThan(30_000)
    })
  }
})

describe('where an ask cannot name its browser, as between unrelated domains', () => {
  const explored = (missing: Defence[], sight: Sight, invariant?: Invariant) =>
    explore(crossing({ without: new Set(missing), sight, bounds: SCENES.redirects }, invariant && [invariant]))

  test('who reads no URL of the victim gains nothing', { timeout: PATIENCE }, () => {
    const { attack, states } = explored(['pairing'], 'none')
    expect(attack).toBeNull()
    expect(states).toBeGreaterThan(5000)
  })

  test('who reads the access log gets into the account of the victim', { timeout: PATIENCE }, () => {
    expect(explored(['pairing'], 'log').attack?.fault).toMatch(/^The attacker's browser has a session of the victim's account/)
  })

  test('he does not, when a ticket that comes without an rq cookie is burnt', { timeout: PATIENCE }, () => {
    const { attack, states } = explored(['pairing', 'rq-first'], 'log', 'not-taken-over')
    expect(attack).toBeNull()
    expect(states).toBeGreaterThan(10_000)
  })

  test('but he can still bring the victim into his own account', { timeout: PATIENCE }, () => {
    const { attack } = explored(['pairing', 'rq-first'], 'log', 'not-mistaken')
    expect(attack?.fault).toMatch(/^The victim's browser has a session of the attacker's account/)
  })
})
