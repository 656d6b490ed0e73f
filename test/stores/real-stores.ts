/** Every store over a real system, with two connections to one set of data: one line is one more store in the tests that go through this. */
import { memory } from 'landbridge/memory'
import { redis } from 'landbridge/redis'
import { sqlite } from 'landbridge/sqlite'
import type { StoreFactory } from 'landbridge/testing'
import { WAYS } from '../support/redis.ts'
import { temporaryFile } from '../support/stores.ts'

export interface RealStore {
  readonly name: string
  /** Why it cannot be had here; `null` where it can. */
  readonly missing: string | null
  start(): Promise<{ readonly make: StoreFactory; stop(): unknown }>
}

const inProcess = (name: string, make: StoreFactory): RealStore => ({
  name,
  missing: null,
  start: async () => ({ make, stop: () => undefined }),
})

const onFile: RealStore = {
  name: 'sqlite',
  missing: null,
  async start() {
    const { file, remove } = temporaryFile()
    return { make: () => [sqlite(file), sqlite(file)], stop: remove }
  },
}

const overRedis = WAYS.map(({ name, missing, start }): RealStore => ({
  name,
  missing,
  async start() {
    const reached = await start()
    const [one, another] = [await reached.connect(), await reached.connect()]
    return { make: () => [redis(one), redis(another)], stop: () => reached.stop() }
  },
}))

export const REAL_STORES: readonly RealStore[] = [inProcess('memory', () => memory()), onFile, ...overRedis]
