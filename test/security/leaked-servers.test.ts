/** Attack 33, over servers: everything that they hold is leaked, and no cookie can be made from it, however it is read. */
import { createHash } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Store } from 'landbridge'
import { mysql } from 'landbridge/mysql'
import { postgres } from 'landbridge/postgres'
import { redis } from 'landbridge/redis'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { ADAPTERS } from '../support/adapters.ts'
import { idOf, secretOf, sessionCookie } from '../support/client.ts'
import { launch } from '../support/launch.ts'
import { missingMariaDb, startMariaDb } from '../support/servers/mariadb.ts'
import { missingPostgres, startPostgres } from '../support/servers/postgres.ts'
import { missingOwnRedis, startRedis } from '../support/servers/redis.ts'
import { ROUTES } from '../support/visitor.ts'

/** A store, and each piece of data that its server holds. */
interface Leaking {
  readonly store: Store
  dump(): Promise<readonly Buffer[]>
}

const SERVERS: readonly { readonly name: string; readonly missing: string | null; start(): Promise<Leaking> }[] = [
  {
    name: 'Redis',
    missing: missingOwnRedis,
    async start() {
      const server = await startRedis()
      const client = new Redis(server.url)
      onTestFinished(async () => {
        client.disconnect()
        await server.stop()
      })
      const valueOf = async (key: string): Promise<Buffer[]> =>
        (await client.type(key)) === 'zset' ? client.zrangeBuffer(key, '0', '-1') : [(await client.getBuffer(key))!]
      return {
        store: redis(client),
        async dump() {
          const keys = await client.keys('*')
          return [...keys.map((key) => Buffer.from(key)), ...(await Promise.all(keys.map(valueOf))).flat()]
        },
      }
    },
  },
  {
    name: 'PostgreSQL',
    missing: missingPostgres,
    async start() {
      const server = await startPostgres({ fsync: false })
      const pool = new Pool({ connectionString: server.url })
      onTestFinished(async () => {
        await pool.end()
        await server.stop()
      })
      const store = postgres(pool)
      await store.migrate()
      return { store, dump: async () => piecesOf((await pool.query('SELECT * FROM landbridge_sessions')).rows) }
    },
  },
  {
    name: 'MariaDB',
    missing: missingMariaDb,
    async start() {
      const server = await startMariaDb({ fsync: false })
      const pool = createPool({ uri: server.url })
      onTestFinished(async () => {
        await pool.end()
        await server.stop()
      })
      const store = mysql(pool)
      await store.migrate()
      return { store, dump: async () => piecesOf((await pool.query('SELECT * FROM landbridge_sessions'))[0] as object[]) }
    },
  },
]

const piecesOf = (rows: readonly object[]): Buffer[] =>
  rows.flatMap((row) => Object.values(row)).map((value: unknown) => (Buffer.isBuffer(value) ? value : Buffer.from(String(value))))

const SECRET_BYTES = 32

/** Whatever stands somewhere in the data as long as a secret is, as it is and hashed; and each text that could be one. */
function candidates(pieces: readonly Buffer[]): Set<string> {
  const found = new Set<string>()
  for (const piece of pieces) {
    for (let at = 0; at + SECRET_BYTES <= piece.length; at++) {
      const bytes = piece.subarray(at, at + SECRET_BYTES)
      found.add(bytes.toString('base64url'))
      found.add(createHash('sha256').update(bytes).digest('base64url'))
      found.add(createHash('sha256').update(bytes.toString('base64url')).digest('base64url'))
    }
    for (const [run] of piece.toString('latin1').matchAll(/[\w-]{43,}/g))
      for (let at = 0; at + 43 <= run.length; at++) found.add(run.slice(at, at + 43))
  }
  return found
}

test.for(SERVERS)('what $name holds makes no cookie', { timeout: 60_000 }, async ({ missing, start }, ctx) => {
  ctx.skip(missing !== null, missing ?? '')
  const { store, dump } = await start()
  const { ask } = await launch(ADAPTERS[0]!, { routes: ROUTES }, { inner: store })
  const given: string[] = []
  let cookie = sessionCookie(await ask('/set'))!
  given.push(cookie)
  for (const path of ['/sign-in', '/renew']) given.push((cookie = sessionCookie(await ask(path, { cookie }))!))
  const token = await (await ask('/token', { cookie })).text()

  const pieces = await dump()
  const all = Buffer.concat(pieces)
  // The dump is a real one: the hash of the secret that opens the session is in it.
  const raw = Buffer.from(secretOf(cookie), 'base64url')
  const hashes = [raw, Buffer.from(secretOf(cookie))].map((bytes) => createHash('sha256').update(bytes).digest())
  expect(hashes.some((hash) => all.includes(hash))).toBe(true)
  for (const secret of [...given.map(secretOf), token]) {
    const bytes = Buffer.from(secret, 'base64url')
    for (const form of [Buffer.from(secret), bytes, Buffer.from(bytes.toString('hex')), Buffer.from(bytes.toString('base64'))]) {
      expect(all.includes(form)).toBe(false)
    }
  }
  const secrets = candidates(pieces)
  expect(secrets.size).toBeGreaterThan(100)
  const name = cookie.split('=')[0]!
  for (const secret of secrets) {
    const made = `${name}=${idOf(cookie)}.${secret}`
    expect(await (await ask('/who', { cookie: made })).text()).toBe('anonymous')
  }
  expect(await (await ask('/who', { cookie })).text()).toBe('elmer')
})
