import { checkRevocationsOn } from '../histories/account-histories.ts'
import { checkHistoriesOn } from '../histories/check-histories.ts'
import type { StoreCase } from '../store-case.ts'
import { accountsCase, storeCase } from '../store-case.ts'

/** The seeds of the suite. Each history of a case has the next one, so that these do not overlap. */
const SEEDS = [1, 101, 201, 301]
const ROUNDS = 50

export const linearCases: readonly StoreCase[] = SEEDS.flatMap((seed) => [
  storeCase(`${ROUNDS} histories of six clients at once have an order that explains every answer (seed ${seed})`, (ground) =>
    checkHistoriesOn(ground, { seed, rounds: ROUNDS }),
  ),
  accountsCase(
    `in ${ROUNDS} histories no session that was signed in before a revocation of its account escapes it (seed ${seed})`,
    (ground) => checkRevocationsOn(ground, { seed, rounds: ROUNDS }),
  ),
])
