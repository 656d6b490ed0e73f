/** How the PostgreSQL store uses its server: how often it asks, what a sweep leaves alone, which connections it keeps. */
import { once } from 'node:events'
import { Pool } from 'pg'
import postgresJs from 'postgres'
import { postgres } from 'landbridge/postgres'
import { entriesOf, type SessionId } from 'landbridge/store'
import { expect, onTestFinished, test } from 'vitest'
import { postgresGround } from '../support/postgres-ground.ts'
import { ELMER, HOUR, newDelta, newHandle, newSession, newSuccessor } from './sql-records.ts'

const ground = postgresGround('own', 'again', 'count', 'short', 'held', 'fresh', 'strict')
const NOW = Date.now()

test('asks once for a read, once for a change and once for the reads of one moment', async () => {
  const pool = new Pool({ connectionString: ground().server.url, max: 1 })
  ground().closing(() => pool.end())
  const store = postgres(pool, { schema: 'count', notify: false })
  await store.migrate()
  let asks = 0
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown
  Object.assign(pool, {
    query(...args: unknown[]) {
      asks++
      return query(...args)
    },
  })
  const asked = async (work: () => unknown): Promise<number> => {
    asks = 0
    await work()
    return asks
  }
  const sessions = Array.from({ length: 20 }, () => newSession(NOW, { accounts: [{ id: 'ada', signedInAt: NOW }] }))
  const [first] = sessions
  expect(await asked(() => store.create(first!))).toBe(1)
  for (const session of sessions.slice(1)) await store.create(session)
  expect(await asked(() => store.read(first!.id, ELMER))).toBe(1)
  expect(await asked(() => store.update(first!.id, ELMER, newDelta(NOW, { a: '1' }), NOW))).toBe(1)
  expect(await asked(() => store.attach(first!.id, ELMER, newHandle(NOW), NOW, NOW))).toBe(1)
  expect(await asked(() => Promise.all(sessions.map(async ({ id }) => store.read(id, ELMER))))).toBe(1)
  const next = newSuccessor(NOW)
  expect(await asked(() => store.renew(first!.id, ELMER, next, NOW))).toBe(1)
  expect(await asked(() => store.read(next.id, ELMER))).toBe(1)
  expect(await asked(() => store.revoke(next.id))).toBe(1)
  expect(await asked(() => store.sessionsOf('ada', NOW))).toBe(1)
  expect(await asked(() => store.put('key', 'value', NOW + HOUR, NOW))).toBe(1)
  expect(await asked(() => store.take('key', NOW))).toBe(1)
  expect(await asked(() => store.ping())).toBe(1)
})

test('an id that the library would write otherwise is nobody’s', async () => {
  const store = await ground().migrated({ schema: 'own' })
  const session = newSession(NOW)
  await store.create(session)
  const last = session.id.at(-1)!
  const twin = (session.id.slice(0, -1) + String.fromCharCode(last.charCodeAt(0) + 1)) as SessionId
  expect(Buffer.from(twin, 'base64url')).toEqual(Buffer.from(session.id, 'base64url'))
  expect(await store.read(twin, ELMER)).toBeNull()
  expect(await store.update(twin, ELMER, newDelta(NOW, { a: '1' }), NOW)).toBe('gone')
  expect(await Promise.all([twin, session.id].map(async (id) => store.read(id, ELMER)))).toEqual([null, session])
})

test('finds sessions by each of several accounts, and forgets the accounts with the session', async () => {
  const store = await ground().migrated({ schema: 'again' })
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
  const left = async (table: string) => Number((await ground().admin.query(`SELECT count(*) FROM again.landbridge_${table}`)).rows[0].count)
  expect(await left('accounts')).toBe(0)
  await store.create(newSession(NOW, { accounts, expiresAt: NOW - 1, handle: { expiresAt: NOW - 1 } }))
  expect(await left('accounts')).toBe(4)
  expect(await store.sweep(NOW, 10)).toBe(1)
  expect(await left('accounts')).toBe(0)
})

