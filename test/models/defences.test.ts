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

const BACK = /^The victim signed out at elmer and is signed in there again without having asked for it/

/** What the shortest attack without each defence comes to. */
const FAULTS: Record<Needed, RegExp> = {
  'ticket-in-body': /^The attacker's browser has a session of the victim's account at elmer/,
  'source-origin': /^The victim's browser has a session of the attacker's account at elmer/,
  'take-once': /^Ticket 1 yielded 2 handles/,
  'rq-first': /^Ticket 1, for elmer, was burnt by a stranger/,
  'destination-in-key': /^Ticket 1, for elmer, was found at another host/,
  'mode-in-key': /^Ticket 1, for elmer, was found by another transport/,
  renewal: /^The attacker's browser has a session of the victim's account at hub/,
  'fresh-handle': /^The attacker's browser has a session of the victim's account at elmer/,
  'live-session': /^Session 1 was ended and lives again/,
  'live-master': /^Ticket 1 yielded a handle after the hub's handle had ended/,
  'kept-alive': /^A handle of session 1 opens a spoke after the hub's handle has ended/,
  'kept-alive-from-the-start': /^A handle of session 1 opens a spoke after the hub's handle has ended/,
  marker: BACK,
  'left-expected': BACK,
  'act-overtaken': BACK,
  'act-bound': BACK,
  'marker-apart': BACK,
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

const explored = (missing: readonly Defence[], sight: Sight, invariants: readonly Invariant[]) =>
  explore(crossing({ without: new Set(missing), sight, bounds: SCENES.redirects }, invariants))

describe('somebody who sends the victim to an ask and reads every URL', () => {
  test('gains nothing where tickets stand in bodies', { timeout: PATIENCE }, () => {
    const { attack, states } = explored([], 'live', ['not-taken-over', 'not-mistaken'])
    expect(attack).toBeNull()
    expect(states).toBeGreaterThan(9000)
  })

  test('gets into the account of the victim where they stand in URLs', { timeout: PATIENCE }, () => {
    expect(explored(['ticket-in-body'], 'live', ['not-taken-over']).attack?.trace).toHaveLength(5)
  })

  test('and brings the victim into his own account', { timeout: PATIENCE }, () => {
    const { attack } = explored(['ticket-in-body'], 'live', ['not-mistaken'])
    expect(attack?.fault).toMatch(/^The victim's browser has a session of the attacker's account/)
  })

  test('gains nothing there either when he reads no URL', { timeout: PATIENCE }, () => {
    const { attack, states } = explored(['ticket-in-body'], 'none', ['not-taken-over', 'not-mistaken'])
    expect(attack).toBeNull()
    expect(states).toBeGreaterThan(5000)
  })
})
