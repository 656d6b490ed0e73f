/** The few commands that the Redis store sends, over either of the two clients that applications use. */

/** A key or an argument. */
type Text = string | Buffer

/** A client of `ioredis`: `new Redis()`, also with Sentinels, or `new Cluster()`. */
export interface IoRedis {
  readonly status: string
  /** Of a Cluster only. */
  readonly nodes?: unknown
  getBuffer(key: string): Promise<Buffer | null>
  mgetBuffer(keys: string[]): Promise<(Buffer | null)[]>
  getdelBuffer(key: string): Promise<Buffer | null>
  duplicate(): IoRedisSubscriber
}

/** They are there, but the client's types do not tell. `callBuffer`, which these do tell of, breaks under `enableAutoPipelining`. */
interface IoRedisScripts {
  evalshaBuffer(sha: string, keys: number, ...args: Text[]): Promise<unknown>
  evalBuffer(script: string, keys: number, ...args: Text[]): Promise<unknown>
}

interface IoRedisSubscriber {
  on(event: 'message', listener: (channel: string, message: string) => void): unknown
  on(event: 'ready' | 'error', listener: () => void): unknown
  subscribe(channel: string): Promise<unknown>
  disconnect(): void
}

/** A client of `redis` (node-redis): `createClient()`, `createSentinel()`, `createCluster()` or `createClientPool()`, connected by the application. */
export interface NodeRedis {
  readonly isReady?: boolean
  /** Of a Cluster only. */
  readonly masters?: unknown
  withTypeMapping(mapping: Record<number, unknown>): unknown
  listenerCount(event: 'error'): number
  on(event: 'error', listener: () => void): unknown
  duplicate(): unknown
}

interface NodeRedisCommands {
  get(key: string): Promise<Buffer | null>
  mGet(keys: string[]): Promise<(Buffer | null)[]>
  getDel(key: string): Promise<Buffer | null>
  evalSha(sha: string, given: { keys: string[]; arguments: Text[] }): Promise<unknown>
  eval(script: string, given: { keys: string[]; arguments: Text[] }): Promise<unknown>
}

interface NodeRedisSubscriber {
  on(event: 'ready' | 'error', listener: () => void): unknown
  connect(): Promise<unknown>
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  destroy(): void
}

export interface Commands {
  /** False while there is no connection, or not yet: a command would wait in the client's queue. */
  ready(): boolean
  get(key: string): Promise<Buffer | null>
  /** Whether it is a Cluster, where keys of different slots lie on different servers. */
  readonly isSpread: boolean
  /** Of keys in one slot, at one moment. */
  getMany(keys: string[]): Promise<(Buffer | null)[]>
  getDelete(key: string): Promise<Buffer | null>
  /** Runs a script that the server knows by its SHA-1; all keys in one slot. */
  runLoaded(sha: string, keys: string[], args: Text[]): Promise<unknown>
  /** Runs a script and makes the server know it. */
  run(script: string, keys: string[], args: Text[]): Promise<unknown>
  /** Over a connection of its own. `told` gets each message, and `null` when some may have been missed. Returns how to stop. */
  subscribe(channel: string, told: (message: string | null) => void): Promise<() => void>
}

export const commandsOf = (client: IoRedis | NodeRedis): Commands => ('getBuffer' in client ? overIoRedis(client) : overNodeRedis(client))

function overIoRedis(client: IoRedis): Commands {
  const scripts = client as IoRedis & IoRedisScripts
  return {
    ready: () => client.status === 'ready',
    get: (key) => client.getBuffer(key),
    isSpread: client.nodes !== undefined,
    getMany: (keys) => client.mgetBuffer(keys),
    getDelete: (key) => client.getdelBuffer(key),
    runLoaded: (sha, keys, args) => scripts.evalshaBuffer(sha, keys.length, ...keys, ...args),
    run: (script, keys, args) => scripts.evalBuffer(script, keys.length, ...keys, ...args),
    async subscribe(channel, told) {
      const subscriber = client.duplicate()
      subscriber.on('error', ignore)
      subscriber.on('message', (_, message) => told(message))
      subscriber.on('ready', () => told(null))
      await subscriber.subscribe(channel)
      return () => subscriber.disconnect()
    },
  }
}

/** The protocol's type of a text, `$`. */
const BLOB_STRING = 36

function overNodeRedis(client: NodeRedis): Commands {
  const commands = client.withTypeMapping({ [BLOB_STRING]: Buffer }) as NodeRedisCommands
  // Without a listener the loss of a connection would end the process; the commands that fail tell of it.
  if (client.listenerCount('error') === 0) client.on('error', ignore)
  return {
    // A cluster does not say.
    ready: () => client.isReady !== false,
    get: (key) => commands.get(key),
    isSpread: client.masters !== undefined,
    getMany: (keys) => commands.mGet(keys),
    getDelete: (key) => commands.getDel(key),
    runLoaded: (sha, keys, args) => commands.evalSha(sha, { keys, arguments: args }),
    run: (script, keys, args) => commands.eval(script, { keys, arguments: args }),
    async subscribe(channel, told) {
      const subscriber = client.duplicate() as NodeRedisSubscriber
      subscriber.on('error', ignore)
      subscriber.on('ready', () => told(null))
      await subscriber.connect()
      await subscriber.subscribe(channel, told)
      return () => subscriber.destroy()
    },
  }
}

const ignore = (): void => undefined
