/** PostgreSQL, and PgBouncer in front of it. */
import { existsSync, readdirSync, writeFileSync, chmodSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { Client } from 'pg'
import type { Server } from './process.ts'
import { runAs, serverOf, startServer, whyMissing } from './process.ts'

const POSTGRES = process.env['LANDBRIDGE_POSTGRES'] || newestPostgres()
const PGBOUNCER = process.env['LANDBRIDGE_PGBOUNCER'] || '/usr/sbin/pgbouncer'
/** Neither runs as root. Debian's package brings the user. */
const USER = 'postgres'
const DATABASE = 'landbridge'

/** Why the server cannot be had here; `null` where it can. */
export const missingPostgres: string | null = whyMissing('PostgreSQL', POSTGRES, 'postgresql', 'LANDBRIDGE_POSTGRES_URL')
export const missingPgBouncer: string | null = whyMissing('PgBouncer', PGBOUNCER, 'pgbouncer')

export interface PostgresOptions {
  /** `false`: a commit does not wait for the disk, for tests that write a lot. What was committed survives `kill` all the same. */
  readonly fsync?: boolean
  /** Settings, `{ max_connections: 20 }`. */
  readonly settings?: Readonly<Record<string, string | number>>
}

export async function startPostgres(options: PostgresOptions = {}): Promise<Server> {
  return serverOf('LANDBRIDGE_POSTGRES_URL') ?? (await startOwn(options))
}

/** In transaction mode: consecutive transactions of a client may run on different connections of the server. */
export function startPgBouncer(postgres: Server, settings: Readonly<Record<string, string | number>> = {}): Promise<Server> {
  const { hostname, port: target, username, password, pathname } = new URL(postgres.url)
  const all = {
    listen_addr: '127.0.0.1',
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: 'transaction',
    default_pool_size: 4,
    max_client_conn: 500,
    server_login_retry: 1,
    ignore_startup_parameters: 'extra_float_digits',
    ...settings,
  }
  const database = [
    `host=${hostname}`,
    `port=${target || 5432}`,
    `dbname=${pathname.slice(1) || DATABASE}`,
    `user=${decodeURIComponent(username) || USER}`,
    ...(password === '' ? [] : [`password=${decodeURIComponent(password)}`]),
  ].join(' ')
  return startServer(USER, ({ port, folder }) => {
    const file = join(folder, 'pgbouncer.ini')
    const lines = ['[databases]', `${DATABASE} = ${database}`, '[pgbouncer]', `listen_port = ${port}`]
    writeFileSync(file, [...lines, ...Object.entries(all).map(([name, value]) => `${name} = ${value}`), ''].join('\n'))
    chmodSync(file, 0o644)
    const url = `postgres://${USER}@127.0.0.1:${port}/${DATABASE}`
    return { command: PGBOUNCER, args: [file], url, answers: () => select(url), stopSignal: 'SIGTERM' }
  })
}

function startOwn({ fsync = true, settings = {} }: PostgresOptions): Promise<Server> {
  return startServer(USER, ({ port, folder }) => {
    const data = join(folder, 'data')
    const all = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: fsync ? 'on' : 'off',
      max_connections: 200,
      shared_buffers: '64MB',
      ...settings,
      dynamic_shared_memory_type: 'mmap', // in its folder, so that a kill leaves nothing behind in the system
    }
    const url = `postgres://${USER}@127.0.0.1:${port}/${DATABASE}`
    return {
      command: POSTGRES,
      args: ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      url,
      prepare: () => initialise(data),
      answers: () => select(url),
      stopSignal: 'SIGINT', // SIGTERM would wait for the clients
    }
  })
}

async function initialise(data: string): Promise<void> {
  const options = ['--auth=trust', '--no-sync', '--no-instructions', '--encoding=UTF8', '--locale=C', `--username=${USER}`]
  await runAs(USER, join(dirname(POSTGRES), 'initdb'), ['-D', data, ...options])
  const single = ['--single', '-D', data, '-c', 'fsync=off', 'postgres']
  await runAs(USER, POSTGRES, single, `CREATE DATABASE ${DATABASE} STRATEGY file_copy\n`)
}

async function select(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => undefined) // a server that stops meanwhile
  try {
    await client.connect()
    await client.query('SELECT 1')
  } finally {
    await client.end()
  }
}

/** Debian keeps each major version in a folder of its own, outside of PATH. */
function newestPostgres(): string {
  const folder = '/usr/lib/postgresql'
  const versions = existsSync(folder) ? readdirSync(folder) : []
  const paths = versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(folder, version, 'bin/postgres'))
  return paths.find((path) => existsSync(path)) ?? join(folder, '15/bin/postgres')
}
