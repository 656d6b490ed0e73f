import type * as NodeSqlite from 'node:sqlite'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LiveRead } from '../core/records.ts'
import type { Account, NewSession, Store, StoredHandle, StoredSession, StoreRead } from '../core/store.ts'
import { afterDelta, isLive, successorOf } from '../core/store.ts'
import { LandbridgeError } from '../core/errors.ts'
import type { Scope, SecretHash, SessionId } from '../core/types.ts'

/** How long a write waits for another process's write before it fails, in milliseconds. A write takes some 50 µs. */
const BUSY_MS = 2000

/** Each entry brings a file from the version before it to its own; entries are never changed, only added. */
const MIGRATIONS = [
  `CREATE TABLE session (id TEXT PRIMARY KEY, created INTEGER NOT NULL, expires INTEGER NOT NULL, accounts TEXT NOT NULL, vals TEXT NOT NULL) WITHOUT ROWID;
   CREATE TABLE handle (session TEXT NOT NULL, scope TEXT NOT NULL, hash TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL,
     expires INTEGER NOT NULL, vals TEXT NOT NULL, PRIMARY KEY (session, scope)) WITHOUT ROWID;
   CREATE INDEX handle_expires ON handle (expires);
   CREATE TABLE signed_in (account TEXT NOT NULL, session TEXT NOT NULL, PRIMARY KEY (account, session)) WITHOUT ROWID;
   CREATE INDEX signed_in_session ON signed_in (session);
   CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX kept_expires ON kept (expires);`,
]

/**
 * The embedded store: one SQLite file, shared by any number of processes of one machine; schema and migrations are its own
 * business. What a request was told is saved survives the end of the process by any signal; a loss of power can cost the
 * writes of the last moments, never the file (WAL, synchronous NORMAL). Pass `':memory:'` to keep no file. Needs Node 22.13 or
 * later. Throws `ERR_STORE_UNAVAILABLE` when the file cannot be opened, or was written by a later version.
 */
export function sqlite(file: string): Store {
  const db = openDatabase(file)
  const sql = prepareAll(db)

  const read = (id: SessionId, scope: Scope): StoreRead | null => {
    const row = sql.read.get(scope, id) as ReadRow | undefined
    return row === undefined ? null : { ...sessionOf(row), handle: row.hash === null ? null : handleOf(row as HandleRow) }
  }

  const insert = ({ id, createdAt, expiresAt, accounts, values, handle }: NewSession): void => {
    sql.insertSession.run(id, createdAt, expiresAt, JSON.stringify(accounts), values)
    sql.insertHandle.run(id, handle.scope, handle.hash, handle.createdAt, handle.seenAt, handle.expiresAt, handle.values)
    for (const account of accounts) sql.insertSignedIn.run(account.id, id)
  }

  const write = ({ id, values, handle }: LiveRead, place: 'session' | 'handle'): void => {
    sql.updateHandle.run(handle.seenAt, handle.expiresAt, handle.values, id, handle.scope)
    if (place === 'session') sql.updateSession.run(values, id)
  }

  const remove = (id: SessionId): boolean => {
    sql.deleteHandles.run(id)
    sql.deleteSignedIn.run(id)
    return Number(sql.deleteSession.run(id).changes) > 0
  }

  const removeHandle = (id: SessionId, scope: Scope): boolean => {
    const ended = Number(sql.deleteHandle.run(id, scope).changes) > 0
    if (ended && sql.anyHandle.get(id) === undefined) remove(id)
    return ended
  }

  /** Readers of other processes see all of it or nothing, and no other writer comes between. */
  const atomically = <Result>(work: () => Result): Result => {
    sql.begin.run()
    try {
      const result = work()
      sql.commit.run()
      return result
    } catch (error) {
      sql.rollback.run()
      throw error
    }
  }

  return {
    name: 'sqlite',
    read,
    create: (session) => atomically(() => insert(session)),

    update: (id, scope, delta, now) =>
      atomically(() => {
        const before = read(id, scope)
        if (!isLive(before, now)) return 'gone'
        const after = afterDelta(before, delta)
        if (after === null) return 'conflict'
        write(after, delta.place)
        return 'saved'
      }),

    renew: (id, scope, next, now) =>
      atomically(() => {
        const before = read(id, scope)
        if (!isLive(before, now)) return 'gone'
        remove(id)
        insert(successorOf(before, scope, next))
        return 'saved'
      }),

    revoke: (id, scope) => atomically(() => (scope === undefined ? remove(id) : removeHandle(id, scope))),
    handlesOf: (id) => (sql.handles.all(id) as unknown as HandleRow[]).map(handleOf),

    put(key, value, expiresAt) {
      sql.put.run(key, value, expiresAt)
    },

    take(key, now) {
      const row = sql.take.get(key) as { value: string; expires: number } | undefined
      return row !== undefined && row.expires > now ? row.value : null
    },

    sessionsOf: (account, now) => (sql.sessionsOf.all(account, now) as unknown as SessionRow[]).map(sessionOf),

    revokeAccount: (account, except) =>
      atomically(() => {
        const rows = sql.idsOf.all(account) as unknown as { session: SessionId }[]
        return rows.filter(({ session }) => session !== except && remove(session)).length
      }),

    sweep: (now, limit) =>
      atomically(() => {
        const handles = sql.expiredHandles.all(now, limit) as unknown as { session: SessionId; scope: Scope }[]
        for (const { session, scope } of handles) removeHandle(session, scope)
        return handles.length + Number(sql.sweepKept.run(now, limit - handles.length).changes)
      }),

    ping() {
      sql.ping.get()
    },

    close() {
      if (db.isOpen) db.close()
    },
  }
}

