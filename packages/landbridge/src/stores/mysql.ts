import type { SessionId, Store } from '../core/store.ts'
import type { Connection, MySqlPool, Value } from './mysql-client.ts'
import { connectionOf } from './mysql-client.ts'
import type { MySqlSchemaOptions, TableNames } from './mysql-schema.ts'
import { namesOf, statementsFor, VERSION } from './mysql-schema.ts'
import { recordStore } from './record-store.ts'
import type { Found, RecordTable, Swapped } from './record-table.ts'
import { accountKey, accountKeys, bytesOf, bytesOfNew, idOf, keptKey } from './sql-keys.ts'
import { tablesMissing, tablesTooNew } from './sql-prefix.ts'
import type { DueTable } from './sql-sweep.ts'
import { slackOf, sweepRecords } from './sql-sweep.ts'

export type { MySqlPool } from './mysql-client.ts'
export type { MySqlSchemaOptions } from './mysql-schema.ts'
export { schemaSql } from './mysql-schema.ts'

export interface MySqlStore extends Store {
  /** Makes the tables, or brings them up to date: runs what `schemaSql` returns. Several processes may do so at once. */
  migrate(): Promise<void>
}

/**
 * Sessions in MySQL 8 or MariaDB 10.6, or later, over a pool of `mysql2/promise`, which stays the application's. A read is one statement,
 * and so is a change; a renewal is one transaction. The tables have to be there: `await store.migrate()`, or run what `schemaSql()` returns.
 */
export function mysql(pool: MySqlPool, options: MySqlSchemaOptions = {}): MySqlStore {
  const names = namesOf(options)
  const connection = explaining(connectionOf(pool))
  return Object.assign(recordStore(mysqlTable(connection, names)), {
    async migrate(): Promise<void> {
      for (const statement of statementsFor(options)) await pool.query(statement)
      const [[version]] = (await connection.select(`SELECT max(version) FROM ${names.version}`, [])) as [[number]]
      if (version > VERSION) throw tablesTooNew(version, VERSION)
    },
  })
}

function mysqlTable(db: Connection, { sessions, accounts, kept }: TableNames): RecordTable {
  const swap = `UPDATE ${sessions} SET record = ?, due = CASE WHEN ? - due BETWEEN 0 AND ? THEN due ELSE coalesce(?, due) END
    WHERE ${AS_FOUND}`
  const bequeath = `UPDATE ${sessions} SET record = ?, due = ?, account = NULL WHERE ${AS_FOUND}`
  const insert = `INSERT INTO ${sessions} (id, record, due, account) VALUES (?, ?, ?, ?)`
  const remove = `DELETE FROM ${sessions} WHERE ${AS_FOUND}`
  const list = `INSERT IGNORE INTO ${accounts} (account, session) VALUES (?, ?)`
  const unlist = `DELETE FROM ${accounts} WHERE account = ? AND session = ?`

  const load = async (id: SessionId): Promise<Buffer | null> => {
    const bytes = bytesOf(id)
    if (bytes === null) return null
    const [row] = await db.select(`SELECT record FROM ${sessions} WHERE id = ?`, [bytes])
    return row === undefined ? null : (row[0] as Buffer)
  }

  /** What stands there instead is read outside of the transaction, which would see the rows as they were when it began. */
  const swapped = async (done: Promise<boolean>, id: SessionId): Promise<Swapped> => ((await done) ? true : load(id))
  const writes = async (sql: string, values: Value[]): Promise<boolean> => (await db.write(sql, values)) > 0

  const removing: RecordTable['remove'] = (found) => {
    const { others } = accountKeys(found.accounts)
    const where = whereOf(found)
    if (others.length === 0) return swapped(writes(remove, where), found.id)
    const work = db.atomically(async ({ write }) => {
      if ((await write(remove, where)) === 0) return false
      for (const account of others) await write(unlist, [account, where[0]!])
      return true
    })
    return swapped(work, found.id)
  }

  const replace: RecordTable['replace'] = (found, { record, end }) => {
    const first = end?.first ?? null
    return swapped(writes(swap, [record, first, slackOf(end), first, ...whereOf(found)]), found.id)
  }

  return {
    name: 'mysql',
    load,

    async loadMany(ids) {
      if (ids.length === 1) return [await load(ids[0]!)]
      const bytes = ids.flatMap((id) => bytesOf(id) ?? [])
      const [first = Buffer.alloc(0)] = bytes
      // Of a few lengths only, so that few statements have to be prepared.
      const length = 2 ** Math.ceil(Math.log2(bytes.length || 1))
      const padded = [...bytes, ...Array.from({ length: length - bytes.length }, () => first)]
      const rows = await db.select(`SELECT id, record FROM ${sessions} WHERE id IN (${marks(length)})`, padded)
      const records = new Map(rows.map(recordOf))
      return ids.map((id) => records.get(id) ?? null)
    },

    async insert({ id, record, end }, listing) {
      const { first, others } = accountKeys(listing.accounts)
      const values = [bytesOfNew(id), record, end.first, first]
      if (others.length === 0) await db.write(insert, values)
      else
        await db.atomically(async ({ write }) => {
          await write(insert, values)
          for (const account of others) await write(list, [account, values[0]!])
          return true
        })
    },

    replace,

    succeed(found, trace, next, listing) {
      const before = accountKeys(found.accounts)
      const after = accountKeys(listing.accounts)
      const [from, to] = [bytesOfNew(found.id), bytesOfNew(next.id)]
      const work = db.atomically(async ({ write }) => {
        if ((await write(bequeath, [trace.record, trace.end.first, ...whereOf(found)])) === 0) return false
        await write(insert, [to, next.record, next.end.first, after.first])
        for (const account of before.others) await write(unlist, [account, from])
        for (const account of after.others) await write(list, [account, to])
        return true
      })
      return swapped(work, found.id)
    },

    remove: removing,

    async loadOf(account) {
      const key = accountKey(account)
      const rows = await db.select(
        `SELECT id, record FROM ${sessions} WHERE account = ?
         UNION ALL SELECT s.id, s.record FROM ${accounts} a JOIN ${sessions} s ON s.id = a.session WHERE a.account = ?`,
        [key, key],
      )
      return rows.map(recordOf)
    },

    async put(key, value, end) {
      await db.write(
        `INSERT INTO ${kept} (id, value, expires) VALUES (?, ?, ?) ON DUPLICATE KEY UPDATE value = VALUES(value), expires = VALUES(expires)`,
        [keptKey(key), Buffer.from(value), end.at],
      )
    },

    async take(key, now) {
      const id = keptKey(key)
      for (;;) {
        const [row] = await db.select(`SELECT value, expires FROM ${kept} WHERE id = ?`, [id])
        if (row === undefined) return null
        const [value, expires] = row as [Buffer, number]
        // Whoever removes what was read has it, and nobody else. Otherwise it was taken, or replaced.
        if (await writes(`DELETE FROM ${kept} WHERE id = ? AND value = ?`, [id, value])) return expires > now ? value.toString() : null
      }
    },

    async sweep(now, limit) {
      const gone = await db.write(`DELETE FROM ${kept} WHERE expires <= ? ORDER BY expires LIMIT ?`, [now, String(limit)])
      return gone + (await sweepRecords(dueTable(db, sessions, replace, removing), now, limit - gone))
    },

    async ping() {
      await db.select(`SELECT 1 FROM ${sessions} LIMIT 1`, [])
    },

    close: () => Promise.resolve(),
  }
}

