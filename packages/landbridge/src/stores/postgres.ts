import { LandbridgeError } from '../core/errors.ts'
import type { Changed, SessionId, Store } from '../core/store.ts'
import type { Pg, PgPool, PostgresJs, SqlRow, Value } from './postgres-client.ts'
import { connectionOf, listenOf } from './postgres-client.ts'
import type { PostgresSchemaOptions } from './postgres-schema.ts'
import { teller } from './postgres-teller.ts'
import { namesOf, schemaSql, VERSION } from './postgres-schema.ts'
import type { Statement, Statements } from './postgres-statements.ts'
import { statementsOf } from './postgres-statements.ts'
import { recordStore } from './record-store.ts'
import type { Found, RecordTable, Swapped } from './record-table.ts'
import { accountKey, accountKeys, bytesOf, bytesOfNew, idOf, keptKey } from './sql-keys.ts'
import { tablesMissing, tablesTooNew } from './sql-prefix.ts'
import type { DueTable } from './sql-sweep.ts'
import { slackOf, sweepRecords } from './sql-sweep.ts'

export type { Pg, PgPool, PostgresJs } from './postgres-client.ts'
export type { PostgresSchemaOptions } from './postgres-schema.ts'
export { schemaSql } from './postgres-schema.ts'

export interface PostgresOptions extends PostgresSchemaOptions {
  /** `false` where named prepared statements do not work: PgBouncer in transaction mode before 1.21. Default `true`. */
  readonly prepare?: boolean
  /** Whether those who `watch` are told of changes, by NOTIFY. Default `true`. */
  readonly notify?: boolean
  /** A client for `watch` that connects to the server itself, where the other one goes through PgBouncer in transaction mode. */
  readonly direct?: PgPool | PostgresJs
}

export interface PostgresStore extends Store {
  /** Makes the tables, or brings them up to date: runs what `schemaSql` returns. Several processes may do so at once. */
  migrate(): Promise<void>
}

/**
 * Sessions in PostgreSQL 13 or later, over a `Pool` or `Client` of `pg` or over `postgres`, which stays the application's. A read is one
 * statement, and so is a change. The tables have to be there: `await store.migrate()`, or run what `schemaSql()` returns.
 */
export function postgres(client: Pg | PostgresJs, options: PostgresOptions = {}): PostgresStore {
  const names = namesOf(options)
  const connection = connectionOf(client, options.prepare ?? true)
  const sql = statementsOf(names)
  const run: Run = async (statement, values) => {
    for (let tries = 1; ; tries++) {
      try {
        return await connection.run(statement, values)
      } catch (error) {
        if (tries === TRIES || !UNDONE.has(codeOf(error))) explain(error)
      }
    }
  }
  const store = recordStore(postgresTable(run, sql, options, names.channel, client))
  return Object.assign(store, {
    async migrate(): Promise<void> {
      await connection.script(schemaSql(options))
      const [[version]] = (await run(sql.version, [])) as [[string]]
      if (Number(version) > VERSION) throw tablesTooNew(Number(version), VERSION)
    },
  })
}

type Run = (statement: Statement, values: Value[]) => Promise<readonly SqlRow[]>

function postgresTable(
  run: Run,
  sql: Statements,
  { notify = true, direct }: PostgresOptions,
  channel: string,
  client: Pg | PostgresJs,
): RecordTable {
  const listen = notify ? listenOf(direct ?? client) : null

  const load = async (id: SessionId): Promise<Buffer | null> => {
    const bytes = bytesOf(id)
    if (bytes === null) return null
    const [row] = await run(sql.load, [bytes.toString('hex')])
    return row === undefined ? null : bytesIn(row[0]!)
  }

  /** A statement sees what stood there when it began: what came between is for another one to read. */
  const swapped = async ({ id }: Found, statement: Statement, values: Value[]): Promise<Swapped> =>
    (await run(statement, values)).length > 0 ? true : load(id)

  const tell = notify ? teller((ids) => run(sql.tell, [channel, ids.join()])) : () => undefined

  const replace: RecordTable['replace'] = async (found, { record, end }, visible) => {
    const values = [...whereOf(found), record, end === null ? null : dueOf(end.first), dueOf(slackOf(end))]
    if (visible === 'ended' && notify) return swapped(found, sql.replaceTold, [...values, channel, found.id])
    const result = await swapped(found, sql.replace, values)
    if (visible === 'changed' && result === true) tell(found.id)
    return result
  }

  return {
    name: 'postgres',
    load,

    async loadMany(ids) {
      if (ids.length === 1) return [await load(ids[0]!)]
      const hex = ids.flatMap((id) => bytesOf(id)?.toString('hex') ?? [])
      const records = new Map((await run(sql.loadMany, [hex.join()])).map(recordOf))
      return ids.map((id) => records.get(id) ?? null)
    },

    async insert({ id, record, end }, { accounts }) {
      const { first, others } = keysOf(accounts)
      const values = [hexOf(id), record, dueOf(end.first), first]
      if (others.length === 0) await run(sql.insert, values)
      else await run(sql.insertListed, [...values, others.join()])
    },

    replace,

    succeed(found, trace, next, listing) {
      const before = keysOf(found.accounts)
      const after = keysOf(listing.accounts)
      const rows = [trace.record, dueOf(trace.end.first), hexOf(next.id), next.record, dueOf(next.end.first), after.first]
      const values = [...whereOf(found), ...rows]
      if (before.others.length > 0 || after.others.length > 0) {
        const lists = [before.others.join(), after.others.join()]
        return swapped(found, sql.succeedListed, [...values, ...lists, notify ? channel : '', found.id])
      }
      if (notify) return swapped(found, sql.succeedTold, [...values, channel, found.id])
      return swapped(found, sql.succeed, values)
    },

    remove(found) {
      const { others } = keysOf(found.accounts)
      const values = whereOf(found)
      if (others.length > 0) return swapped(found, sql.removeListed, [...values, others.join(), notify ? channel : '', found.id])
      if (notify) return swapped(found, sql.removeTold, [...values, channel, found.id])
      return swapped(found, sql.remove, values)
    },

    loadOf: async (account) => (await run(sql.loadOf, [numberOf(accountKey(account))])).map(recordOf),

    async put(key, value, end) {
      await run(sql.put, [keptKey(key), Buffer.from(value), String(end.at)])
    },

    async take(key, now) {
      const [row] = await run(sql.take, [keptKey(key)])
      return row !== undefined && Number(row[1]) > now ? bytesIn(row[0]!).toString() : null
    },

    async sweep(now, limit) {
      const kept = Number((await run(sql.sweepKept, [String(now), String(limit)]))[0]![0])
      return kept + (await sweepRecords(dueTable(run, sql, replace), now, limit - kept))
    },

    async ping() {
      await run(sql.ping, [])
    },

    close: () => Promise.resolve(),
    ...(listen === null ? {} : { watch: (changed: Changed) => listen(channel, (message) => changed(message as SessionId | null)) }),
  }
}

