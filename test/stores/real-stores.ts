/** Every store over a real system, with two connections to one set of data: one line is one more store in the tests that go through this. */
import { expressStore } from 'landbridge/express-store'
import { memory } from 'landbridge/memory'
import { redis } from 'landbridge/redis'
import { sqlite } from 'landbridge/sqlite'
import type { StoreFactory } from 'landbridge/testing'
import { EXPRESS_STORES } from '../support/express-stores.ts'
import { WAYS } from '../support/redis.ts'
import { MARIADB, PG, POSTGRES_JS } from '../support/sql.ts'
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

const overSql = [PG, POSTGRES_JS, MARIADB].map(({ name, missing, start }): RealStore => ({
  name,
  missing,
  async start() {
    const reached = await start()
    const stores = [reached.connect(), reached.connect()] as const
    await stores[0].migrate()
    return { make: () => stores, stop: () => reached.stop() }
  },
}))

/** In one process such a store keeps the whole contract, also where it is wrapped twice. */
const overExpressStores = EXPRESS_STORES.map(({ name, missing, start }): RealStore => ({
  name: `express-store over ${name}`,
  missing,
  async start() {
    const reached = await start()
    return { make: () => [expressStore(reached.store), expressStore(reached.store)], stop: () => reached.stop() }
  },
}))

export const REAL_STORES: readonly RealStore[] = [
  inProcess('memory', () => memory()),
  onFile,
  ...overRedis,
  ...overSql,
  ...overExpressStores,
]
