// The near cache in front of stores keeps the whole contract, also between two processes that each have one.
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import type { StoreFactory } from 'landbridge/testing'
import { storeConformance } from 'landbridge/testing'
import { describe, test } from 'vitest'
import { ofOneMoment } from '../support/stores.ts'
import { Pushing } from './pushing.ts'

const PUSHED = 'two near caches over one store that pushes'

const STORES: Record<string, StoreFactory> = {
  'memory behind a near cache': () => cached(memory()),
  'sqlite behind a near cache': () => cached(sqlite(':memory:')),
  [PUSHED]: () => {
    const pushing = new Pushing(memory())
    return [cached(pushing.connect().store), cached(pushing.connect().store)]
  },
  'two near caches over one store that tells nothing, both asked to ask always': () => {
    const store = { ...memory(), close: () => undefined }
    return [cached(store, { alwaysAsk: true }), cached(store, { alwaysAsk: true })]
  },
}

for (const [name, make] of Object.entries(STORES)) {
  describe(`the store contract, kept by ${name}`, () => {
    for (const { name: sentence, run } of storeConformance) if (name !== PUSHED || !ofOneMoment(sentence)) test(sentence, () => run(make))
  })
}
