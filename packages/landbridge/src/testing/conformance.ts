import { attachingCases } from './cases/attaching.ts'
import { endingCases } from './cases/ending.ts'
import { keepingCases } from './cases/keeping.ts'
import { linearCases } from './cases/linear.ts'
import { racingCases } from './cases/racing.ts'
import { readingCases } from './cases/reading.ts'
import { renewingCases } from './cases/renewing.ts'
import { sweepingCases } from './cases/sweeping.ts'
import { updatingCases } from './cases/updating.ts'
import type { StoreCase } from './store-case.ts'

/**
 * The conformance suite of the store contract (`Store` in `landbridge/store`), as data for any test runner. A case resolves when
 * the store keeps the contract in that point, and rejects with an `AssertionError` when it does not:
 *
 * `for (const { name, run } of storeConformance) test(name, () => run(() => myStore()))`
 *
 * Each case asks the factory once, and closes what it was given. Names are unique sentences. Ids are random, so that the cases
 * may run in any order, at the same time, and on a database that holds other sessions.
 */
export const storeConformance: readonly StoreCase[] = [
  ...readingCases,
  ...updatingCases,
  ...renewingCases,
  ...attachingCases,
  ...endingCases,
  ...keepingCases,
  ...sweepingCases,
  ...racingCases,
  ...linearCases,
]
