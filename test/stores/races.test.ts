// The two promises on which a session store stands or falls, in full, over every store.
import { memory } from 'landbridge/memory'
import type { Store } from 'landbridge/store'
import { lostUpdates, resurrections } from 'landbridge/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BROKEN_UPDATES } from './broken-histories.ts'
import type { RealStore } from './real-stores.ts'
import { REAL_STORES } from './real-stores.ts'

/** Whatever stands between, the same server does the work: one way to each suffices. */
const ONCE_EACH = REAL_STORES.filter(({ name }) => !/Valkey|node-redis|Sentinels|over postgres/.test(name))

async function started({ start }: RealStore) {
  const { make, stop } = await start()
  onTestFinished(async () => void (await stop()))
  return make
}

describe.each(ONCE_EACH)('Over $name', (store) => {
  test('50 concurrent writers lose no update in 1000 rounds', { timeout: 60_000 }, async (ctx) => {
    ctx.skip(store.missing !== null, store.missing ?? '')
    await lostUpdates(await started(store), 1000)
  })

  test('no sign-out in 1000 races with a save leaves a session', { timeout: 60_000 }, async (ctx) => {
    ctx.skip(store.missing !== null, store.missing ?? '')
    await resurrections(await started(store), 1000)
  })
})

test('A store that loses an update, and one that brings an ended session back, are found out', async () => {
  const broken = (defect: string) => (): Store => {
    const store = memory()
    return { ...store, ...BROKEN_UPDATES[defect]!(store) }
  }
  await expect(lostUpdates(broken('an update reads, then writes all values back'), 3)).rejects.toThrow(/none is lost/)
  await expect(resurrections(broken('a late update brings an ended session back'), 30)).rejects.toThrow(/what has ended stays ended/)
})
