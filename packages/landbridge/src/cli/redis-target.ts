import { redis } from '../stores/redis.ts'
import type { IoRedis, NodeRedis } from '../stores/redis.ts'
import { UsageError } from './command.ts'
import { loadDriver } from './driver.ts'
import type { Fact, StoreTarget, TargetOptions } from './store-target.ts'
import { fault, note, warning } from './store-target.ts'

const DRIVERS = ['ioredis', 'redis'] as const
const CONNECT_MS = 5000
const OLDEST = [6, 2] as const

/** A connection, whichever client made it. */
interface Connection {
  readonly client: IoRedis | NodeRedis
  send(...command: string[]): Promise<unknown>
  close(): void
}

interface IoRedisModule {
  readonly Redis: new (
    url: string,
    options: object,
  ) => IoRedis & {
    connect(): Promise<void>
    call(...command: string[]): Promise<unknown>
    on(event: 'error', listener: (error: Error) => void): unknown
    disconnect(): void
  }
}

interface NodeRedisModule {
  createClient(
    options: object,
  ): NodeRedis & { connect(): Promise<unknown>; sendCommand(command: string[]): Promise<unknown>; destroy(): void }
}

export async function redisTarget({ url, driver }: TargetOptions, scratch: string): Promise<StoreTarget> {
  const wanted = driver === undefined ? DRIVERS : DRIVERS.filter((name) => name === driver)
  if (wanted.length === 0) throw new UsageError(`the drivers for Redis are ${DRIVERS.join(' and ')}, not ${JSON.stringify(driver)}.`)
  const { name, module } = await loadDriver(wanted)
  const connect = () => (name === 'ioredis' ? overIoRedis(module as IoRedisModule, url) : overNodeRedis(module as NodeRedisModule, url))
  const prefix = `${scratch}:`
  const one = await connect()
  const another = await connect()
  return {
    scratch: `keys that begin with ${prefix}`,
    make: () => [redis(one.client, { prefix }), redis(another.client, { prefix })],
    facts: async () => [note(`The driver is ${name}.`), ...(await factsOf(one))],
    clean: () => removeKeys(one, prefix),
    close() {
      for (const { close } of [one, another]) close()
      return Promise.resolve()
    },
  }
}

async function overIoRedis({ Redis }: IoRedisModule, url: string): Promise<Connection> {
  const client = new Redis(url, { lazyConnect: true, connectTimeout: CONNECT_MS, maxRetriesPerRequest: 0, retryStrategy: () => null })
  // Its calls fail with "Connection is closed", whatever the reason was.
  let reason: Error | null = null
  client.on('error', (error) => (reason = error))
  await client.connect().catch((error: unknown) => Promise.reject(reason ?? (error as Error)))
  return { client, send: (...command) => client.call(...command), close: () => client.disconnect() }
}

async function overNodeRedis({ createClient }: NodeRedisModule, url: string): Promise<Connection> {
  const client = createClient({ url, disableOfflineQueue: true, socket: { connectTimeout: CONNECT_MS, reconnectStrategy: false } })
  client.on('error', () => undefined)
  await client.connect()
  return { client, send: (...command) => client.sendCommand(command), close: () => client.destroy() }
}

/** Everything has a time to live besides, so that what a lost connection leaves goes by itself within hours. */
async function removeKeys({ send }: Connection, prefix: string): Promise<boolean> {
  for (let round = 0; round < 2; round++) {
    let cursor = '0'
    let found = 0
    do {
      const [next, keys] = (await send('SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', '1000')) as [unknown, unknown[]]
      cursor = String(next)
      found += keys.length
      if (keys.length > 0) await send('DEL', ...keys.map(String))
    } while (cursor !== '0')
    if (found === 0) return true
  }
  return false
}

async function factsOf(connection: Connection): Promise<Fact[]> {
  const info = fieldsOf(String(await connection.send('INFO')))
  const [product, version] = info.has('valkey_version')
    ? ['Valkey', info.get('valkey_version')!]
    : ['Redis', info.get('redis_version') ?? '?']
  const facts = [note(`The server is ${product} ${version}.`)]
  if (isOlder(info.get('redis_version') ?? '')) facts.push(fault(`It is older than ${OLDEST.join('.')}, which GETDEL came with.`))
  if (info.get('role') === 'slave') facts.push(fault('It is a replica: writes go to the master.'))
  if (info.get('cluster_enabled') === '1') facts.push(fault('It is a node of a Cluster: this command speaks to single servers only.'))
  facts.push(evictionOf(info.get('maxmemory_policy')))
  facts.push(await durabilityOf(connection, info.get('aof_enabled')))
  return facts
}

function evictionOf(policy: string | undefined): Fact {
  if (policy === undefined) return note('Its maxmemory-policy is not told.')
  if (policy === 'noeviction') return note('Its maxmemory-policy is noeviction.')
  return warning(`Its maxmemory-policy is ${policy}: when memory runs short, visitors are signed out at random. Set noeviction.`)
}

async function durabilityOf({ send }: Connection, aof: string | undefined): Promise<Fact> {
  if (aof !== '1')
    return warning('It has appendonly off: a crash takes everything since the last snapshot, sign-outs too. Set appendonly yes.')
  // Services that run Redis for others often refuse CONFIG.
  const reply = await send('CONFIG', 'GET', 'appendfsync').catch(() => null)
  const policy =
    reply === null ? undefined : Array.isArray(reply) ? (reply as unknown[])[1] : (reply as Record<string, unknown>)['appendfsync']
  if (policy === 'always') return note('With appendfsync always, a crash takes nothing that was acknowledged.')
  if (policy === 'everysec') return note('With appendfsync everysec, a crash takes up to the last second.')
  if (policy === 'no') return warning('With appendfsync no, a crash takes what the system had not written yet: some 30 seconds.')
  return note('Its appendfsync is not told.')
}

const fieldsOf = (info: string): ReadonlyMap<string, string> =>
  new Map(
    info
      .split('\r\n')
      .flatMap((line) => (line.includes(':') ? [[line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const] : [])),
  )

function isOlder(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
}
