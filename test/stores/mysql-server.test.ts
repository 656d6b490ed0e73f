/** How the MySQL store uses its server: its tables, how often it asks, and what it keeps. */
import { readFileSync } from 'node:fs'
import { mysql, schemaSql, type MySqlPool } from 'landbridge/mysql'
import type { SessionId } from 'landbridge/store'
import type { Pool, RowDataPacket } from 'mysql2/promise'
import { createPool } from 'mysql2/promise'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { missingMariaDb, startMariaDb } from '../support/servers/mariadb.ts'
import type { Server } from '../support/servers/process.ts'
import { ELMER, FUDD, HOUR, newDelta, newHandle, newSession, newSuccessor } from './sql-records.ts'

const NOW = Date.now()
let server: Server
let pool: Pool
beforeAll(async () => {
  if (missingMariaDb !== null) return
  server = await startMariaDb({ fsync: false })
  pool = createPool({ uri: server.url, multipleStatements: true })
  for (const prefix of ['own_', 'crowd_', 'hand_', 'missing_', 'late_'])
    await pool.query(['sessions', 'accounts', 'kept', 'version'].map((table) => `DROP TABLE IF EXISTS ${prefix}${table};`).join(''))
  await mysql(pool, { prefix: 'own_' }).migrate()
})
afterAll(async () => {
  await pool?.end()
  await server?.stop()
})
beforeEach((ctx) => ctx.skip(missingMariaDb !== null, missingMariaDb ?? ''))

/** How a table is made, without its name. */
async function tableOf(prefix: string, name: string): Promise<string> {
  const [rows] = await pool.query<RowDataPacket[]>(`SHOW CREATE TABLE ${prefix}${name}`)
  return String(rows[0]!['Create Table']).replaceAll(prefix, '')
}

async function countIn(table: string): Promise<number> {
  const [rows] = await pool.query<RowDataPacket[]>(`SELECT count(*) AS count FROM ${table}`)
  return Number(rows[0]!['count'])
}

test('makes its tables, from eight processes at one moment and again, and keeps what is in them', async () => {
  const stores = Array.from({ length: 8 }, () => mysql(pool, { prefix: 'crowd_' }))
  await Promise.all(stores.map((store) => store.migrate()))
  const session = newSession(NOW)
  await stores[0]!.create(session)
  await stores[1]!.migrate()
  expect(await stores[2]!.read(session.id, ELMER)).toEqual(session)
  expect(await countIn('crowd_version')).toBe(1)
})

test('its SQL, run as a script, makes the tables that `migrate` makes', async () => {
  for (let times = 0; times < 2; times++) await pool.query(schemaSql({ prefix: 'hand_' }))
  for (const name of ['sessions', 'accounts', 'kept', 'version']) expect(await tableOf('hand_', name)).toBe(await tableOf('own_', name))
  await mysql(pool, { prefix: 'hand_' }).ping()
})

test('its SQL stands in the docs', () => {
  const docs = readFileSync(new URL('../../docs/stores/mysql.md', import.meta.url), 'utf8')
  expect(docs).toContain(`\`\`\`sql\n${schemaSql().replaceAll(/^--.*\n/gm, '')}\`\`\``)
})

test('says what to run where its tables are missing', async () => {
  const store = mysql(pool, { prefix: 'missing_' })
  const session = newSession(NOW, { accounts: ['ann', 'ben'].map((id) => ({ id, signedInAt: NOW })) })
  for (const call of [() => store.read(session.id, ELMER), () => store.ping(), () => store.create(session), () => store.sweep(NOW, 5)]) {
    await expect((async () => call())()).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      hint: expect.stringContaining('store.migrate()'),
      cause: expect.objectContaining({ errno: 1146 }),
    })
  }
})

