// The explorer of models/ on a puzzle whose answers are known.
import { describe, expect, test } from 'vitest'
import type { Model, Step } from '../../models/explore.ts'
import { explore } from '../../models/explore.ts'

type Jugs = readonly [number, number]

/** Two jugs of 3 and 5 litres: filled, emptied, poured over. Of the 24 pairs of contents the 16 with a jug full or empty can come about. */
function jugs(wanted: number | null): Model<Jugs> {
  return {
    initial: [0, 0],
    keyOf: (state) => state.join(),
    faultOf: (state) => (state[1] === wanted ? `The large jug holds ${wanted}.` : null),
    stepsFrom([small, large]) {
      const [over, back] = [Math.min(small, 5 - large), Math.min(large, 3 - small)]
      const step = (kind: string, next: Jugs): Step<Jugs> => ({
        kind,
        tell: () => `${kind}: ${next.join(' and ')}`,
        next: next[0] === small && next[1] === large ? null : next,
      })
      return [
        step('fill the small', [3, large]),
        step('fill the large', [small, 5]),
        step('empty the small', [0, large]),
        step('empty the large', [small, 0]),
        step('pour into the large', [small - over, large + over]),
        step('pour into the small', [small + back, large - back]),
      ]
    },
  }
}

describe('the explorer', () => {
  test('finds every state, once', () => {
    const { states, attack, changed, refused } = explore(jugs(null))
    expect({ states, attack }).toEqual({ states: 16, attack: null })
    const sum = (counts: ReadonlyMap<string, number>) => [...counts.values()].reduce((a, b) => a + b, 0)
    expect(sum(changed) + sum(refused)).toBe(16 * 6)
  })

  test('tells the shortest way to a fault', () => {
    expect(explore(jugs(4)).attack).toEqual({
      fault: 'The large jug holds 4.',
      trace: [
        'fill the large: 0 and 5',
        'pour into the small: 3 and 2',
        'empty the small: 0 and 2',
        'pour into the small: 2 and 0',
        'fill the large: 2 and 5',
        'pour into the small: 3 and 4',
      ],
    })
  })

  test('sees a fault in the first state', () => {
    expect(explore(jugs(0))).toMatchObject({ states: 1, attack: { trace: [] } })
  })

  test('refuses to stop half-way', () => {
    expect(() => explore(jugs(null), 15)).toThrow('More than 15 states')
  })
})
