/** PostgreSQL and MySQL: tables whose names begin with a random word, in the schema or database of the connection, and dropped at the end. */
import { mysql } from '../stores/mysql.ts'
import type { MySqlPool } from '../stores/mysql.ts'
import { postgres } from '../stores/postgres.ts'
import type { PgPool, PostgresJs } from '../stores/postgres.ts'
import { UsageError } from './command.ts'
import { loadDriver } from './driver.ts'
import type { Fact, StoreTarget, TargetOptions } from './store-target.ts'
import { note, warning } from './store-target.ts'

const POSTGRES_DRIVERS = ['pg', 'postgres'] as const
const MYSQL_DRIVERS = ['mysql2'] as const
const TABLES = ['sessions', 'accounts', 'kept', 'version']
const CONNECTIONS = 5
const CONNECT_SECONDS = 5

/** A pool, whichever driver made it. */
interface Pool<Client> {
  readonly client: Client
  /** The first column of the first row, as text. */
  ask(sql: string): Promise<string>
  run(sql: string): Promise<unknown>
  end(): Promise<unknown>
}

interface PgModule {
  readonly Pool: new (options: object) => PgPool & {
    query(sql: string): Promise<{ rows: unknown[] }>
    on(event: 'error', listener: () => void): unknown
    end(): Promise<void>
  }
}

type PostgresJsModule = (url: string, options: object) => PostgresJs & { end(): Promise<void> }

interface MySqlModule {
  createPool(options: object): { promise(): MySqlPool & { end(): Promise<void> } }
}

const firstOf = (rows: unknown): string => String(Object.values((rows as Record<string, unknown>[])[0] ?? {})[0])

export async function postgresTarget({ url, driver }: TargetOptions, scratch: string): Promise<StoreTarget> {
  const { name, module } = await loadDriver(chosen('PostgreSQL', POSTGRES_DRIVERS, driver))
  const open = (): Pool<PgPool | PostgresJs> =>
    name === 'pg' ? overPg(module as PgModule, url) : overPostgresJs(module as PostgresJsModule, url)
  const prefix = prefixOf(scratch)
  const pools = [open(), open()] as const
  const stores = pools.map(({ client }) => postgres(client, { prefix }))
  return target(
    pools,
    prefix,
    async () => stores[0]!.migrate(),
    () => [stores[0]!, stores[1]!],
    async () => [
      note(`The driver is ${name}.`),
      note(`The server is PostgreSQL ${await pools[0].ask('SHOW server_version')}.`),
      ...(await postgresFacts(pools[0])),
    ],
  )
}

export async function mysqlTarget({ url, driver }: TargetOptions, scratch: string): Promise<StoreTarget> {
  const { module } = await loadDriver(chosen('MySQL', MYSQL_DRIVERS, driver))
  const prefix = prefixOf(scratch)
  const pools = [overMySql(module as MySqlModule, url), overMySql(module as MySqlModule, url)] as const
  const stores = pools.map(({ client }) => mysql(client, { prefix }))
  return target(
    pools,
    prefix,
    async () => stores[0]!.migrate(),
    () => [stores[0]!, stores[1]!],
    async () => [
      note('The driver is mysql2.'),
      note(`The server is ${await pools[0].ask('SELECT version()')}.`),
      await mysqlFlushing(pools[0]),
    ],
  )
}

async function target(
  pools: readonly [Pool<unknown>, Pool<unknown>],
  prefix: string,
  migrate: () => Promise<void>,
  make: StoreTarget['make'],
  facts: () => Promise<readonly Fact[]>,
): Promise<StoreTarget> {
  const [pool] = pools
  const end = async (): Promise<void> => void (await Promise.allSettled(pools.map((each) => each.end())))
  const drop = async (): Promise<boolean> => {
    await pool.run(`DROP TABLE IF EXISTS ${TABLES.map((table) => prefix + table).join(', ')}`)
    return (await pool.ask(`SELECT count(*) AS n FROM information_schema.tables WHERE table_name LIKE '${prefix}%'`)) === '0'
  }
  try {
    await migrate()
  } catch (error) {
    await drop().catch(() => false)
    await end()
    throw error
  }
  return { scratch: `tables whose names begin with ${prefix}`, make, facts, clean: drop, close: end }
}

async function postgresFacts({ ask }: Pool<unknown>): Promise<Fact[]> {
  const [fsync, commit] = [await ask('SHOW fsync'), await ask('SHOW synchronous_commit')]
  if (fsync !== 'on') return [warning('It has fsync off: a loss of power may cost the whole database.')]
  if (commit === 'off') return [warning('It has synchronous_commit off: a crash takes the last moments, sign-outs too.')]
  return [note(`With fsync on and synchronous_commit ${commit}, a crash takes nothing that was acknowledged.`)]
}

async function mysqlFlushing({ ask }: Pool<unknown>): Promise<Fact> {
  const flush = await ask('SELECT @@innodb_flush_log_at_trx_commit')
  if (flush === '1') return note('With innodb_flush_log_at_trx_commit 1, a crash takes nothing that was acknowledged.')
  return warning(`It has innodb_flush_log_at_trx_commit ${flush}: a crash may take the last second, sign-outs too.`)
}

/** Names of tables are short, of letters, digits and underscores. */
const prefixOf = (scratch: string): string => `${scratch.replace(/^landbridge-/, '').replaceAll('-', '_')}_`

function chosen<Driver extends string>(server: string, drivers: readonly Driver[], wanted: string | undefined): readonly Driver[] {
  const left = wanted === undefined ? drivers : drivers.filter((name) => name === wanted)
  if (left.length === 0) throw new UsageError(`the drivers for ${server} are ${drivers.join(' and ')}, not ${JSON.stringify(wanted)}.`)
  return left
}

function overPg(module: PgModule | { default: PgModule }, url: string): Pool<PgPool> {
  const { Pool: PoolOfPg } = 'Pool' in module ? module : module.default
  const pool = new PoolOfPg({ connectionString: url, max: CONNECTIONS, connectionTimeoutMillis: CONNECT_SECONDS * 1000 })
  pool.on('error', () => undefined) // Calls that fail tell of it.
  return {
    client: pool,
    ask: async (sql) => firstOf(((await pool.query(sql)) as { rows: unknown }).rows),
    run: (sql) => pool.query(sql),
    end: () => pool.end(),
  }
}

function overPostgresJs(module: PostgresJsModule | { default: PostgresJsModule }, url: string): Pool<PostgresJs> {
  const connect = typeof module === 'function' ? module : module.default
  const sql = connect(url, { max: CONNECTIONS, connect_timeout: CONNECT_SECONDS, onnotice: () => undefined })
  const run = async (text: string): Promise<unknown> => sql.unsafe(text)
  return { client: sql, ask: async (text) => firstOf(await run(text)), run, end: () => sql.end() }
}

function overMySql(module: MySqlModule | { default: MySqlModule }, uri: string): Pool<MySqlPool> {
  const { createPool } = 'createPool' in module ? module : module.default
  const pool = createPool({ uri, connectionLimit: CONNECTIONS, connectTimeout: CONNECT_SECONDS * 1000 }).promise()
  return {
    client: pool,
    ask: async (sql) => firstOf(((await pool.query(sql)) as readonly unknown[])[0]),
    run: (sql) => pool.query(sql),
    end: () => pool.end(),
  }
}