test('refuses tables that a later version made, and a prefix that would not be a name by itself', async () => {
  const store = mysql(pool, { prefix: 'late_' })
  await store.migrate()
  await pool.query('INSERT INTO late_version VALUES (99)')
  await expect(store.migrate()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE', message: expect.stringContaining('99') })
  for (const prefix of ['a-b', 'A', '`', '', 'a'.repeat(26)]) expect(() => mysql(pool, { prefix })).toThrow('prefix')
})

test('asks once for a read, a change, and the reads of one moment', async () => {
  let asks = 0
  const counting: MySqlPool = {
    execute(...args) {
      asks++
      return pool.execute(...args)
    },
    query: (sql, values) => pool.query(sql, values),
    getConnection: () => pool.getConnection(),
  }
  const asked = async (work: () => unknown): Promise<number> => {
    asks = 0
    await work()
    return asks
  }
  const store = mysql(counting, { prefix: 'own_' })
  const sessions = Array.from({ length: 20 }, () => newSession(NOW))
  const [first] = sessions
  expect(await asked(() => store.create(first!))).toBe(1)
  for (const session of sessions.slice(1)) await store.create(session)
  expect(await asked(() => store.read(first!.id, ELMER))).toBe(1)
  expect(await asked(() => store.update(first!.id, ELMER, newDelta(NOW, { a: '1' }), NOW))).toBe(1)
  expect(await asked(() => store.attach(first!.id, ELMER, newHandle(NOW), NOW, NOW))).toBe(1)
  expect(await asked(() => store.revoke(first!.id, FUDD))).toBe(1)
  let reads: unknown[] = []
  expect(await asked(async () => (reads = await Promise.all(sessions.map(async ({ id }) => store.read(id, ELMER)))))).toBe(1)
  expect(reads.slice(1)).toEqual(sessions.slice(1))
  expect(await asked(() => store.revoke(first!.id))).toBe(1)
})

test('finds sessions by each of several accounts, and forgets the accounts with the session', async () => {
  const store = mysql(pool, { prefix: 'own_' })
  const accounts = ['ann', 'ben', '\ud800', '\udc00', 'x'.repeat(256)].map((id) => ({ id, signedInAt: NOW }))
  const session = newSession(NOW, { accounts })
  const next = newSuccessor(NOW, { accounts: accounts.slice(1) })
  const listed = async (id: string) => (await store.sessionsOf(id, NOW)).map((each) => each.id)
  await store.create(session)
  for (const { id } of accounts) expect(await listed(id)).toEqual([session.id])
  expect(await store.renew(session.id, ELMER, next, NOW)).toBe('saved')
  expect(await listed('ann')).toEqual([])
  for (const { id } of accounts.slice(1)) expect(await listed(id)).toEqual([next.id])
  expect(await store.revokeAccount('x'.repeat(256))).toBe(1)
  expect(await countIn('own_accounts')).toBe(0)
  await store.create(newSession(NOW, { accounts, expiresAt: NOW - 1, handle: { expiresAt: NOW - 1 } }))
  expect(await countIn('own_accounts')).toBe(4)
  expect(await store.sweep(NOW, 10)).toBe(1)
  expect(await countIn('own_accounts')).toBe(0)
})

test('a session that cannot be created with all its accounts is not created at all', async () => {
  const store = mysql(pool, { prefix: 'crowd_' })
  const session = newSession(NOW, { accounts: ['ann', 'ben'].map((id) => ({ id, signedInAt: NOW })) })
  await pool.query('RENAME TABLE crowd_accounts TO crowd_elsewhere')
  await expect((async () => store.create(session))()).rejects.toMatchObject({ code: 'ERR_STORE_UNAVAILABLE' })
  await pool.query('RENAME TABLE crowd_elsewhere TO crowd_accounts')
  expect(await store.read(session.id, ELMER)).toBeNull()
  await store.create(session)
})

test('an id that the library would write otherwise is nobody’s', async () => {
  const store = mysql(pool, { prefix: 'own_' })
  const session = newSession(NOW)
  await store.create(session)
  const twin = (session.id.slice(0, -1) + String.fromCharCode(session.id.charCodeAt(21) + 1)) as SessionId
  expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(session.id, 'base64url'))
  expect(await Promise.all([twin, session.id].map(async (id) => store.read(id, ELMER)))).toEqual([null, session])
})

test('kept values that are replaced while they are taken go to one taker each', async () => {
  const store = mysql(pool, { prefix: 'own_' })
  for (let round = 0; round < 20; round++) {
    await store.put('key', 'first', NOW + HOUR, NOW)
    const taken = await Promise.all([
      store.take('key', NOW),
      store.put('key', 'second', NOW + HOUR, NOW),
      store.take('key', NOW),
      store.take('key', NOW),
    ])
    const rest = await store.take('key', NOW)
    const got = [taken[0], taken[2], taken[3], rest].filter((value) => value !== null)
    expect(new Set(got).size).toBe(got.length)
    expect(got).toContain('second')
  }
})

test('renewals, ends and sweeps of many sessions at one moment do not fail by deadlocks', async () => {
  const store = mysql(pool, { prefix: 'own_' })
  const sessions = Array.from({ length: 60 }, (_, index) =>
    newSession(NOW, {
      accounts: [
        { id: `a${index % 3}`, signedInAt: NOW },
        { id: 'all', signedInAt: NOW },
      ],
      handle: { expiresAt: NOW + 1000 },
    }),
  )
  for (const session of sessions) await store.create(session)
  const outcomes = await Promise.all(
    sessions.flatMap(({ id, accounts }, index): Promise<unknown>[] => [
      Promise.resolve(index % 2 === 0 ? store.renew(id, ELMER, newSuccessor(NOW, { accounts }), NOW) : store.revoke(id)),
      Promise.resolve(store.sweep(NOW + 1000, 10)),
      Promise.resolve(store.revokeAccount(`a${index % 3}`)),
    ]),
  )
  expect(outcomes).toHaveLength(180)
  expect(await store.sessionsOf('all', NOW)).toEqual([])
})

test('a transaction that the server ends because of a deadlock is tried again', async () => {
  const store = mysql(pool, { prefix: 'own_' })
  const session = newSession(NOW, { accounts: ['ann', 'ben'].map((id) => ({ id, signedInAt: NOW })) })
  await store.create(session)
  const id = Buffer.from(session.id, 'base64url')
  const other = await pool.getConnection()
  try {
    await other.beginTransaction()
    // Of two that wait for each other, the server ends the one that has written less.
    const rows = Array.from({ length: 100 }, (_, index) => `(${index})`)
    await other.query(`INSERT INTO own_version VALUES ${rows.join()} ON DUPLICATE KEY UPDATE version = version`)
    await other.query('SELECT 1 FROM own_accounts WHERE session = ? FOR UPDATE', [id])
    const ended = Promise.resolve(store.revoke(session.id))
    const running = async () => (await pool.query<RowDataPacket[]>('SHOW FULL PROCESSLIST'))[0].map((row) => String(row['Info']))
    await expect.poll(running, { timeout: 5000 }).toContainEqual(expect.stringMatching(/^DELETE FROM own_accounts/))
    await other.query('UPDATE own_sessions SET due = due + 1 WHERE id = ?', [id])
    await other.rollback()
    expect(await ended).toBe(true)
  } finally {
    await other.rollback()
    other.release()
  }
  expect(await store.read(session.id, ELMER)).toBeNull()
})
