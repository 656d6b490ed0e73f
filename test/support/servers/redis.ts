/** Redis and Valkey, alone, as a cluster and behind sentinels. What was acknowledged survives `kill` and `restart`. */
import { writeFileSync, chmodSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { ask, quietPort } from './network.ts'
import type { Faults, Launch, Server } from './process.ts'
import { serverOf, startServer, together, whyMissing } from './process.ts'

const REDIS = process.env['LANDBRIDGE_REDIS'] || '/usr/bin/redis-server'
const VALKEY = process.env['LANDBRIDGE_VALKEY'] || '/usr/bin/valkey-server'
const USER = 'nobody'
/** How long a cluster is given before its nodes are asked, and invited again. */
const CLUSTER_MS = 250

/** Why the server cannot be had here; `null` where it can. A cluster and sentinels are always our own. */
export const missingRedis: string | null = whyMissing('Redis', REDIS, 'redis-server', 'LANDBRIDGE_REDIS_URL')
export const missingOwnRedis: string | null = whyMissing('Redis', REDIS, 'redis-server')
export const missingValkey: string | null = whyMissing('Valkey', VALKEY, 'valkey-server', 'LANDBRIDGE_VALKEY_URL')

export interface RedisOptions {
  /** Settings as on the command line, `['--maxmemory', '10mb']`; they win over those below. */
  readonly args?: readonly string[]
}

export interface RedisCluster extends Faults {
  readonly url: string
  readonly port: number
  readonly own: true
  readonly nodes: readonly Server[]
}

export interface Sentinels extends Faults {
  /** Of the first sentinel; a client wants `sentinels` and `name`. */
  readonly url: string
  readonly port: number
  readonly own: true
  /** What the sentinels call the master, whichever of the two data servers it is. */
  readonly name: string
  readonly sentinels: readonly Server[]
  /** The master at the start, and its replica. */
  readonly master: Server
  readonly replica: Server
}

export async function startRedis(options: RedisOptions = {}): Promise<Server> {
  return serverOf('LANDBRIDGE_REDIS_URL') ?? (await start(REDIS, options.args))
}

export async function startValkey(options: RedisOptions = {}): Promise<Server> {
  return serverOf('LANDBRIDGE_VALKEY_URL') ?? (await start(VALKEY, options.args))
}

/** Three masters that share the slots; a node that is down leaves the slots of the others in service. */
export async function startRedisCluster(options: RedisOptions = {}): Promise<RedisCluster> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-require-full-coverage', 'no']
  const buses = await Promise.all([quietPort(), quietPort(), quietPort()])
  const nodes = await Promise.all(buses.map((bus) => start(REDIS, [...settings, '--cluster-port', String(bus), ...(options.args ?? [])])))
  const first = nodes[0]!
  const slots = [
    [0, 5460],
    [5461, 10_922],
    [10_923, 16_383],
  ]
  for (const [i, { port }] of nodes.entries()) {
    await order(port, `CLUSTER SET-CONFIG-EPOCH ${i + 1}`)
    await order(port, `CLUSTER ADDSLOTSRANGE ${slots[i]!.join(' ')}`)
  }
  await until(async () => {
    // An invitation is forgotten when the handshake takes longer than a node may be silent.
    for (const [i, { port }] of nodes.entries()) if (i > 0) await order(first.port, `CLUSTER MEET 127.0.0.1 ${port} ${buses[i]}`)
    await pause(CLUSTER_MS)
    const states = await Promise.all(nodes.map(({ port }) => ask(port, 'CLUSTER INFO')))
    return states.every((state) => state.includes('cluster_state:ok') && state.includes('cluster_known_nodes:3'))
  }, 'The nodes do not find each other.')
  return { url: first.url, port: first.port, own: true, nodes, ...together(nodes) }
}

/** A master, its replica, and three sentinels that promote the replica about a second after the master went away. */
export async function startSentinel(): Promise<Sentinels> {
  const name = 'landbridge'
  const master = await start(REDIS)
  const replica = await start(REDIS, ['--replicaof', `127.0.0.1 ${master.port}`])
  await until(async () => (await ask(replica.port, 'INFO replication')).includes('master_link_status:up'), 'The replica finds no master.')
  const settings = [
    `sentinel monitor ${name} 127.0.0.1 ${master.port} 2`,
    `sentinel down-after-milliseconds ${name} 500`,
    `sentinel failover-timeout ${name} 3000`,
  ]
  const sentinels = await Promise.all([1, 2, 3].map(() => startWatcher(settings)))
  await until(async () => {
    const views = await Promise.all(sentinels.map(({ port }) => ask(port, 'INFO sentinel')))
    return views.every((view) => view.includes('slaves=1,sentinels=3'))
  }, 'The sentinels do not find each other.')
  const [first] = sentinels
  const all = together([...sentinels, replica, master])
  return { url: first!.url, port: first!.port, own: true, name, sentinels, master, replica, ...all }
}

function start(command: string, more: readonly string[] = []): Promise<Server> {
  return startServer(USER, ({ port, folder }) =>
    launch(command, port, [
      '--dir',
      folder,
      '--save',
      '',
      '--appendonly',
      'yes',
      '--enable-debug-command',
      'local',
      '--repl-diskless-sync-delay',
      '0',
      '--shutdown-timeout',
      '0',
      ...more,
    ]),
  )
}

/** A sentinel writes what it learns into its configuration. */
function startWatcher(settings: readonly string[]): Promise<Server> {
  return startServer(USER, ({ port, folder }) => {
    const file = join(folder, 'sentinel.conf')
    writeFileSync(file, [`dir ${folder}`, ...settings, ''].join('\n'))
    chmodSync(file, 0o666)
    return launch(REDIS, port, ['--sentinel'], [file])
  })
}

function launch(command: string, port: number, args: readonly string[], files: readonly string[] = []): Launch {
  return {
    command,
    args: [...files, '--port', String(port), '--bind', '127.0.0.1', ...args],
    url: `redis://127.0.0.1:${port}`,
    answers: () => order(port, 'PING', '+PONG'),
  }
}

async function order(port: number, line: string, expected = '+OK'): Promise<void> {
  const reply = await ask(port, line)
  if (!reply.startsWith(expected)) throw new Error(`${line}: ${reply}`)
}

async function until(isSo: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(otherwise)
    await pause(20)
  }
}
