/** Stores that were written for express-session, over real servers: those that the benchmarks compare with. */
import { createRequire } from 'node:module'
import type { ExpressSessionStore } from 'landbridge/express-store'
import pg from 'pg'
import { createClient } from 'redis'
import { missingPostgres, startPostgres } from './servers/postgres.ts'
import type { Server } from './servers/process.ts'
import { missingRedis, startRedis } from './servers/redis.ts'

/** The types of express-session and of `landbridge/express` both say what `req.session` is, so the packages come without their types. */
const load = createRequire(new URL('../../bench/package.json', import.meta.url))

type Middleware = (request: unknown, response: unknown, next: (error?: unknown) => void) => void
interface ExpressSession {
  (options: object): Middleware
  readonly MemoryStore: new () => MemoryStore
}
export interface MemoryStore extends ExpressSessionStore {
  /** What it keeps: JSON by session id. */
  readonly sessions: Record<string, string>
}

export const expressSession = load('express-session') as ExpressSession
const { RedisStore } = load('connect-redis') as { RedisStore: new (options: object) => ExpressSessionStore }
const connectPgSimple = load('connect-pg-simple') as (session: unknown) => new (options: object) => ExpressSessionStore

/** A store over a server that runs, for as long as the tests of a file. */
export interface Reached {
  readonly store: ExpressSessionStore
  /** `null`: there is none behind it. */
  readonly server: Server | null
  /** Seconds until the database lets a session go by itself; `null` where it does not say. */
  secondsLeft(sid: string): Promise<number | null>
  stop(): Promise<void>
}

export const EXPRESS_STORES: readonly { readonly name: string; readonly missing: string | null; start(): Promise<Reached> }[] = [
  { name: 'MemoryStore', missing: null, start: () => Promise.resolve(inMemory()) },
  { name: 'connect-redis', missing: missingRedis, start: overRedis },
  { name: 'connect-pg-simple', missing: missingPostgres, start: overPostgres },
]

function inMemory(): Reached {
  const store = new expressSession.MemoryStore()
  return {
    store,
    server: null,
    secondsLeft(sid) {
      const { cookie } = JSON.parse(store.sessions[sid]!) as { cookie: { expires: string } }
      return Promise.resolve((Date.parse(cookie.expires) - Date.now()) / 1000)
    },
    stop: () => Promise.resolve(),
  }
}

async function overRedis(): Promise<Reached> {
  const server = await startRedis()
  const client = createClient({ url: server.url })
  client.on('error', () => undefined)
  await client.connect()
  return {
    store: new RedisStore({ client }),
    server,
    secondsLeft: (sid) => client.ttl(`sess:${sid}`),
    async stop() {
      client.destroy()
      await server.stop()
    },
  }
}

async function overPostgres(): Promise<Reached> {
  const server = await startPostgres({ fsync: false })
  const pool = new pg.Pool({ connectionString: server.url, max: 10 })
  pool.on('error', () => undefined)
  const store = new (connectPgSimple(expressSession))({ pool, createTableIfMissing: true, pruneSessionInterval: false })
  return {
    store,
    server,
    async secondsLeft(sid) {
      const { rows } = await pool.query<{ left: string }>('select extract(epoch from expire - now()) as left from session where sid = $1', [
        sid,
      ])
      return Number(rows[0]!.left)
    },
    async stop() {
      await pool.end()
      await server.stop()
    },
  }
}