interface SessionRow {
  readonly id: SessionId
  readonly created: number
  readonly expires: number
  readonly accounts: string
  readonly vals: string
}

interface HandleRow {
  readonly scope: Scope
  readonly hash: SecretHash
  readonly handle_created: number
  readonly seen: number
  readonly handle_expires: number
  readonly handle_vals: string
}

type ReadRow = SessionRow & { [Column in keyof HandleRow]: HandleRow[Column] | null }

const ANONYMOUS: readonly Account[] = []

function sessionOf({ id, created, expires, accounts, vals }: SessionRow): StoredSession {
  return {
    id,
    createdAt: created,
    expiresAt: expires,
    accounts: accounts === '[]' ? ANONYMOUS : (JSON.parse(accounts) as Account[]),
    values: vals,
  }
}

function handleOf(row: HandleRow): StoredHandle {
  return {
    scope: row.scope,
    hash: row.hash,
    createdAt: row.handle_created,
    seenAt: row.seen,
    expiresAt: row.handle_expires,
    values: row.handle_vals,
  }
}

const SESSION_COLUMNS = 's.id, s.created, s.expires, s.accounts, s.vals'
const HANDLE_COLUMNS = 'h.scope, h.hash, h.created AS handle_created, h.seen, h.expires AS handle_expires, h.vals AS handle_vals'

function prepareAll(db: DatabaseSync) {
  const statement = (text: string): StatementSync => db.prepare(text)
  return {
    begin: statement('BEGIN IMMEDIATE'),
    commit: statement('COMMIT'),
    rollback: statement('ROLLBACK'),
    ping: statement('SELECT 1 FROM session LIMIT 1'),
    read: statement(
      `SELECT ${SESSION_COLUMNS}, ${HANDLE_COLUMNS} FROM session s LEFT JOIN handle h ON h.session = s.id AND h.scope = ? WHERE s.id = ?`,
    ),
    handles: statement(`SELECT ${HANDLE_COLUMNS} FROM handle h WHERE h.session = ?`),
    anyHandle: statement('SELECT 1 FROM handle WHERE session = ? LIMIT 1'),
    insertSession: statement('INSERT INTO session (id, created, expires, accounts, vals) VALUES (?, ?, ?, ?, ?)'),
    insertHandle: statement('INSERT INTO handle (session, scope, hash, created, seen, expires, vals) VALUES (?, ?, ?, ?, ?, ?, ?)'),
    insertSignedIn: statement('INSERT INTO signed_in (account, session) VALUES (?, ?)'),
    updateSession: statement('UPDATE session SET vals = ? WHERE id = ?'),
    updateHandle: statement('UPDATE handle SET seen = ?, expires = ?, vals = ? WHERE session = ? AND scope = ?'),
    deleteSession: statement('DELETE FROM session WHERE id = ?'),
    deleteHandles: statement('DELETE FROM handle WHERE session = ?'),
    deleteHandle: statement('DELETE FROM handle WHERE session = ? AND scope = ?'),
    deleteSignedIn: statement('DELETE FROM signed_in WHERE session = ?'),
    sessionsOf: statement(
      `SELECT ${SESSION_COLUMNS} FROM signed_in a JOIN session s ON s.id = a.session WHERE a.account = ? AND s.expires > ?`,
    ),
    idsOf: statement('SELECT session FROM signed_in WHERE account = ?'),
    expiredHandles: statement('SELECT session, scope FROM handle WHERE expires <= ? LIMIT ?'),
    put: statement('INSERT OR REPLACE INTO kept (key, value, expires) VALUES (?, ?, ?)'),
    take: statement('DELETE FROM kept WHERE key = ? RETURNING value, expires'),
    sweepKept: statement('DELETE FROM kept WHERE key IN (SELECT key FROM kept WHERE expires <= ? LIMIT ?)'),
  }
}

function openDatabase(file: string): DatabaseSync {
  // Asked for at run time, so that the import of this module fails with a sentence where Node is too old for it.
  const builtin = process.getBuiltinModule('node:sqlite') as typeof NodeSqlite | undefined
  if (builtin === undefined) throw unavailable(file, 'this Node has no node:sqlite', 'Run Node 22.13 or later, or use another store.')
  try {
    const db = new builtin.DatabaseSync(file, { timeout: BUSY_MS })
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
    migrate(db, file)
    return db
  } catch (cause) {
    if (cause instanceof LandbridgeError) throw cause
    throw unavailable(
      file,
      'it cannot be opened',
      'Check that the folder exists and that the process may write to it; `cause` has the details.',
      cause,
    )
  }
}

function migrate(db: DatabaseSync, file: string): void {
  db.exec('BEGIN IMMEDIATE')
  try {
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number }
    if (version > MIGRATIONS.length) {
      throw unavailable(
        file,
        `a later version of Landbridge wrote it (schema ${version}, this one knows ${MIGRATIONS.length})`,
        'Update landbridge, or use another file.',
      )
    }
    for (const migration of MIGRATIONS.slice(version)) db.exec(migration)
    db.exec(`PRAGMA user_version = ${MIGRATIONS.length}; COMMIT`)
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    db.close()
    throw error
  }
}

function unavailable(file: string, why: string, hint: string, cause?: unknown): LandbridgeError {
  return new LandbridgeError('ERR_STORE_UNAVAILABLE', `The session file ${JSON.stringify(file)} cannot be used: ${why}.`, { hint, cause })
}
