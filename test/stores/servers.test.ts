/** The servers that the tests of the stores stand on: what they promise is checked here, so that a fault of theirs shows as one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { Memcache } from 'memcache'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { missingMariaDb, startMariaDb } from '../support/servers/mariadb.ts'
import { missingMemcached, startMemcached } from '../support/servers/memcached.ts'
import { missingPgBouncer, missingPostgres, startPgBouncer, startPostgres } from '../support/servers/postgres.ts'
import type { Server } from '../support/servers/process.ts'
import { removeLeftovers } from '../support/servers/process.ts'
import { missingOwnRedis, missingRedis, missingValkey, startRedis, startRedisCluster } from '../support/servers/redis.ts'
import { startSentinel, startValkey } from '../support/servers/redis.ts'
import { family } from '../support/servers/unix.ts'

/** A connection of the server's own driver. */
interface Talk {
  write(value: string): Promise<unknown>
  read(): Promise<unknown>
}

const KEY = `landbridge-servers-test-${process.pid}`
const SHARED = 'the server is shared: it is not ours to harm'

const SERVERS = [
  { name: 'Redis', missing: missingRedis, start: () => startRedis(), talk: talkRedis, keeps: true },
  { name: 'Valkey', missing: missingValkey, start: () => startValkey(), talk: talkRedis, keeps: true },
  { name: 'PostgreSQL', missing: missingPostgres, start: () => startPostgres(), talk: talkPostgres, keeps: true },
  { name: 'MariaDB', missing: missingMariaDb, start: () => startMariaDb(), talk: talkMariaDb, keeps: true },
  { name: 'Memcached', missing: missingMemcached, start: () => startMemcached(), talk: talkMemcached, keeps: false },
]

afterEach(() => vi.unstubAllEnvs())

describe.each(SERVERS)('$name', ({ missing, start, talk, keeps }) => {
  test('It answers its driver, and leaves no process and no open port when it stops', async (ctx) => {
    ctx.skip(missing !== null, missing ?? '')
    const before = family(process.pid)
    const server = await using(start())
    const connection = await talk(server)
    await connection.write('carrot')
    expect(await connection.read()).toBe('carrot')
    ctx.skip(!server.own, SHARED)
    expect(family(process.pid).length).toBeGreaterThan(before.length)
    await server.stop()
    expect(family(process.pid)).toEqual(before)
    expect(await isOpen(server.port)).toBe(false)
  })

  test('Killed and restarted it serves on the same port, and has kept what it promised to keep', async (ctx) => {
    ctx.skip(missing !== null, missing ?? '')
    const server = await using(start())
    ctx.skip(!server.own, SHARED)
    await (await talk(server)).write('carrot')
    await server.kill()
    expect(await isOpen(server.port)).toBe(false)
    await server.restart()
    const connection = await talk(server)
    if (keeps) expect(await connection.read()).toBe('carrot')
    await connection.write('cake')
    await server.restart()
    const another = await talk(server)
    if (keeps) expect(await another.read()).toBe('cake')
    await another.write('pie')
    expect(await another.read()).toBe('pie')
  })

  test('Paused it keeps an open connection waiting, and resumed it answers on that connection', async (ctx) => {
    ctx.skip(missing !== null, missing ?? '')
    const server = await using(start())
    ctx.skip(!server.own, SHARED)
    const connection = await talk(server)
    await connection.write('carrot')
    await server.pause()
    const answer = connection.read()
    expect(await within(200, answer)).toBe('nothing yet')
    await server.resume()
    expect(await answer).toBe('carrot')
  })
})

describe('Together', () => {
  test('A cluster spreads keys over three masters, and without one the others go on serving', async (ctx) => {
    ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
    const cluster = await using(startRedisCluster())
    const client = new Cluster([{ host: '127.0.0.1', port: cluster.port }], { redisOptions: { maxRetriesPerRequest: 0 } })
    client.on('error', () => undefined)
    onTestFinished(() => client.disconnect())
    const keys = Array.from({ length: 30 }, (_, i) => `key-${i}`)
    for (const key of keys) await client.set(key, 'carrot')
    const held = await Promise.all(cluster.nodes.map(keysOn))
    expect(held.flat().sort()).toEqual(keys.sort())
    expect(Math.min(...held.map((each) => each.length))).toBeGreaterThan(0)

    await cluster.nodes[2]!.kill()
    for (const key of [...held[0]!, ...held[1]!]) expect(await client.get(key)).toBe('carrot')
  })

  test('Sentinels promote the replica when the master is killed, and a client follows', async (ctx) => {
    ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
    const { sentinels, name, master, replica } = await using(startSentinel())
    const client = new Redis({
      sentinels: sentinels.map(({ port }) => ({ host: '127.0.0.1', port })),
      name,
      sentinelRetryStrategy: () => 50,
      retryStrategy: () => 50,
      maxRetriesPerRequest: null,
    })
    client.on('error', () => undefined)
    onTestFinished(() => client.disconnect())
    await client.set('cart', 'carrot')
    expect(await client.wait(1, 5000)).toBe(1)
    expect(await info(client)).toContain(`tcp_port:${master.port}`)
    await master.kill()
    await client.set('cart', 'cake')
    expect(await info(client)).toContain(`tcp_port:${replica.port}`)
  })

  test('PgBouncer lends a connection for a transaction only', async (ctx) => {
    const missing = missingPostgres ?? missingPgBouncer
    ctx.skip(missing !== null, missing ?? '')
    const postgres = await using(startPostgres())
    const bouncer = await using(startPgBouncer(postgres, { default_pool_size: 1 }))
    const [one, two] = await Promise.all([postgresClient(bouncer), postgresClient(bouncer)])
    const backend = async (client: Client): Promise<unknown> => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid
    expect(await backend(one)).toBe(await backend(two))
    await one.query('BEGIN')
    const answer = backend(two)
    expect(await within(200, answer)).toBe('nothing yet')
    await one.query('COMMIT')
    expect(await answer).toBe(await backend(one))
  })
})

