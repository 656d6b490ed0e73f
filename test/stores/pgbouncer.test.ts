import type { PostgresOptions, PostgresStore } from 'landbridge/postgres'
import type { SessionId } from 'landbridge/store'
import { Pool } from 'pg'
import postgresJs from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { missingPgBouncer, missingPostgres, startPgBouncer, startPostgres } from '../support/servers/postgres.ts'
import type { Server } from '../support/servers/process.ts'
import { keepsContract } from '../support/sql-conformance.ts'
import { overPg, overPostgresJs, PG_BOUNCED } from '../support/sql.ts'
import { newSession } from './sql-records.ts'

keepsContract(PG_BOUNCED)

describe('PgBouncer in transaction mode', () => {
  let server: Server
  let bouncer: Server
  const closers: (() => Promise<unknown>)[] = []
  const missing = missingPostgres ?? missingPgBouncer
  beforeAll(async () => {
    if (missing !== null) return
    server = await startPostgres({ fsync: false })
    bouncer = await startPgBouncer(server)
  })
  afterAll(async () => {
    await Promise.all(closers.map((close) => close()))
    await bouncer?.stop()
    await server?.stop()
  })
  beforeEach((ctx) => ctx.skip(missing !== null, missing ?? ''))

  test('one that knows no prepared statements makes a store fail with words on what to change, unless that is said', async () => {
    const { id } = newSession(Date.now())
    const over = (options: PostgresOptions) => {
      const [store, close] = overPg(bouncer.url, options)
      closers.push(close)
      return { store, read: () => Promise.all(Array.from({ length: 40 }, () => other(store))) }
    }
    const other = (store: PostgresStore) => Promise.resolve(store.handlesOf(id)).then(() => store.ping())
    const { store, read } = over({ prepare: false })
    await store.migrate()
    await read()
    await expect(over({}).read()).rejects.toMatchObject({
      code: 'ERR_STORE_UNAVAILABLE',
      hint: expect.stringContaining('prepare: false'),
      cause: expect.objectContaining({ code: expect.stringMatching(/^(?:26000|42P05)$/) }),
    })
  })

  test.each([
    ['pg', overPg],
    ['postgres', overPostgresJs],
  ])('those who watch over %s are told through a client that goes to the server itself', async (_, over) => {
    const direct = over === overPg ? new Pool({ connectionString: server.url }) : postgresJs(server.url, { onnotice: () => undefined })
    const [store, close] = over(bouncer.url, { prepare: false, direct })
    closers.push(close, () => direct.end())
    await store.migrate()
    const told: (SessionId | null)[] = []
    const stop = await store.watch!((id) => told.push(id))
    onTestFinished(() => stop())
    const session = newSession(Date.now())
    await store.create(session)
    await store.revoke(session.id)
    await expect.poll(() => told).toContain(session.id)
  })
})
