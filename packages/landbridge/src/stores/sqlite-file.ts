/** The file of the embedded store: how it is opened, and the schema inside. */
import { closeSync, openSync } from 'node:fs'
import type * as NodeSqlite from 'node:sqlite'
import type { DatabaseSync } from 'node:sqlite'
import { LandbridgeError } from '../core/errors.ts'

/** How long a write waits for another process's write before it fails, in milliseconds. A write takes some 70 µs. */
export const BUSY_MS = 2000
const RETRY_MS = 10
/** Values of sessions are nobody else's business. SQLite gives its other files the mode of this one. */
const OWNER_ONLY = 0o600

/**
 * Each entry brings a file from the version before it to its own; entries are never changed, only added.
 *
 * The tables with values keep their rowid: without it, a row of more than 1 kB spills out of its page, and a read of 2 kB takes
 * three times as long (34 µs instead of 12, among 100,000 sessions).
 */
const MIGRATIONS = [
  `CREATE TABLE session (id TEXT NOT NULL PRIMARY KEY, created INTEGER NOT NULL, expires INTEGER NOT NULL, accounts TEXT NOT NULL, vals TEXT NOT NULL);
   CREATE TABLE handle (session TEXT NOT NULL, scope TEXT NOT NULL, hash TEXT NOT NULL, created INTEGER NOT NULL, seen INTEGER NOT NULL,
     expires INTEGER NOT NULL, vals TEXT NOT NULL, PRIMARY KEY (session, scope));
   CREATE INDEX handle_expires ON handle (expires);
   CREATE TABLE signed_in (account TEXT NOT NULL, session TEXT NOT NULL, PRIMARY KEY (account, session)) WITHOUT ROWID;
   CREATE INDEX signed_in_session ON signed_in (session);
   CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX kept_expires ON kept (expires);
   CREATE TABLE renewed (id TEXT PRIMARY KEY, successor TEXT NOT NULL, expires INTEGER NOT NULL) WITHOUT ROWID;
   CREATE INDEX renewed_expires ON renewed (expires);`,
]

/** Fails where another application wrote the file and numbers its schema as we do. */
const PROBE = 'SELECT s.accounts, h.scope, a.account, k.key, r.successor FROM session s, handle h, signed_in a, kept k, renewed r'

/** Opens the file and brings its schema up to date. Throws `ERR_STORE_UNAVAILABLE` when that cannot be done. */
export function openDatabase(file: string): DatabaseSync {
  // Asked for at run time, so that the import of this module fails with a sentence where Node is too old for it.
  const builtin = process.getBuiltinModule('node:sqlite') as typeof NodeSqlite | undefined
  if (builtin === undefined) throw unavailable(file, 'this Node has no node:sqlite', 'Run Node 22.13 or later, or use another store.')
  try {
    if (!/^(?::memory:$|file:)/.test(file)) closeSync(openSync(file, 'a', OWNER_ONLY))
    return openPatiently(() => openOnce(new builtin.DatabaseSync(file), file))
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

/** When several processes turn a new file to WAL at the same moment, SQLite refuses all but one without waiting. */
function openPatiently(open: () => DatabaseSync): DatabaseSync {
  const giveUpAt = performance.now() + BUSY_MS
  for (;;) {
    try {
      return open()
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAt) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
  }
}

function openOnce(db: DatabaseSync, file: string): DatabaseSync {
  try {
    // The option `timeout` of the constructor would need Node 22.16.
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL`)
    migrate(db, file)
    db.prepare(PROBE)
    return db
  } catch (error) {
    db.close() // ends the transaction, too
    throw error
  }
}

function migrate(db: DatabaseSync, file: string): void {
  db.exec('BEGIN IMMEDIATE')
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
}

function unavailable(file: string, why: string, hint: string, cause?: unknown): LandbridgeError {
  return new LandbridgeError('ERR_STORE_UNAVAILABLE', `The session file ${JSON.stringify(file)} cannot be used: ${why}.`, { hint, cause })
}

const SQLITE_BUSY = 5

/** The primary code is the lower byte of what SQLite reports. */
export const isBusy = (error: unknown): boolean => ((error as { errcode?: number }).errcode! & 0xff) === SQLITE_BUSY
