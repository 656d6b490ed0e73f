// The search for an order of concurrent calls: it accepts stores whose methods are atomic, and notices each way in which one is not.
import { AssertionError } from 'node:assert'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { memory } from 'landbridge/memory'
import type { Store } from 'landbridge/store'
import type { StoreCase } from 'landbridge/testing'
import { checkHistories, checkRevocations, storeConformance } from 'landbridge/testing'
import { describe, expect, test } from 'vitest'
import { isLinearizable } from '../../packages/landbridge/src/testing/histories/linearize.ts'
import type { Model } from '../../packages/landbridge/src/testing/histories/linearize.ts'
import { wrapped } from '../support/stores.ts'
import { BROKEN_ACCOUNTS, BROKEN_REST, BROKEN_UPDATES } from './broken-histories.ts'

/** Only these cases of the suite, with the seeds that it names: the others would notice some of the defects, too. */
const ORDERS = storeConformance.filter(({ name }) => /have an order that explains every answer/.test(name))
const REVOCATIONS = storeConformance.filter(({ name }) => /histories no session .* escapes/.test(name))

async function complaints(cases: readonly StoreCase[], defect: (store: Store) => Partial<Store>): Promise<string[]> {
  const found: string[] = []
  for (const { name, run } of cases) {
    const store = memory()
    await run(() => ({ ...store, ...defect(store) })).catch((error: unknown) => {
      expect(error, name).toBeInstanceOf(AssertionError)
      found.push((error as Error).message)
    })
  }
  return found
}

describe('The histories of the suite notice when', () => {
  test.each(Object.entries({ ...BROKEN_UPDATES, ...BROKEN_REST }))('%s', async (_, defect) => {
    const found = await complaints(ORDERS, defect)
    expect(found.length).toBeGreaterThan(0)
    for (const message of found) expect(message).toMatch(/^no order of these \d+ calls, one at a time, explains their answers \(seed \d+\)/)
  })

  test.each(Object.entries(BROKEN_ACCOUNTS))('%s', async (_, defect) => {
    const found = await complaints(REVOCATIONS, defect)
    expect(found.length).toBeGreaterThan(0)
    for (const message of found) expect(message).toMatch(/\(seed \d+; try it again: /)
  })
})

/** A store whose answers come some turns after its effects, and these some turns after the calls. */
function slow(store: Store): Store {
  let turns = 0
  return wrapped(store, async (_, call) => {
    for (let left = turns++ % 3; left > 0; left--) await setImmediate()
    const answer = await call()
    for (let left = turns++ % 4; left > 0; left--) await setImmediate()
    return answer
  })
}

describe('A check of histories', () => {
  test('accepts a store that carries out each call at a moment of its own between call and answer', async () => {
    const make = (): [Store, Store] => {
      const store = memory()
      return [slow(store), slow(store)]
    }
    await checkHistories(make, { seed: 5000, rounds: 200 })
    await checkRevocations(make, { seed: 5000, rounds: 100 })
  })

  test('fails with the seed of the one history that shows the fault, and with the calls up to the one that surprises', async () => {
    const lost = (): Store => {
      const store = memory()
      return { ...store, ...BROKEN_UPDATES['an update reads, then writes all values back']!(store) }
    }
    const message = await checkHistories(lost, { rounds: 100 }).then(String, (error: unknown) => (error as Error).message)
    const seed = Number(/\(seed (\d+)\)/.exec(message)?.[1])
    const again = await checkHistories(lost, { seed, rounds: 1 }).then(String, (error: unknown) => (error as Error).message)
    expect(again).toContain(`Try it again: checkHistories(factory, { seed: ${seed}, rounds: 1 })`)
    expect(again).toMatch(/\n {2}\d+–(?:\d+|\?) client \d: update \{"id":"#\d","scope":"[a-z.]+","delta":\{.*\}\} → (?:"saved"|failed)/)
  })

  test('does not accept that calls fail, unless it is told to take them for calls that may have happened', async () => {
    const failing = (fails: (call: number) => 'before' | 'after' | 'no') => (): Store => {
      let calls = 0
      return wrapped(memory(), async (method, call) => {
        if (method === 'create' || method === 'close') return call()
        const when = fails(++calls)
        if (when === 'before') throw new Error('the connection was refused')
        const answer = await call()
        if (when === 'after') throw new Error('the connection was cut')
        return answer
      })
    }
    const either = failing((call) => (call % 11 === 0 ? 'before' : call % 7 === 0 ? 'after' : 'no'))
    await expect(checkHistories(either)).rejects.toThrow('the connection was')
    await checkHistories(either, { rounds: 100, failures: 'unknown' })
    // What was acknowledged has to be there all the same.
    const losing = (): Store => {
      const store = either()
      return { ...store, ...BROKEN_UPDATES['an update is acknowledged, and now and then not written']!(store) }
    }
    await expect(checkHistories(losing, { rounds: 100, failures: 'unknown' })).rejects.toThrow('no order of these')
  })
})

type Step = { readonly write: number } | 'read'
const register: Model<number, Step> = {
  start: 0,
  step: (state, operation) => (operation === 'read' ? { state, answer: state } : { state: operation.write, answer: undefined }),
  keyOf: String,
  agrees: Object.is,
}

interface Timed {
  readonly operation: Step
  readonly invoked: number
  readonly answered: number
  readonly answer: unknown
}

/** All orders of the calls that keep to their times, tried one after the other. */
function hasOrder(calls: readonly Timed[], state = 0): boolean {
  if (calls.every(({ answered }) => answered === Infinity)) return true
  return calls.some((call, index) => {
    if (calls.some(({ answered }) => answered < call.invoked)) return false
    const step = register.step(state, call.operation)
    return (call.answered === Infinity || Object.is(step.answer, call.answer)) && hasOrder(calls.toSpliced(index, 1), step.state)
  })
}

test('The search finds an order exactly where trying all orders does', () => {
  const call = fc.record({
    operation: fc.oneof(fc.constant('read' as const), fc.record({ write: fc.integer({ min: 1, max: 3 }) })),
    invoked: fc.integer({ min: 0, max: 20 }),
    lasts: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 9 }) }, { weight: 1, arbitrary: fc.constant(Infinity) }),
    seen: fc.integer({ min: 0, max: 3 }),
  })
  const verdicts = { yes: 0, no: 0 }
  fc.assert(
    fc.property(fc.array(call, { maxLength: 6 }), (drawn) => {
      // Moments are distinct, as a recorder makes them: beginnings are whole numbers, answers lie between.
      const calls = drawn.map(({ operation, invoked, lasts, seen }, index) => ({
        operation,
        invoked: invoked + index / 100,
        answered: invoked + lasts + (index + 50) / 100,
        answer: operation === 'read' ? seen : undefined,
      }))
      const verdict = hasOrder(calls)
      verdicts[verdict ? 'yes' : 'no']++
      expect(isLinearizable(register, calls)).toBe(verdict)
    }),
    { numRuns: 3000, seed: 1 },
  )
  expect(Math.min(verdicts.yes, verdicts.no)).toBeGreaterThan(500)
})