function dueTable(db: Connection, sessions: string, replace: RecordTable['replace'], remove: RecordTable['remove']): DueTable {
  return {
    replace,

    async due(now, limit) {
      const rows = await db.select(`SELECT id, record FROM ${sessions} WHERE due <= ? ORDER BY due LIMIT ?`, [now, String(limit)])
      return rows.map(recordOf).map(([id, record]) => ({ id, record }))
    },

    async bury(dead) {
      const [listed, plain] = [dead.filter(({ accounts }) => accounts.length > 1), dead.filter(({ accounts }) => accounts.length < 2)]
      const ids = plain.map(({ id }) => bytesOfNew(id))
      const states = plain.map(({ revision }, index) => Buffer.concat([ids[index]!, revision]))
      const all = marks(plain.length)
      const removed = await Promise.all([
        plain.length === 0
          ? 0
          : db.writeOnce(`DELETE FROM ${sessions} WHERE id IN (${all}) AND concat(id, ${REVISION}) IN (${all})`, [...ids, ...states]),
        ...listed.map(async (found) => Number((await remove(found)) === true)),
      ])
      return removed.reduce((a, b) => a + b, 0)
    },

    postpone: (later) =>
      Promise.all(
        later.map(({ found, first }) => db.write(`UPDATE ${sessions} SET due = ? WHERE ${AS_FOUND}`, [first, ...whereOf(found)])),
      ),
  }
}

/** Changed bytes are looked for in the newest version of the row, also by a transaction that has read an older one. */
const REVISION = 'substr(record, 2, 4)'
const AS_FOUND = `id = ? AND ${REVISION} = ?`

const whereOf = ({ id, revision }: Found): Buffer[] => [bytesOfNew(id), revision]
const marks = (count: number): string => Array.from({ length: count }, () => '?').join()
const recordOf = (row: readonly unknown[]): readonly [SessionId, Buffer] => [idOf(row[0] as Buffer), row[1] as Buffer]

const NO_SUCH_TABLE = 1146

/** With words of ours for what its user can mend. */
function explaining(db: Connection): Connection {
  const explain = (cause: unknown): never => {
    throw (cause as { errno?: number }).errno === NO_SUCH_TABLE ? tablesMissing('MySQL', cause) : cause
  }
  return {
    select: (sql, values) => db.select(sql, values).catch(explain),
    write: (sql, values) => db.write(sql, values).catch(explain),
    writeOnce: (sql, values) => db.writeOnce(sql, values).catch(explain),
    atomically: (work) => db.atomically(work).catch(explain),
  }
}
