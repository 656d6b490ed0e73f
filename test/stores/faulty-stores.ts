/** Stores over real servers behind a proxy, so that either can fail: one entry is one more system in the tests of faults. */
import { Redis } from 'ioredis'
import { redis } from 'landbridge/redis'
import type { Store } from 'landbridge/store'
import { createClient } from 'redis'
import { onTestFinished } from 'vitest'
import type { FaultyProxy } from '../support/servers/faulty-proxy.ts'
import { startFaultyProxy } from '../support/servers/faulty-proxy.ts'
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

export const FAULTY_SYSTEMS: readonly FaultySystem[] = [
  overRedis('Redis over ioredis', overIoRedis),
  overRedis('Redis over node-redis', overNodeRedis),
]
