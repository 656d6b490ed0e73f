import { storeConformance } from 'landbridge/testing'
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import type { Store } from 'landbridge'
import type { Reached, Way } from './sql.ts'

/** Declares the tests of the contract, each over two connections. */
export function keepsContract({ name: way, missing, start }: Way): void {
  describe(`the store contract, kept by ${way}`, () => {
    let reached: Reached | undefined
    let stores: readonly [Store, Store]
    beforeAll(async () => {
      if (missing !== null) return
      reached = await start()
      const [first, second] = [reached.connect(), reached.connect()]
      await first.migrate()
      stores = [first, second]
    })
    afterAll(() => reached?.stop())
    beforeEach((ctx) => ctx.skip(missing !== null, missing ?? ''))

    for (const { name, run } of storeConformance) test(name, () => run(() => stores))
  })
}
