/** Every way to reach a SQL database that the stores support. */
import { mysql, type MySqlStore } from 'landbridge/mysql'
import { postgres, type PostgresOptions, type PostgresStore } from 'landbridge/postgres'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import postgresJs from 'postgres'
import type { Store } from 'landbridge'
import { missingMariaDb, startMariaDb } from './servers/mariadb.ts'
import { missingPgBouncer, missingPostgres, startPgBouncer, startPostgres } from './servers/postgres.ts'

interface Migrated extends Store {
  migrate(): Promise<void>
}

export interface Reached {
  /** A store over connections of its own; all of them end with `stop`. */
  connect(): Migrated
  stop(): Promise<void>
}

export interface Way {
  readonly name: string
  /** Why it cannot be had here; `null` where it can. */
  readonly missing: string | null
  start(): Promise<Reached>
}

type Opened<Kind> = readonly [store: Kind, close: () => Promise<unknown>]

const POOL = 5

export function overPg(url: string, options?: PostgresOptions): Opened<PostgresStore> {
  const pool = new Pool({ connectionString: url, max: POOL })
  return [postgres(pool, options), () => pool.end()]
}

export function overPostgresJs(url: string, options?: PostgresOptions): Opened<PostgresStore> {
  const sql = postgresJs(url, { max: POOL, onnotice: () => undefined, backoff: () => 0.2 })
  return [postgres(sql, options), () => sql.end({ timeout: 1 })]
}

function overMySql2(url: string): Opened<MySqlStore> {
  const pool = createPool({ uri: url, connectionLimit: POOL })
  return [mysql(pool), () => pool.end()]
}

function way(name: string, missing: string | null, start: () => Promise<Served>, open: (url: string) => Opened<Migrated>): Way {
  return {
    name,
    missing,
    async start() {
      const server = await start()
      const closers: (() => Promise<unknown>)[] = []
      return {
        connect() {
          const [store, close] = open(server.url)
          closers.push(close)
          return store
        },
        async stop() {
          await Promise.all(closers.map((close) => close()))
          await server.stop()
        },
      }
    },
  }
}

interface Served {
  readonly url: string
  stop(): Promise<void>
}

async function bounced(): Promise<Served> {
  const server = await startPostgres({ fsync: false })
  const bouncer = await startPgBouncer(server)
  return {
    url: bouncer.url,
    async stop() {
      await bouncer.stop()
      await server.stop()
    },
  }
}

const unsynced = () => startPostgres({ fsync: false })
const BOUNCED = { prepare: false, notify: false }

const needed = missingPostgres ?? missingPgBouncer

export const PG = way('PostgreSQL over pg', missingPostgres, unsynced, overPg)
export const POSTGRES_JS = way('PostgreSQL over postgres', missingPostgres, unsynced, overPostgresJs)
export const PG_BOUNCED = way('PostgreSQL over pg through PgBouncer in transaction mode', needed, bounced, (url) => overPg(url, BOUNCED))
export const POSTGRES_JS_BOUNCED = way('PostgreSQL over postgres through PgBouncer in transaction mode', needed, bounced, (url) =>
  overPostgresJs(url, BOUNCED),
)
export const MARIADB = way('MariaDB over mysql2', missingMariaDb, () => startMariaDb({ fsync: false }), overMySql2)
