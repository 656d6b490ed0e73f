// What a read costs, and a session weighs, while a store grows: node bench/growth.ts [most sessions] [store ...]
// Each session is that of an account of its own, with some 0.2 kB of data.
// For example `node bench/growth.ts 1000000 redis postgres`. Without names: all. Redis, PostgreSQL and MariaDB are started for it.
import { statSync } from 'node:fs'
import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Redis } from 'ioredis'
import { memory } from 'landbridge/memory'
import { mysql } from 'landbridge/mysql'
import { postgres } from 'landbridge/postgres'
import { redis } from 'landbridge/redis'
import { sqlite } from 'landbridge/sqlite'
import type { NewSession, Store } from 'landbridge/store'
import { createPool } from 'mysql2/promise'
import type { RowDataPacket } from 'mysql2/promise'
import pg from 'pg'
import { startMariaDb } from '../test/support/servers/mariadb.ts'
import { startPostgres } from '../test/support/servers/postgres.ts'
import { startRedis } from '../test/support/servers/redis.ts'
import { CONTENTS } from './lib/contents.ts'
import { newSession } from './lib/new-session.ts'
import { temporaryFile } from './lib/temporary.ts'

interface Growing {
  readonly store: Store
  /** What all sessions take where they are kept. */
  bytes(): Promise<number> | number
  stop(): unknown
}

const STEPS = [1000, 10_000, 100_000, 1_000_000]
const AT_ONCE = 200
const READS = 3000

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const STORES: Record<string, () => Growing | Promise<Growing>> = {
  memory: () => ({
    store: memory(),
    bytes() {
      collect()
      return process.memoryUsage().heapUsed
    },
    stop: () => undefined,
  }),

  sqlite() {
    const file = temporaryFile()
    const store = sqlite(file)
    return { store, bytes: () => statSync(file).size, stop: () => store.close() }
  },

  async redis() {
    const server = await startRedis({ args: ['--appendonly', 'no'] })
    const client = new Redis(server.url, { enableAutoPipelining: true })
    return {
      store: redis(client),
      bytes: async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1]),
      async stop() {
        client.disconnect()
        await server.stop()
      },
    }
  },

  async postgres() {
    const server = await startPostgres({ fsync: false })
    const pool = new pg.Pool({ connectionString: server.url })
    const store = postgres(pool)
    await store.migrate()
    return {
      store,
      bytes: async () => Number((await pool.query(`SELECT pg_total_relation_size('landbridge_sessions') AS bytes`)).rows[0].bytes),
      async stop() {
        await pool.end()
        await server.stop()
      },
    }
  },

  async mysql() {
    const server = await startMariaDb({ fsync: false })
    const pool = createPool({ uri: server.url })
    const store = mysql(pool)
    await store.migrate()
    return {
      store,
      async bytes() {
        await pool.query('ANALYZE TABLE landbridge_sessions')
        const size = `SELECT data_length + index_length AS bytes FROM information_schema.tables WHERE table_name = 'landbridge_sessions'`
        return Number((await pool.query<RowDataPacket[]>(size))[0][0]!['bytes'])
      },
      async stop() {
        await pool.end()
        await server.stop()
      },
    }
  },
}

const [most = '1000000', ...names] = process.argv.slice(2)
console.log('store       sessions   µs per read (p50)      p99   bytes per session')
for (const name of names.length > 0 ? names : Object.keys(STORES)) await grow(name, Number(most))
process.exit()

async function grow(name: string, limit: number): Promise<void> {
  const { store, bytes, stop } = await STORES[name]!()
  const empty = await bytes()
  const some: NewSession[] = []
  let count = 0
  for (const step of STEPS.filter((each) => each <= limit)) {
    for (; count < step; count += AT_ONCE) {
      const batch = Array.from({ length: AT_ONCE }, (_, index) => newSession(CONTENTS['medium']!, String(count + index)))
      await Promise.all(batch.map(async (session) => store.create(session)))
      // Readers come back to sessions of all ages.
      if (some.length < READS || Math.random() < 0.1)
        some[some.length < READS ? some.length : Math.floor(Math.random() * READS)] = batch[0]!
    }
    const weight = ((await bytes()) - empty) / count
    const times = await timesOf(store, some)
    const [p50, p99] = [0.5, 0.99].map((share) => times[Math.floor(times.length * share)]!.toFixed(1))
    console.log(`${name.padEnd(10)}${String(count).padStart(10)}${p50!.padStart(20)}${p99!.padStart(9)}${weight.toFixed(0).padStart(20)}`)
  }
  await stop()
}

/** One read after the other, of sessions in no order, in microseconds. */
async function timesOf(store: Store, sessions: readonly NewSession[]): Promise<number[]> {
  const times: number[] = []
  for (let read = 0; read < READS; read++) {
    const { id, handle } = sessions[Math.floor(Math.random() * sessions.length)]!
    const began = performance.now()
    await store.read(id, handle.scope)
    times.push((performance.now() - began) * 1000)
  }
  return times.toSorted((a, b) => a - b)
}
