import type { Store } from 'landbridge'
import { mysql } from 'landbridge/mysql'
import { createPool } from 'mysql2/promise'
import { describe, onTestFinished } from 'vitest'
import { CONNECT_MS, failsFastAndComesBack } from '../support/outage.ts'
import { missingMariaDb, startMariaDb } from '../support/servers/mariadb.ts'

const DRIVERS = [
  {
    name: 'MariaDB over mysql2',
    missing: missingMariaDb,
    start: () => startMariaDb(),
    async open(url: string): Promise<Store> {
      const pool = createPool({ uri: url, connectTimeout: CONNECT_MS })
      onTestFinished(() => pool.end().catch(() => undefined))
      const store = mysql(pool)
      await store.migrate()
      return store
    },
  },
]

describe.each(DRIVERS)('$name', failsFastAndComesBack)