test('a sweep waits for nobody, nobody waits for it, and what was used meanwhile stays', async () => {
  const store = await ground().migrated({ schema: 'held' })
  const ended = Array.from({ length: 6 }, () => newSession(NOW, { handle: { expiresAt: NOW + 1000 } }))
  for (const session of ended) await store.create(session)
  const holder = await ground().admin.connect()
  onTestFinished(() => holder.release())
  await holder.query('BEGIN')
  await holder.query(`SELECT 1 FROM held.landbridge_sessions WHERE id = $1 FOR UPDATE`, [
    Buffer.from(ended[0]!.id, 'base64url').toString('hex'),
  ])
  const used = ended[1]!
  expect(await store.update(used.id, ELMER, newDelta(NOW + 100, {}), NOW + 100)).toBe('saved')
  const [one, two] = await Promise.all([
    store.sweep(NOW + 1000, 3),
    ground()
      .open({ schema: 'held' })
      .sweep(NOW + 1000, 3),
  ])
  expect(one).toBeLessThanOrEqual(3)
  expect(two).toBeLessThanOrEqual(3)
  while ((await store.sweep(NOW + 1000, 3)) > 0);
  await holder.query('ROLLBACK')
  const reads = await Promise.all(ended.map(async ({ id }) => store.read(id, ELMER)))
  expect(reads.map((read) => read !== null)).toEqual([true, true, false, false, false, false])
  expect(await store.sweep(NOW + 1000, 3)).toBe(1)
  expect((await store.read(used.id, ELMER))?.handle?.expiresAt).toBe(NOW + 100 + HOUR)
  const brief = newHandle(NOW, { expiresAt: NOW + 2000 })
  expect(await store.attach(used.id, ELMER, brief, NOW, NOW)).toBe('attached')
  expect(await store.sweep(NOW + 2000, 3)).toBe(1)
  expect((await store.handlesOf(used.id)).map(({ scope }) => scope)).toEqual([ELMER])
})

test('most changes of a session touch no index', async () => {
  const pool = new Pool({ connectionString: ground().server.url, max: 1 })
  ground().closing(() => pool.end())
  const store = postgres(pool, { schema: 'short' })
  await store.migrate()
  const session = newSession(NOW)
  await store.create(session)
  for (let minute = 1; minute <= 20; minute++) {
    const now = NOW + minute * 60_000
    expect(await store.update(session.id, ELMER, newDelta(now, { a: String(minute) }), now)).toBe('saved')
  }
  await pool.query('SELECT pg_stat_force_next_flush()')
  const counts = await pool.query(
    `SELECT n_tup_upd AS all, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE schemaname = 'short' AND n_tup_upd > 0`,
  )
  expect(counts.rows).toEqual([{ all: '20', hot: '20' }])
})

test('changes at once add up where the database isolates transactions more strictly than by default', async () => {
  const strict = () => {
    const pool = new Pool({ connectionString: ground().server.url, options: '-c default_transaction_isolation=serializable' })
    ground().closing(() => pool.end())
    return postgres(pool, { schema: 'strict' })
  }
  const stores = [strict(), strict(), strict()]
  await stores[0]!.migrate()
  const session = newSession(NOW)
  await stores[0]!.create(session)
  await stores[0]!.put('key', 'value', NOW + HOUR, NOW)
  const outcomes = await Promise.all(
    Array.from({ length: 30 }, async (_, index) =>
      stores[index % 3]!.update(session.id, ELMER, newDelta(NOW, { [`k${index}`]: '1' }), NOW),
    ),
  )
  expect(new Set(outcomes)).toEqual(new Set(['saved']))
  expect(entriesOf((await stores[1]!.read(session.id, ELMER))!.handle!.values)).toHaveLength(30)
  const taken = await Promise.all(Array.from({ length: 12 }, async (_, index) => stores[index % 3]!.take('key', NOW)))
  expect(taken.filter((value) => value !== null)).toEqual(['value'])
})

test('the loss of an idle connection of a pool without a listener does not end the process', async () => {
  const pool = new Pool({ connectionString: ground().server.url, application_name: 'idle' })
  const store = postgres(pool, { schema: 'fresh' })
  await store.migrate()
  await store.ping()
  const lost = once(pool, 'error')
  await ground().admin.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'idle'`)
  await lost
  await store.ping()
  await pool.end()
})

test('what was handed in stays open when the store closes, and listeners of the application stay alone', async () => {
  const pool = new Pool({ connectionString: ground().server.url })
  pool.on('error', () => undefined)
  const sql = postgresJs(ground().server.url)
  ground().closing(() => pool.end())
  ground().closing(() => sql.end())
  await postgres(pool).close()
  await postgres(sql).close()
  expect(pool.listenerCount('error')).toBe(1)
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  expect([...(await sql`SELECT 1 AS one`)]).toEqual([{ one: 1 }])
})
