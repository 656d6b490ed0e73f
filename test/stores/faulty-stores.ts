/** Stores over real servers behind a proxy, so that either can fail: one entry is one more system in the tests of faults. */
import { Redis } from 'ioredis'
import { postgres } from 'landbridge/postgres'
import type { PostgresStore } from 'landbridge/postgres'
import { redis } from 'landbridge/redis'
import type { Store } from 'landbridge/store'
import { Client, Pool } from 'pg'
import { createClient } from 'redis'
import { onTestFinished } from 'vitest'
import type { FaultyProxy } from '../support/servers/faulty-proxy.ts'
import { startFaultyProxy } from '../support/servers/faulty-proxy.ts'
import { missingPostgres, startPostgres } from '../support/servers/postgres.ts'
import type { Server } from '../support/servers/process.ts'
import { missingOwnRedis, startRedis } from '../support/servers/redis.ts'

export interface FaultySystem {
  readonly name: string
  /** Why it cannot be had here; `null` where it can. */
  readonly missing: string | null
  start(): Promise<FaultyStore>
}

export interface FaultyStore {
  readonly server: Server
  readonly proxy: FaultyProxy
  readonly store: Store
  /** A further connection, through the proxy as well, which waits this long before it connects again. */
  connect(reconnectMs: number): Promise<Store>
  /** The server refuses to write, and goes on reading. */
  forbidWrites(): Promise<unknown>
  allowWrites(): Promise<unknown>
}

/** Both drivers wait for two seconds and more between attempts when they are left to themselves: see docs/stores/redis.md. */
const RECONNECT_MS = 200

function overIoRedis(port: number, reconnectMs: number): Store {
  const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => reconnectMs, maxRetriesPerRequest: 0 })
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  return redis(client)
}

async function overNodeRedis(port: number, reconnectMs: number): Promise<Store> {
  const client = createClient({
    disableOfflineQueue: true,
    pingInterval: 3000,
    socket: { port, host: '127.0.0.1', reconnectStrategy: reconnectMs, socketTimeout: 10_000 },
  })
  client.on('error', () => undefined)
  await client.connect()
  onTestFinished(() => client.destroy())
  return redis(client)
}

const overRedis = (name: string, open: (port: number, reconnectMs: number) => Store | Promise<Store>): FaultySystem => ({
  name,
  missing: missingOwnRedis,
  async start() {
    const server = await startRedis()
    onTestFinished(() => server.stop())
    const proxy = await startFaultyProxy(server.port)
    onTestFinished(() => proxy.stop())
    const operator = new Redis(server.url)
    operator.on('error', () => undefined)
    onTestFinished(() => operator.disconnect())
    const connect = async (reconnectMs: number): Promise<Store> => open(proxy.port, reconnectMs)
    return {
      server,
      proxy,
      store: await connect(RECONNECT_MS),
      connect,
      // The replica of a master that is nowhere keeps its data.
      forbidWrites: () => operator.replicaof('127.0.0.1', 1),
      allowWrites: () => operator.replicaof('NO', 'ONE'),
    }
  },
})

const overPostgres: FaultySystem = {
  name: 'PostgreSQL over pg',
  missing: missingPostgres,
  async start() {
    const server = await startPostgres({ fsync: false })
    onTestFinished(() => server.stop())
    const proxy = await startFaultyProxy(server.port)
    onTestFinished(() => proxy.stop())
    const connect = async (): Promise<PostgresStore> => {
      const through = new URL(server.url)
      through.port = String(proxy.port)
      const pool = new Pool({ connectionString: through.href, max: 10, connectionTimeoutMillis: 2000 })
      pool.on('error', () => undefined)
      onTestFinished(() => pool.end())
      return postgres(pool)
    }
    const order = async (...commands: readonly string[]): Promise<void> => {
      const client = new Client({ connectionString: server.url })
      await client.connect()
      for (const command of commands) await client.query(command)
      await client.end()
    }
    const store = await connect()
    await store.migrate()
    // Connections that are open would go on as they began: a server that becomes a standby drops them.
    const dropOthers =
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()'
    const readOnly = async (on: string): Promise<void> => {
      await order(`ALTER SYSTEM SET default_transaction_read_only = ${on}`, 'SELECT pg_reload_conf()', 'SELECT pg_sleep(0.1)', dropOthers)
    }
    return { server, proxy, store, connect, forbidWrites: () => readOnly('on'), allowWrites: () => readOnly('off') }
  },
}

export const FAULTY_SYSTEMS: readonly FaultySystem[] = [
  overRedis('Redis over ioredis', overIoRedis),
  overRedis('Redis over node-redis', overNodeRedis),
  overPostgres,
]
