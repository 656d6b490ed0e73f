import type { Store } from 'landbridge'
import { postgres } from 'landbridge/postgres'
import { Pool } from 'pg'
import postgresJs from 'postgres'
import { describe, onTestFinished } from 'vitest'
import { CONNECT_MS, failsFastAndComesBack } from '../support/outage.ts'
import { missingPostgres, startPostgres } from '../support/servers/postgres.ts'

const DRIVERS = [
  {
    name: 'PostgreSQL over pg',
    missing: missingPostgres,
    start: () => startPostgres(),
    async open(url: string): Promise<Store> {
      const pool = new Pool({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, query_timeout: 1000 })
      onTestFinished(() => pool.end())
      const store = postgres(pool)
      await store.migrate()
      return store
    },
  },
  {
    name: 'PostgreSQL over postgres',
    missing: missingPostgres,
    start: () => startPostgres(),
    async open(url: string): Promise<Store> {
      const sql = postgresJs(url, { connect_timeout: CONNECT_MS / 1000, backoff: () => 0.2, onnotice: () => undefined })
      onTestFinished(() => sql.end({ timeout: 1 }))
      const store = postgres(sql)
      await store.migrate()
      return store
    },
  },
]

describe.each(DRIVERS)('$name', failsFastAndComesBack)
