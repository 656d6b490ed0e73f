import { expressStore } from 'landbridge/express-store'
import { storeConformance } from 'landbridge/testing'
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import type { Reached } from '../support/express-stores.ts'
import { EXPRESS_STORES } from '../support/express-stores.ts'

// In one process it keeps the whole contract but for what it says it lacks, also where it is wrapped twice.
describe.each(EXPRESS_STORES)('the store contract, kept in one process over $name', ({ missing, start }) => {
  let reached: Reached | undefined
  beforeAll(async () => {
    if (missing === null) reached = await start()
  })
  afterAll(() => reached?.stop())
  beforeEach((ctx) => ctx.skip(missing !== null, missing ?? ''))

  for (const { name: sentence, needs, run } of storeConformance)
    test(`${needs?.includes('take') || needs?.includes('accounts') ? 'refused: ' : ''}${sentence}`, () =>
      run(() => [expressStore(reached!.store), expressStore(reached!.store)]))
})
