import { Pool } from 'pg'
import type { PostgresOptions, PostgresStore } from 'landbridge/postgres'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { missingPostgres, startPostgres } from './servers/postgres.ts'
import type { Server } from './servers/process.ts'
import { overPg } from './sql.ts'

export interface Ground {
  readonly server: Server
  /** To look behind the store. */
  readonly admin: Pool
  /** A store over connections of its own. */
  open(options: PostgresOptions, over?: typeof overPg): PostgresStore
  migrated(options: PostgresOptions, over?: typeof overPg): Promise<PostgresStore>
  closing(close: () => Promise<unknown>): void
}

/** A server for the tests of a file, with an empty schema for each of these names. */
export function postgresGround(...schemas: readonly string[]): () => Ground {
  let ground: Ground | undefined
  const closers: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    if (missingPostgres !== null) return
    const server = await startPostgres({ fsync: false })
    const admin = new Pool({ connectionString: server.url })
    admin.on('error', () => undefined)
    for (const schema of schemas) await admin.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}`)
    const closing = (close: () => Promise<unknown>): void => void closers.push(close)
    closing(() => admin.end())
    const open: Ground['open'] = (options, over = overPg) => {
      const [store, close] = over(server.url, options)
      closing(close)
      return store
    }
    ground = {
      server,
      admin,
      closing,
      open,
      async migrated(options, over) {
        const store = open(options, over)
        await store.migrate()
        return store
      },
    }
  })
  afterAll(async () => {
    await Promise.all(closers.map((close) => close()))
    await ground?.server.stop()
  })
  beforeEach((ctx) => ctx.skip(missingPostgres !== null, missingPostgres ?? ''))

  return () => ground!
}
