// The PostgreSQL store over both drivers, directly and through PgBouncer.
import { Pool } from 'pg'
import postgresJs from 'postgres'
import { postgres, type PostgresOptions, type PostgresStore } from 'landbridge/postgres'
import { storeConformance, type StoreFactory } from 'landbridge/testing'
import { afterAll, beforeAll, describe, onTestFinished, test } from 'vitest'
import { missingPgBouncer, missingPostgres, startPgBouncer, startPostgres } from '../support/servers/postgres.ts'
import type { Server } from '../support/servers/process.ts'

const missing = missingPostgres ?? missingPgBouncer

describe.skipIf(missing !== null)(`the PostgreSQL store${missing === null ? '' : ` (${missing})`}`, () => {
  let server: Server
  let bouncer: Server
  const ends: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    server = await startPostgres({ fsync: false })
    bouncer = await startPgBouncer(server)
    await overPg(server, {}).migrate()
  })
  afterAll(async () => {
    await Promise.all(ends.map((end) => end()))
    await bouncer.stop()
    await server.stop()
  })

  function overPg({ url }: Server, options: PostgresOptions): PostgresStore {
    const pool = new Pool({ connectionString: url, max: 5 })
    ends.push(() => pool.end())
    return postgres(pool, options)
  }

  function overPostgresJs({ url }: Server, options: PostgresOptions): PostgresStore {
    const sql = postgresJs(url, { max: 5, onnotice: () => undefined })
    ends.push(() => sql.end())
    return postgres(sql, options)
  }

  /** Two stores, each over connections of its own, that all cases share. */
  const twice = (make: () => PostgresStore): StoreFactory => {
    let both: [PostgresStore, PostgresStore] | null = null
    return () => (both ??= [make(), make()])
  }

  const WAYS: Record<string, StoreFactory> = {
    'over pg': twice(() => overPg(server, {})),
    'over postgres': twice(() => overPostgresJs(server, {})),
    'over pg without NOTIFY and through PgBouncer in transaction mode': twice(() => overPg(bouncer, { prepare: false, notify: false })),
    'over postgres through PgBouncer in transaction mode': twice(() => overPostgresJs(bouncer, { prepare: false })),
  }

  for (const [name, make] of Object.entries(WAYS)) {
    describe(`keeps the contract ${name}`, () => {
      for (const { name: sentence, run } of storeConformance) test(sentence, () => run(make))
    })
  }
})
