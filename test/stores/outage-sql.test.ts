/** What a visitor meets while PostgreSQL or MariaDB is stopped, killed and brought back, with pools set as the docs say. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Store } from 'landbridge'
import { mysql } from 'landbridge/mysql'
import { postgres } from 'landbridge/postgres'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import postgresJs from 'postgres'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sessionCookie, webAnswer, webRequest } from '../support/client.ts'
import { makeSessions } from '../support/launch.ts'
import { expectAtOnce } from '../support/remote.ts'
import { missingMariaDb, startMariaDb } from '../support/servers/mariadb.ts'
import { missingPostgres, startPostgres } from '../support/servers/postgres.ts'

const CONNECT_MS = 500

const DRIVERS = [
  {
    name: 'PostgreSQL over pg',
    missing: missingPostgres,
    start: () => startPostgres(),
    async open(url: string): Promise<Store> {
      const pool = new Pool({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, query_timeout: 1000 })
      onTestFinished(() => pool.end())
      const store = postgres(pool)
      await store.migrate()
      return store
    },
  },
  {
    name: 'PostgreSQL over postgres',
    missing: missingPostgres,
    start: () => startPostgres(),
    async open(url: string): Promise<Store> {
      const sql = postgresJs(url, { connect_timeout: CONNECT_MS / 1000, backoff: () => 0.2, onnotice: () => undefined })
      onTestFinished(() => sql.end({ timeout: 1 }))
      const store = postgres(sql)
      await store.migrate()
      return store
    },
  },
  {
    name: 'MariaDB over mysql2',
    missing: missingMariaDb,
    start: () => startMariaDb(),
    async open(url: string): Promise<Store> {
      const pool = createPool({ uri: url, connectTimeout: CONNECT_MS })
      onTestFinished(() => pool.end().catch(() => undefined))
      const store = mysql(pool)
      await store.migrate()
      return store
    },
  },
]

describe.each(DRIVERS)('$name', ({ missing, start, open }) => {
  test.for(['paused', 'killed'] as const)(
    'a server that is %s is a 503 within a second, then at once, until a second after its return',
    async (fault, ctx) => {
      ctx.skip(missing !== null, missing ?? '')
      const server = await start()
      onTestFinished(() => server.stop())
      ctx.skip(!server.own, 'the server is shared')
      const { sessions } = makeSessions(await open(server.url))
      const ask = async (cookie?: string) => {
        const began = performance.now()
        const response = await sessions.handle(webRequest('/', { cookie }), async (session) => {
          if (cookie === undefined) await session.signIn({ id: 'ada' })
          return new Response((await session.account())?.id ?? 'nobody')
        })
        return { response, status: response.status, ms: performance.now() - began }
      }
      const cookie = sessionCookie(webAnswer((await ask()).response))!
      expect((await ask(cookie)).status).toBe(200)

      await (fault === 'paused' ? server.pause() : server.kill())
      const first = await ask(cookie)
      expect(first.status).toBe(503)
      expect(first.ms).toBeLessThan(1000)
      const times: number[] = []
      for (const until = performance.now() + 1200; performance.now() < until; await pause(20)) {
        const { status, ms } = await ask(cookie)
        expect(status).toBe(503)
        times.push(ms)
      }
      expectAtOnce(times)
      await (fault === 'paused' ? server.resume() : server.restart())
      await expect.poll(async () => (await ask(cookie)).status, { timeout: 1000, interval: 10 }).toBe(200)
    },
  )
})
