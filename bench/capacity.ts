// What one process gets out of each store, and what that costs both sides: node bench/capacity.ts [seconds]
// 64 calls are under way at any time, on 10,000 sessions of some 0.2 kB. CPU time is that of this process, and that of all others
// together, which on a quiet machine is the server.
import { cpus } from 'node:os'
import process from 'node:process'
import { Redis } from 'ioredis'
import { memory } from 'landbridge/memory'
import { mysql } from 'landbridge/mysql'
import { postgres } from 'landbridge/postgres'
import { redis } from 'landbridge/redis'
import { sqlite } from 'landbridge/sqlite'
import type { NewSession, Store } from 'landbridge/store'
import { createPool } from 'mysql2/promise'
import pg from 'pg'
import { createClient } from 'redis'
import { startMariaDb } from '../test/support/servers/mariadb.ts'
import { startPostgres } from '../test/support/servers/postgres.ts'
import { startRedis } from '../test/support/servers/redis.ts'
import { CONTENTS } from './lib/contents.ts'
import { newSession } from './lib/new-session.ts'
import { temporaryFile } from './lib/temporary.ts'

const SECONDS = Number(process.argv[2] ?? 3)
const SESSIONS = 10_000
const AT_ONCE = 64
const CONTENT = CONTENTS['medium']!

interface Opened {
  readonly store: Store
  close(): Promise<unknown>
}

const STORES: Record<string, () => Promise<Opened>> = {
  memory: async () => ({ store: memory(), close: async () => undefined }),
  sqlite: async () => {
    const store = sqlite(temporaryFile())
    return { store, close: async () => store.close() }
  },
  'redis, ioredis': async () => {
    const server = await startRedis({ args: ['--appendonly', 'no'] })
    const client = new Redis(server.url)
    return { store: redis(client), close: () => ended(client.disconnect(), server) }
  },
  'redis, node-redis': async () => {
    const server = await startRedis({ args: ['--appendonly', 'no'] })
    const client = createClient({ url: server.url })
    await client.connect()
    return { store: redis(client), close: () => ended(client.destroy(), server) }
  },
  'redis, ioredis, appendfsync everysec': async () => {
    const server = await startRedis()
    const client = new Redis(server.url)
    return { store: redis(client), close: () => ended(client.disconnect(), server) }
  },
  'postgres, pg': async () => {
    const server = await startPostgres()
    const pool = new pg.Pool({ connectionString: server.url })
    const store = postgres(pool)
    await store.migrate()
    return { store, close: () => pool.end().then(() => server.stop()) }
  },
  'mysql, MariaDB': async () => {
    const server = await startMariaDb()
    const pool = createPool(server.url)
    const store = mysql(pool)
    await store.migrate()
    return { store, close: () => pool.end().then(() => server.stop()) }
  },
}

console.log('| store | what | per second | µs here | µs elsewhere |')
console.log('| --- | --- | ---: | ---: | ---: |')
for (const [name, open] of Object.entries(STORES)) {
  const { store, close } = await open()
  const sessions: NewSession[] = []
  await measured(name, 'create, signed in', Infinity, async () => {
    const session = newSession(CONTENT, String(sessions.length))
    sessions.push(session)
    await store.create(session)
    return sessions.length < SESSIONS
  })
  const any = (): NewSession => sessions[Math.floor(Math.random() * sessions.length)]!
  await measured(name, 'read', SECONDS, async () => {
    const { id, handle } = any()
    await store.read(id, handle.scope)
    return true
  })
  await measured(name, 'read, then change', SECONDS, async () => {
    const { id, handle, expiresAt } = any()
    await store.read(id, handle.scope)
    const now = Date.now()
    await store.update(id, handle.scope, { place: 'handle', changes: new Map([['theme', '"light"']]), seenAt: now, expiresAt }, now)
    return true
  })
  await close()
}

/** Repeats the work until it says false or the time is over, and prints what it took. */
async function measured(store: string, what: string, seconds: number, work: () => Promise<boolean>): Promise<void> {
  const [own, all, start] = [process.cpuUsage(), busy(), performance.now()]
  let [count, goesOn] = [0, true]
  const run = async (): Promise<void> => {
    while (goesOn && performance.now() - start < seconds * 1000) {
      goesOn = (await work()) && goesOn
      count += 1
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run))
  const { user, system } = process.cpuUsage(own)
  const here = (user + system) / count
  const elsewhere = (busy() - all) / count - here
  const rate = count / ((performance.now() - start) / 1000)
  console.log(`| ${store} | ${what} | ${Math.round(rate)} | ${here.toFixed(1)} | ${Math.max(0, elsewhere).toFixed(1)} |`)
}

function ended(_: unknown, server: { stop(): Promise<void> }): Promise<void> {
  return server.stop()
}

/** CPU time of the whole machine, in microseconds. */
function busy(): number {
  return cpus().reduce((sum, { times }) => sum + (times.user + times.nice + times.sys + times.irq) * 1000, 0)
}
