/** What a crash of PostgreSQL costs, and what a session costs on its disk. */
import { postgres, type PostgresStore } from 'landbridge/postgres'
import { applyChanges } from 'landbridge/store'
import { Client, Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { missingPostgres, startPostgres } from '../support/servers/postgres.ts'
import { overPg } from '../support/sql.ts'
import { ELMER, HOUR, newDelta, newSession } from './sql-records.ts'

beforeEach((ctx) => ctx.skip(missingPostgres !== null, missingPostgres ?? ''))

describe('a crash of the server', () => {
  const now = Date.now()
  const session = newSession(now, { accounts: [{ id: 'ada', signedInAt: now }] })
  let logged: PostgresStore
  let unlogged: PostgresStore
  let stop: () => Promise<void>
  let own: boolean

  beforeAll(async () => {
    if (missingPostgres !== null) return
    const server = await startPostgres()
    const [[first, close], [second, closeSecond]] = [overPg(server.url, {}), overPg(server.url, { prefix: 'quick_', unlogged: true })]
    ;[logged, unlogged, own] = [first, second, server.own]
    stop = async () => {
      await close()
      await closeSecond()
      await server.stop()
    }
    for (const store of [logged, unlogged]) {
      await store.migrate()
      await store.create(session)
      expect(await store.update(session.id, ELMER, newDelta(now, { a: '1' }), now)).toBe('saved')
      await store.put('key', 'value', now + HOUR, now)
    }
    if (!own) return
    await server.kill()
    await server.restart()
  })
  afterAll(() => stop?.())
  beforeEach((ctx) => ctx.skip(missingPostgres === null && !own, 'the server is shared'))

  test('costs nothing that was stored', async () => {
    expect((await logged.read(session.id, ELMER))?.handle?.values).toBe(applyChanges('', new Map([['a', '1']])))
    expect(await logged.sessionsOf('ada', now)).toHaveLength(1)
    expect(await logged.take('key', now)).toBe('value')
  })

  test('ends all sessions in unlogged tables, which serve new ones', async () => {
    expect(await unlogged.read(session.id, ELMER)).toBeNull()
    expect(await unlogged.update(session.id, ELMER, newDelta(now, { a: '2' }), now)).toBe('gone')
    expect(await unlogged.take('key', now)).toBeNull()
    const next = newSession(now)
    await unlogged.create(next)
    expect(await unlogged.read(next.id, ELMER)).toEqual(next)
  })
})

/** The table of connect-pg-simple. */
const PEER = `CREATE TABLE peer (sid varchar NOT NULL COLLATE "default" PRIMARY KEY, sess json NOT NULL, expire timestamp(6) NOT NULL);
  CREATE INDEX ON peer (expire)`
const COUNT = 4000

test('a session takes at most 0.85 of the bytes that connect-pg-simple takes for the same data', async () => {
  const server = await startPostgres({ fsync: false })
  onTestFinished(() => server.stop())
  // One connection: where several wait for room in a table, PostgreSQL adds far more of it than they need.
  const pool = new Pool({ connectionString: server.url, max: 1 })
  const store = postgres(pool, { prefix: 'bytes_' })
  const client = new Client({ connectionString: server.url })
  await client.connect()
  onTestFinished(async () => {
    await client.end()
    await pool.end()
  })
  await client.query(`DROP TABLE IF EXISTS peer; ${PEER}`)
  await store.migrate()
  for (let index = 0; index < COUNT; index++) await createBoth(store, client, index)
  const { rows } = await client.query(
    `SELECT pg_total_relation_size('bytes_sessions') + pg_total_relation_size('bytes_accounts') AS ours, pg_total_relation_size('peer') AS theirs`,
  )
  expect(Number(rows[0].theirs) / COUNT).toBeGreaterThan(300)
  expect(Number(rows[0].ours) / Number(rows[0].theirs)).toBeLessThanOrEqual(0.85)
})

async function createBoth(store: PostgresStore, client: Client, index: number): Promise<void> {
  const now = Date.now()
  const data = { cart: ['sku-1', 'sku-2'], theme: 'dark', locale: 'de-DE', name: 'Ada Lovelace' }
  const values = applyChanges('', new Map(Object.entries(data).map(([key, value]) => [key, JSON.stringify(value)])))
  const session = newSession(now, { accounts: [{ id: String(index), signedInAt: now }], handle: { values } })
  const expires = new Date(now + HOUR)
  const cookie = { originalMaxAge: HOUR, expires, httpOnly: true, secure: true, sameSite: 'lax', path: '/' }
  await store.create(session)
  const sid = `${session.id}${'x'.repeat(10)}`
  await client.query('INSERT INTO peer VALUES ($1, $2, $3)', [sid, JSON.stringify({ cookie, account: String(index), ...data }), expires])
}
