/** Who watches a PostgreSQL store is told by NOTIFY. */
import { setTimeout as pause } from 'node:timers/promises'
import { Client, Pool } from 'pg'
import { cached } from 'landbridge/cached'
import { postgres } from 'landbridge/postgres'
import type { SessionId } from 'landbridge/store'
import { describe, expect, onTestFinished, test } from 'vitest'
import { postgresGround } from '../support/postgres-ground.ts'
import { startPostgres } from '../support/servers/postgres.ts'
import { overPg, overPostgresJs } from '../support/sql.ts'
import { ELMER, FUDD, newDelta, newHandle, newSession, newSuccessor } from './sql-records.ts'

const ground = postgresGround('told')
const NOW = Date.now()

describe.each([
  ['pg', overPg],
  ['postgres', overPostgresJs],
])('tells those who watch over %s', (driver, over) => {
  const options = { schema: 'told', prefix: `${driver}_` }

  async function watched() {
    const store = await ground().migrated(options, over)
    const listening = ground().open(options, over)
    const told: (SessionId | null)[] = []
    const stop = await listening.watch!((id) => told.push(id))
    onTestFinished(() => stop())
    const heard = (...ids: (SessionId | null)[]) => expect.poll(() => told, { timeout: 3000 }).toEqual(expect.arrayContaining(ids))
    await heard(null)
    told.length = 0
    return { store, told, heard, stop }
  }

  test('of each change that a reader sees, and of no other', async () => {
    const { store, told, heard } = await watched()
    const [seen, changed, attached, ended, left, renewed, last] = Array.from({ length: 7 }, () => newSession(NOW))
    for (const session of [seen, changed, attached, ended, left, renewed, last]) await store.create(session!)
    expect(await store.update(seen!.id, ELMER, newDelta(NOW + 1, {}), NOW + 1)).toBe('saved')
    expect(await store.update(changed!.id, ELMER, newDelta(NOW, { a: '1' }), NOW)).toBe('saved')
    expect(await store.attach(attached!.id, ELMER, newHandle(NOW), NOW, NOW)).toBe('attached')
    expect(await store.attach(left!.id, ELMER, newHandle(NOW), NOW, NOW)).toBe('attached')
    expect(await store.revoke(left!.id, FUDD)).toBe(true)
    expect(await store.revoke(ended!.id)).toBe(true)
    expect(await store.renew(renewed!.id, ELMER, newSuccessor(NOW), NOW)).toBe('saved')
    expect(await store.revoke(last!.id)).toBe(true)
    await heard(changed!.id, attached!.id, left!.id, ended!.id, renewed!.id, last!.id)
    expect(told).not.toContain(seen!.id)
    expect(told).not.toContain(null)
  })

  test('again within a second after their connection was lost, and that they may have missed something', async () => {
    const { store, told, heard } = await watched()
    const session = newSession(NOW)
    await store.create(session)
    const { rows } = await ground().admin.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ILIKE 'listen %${driver}_%'`,
    )
    expect(rows.length).toBeGreaterThan(0)
    await expect.poll(() => told, { timeout: 1000 }).toContain(null)
    expect(await store.revoke(session.id)).toBe(true)
    await heard(session.id)
  })

  test('no longer, once they stop', async () => {
    const { store, told, stop } = await watched()
    await stop()
    const session = newSession(NOW)
    await store.create(session)
    await store.revoke(session.id)
    await pause(100)
    expect(told).toEqual([])
  })
})

test.each(['fails', 'hangs'])('where a message %s, the next one says that anything may have changed', async (trouble) => {
  const options = { schema: 'told', prefix: `${trouble}_` }
  const pool = new Pool({ connectionString: ground().server.url })
  ground().closing(() => pool.end())
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown
  let down = false
  Object.assign(pool, {
    query(...args: unknown[]) {
      const tells = JSON.stringify(args[0]).includes('SELECT pg_notify')
      if (!down || !tells) return query(...args)
      return trouble === 'fails' ? Promise.reject(new Error('connection lost')) : Promise.withResolvers().promise
    },
  })
  const store = postgres(pool, options)
  await store.migrate()
  const told: (SessionId | null)[] = []
  const stop = await ground().open(options).watch!((id) => told.push(id))
  onTestFinished(() => stop())
  await expect.poll(() => told).toEqual([null])
  const [lost, next] = [newSession(NOW), newSession(NOW)]
  for (const session of [lost, next]) await store.create(session)
  const change = (id: SessionId) => store.update(id, ELMER, newDelta(NOW, { a: '1' }), NOW)
  down = true
  expect(await change(lost.id)).toBe('saved')
  await pause(100)
  down = false
  expect(await change(next.id)).toBe('saved')
  await expect.poll(() => told.slice(1), { timeout: 5000 }).toEqual(expect.arrayContaining([null, next.id]))
  expect(told).not.toContain(lost.id)
})

test('where more changed at once than is told one by one, anything may have changed', async () => {
  const options = { schema: 'told', prefix: 'many_' }
  const pool = new Pool({ connectionString: ground().server.url })
  ground().closing(() => pool.end())
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown
  const first = Promise.withResolvers<void>()
  Object.assign(pool, {
    async query(...args: unknown[]) {
      if (JSON.stringify(args[0]).includes('SELECT pg_notify')) await first.promise
      return query(...args)
    },
  })
  const store = postgres(pool, options)
  await store.migrate()
  const told: (SessionId | null)[] = []
  const stop = await ground().open(options).watch!((id) => told.push(id))
  onTestFinished(() => stop())
  await expect.poll(() => told).toEqual([null])
  const sessions = Array.from({ length: 1002 }, () => newSession(NOW))
  await Promise.all(sessions.map(async (session) => store.create(session)))
  await Promise.all(sessions.map(async ({ id }) => store.update(id, ELMER, newDelta(NOW, { a: '1' }), NOW)))
  first.resolve()
  await expect.poll(() => told.slice(1), { timeout: 3000 }).toContain(null)
})

test('has no `watch` where nobody is told, or where there is no connection to spare for it', async () => {
  const client = new Client({ connectionString: ground().server.url })
  await client.connect()
  ground().closing(() => client.end())
  expect(ground().open({ notify: false }).watch).toBeUndefined()
  expect(postgres(client).watch).toBeUndefined()
  const pool = new Pool({ connectionString: ground().server.url })
  ground().closing(() => pool.end())
  expect(postgres(client, { direct: pool }).watch).toBeTypeOf('function')
})

test('whoever listens over postgres.js hears each message once, however often it tried to while the server was away', async () => {
  const server = await startPostgres({ fsync: false })
  onTestFinished(() => server.stop())
  const [writer, closeWriter] = overPg(server.url, {})
  const [pushing, close] = overPostgresJs(server.url, {})
  onTestFinished(async () => {
    await Promise.all([closeWriter(), close()])
  })
  await writer.migrate()
  const session = newSession(NOW)
  await writer.create(session)
  const told: (SessionId | null)[] = []
  const watch: NonNullable<typeof pushing.watch> = (changed) =>
    pushing.watch!((id) => {
      told.push(id)
      changed(id)
    })
  const near = cached({ ...pushing, watch })
  onTestFinished(() => near.close())
  await server.kill()
  await expect(near.read(session.id, ELMER)).rejects.toThrow()
  await pause(1500)
  await server.restart()
  await expect.poll(() => told, { timeout: 5000 }).toContain(null)
  await pause(300)
  expect(await writer.revoke(session.id)).toBe(true)
  await expect.poll(() => told).toContain(session.id)
  await pause(100)
  expect(told.filter((id) => id === session.id)).toHaveLength(1)
})