function dueTable(run: Run, sql: Statements, replace: RecordTable['replace']): DueTable {
  const foundOf = (found: readonly Found[]): Value[] => [
    found.map(({ id }) => hexOf(id)).join(),
    found.map(({ revision }) => revision.toString('hex')).join(),
  ]
  return {
    replace,

    async due(now, limit) {
      const rows = await run(sql.due, [dueOf(now), String(limit)])
      return rows.map(recordOf).map(([id, record]) => ({ id, record }))
    },

    async bury(dead) {
      const listed = dead.flatMap(({ id, accounts }) => keysOf(accounts).others.map((account) => [hexOf(id), account] as const))
      const lists = [listed.map(([id]) => id).join(), listed.map(([, account]) => account).join()]
      return Number((await run(sql.bury, [...foundOf(dead), ...lists]))[0]![0])
    },

    async postpone(later, now) {
      // Not within the unit that has begun, or this sweep would find it again.
      const dues = later.map(({ first }) => Math.max(Number(dueOf(first)), Number(dueOf(now)) + 1))
      await run(sql.postpone, [...foundOf(later.map(({ found }) => found)), dues.join()])
    },
  }
}

/** Four seconds: sessions that begin at about the same time share an entry of the index. */
const UNIT_MS = 4096
const LAST = 2 ** 31 - 1

const dueOf = (ms: number): string => String(Math.min(Math.floor(ms / UNIT_MS), LAST))

/** An account's 64 bits are a number here: shorter, and compared faster. */
const numberOf = (key: Buffer): string => key.readBigInt64BE().toString()

function keysOf(accounts: readonly string[]): { readonly first: string | null; readonly others: readonly string[] } {
  const { first, others } = accountKeys(accounts)
  return { first: first && numberOf(first), others: others.map(numberOf) }
}

const hexOf = (id: SessionId): string => bytesOfNew(id).toString('hex')
const bytesIn = (base64: string): Buffer => Buffer.from(base64, 'base64')

/** What `KEYED` says: an id and its record. */
function recordOf([base64]: SqlRow): readonly [SessionId, Buffer] {
  const bytes = bytesIn(base64!)
  return [idOf(bytes.subarray(0, 16)), bytes.subarray(16)]
}

const whereOf = ({ id, revision }: Found): Value[] => [hexOf(id), revision]

/** Nothing was written, and it may be tried again: a database whose default is a stricter isolation than READ COMMITTED says so, or a deadlock. */
const UNDONE = new Set(['40001', '40P01'])
const TRIES = 10

const TABLE_MISSING = new Set(['42P01', '3F000'])
/** A prepared statement that is not there, or there already: the connection is not the one that it was. */
const STATEMENT_LOST = new Set(['26000', '42P05'])

const codeOf = (error: unknown): string => (error as { code?: string }).code ?? ''

function explain(cause: unknown): never {
  const code = codeOf(cause)
  if (TABLE_MISSING.has(code)) throw tablesMissing('PostgreSQL', cause)
  if (STATEMENT_LOST.has(code)) {
    throw new LandbridgeError('ERR_STORE_UNAVAILABLE', 'PostgreSQL lost a prepared statement.', {
      hint: 'Pass `prepare: false` to the store: between it and the server is a pooler that does not know prepared statements.',
      cause,
    })
  }
  throw cause
}
