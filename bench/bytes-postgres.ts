// Bytes per session in PostgreSQL, tables and indexes, beside connect-pg-simple with the same data: node bench/bytes-postgres.ts [count]
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import connectPgSimple from 'connect-pg-simple'
import session, { type SessionData } from 'express-session'
import { postgres } from 'landbridge/postgres'
import type { NewSession, Store } from 'landbridge/store'
import pg from 'pg'
import { startPostgres } from '../test/support/servers/postgres.ts'
import { CONTENTS } from './lib/contents.ts'
import { IDLE_MS, newSession } from './lib/new-session.ts'

const COUNT = Number(process.argv[2] ?? 20_000)
const AT_ONCE = 50

const server = await startPostgres({ fsync: false })
// One connection: where several wait for room in a table, PostgreSQL adds far more of it than they need.
const pool = new pg.Pool({ connectionString: server.url, max: 1 })
const store = postgres(pool, { notify: false })
const PgStore = connectPgSimple(session)

console.log(`${COUNT} sessions, bytes per session with all indexes`)
for (const [name, content] of Object.entries(CONTENTS)) {
  await pool.query('DROP TABLE IF EXISTS session, landbridge_sessions, landbridge_accounts, landbridge_kept, landbridge_version')
  await store.migrate()
  const peer = new PgStore({ pool, createTableIfMissing: true, pruneSessionInterval: false })
  const made = await many((index) => create(store, index, content))
  await many((index) => keep(peer, index, content, {}))
  const ours = await bytesOf('landbridge_sessions', 'landbridge_accounts', 'landbridge_kept')
  const least = await bytesOf('session')
  await pool.query('TRUNCATE session')
  await many((index) => keep(peer, index, content, { secure: true, sameSite: 'lax' }))
  const theirs = await bytesOf('session')
  await many((index) => use(store, made[index]!, index))
  const used = await bytesOf('landbridge_sessions', 'landbridge_accounts', 'landbridge_kept')
  const { hot } = await updates()
  console.log(
    `${name}: landbridge ${ours.toFixed(0)}, connect-pg-simple ${theirs.toFixed(0)}: ${(ours / theirs).toFixed(2)}`,
    `(with neither Secure nor SameSite ${least.toFixed(0)}: ${(ours / least).toFixed(2)});`,
    `after one write each ${used.toFixed(0)}, ${(100 * hot).toFixed(0)} % of the writes touched no index`,
  )
}
await pool.end()
await server.stop()

async function many<Result>(work: (index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < COUNT; start += AT_ONCE) {
    results.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, COUNT - start) }, (_, index) => work(start + index)))))
  }
  return results
}

async function create(to: Store, index: number, content: object): Promise<NewSession> {
  const made = newSession(content, String(100_000 + index))
  await to.create(made)
  return made
}

/** A visitor comes back after a while and changes a value. */
async function use(to: Store, { id, handle }: NewSession, index: number): Promise<void> {
  const now = handle.seenAt + IDLE_MS / 10
  const changes = new Map([['theme', index % 2 === 0 ? '"light"' : '"dusky"']])
  await to.update(id, handle.scope, { place: 'handle', changes, seenAt: now, expiresAt: now + IDLE_MS }, now)
}

/** What express-session keeps: its cookie with an end and these further options. */
function keep(peer: session.Store, index: number, content: object, more: object): Promise<void> {
  const cookie = { originalMaxAge: IDLE_MS, expires: new Date(Date.now() + IDLE_MS), httpOnly: true, path: '/', ...more }
  const kept = { cookie, account: String(100_000 + index), ...content } as unknown as SessionData
  return new Promise((resolve, reject) => {
    peer.set(randomBytes(24).toString('base64url'), kept, (error?: unknown) => (error instanceof Error ? reject(error) : resolve()))
  })
}

async function bytesOf(...tables: string[]): Promise<number> {
  const sizes = tables.map(async (table) => {
    const { rows } = await pool.query(`SELECT pg_total_relation_size('${table}') AS bytes`)
    return Number(rows[0].bytes)
  })
  return (await Promise.all(sizes)).reduce((a, b) => a + b, 0) / COUNT
}

async function updates(): Promise<{ hot: number }> {
  await pool.query('SELECT pg_stat_force_next_flush()')
  await pause(1500)
  const { rows } = await pool.query(
    `SELECT n_tup_hot_upd AS hot, n_tup_upd AS all FROM pg_stat_user_tables WHERE relname = 'landbridge_sessions'`,
  )
  return { hot: Number(rows[0].hot) / Number(rows[0].all) }
}
