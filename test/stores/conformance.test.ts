import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'
import { storeConformance, type StoreFactory } from 'landbridge/testing'
import { afterAll, describe, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'landbridge-conformance-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0
const twoConnections: StoreFactory = () => {
  const file = join(folder, `${files++}.db`)
  return [sqlite(file), sqlite(file)]
}

const STORES: Record<string, StoreFactory> = {
  memory: () => memory(),
  'sqlite in memory': () => sqlite(':memory:'),
  'sqlite, two connections to one file': twoConnections,
}

for (const [name, make] of Object.entries(STORES)) {
  describe(`the store contract, kept by ${name}`, () => {
    for (const { name: sentence, run } of storeConformance) test(sentence, () => run(make))
  })
}

test('the cases have names of their own', () => {
  expect(new Set(storeConformance.map(({ name }) => name)).size).toBe(storeConformance.length)
})