describe('A server ends with the process that started it', () => {
  test.each([
    ['is killed', 'SIGKILL'],
    ['exits without stopping it', null],
  ] as const)('when that process %s', async (_, signal) => {
    const folder = new URL('../support/servers/', import.meta.url).href
    const wanted = [
      [missingRedis, 'redis', 'startRedis'],
      [missingPostgres, 'postgres', 'startPostgres'],
      [missingMariaDb, 'mariadb', 'startMariaDb'],
      [missingMemcached, 'memcached', 'startMemcached'],
    ].filter(([missing]) => missing === null)
    const calls = wanted.map(([, file, start]) => `(await import('${folder}${file}.ts')).${start}()`)
    const program = `const servers = await Promise.all([${calls.join(', ')}])
      console.log(JSON.stringify(servers.filter(({ own }) => own).map(({ port }) => port)))
      process.stdin.once('data', () => process.exit())`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const ports = JSON.parse(String(line)) as number[]
    expect(await Promise.all(ports.map(isOpen))).toEqual(ports.map(() => true))

    const exited = once(child, 'exit')
    if (signal === null) child.stdin.write('\n')
    else child.kill(signal)
    await exited
    await expect.poll(() => Promise.all(ports.map(isOpen))).toEqual(ports.map(() => false))
    removeLeftovers() // a killed process could not; whoever starts the next server does
    expect(readdirSync(tmpdir()).filter((name) => name.includes(`-${child.pid}-`))).toEqual([])
  })
})

test('A server that an environment variable names is handed out, and is not harmed', async () => {
  vi.stubEnv('LANDBRIDGE_REDIS_URL', 'redis://user:secret@127.0.0.1:6390/3')
  const server = await startRedis()
  expect([server.url, server.port, server.own]).toEqual(['redis://user:secret@127.0.0.1:6390/3', 6390, false])
  for (const harm of ['kill', 'pause', 'resume', 'restart'] as const) {
    await expect(server[harm]()).rejects.toThrow(`The server of LANDBRIDGE_REDIS_URL is shared: a test cannot ${harm} it`)
  }
  await server.stop()
})

async function using<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const server = await starting
  onTestFinished(() => server.stop())
  return server
}

function talkRedis({ url }: Server): Promise<Talk> {
  const client = new Redis(url, { retryStrategy: () => null })
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  return Promise.resolve({ write: (value) => client.set(KEY, value, 'EX', 60), read: () => client.get(KEY) })
}

async function postgresClient({ url }: Server): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => undefined)
  onTestFinished(() => client.end())
  await client.connect()
  return client
}

async function talkPostgres(server: Server): Promise<Talk> {
  const client = await postgresClient(server)
  const table = `"${KEY}"`
  if (!server.own) onTestFinished(() => client.query(`DROP TABLE IF EXISTS ${table}`).then(() => undefined))
  return {
    async write(value) {
      await client.query(`DROP TABLE IF EXISTS ${table}`)
      await client.query(`CREATE TABLE ${table} AS SELECT '${value}' AS value`)
    },
    read: async () => (await client.query(`SELECT value FROM ${table}`)).rows[0].value,
  }
}

async function talkMariaDb(server: Server): Promise<Talk> {
  const client = await createConnection(server.url)
  client.on('error', () => undefined)
  onTestFinished(() => client.destroy())
  const table = `\`${KEY}\``
  if (!server.own) onTestFinished(() => client.query(`DROP TABLE IF EXISTS ${table}`).then(() => undefined))
  return {
    async write(value) {
      await client.query(`DROP TABLE IF EXISTS ${table}`)
      await client.query(`CREATE TABLE ${table} AS SELECT '${value}' AS value`)
    },
    async read() {
      const [rows] = await client.query(`SELECT value FROM ${table}`)
      return (rows as { value: string }[])[0]!.value
    },
  }
}

function talkMemcached({ port }: Server): Promise<Talk> {
  const client = new Memcache({ nodes: [`127.0.0.1:${port}`] })
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  return Promise.resolve({ write: (value) => client.set(KEY, value), read: () => client.get(KEY) })
}

async function keysOn({ port }: Server): Promise<string[]> {
  const client = new Redis(port, '127.0.0.1')
  const keys = await client.keys('*')
  client.disconnect()
  return keys
}

function info(client: Redis): Promise<string> {
  return client.info('server')
}

function within(milliseconds: number, answer: Promise<unknown>): Promise<unknown> {
  return Promise.race([answer, pause(milliseconds, 'nothing yet')])
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const open = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  return open
}
