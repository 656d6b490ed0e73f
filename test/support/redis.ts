/** Every way to reach a Redis that the store supports. */
import { Cluster, Redis } from 'ioredis'
import type { IoRedis, NodeRedis } from 'landbridge/redis'
import { createClient, createCluster, createSentinel } from 'redis'
import { missingOwnRedis, missingRedis, missingValkey, startRedis, startRedisCluster, startSentinel, startValkey } from './servers/redis.ts'

export interface Reached {
  /** A connection more; all of them end with `stop`. */
  connect(): Promise<IoRedis | NodeRedis>
  stop(): Promise<void>
}

export interface Way {
  readonly name: string
  /** Why it cannot be had here; `null` where it can. */
  readonly missing: string | null
  start(): Promise<Reached>
}

type Opened = readonly [client: IoRedis | NodeRedis, close: () => unknown]

function way<Server extends { stop(): Promise<void> }>(
  name: string,
  missing: string | null,
  start: () => Promise<Server>,
  open: (server: Server) => Opened | Promise<Opened>,
): Way {
  return {
    name,
    missing,
    async start() {
      const server = await start()
      const closers: (() => unknown)[] = []
      return {
        async connect() {
          const [client, close] = await open(server)
          closers.push(close)
          return client
        },
        async stop() {
          for (const close of closers) await close()
          await server.stop()
        },
      }
    },
  }
}

const overIoRedis = ({ url }: { url: string }): Opened => closing(new Redis(url))
const closing = (client: Redis | Cluster): Opened => [client, () => client.disconnect()]

async function overNodeRedis({ url }: { url: string }): Promise<Opened> {
  const client = createClient({ url })
  await client.connect()
  return [client, () => client.destroy()]
}

export const WAYS: readonly Way[] = [
  way('Redis over ioredis', missingRedis, startRedis, overIoRedis),
  way('Redis over ioredis with automatic pipelines', missingRedis, startRedis, ({ url }) =>
    closing(new Redis(url, { enableAutoPipelining: true })),
  ),
  way('Redis over node-redis', missingRedis, startRedis, overNodeRedis),
  way('Valkey over ioredis', missingValkey, startValkey, overIoRedis),
  way('Valkey over node-redis', missingValkey, startValkey, overNodeRedis),
  way('a Redis Cluster over ioredis', missingOwnRedis, startRedisCluster, ({ nodes }) =>
    closing(new Cluster(nodes.map(({ port }) => ({ host: '127.0.0.1', port })))),
  ),
  way('a Redis Cluster over node-redis', missingOwnRedis, startRedisCluster, async ({ nodes }) => {
    const cluster = createCluster({ rootNodes: nodes.map(({ url }) => ({ url })) })
    await cluster.connect()
    return [cluster, () => cluster.destroy()]
  }),
  way('Redis behind Sentinels over ioredis', missingOwnRedis, startSentinel, ({ name, sentinels }) =>
    closing(new Redis({ name, sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })) })),
  ),
  way('Redis behind Sentinels over node-redis', missingOwnRedis, startSentinel, async ({ name, sentinels }) => {
    const sentinel = createSentinel({ name, sentinelRootNodes: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })) })
    await sentinel.connect()
    return [sentinel, () => sentinel.destroy()]
  }),
]
