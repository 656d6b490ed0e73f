import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { LiveRead } from '../core/records.ts'
import { holds, isKept } from '../core/records.ts'
import type { Delta, ListedSession, NewSession, Store, StoredAccount, StoredHandle, StoredSession, StoreRead } from '../core/store.ts'
import { afterDelta, isLive, successorOf } from '../core/store.ts'
import type { Scope, SecretHash, SessionId } from '../core/types.ts'
import { BUSY_MS, isBusy, openDatabase } from './sqlite-file.ts'

/** How long a write waits after one that waited in vain: waiting blocks the process, and a queue of requests must not pay for it one by one. */
const STILL_BUSY_MS = 10

/**
 * The embedded store: one SQLite file, shared by any number of processes of one machine; schema and migrations are its own
 * business. What a request was told is saved survives the end of the process by any signal; a loss of power can cost the
 * writes of the last moments, never the file (WAL, synchronous NORMAL). Pass `':memory:'` to keep no file. Needs Node 22.13 or
 * later. Throws `ERR_STORE_UNAVAILABLE` when the file cannot be opened, or was written by a later version.
 */
export function sqlite(file: string): Store {
  const db = openDatabase(file)
  const sql = prepareAll(db)
  let waitsMs = BUSY_MS
  let open = true

  const read = (id: SessionId, scope: Scope): StoreRead | null => {
    const row = sql.read.get(scope, id) as ReadRow | undefined
    const session = row === undefined ? null : sessionOf(row)
    return session && { ...session, handle: row!.hash === null ? null : handleOf(row as HandleRow) }
  }

  const insertHandle = (id: SessionId, { scope, hash, createdAt, seenAt, expiresAt, values }: StoredHandle): void => {
    sql.insertHandle.run(id, scope, hash, createdAt, seenAt, expiresAt, values)
  }

  const insert = ({ id, createdAt, expiresAt, accounts, values, handle }: NewSession): void => {
    sql.insertSession.run(id, createdAt, expiresAt, JSON.stringify(accounts), values)
    insertHandle(id, handle)
    for (const account of accounts) sql.insertSignedIn.run(indexKey(account.id), id)
  }

  const write = ({ id, values, handle }: LiveRead, { place, alsoSeen, seenAt, expiresAt }: Delta, now: number): void => {
    sql.updateHandle.run(handle.hash, handle.seenAt, handle.expiresAt, handle.values, id, handle.scope)
    if (place === 'session') sql.updateSession.run(values, id)
    if (alsoSeen !== undefined) sql.alsoSeen.run(seenAt, expiresAt, id, alsoSeen, now)
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

  const end = (id: SessionId, scope: Scope | undefined): boolean => (scope === undefined ? remove(id) : removeHandle(id, scope))

  /** The id that a session has now, if renewals replaced this one. */
  const newest = (id: SessionId): SessionId => {
    const row = sql.renewed.get(id) as RenewedRow | undefined
    return row === undefined ? id : newest(row.successor)
  }

  const waitAtMost = (ms: number): void => {
    if (ms === waitsMs) return
    db.exec(`PRAGMA busy_timeout = ${ms}`)
    waitsMs = ms
  }

  /** Runs a write; one that waited in vain leaves the next ones impatient, until one succeeds. */
  const writing = <Result>(work: () => Result): Result => {
    try {
      const result = work()
      waitAtMost(BUSY_MS)
      return result
    } catch (error) {
      if (isBusy(error)) waitAtMost(STILL_BUSY_MS)
      throw error
    }
  }

  /** Readers of other processes see all of it or nothing, and no other writer comes between. */
  const atomically = <Result>(work: () => Result): Result =>
    writing(() => {
      sql.begin.run()
      try {
        const result = work()
        sql.commit.run()
        return result
      } catch (error) {
        rollback(sql)
        throw error
      }
    })

  return {
    name: 'sqlite',
    read,
    create: (session) => atomically(() => insert(session)),

    update: (id, scope, delta, now) =>
      atomically(() => {
        const before = read(id, scope)
        if (!isLive(before, now, delta.expectHash)) return 'gone'
        const after = afterDelta(before, delta)
        if (after === null) return 'conflict'
        write(after, delta, now)
        return 'saved'
      }),

    renew: (id, scope, next, now) =>
      atomically(() => {
        const before = read(id, scope)
        if (!isLive(before, now, next.expectHash)) return 'gone'
        const successor = successorOf(before, scope, next)
        if (successor === null) return 'conflict'
        remove(id)
        insert(successor)
        sql.insertRenewed.run(id, next.id, next.traceUntil)
        return 'saved'
      }),

    attach: (id, through, handle, issuedAt, now, expect) =>
      atomically(() => {
        const voucher = read(id, through)
        if (!isLive(voucher, now) || !holds(voucher.values, expect)) return 'gone'
        if (isKept(read(id, handle.scope)?.handle, issuedAt, now)) return 'kept'
        sql.alsoSeen.run(handle.seenAt, handle.expiresAt, id, through, now)
        sql.deleteHandle.run(id, handle.scope)
        insertHandle(id, handle)
        return 'attached'
      }),

    revoke: (id, scope, only = false) => atomically(() => end(only ? id : newest(id), scope)),
    wasRenewed: (id, now) => ((sql.renewed.get(id) as RenewedRow | undefined)?.expires ?? 0) > now,
    handlesOf: (id) => (sql.handles.all(id) as unknown as HandleRow[]).map(handleOf),

    put(key, value, expiresAt) {
      writing(() => sql.put.run(key, value, expiresAt))
    },

    take(key, now) {
      const row = writing(() => sql.take.get(key)) as { value: string; expires: number } | undefined
      return row !== undefined && row.expires > now ? row.value : null
    },

    sessionsOf: (account, now) => {
      const rows = sql.sessionsOf.all(indexKey(account), now, now) as unknown as (SessionRow & HandleRow)[]
      return [...Map.groupBy(rows, ({ id }) => id).values()].flatMap(listedOf)
    },

    revokeAccount: (account, except) =>
      atomically(() => {
        const rows = sql.idsOf.all(indexKey(account)) as unknown as { session: SessionId }[]
        return rows.filter(({ session }) => session !== except && remove(session)).length
      }),

    sweep: (now, limit) =>
      atomically(() => {
        const handles = sql.expiredHandles.all(now, limit) as unknown as { session: SessionId; scope: Scope }[]
        for (const { session, scope } of handles) removeHandle(session, scope)
        const kept = Number(sql.sweepKept.run(now, limit - handles.length).changes)
        return handles.length + kept + Number(sql.sweepRenewed.run(now, limit - handles.length - kept).changes)
      }),

    ping() {
      sql.ping.get()
    },

    close() {
      if (open) db.close()
      open = false
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

/** A session from the rows of its handles; nothing where its record is damaged. */
function listedOf(rows: readonly (SessionRow & HandleRow)[]): ListedSession[] {
  const session = sessionOf(rows[0]!)
  return session === null ? [] : [{ ...session, handles: rows.map(handleOf) }]
}

interface RenewedRow {
  readonly successor: SessionId
  readonly expires: number
}

type ReadRow = SessionRow & { [Column in keyof HandleRow]: HandleRow[Column] | null }

const ANONYMOUS: readonly StoredAccount[] = []

/** `null` for a row whose accounts are damaged: nobody is signed in by guesswork. */
function sessionOf({ id, created, expires, accounts, vals }: SessionRow): StoredSession | null {
  const signedIn = accounts === '[]' ? ANONYMOUS : accountsOf(accounts)
  return signedIn && { id, createdAt: created, expiresAt: expires, accounts: signedIn, values: vals }
}

function accountsOf(text: string): readonly StoredAccount[] | null {
  try {
    const accounts: unknown = JSON.parse(text)
    return Array.isArray(accounts) ? (accounts as StoredAccount[]) : null
  } catch {
    return null
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

/** SQLite's text is UTF-8, in which all lone surrogates become one character; as JSON, different ids stay different. */
const indexKey = (account: string): string => JSON.stringify(account)

/** After some failures, such as a full disk, SQLite has rolled back already; the first error is the one to report. */
function rollback(sql: Statements): void {
  try {
    sql.rollback.run()
  } catch {
    // There was nothing left to roll back.
  }
}

const SESSION_COLUMNS = 's.id, s.created, s.expires, s.accounts, s.vals'
const HANDLE_COLUMNS = 'h.scope, h.hash, h.created AS handle_created, h.seen, h.expires AS handle_expires, h.vals AS handle_vals'

type Statements = ReturnType<typeof prepareAll>

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
    insertSignedIn: statement('INSERT OR IGNORE INTO signed_in (account, session) VALUES (?, ?)'),
    updateSession: statement('UPDATE session SET vals = ? WHERE id = ?'),
    updateHandle: statement('UPDATE handle SET hash = ?, seen = ?, expires = ?, vals = ? WHERE session = ? AND scope = ?'),
    alsoSeen: statement('UPDATE handle SET seen = ?, expires = max(expires, ?) WHERE session = ? AND scope = ? AND expires > ?'),
    deleteSession: statement('DELETE FROM session WHERE id = ?'),
    deleteHandles: statement('DELETE FROM handle WHERE session = ?'),
    deleteHandle: statement('DELETE FROM handle WHERE session = ? AND scope = ?'),
    deleteSignedIn: statement('DELETE FROM signed_in WHERE session = ?'),
    sessionsOf: statement(
      `SELECT ${SESSION_COLUMNS}, ${HANDLE_COLUMNS} FROM signed_in a JOIN session s ON s.id = a.session JOIN handle h ON h.session = s.id
         WHERE a.account = ? AND s.expires > ? AND EXISTS (SELECT 1 FROM handle live WHERE live.session = s.id AND live.expires > ?)`,
    ),
    idsOf: statement('SELECT session FROM signed_in WHERE account = ?'),
    expiredHandles: statement('SELECT session, scope FROM handle WHERE expires <= ? LIMIT ?'),
    put: statement('INSERT OR REPLACE INTO kept (key, value, expires) VALUES (?, ?, ?)'),
    take: statement('DELETE FROM kept WHERE key = ? RETURNING value, expires'),
    renewed: statement('SELECT successor, expires FROM renewed WHERE id = ?'),
    insertRenewed: statement('INSERT INTO renewed (id, successor, expires) VALUES (?, ?, ?)'),
    sweepRenewed: statement('DELETE FROM renewed WHERE id IN (SELECT id FROM renewed WHERE expires <= ? LIMIT ?)'),
    sweepKept: statement('DELETE FROM kept WHERE key IN (SELECT key FROM kept WHERE expires <= ? LIMIT ?)'),
  }
}
