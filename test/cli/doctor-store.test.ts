// `landbridge doctor --store` as its users run it: a process of its own, real servers, exit codes and what is left behind.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { missingMariaDb, startMariaDb } from '../support/servers/mariadb.ts'
import { missingPostgres, startPostgres } from '../support/servers/postgres.ts'
import { missingOwnRedis, startRedis } from '../support/servers/redis.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const program = join(root, 'packages/landbridge/dist/cli/landbridge.js')
const FEW = ['--histories', '20', '--seed', '1']

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

function start(args: readonly string[], { cwd = root, env = {} }: { cwd?: string; env?: Record<string, string> } = {}) {
  const child = spawn(process.execPath, [program, ...args], { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { out: '', err: '' }
  child.stdout.on('data', (chunk: Buffer) => (text.out += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => (text.err += String(chunk)))
  const ended = once(child, 'close').then(([code]: unknown[]): Ended => ({ code: code as number | null, ...text }))
  return { child, ended }
}

/** Each runs the whole suite in a process of its own. */
vi.setConfig({ testTimeout: 60_000 })

const landbridge = (args: readonly string[], where?: Parameters<typeof start>[1]): Promise<Ended> => start(args, where).ended

async function server(args: readonly string[] = []) {
  const started = await startRedis({ args })
  const client = new Redis(started.url)
  onTestFinished(async () => {
    client.disconnect()
    await started.stop()
  })
  return { client, server: started, url: started.url }
}

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'landbridge-doctor-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

describe('What it cannot run is told in a sentence, with exit code 2', () => {
  test.each([
    [['doctor', '--stor', 'memory:'], /doctor has no option --stor\. It has --store, .*--json, --help/],
    [['doctor', 'memory:'], /doctor reads a \.ts, \.js or \.json file, .*and "memory:" is none/],
    [['doctor', '--store'], /--store <value>' argument missing/],
    [['doctor'], /doctor needs --store <url>/],
    [['doctor', '--store', 'mongodb://localhost'], /begins with one of memory:, .* and mongodb: is none/],
    [['doctor', '--store', 'sessions.db'], /begins with one of /],
    [['doctor', '--store', 'memory:', '--seed', 'abc'], /--seed is a whole number, not "abc"/],
    [['doctor', '--store', 'redis://localhost', '--driver', 'jedis'], /drivers for Redis are ioredis and redis, not "jedis"/],
    [['docter'], /there is no command "docter"\. There is: doctor/],
  ])('%j', async (args, sentence) => {
    const { code, out, err } = await landbridge(args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(sentence)
    expect(err).not.toContain('    at ')
  })

  test('no driver where it is run', async () => {
    const { code, err } = await landbridge(['doctor', '--store', 'redis://localhost'], { cwd: folder() })
    expect([code, err]).toEqual([2, expect.stringContaining('has no ioredis and no redis installed')])
  })

  test.each(['ioredis', 'redis'])('no server, over %s, and the password is not shown', async (driver) => {
    for (const url of ['redis://ann:geheim@127.0.0.1:1/0', 'redis://:geheim@127.0.0.1:1?password=geheim']) {
      const { code, out, err } = await landbridge(['doctor', '--store', url, '--driver', driver, '--json'])
      expect([code, out]).toEqual([2, ''])
      expect(err).toMatch(/redis:\/\/(?:ann)?:\*\*\*@127\.0\.0\.1:1.* could not be tried: connect ECONNREFUSED/)
      expect(err).not.toContain('geheim')
    }
  })
})

test('help names the commands, and each has examples', async () => {
  expect(await landbridge(['--help'])).toMatchObject({ code: 0, out: expect.stringMatching(/^ {2}doctor {4}tries a store/m), err: '' })
  expect(await landbridge(['doctor', '--help'])).toMatchObject({
    code: 0,
    out: expect.stringContaining('npx landbridge doctor --store redis://'),
    err: '',
  })
  expect(await landbridge(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})

test('a sound store is fine: 0, a report without colours in a file, and nothing but what was there stays', async () => {
  const place = folder()
  writeFileSync(join(place, 'sessions.db'), 'not even a database: it is not touched')
  const { code, out, err } = await landbridge(['doctor', '--store', 'sqlite:sessions.db', ...FEW], { cwd: place })
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(/^✓ (\d+) of \1 cases of the contract passed\.$/m)
  expect(out).toMatch(/^· 20 further histories of concurrent calls were checked, from seed 1 on\.$/m)
  expect(out).toMatch(/^· A read takes [\d.]+ µs \(p50\), [\d.]+ (?:µs|ms) \(p99\)\.$/m)
  expect(out).not.toContain('\u001b')
  expect(readdirSync(place)).toEqual(['sessions.db'])
})

describe('Over Redis', () => {
  test.for(['ioredis', 'redis'])('with the driver %s it reports to programs, and leaves the keys of others alone', async (driver, ctx) => {
    ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
    const { client, url } = await server(['--maxmemory-policy', 'allkeys-lru', '--appendfsync', 'everysec'])
    await client.set('lb:{abcd}', 'a session of somebody')
    const { code, out, err } = await landbridge(['doctor', '--json', '--driver', driver, ...FEW], { env: { LANDBRIDGE_STORE_URL: url } })
    expect([code, err]).toEqual([0, ''])
    const report = JSON.parse(out)
    expect(report).toMatchObject({ store: url, fine: true, faults: [], clean: true, histories: { checked: 20, seed: 1 } })
    expect(report.cases).toEqual({ passed: expect.any(Number), failed: [] })
    expect(report.cases.passed).toBeGreaterThan(100)
    expect(report.notes).toContain('With appendfsync everysec, a crash takes up to the last second.')
    expect(report.warnings).toEqual([
      expect.stringContaining('maxmemory-policy is allkeys-lru: when memory runs short, visitors are signed out at random'),
    ])
    expect(report.read.p50Ms).toBeGreaterThan(0)
    expect(report.read.p99Ms).toBeGreaterThanOrEqual(report.read.p50Ms)
    expect(await client.keys('*')).toEqual(['lb:{abcd}'])
  })

  test('what a restricted user may not do is a fault of each case that needs it: 1', async (ctx) => {
    ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
    const { client, url } = await server()
    await client.call('ACL', 'SETUSER', 'ann', 'on', '>geheim2', '~*', '&*', '+@all', '-getdel')
    const told = await landbridge(['doctor', '--store', url.replace('//', '//ann:geheim2@'), ...FEW])
    expect(told.code).toBe(1)
    expect(told.out).toMatch(/^✗ \d+ of \d+ cases of the contract passed\.$/m)
    expect(told.out).toContain('NOPERM')
    expect(told.out + told.err).not.toContain('geheim')
    expect(await client.dbsize()).toBe(0)
    const wrong = await landbridge(['doctor', '--store', url.replace('//', '//ann:geheim3@')])
    expect(wrong).toMatchObject({ code: 2, out: '', err: expect.stringContaining('WRONGPASS') })
    expect(wrong.err).not.toContain('geheim')
  })

  test('a replica is a fault, and nothing is tried on it', async (ctx) => {
    ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
    const [master, replica] = [await server(), await server()]
    await replica.client.replicaof('127.0.0.1', master.server.port)
    const { code, out } = await landbridge(['doctor', '--store', replica.url, ...FEW])
    expect([code, out]).toEqual([1, expect.stringContaining('✗ It is a replica: writes go to the master.')])
    expect(await master.client.dbsize()).toBe(0)
  })

  test('Ctrl-C ends it with 2, and what was written is removed', async (ctx) => {
    ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
    const { client, url } = await server()
    const { child, ended } = start(['doctor', '--store', url, '--full'])
    await expect.poll(() => client.dbsize(), { timeout: 10_000, interval: 5 }).toBeGreaterThan(5)
    child.kill('SIGINT')
    expect(await ended).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/stopping; .*\n.*could not be tried: it was stopped/),
    })
    expect(await client.dbsize()).toBe(0)
  })

  test('a server that goes away meanwhile is no fault of the store: 2', async (ctx) => {
    ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
    const { client, server: started, url } = await server()
    client.on('error', () => undefined)
    const { ended } = start(['doctor', '--store', url, '--full'])
    await expect.poll(() => client.dbsize(), { timeout: 10_000, interval: 5 }).toBeGreaterThan(5)
    await started.kill()
    const { code, out, err } = await ended
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain('could not be tried')
    expect(err).toMatch(/something may be left of what was written: keys that begin with landbridge-doctor-[0-9a-f]{12}:/)
  })
})

test.for([
  [
    'PostgreSQL over pg',
    'pg',
    missingPostgres,
    () => startPostgres({ fsync: false }),
    'It has fsync off: a loss of power may cost the whole database.',
  ],
  ['PostgreSQL over postgres', 'postgres', missingPostgres, () => startPostgres(), null],
  [
    'MariaDB',
    'mysql2',
    missingMariaDb,
    () => startMariaDb({ fsync: false }),
    'It has innodb_flush_log_at_trx_commit 2: a crash may take the last second, sign-outs too.',
  ],
] as const)('Over %s it makes tables of its own, and drops them', async ([, driver, missing, begin, warned], ctx) => {
  ctx.skip(missing !== null, missing ?? '')
  const started = await begin()
  onTestFinished(() => started.stop())
  const { code, out, err } = await landbridge(['doctor', '--store', started.url, '--driver', driver, '--json', ...FEW])
  expect([code, err]).toEqual([0, ''])
  expect(JSON.parse(out)).toMatchObject({
    fine: true,
    faults: [],
    clean: true,
    warnings: warned === null ? [] : [warned],
    cases: { failed: [] },
  })
  expect(out).not.toContain('only-for-tests')
  expect(await tablesOf(started.url)).toEqual([])
})

/** Ours alone: what a server brings with it is left aside. */
async function tablesOf(url: string): Promise<unknown[]> {
  const sql = `SELECT table_name AS name FROM information_schema.tables WHERE table_name LIKE '%doctor%' OR table_name LIKE 'landbridge%'`
  if (url.startsWith('mysql')) {
    const connection = await createConnection(url)
    onTestFinished(() => connection.destroy())
    return (await connection.query(sql))[0] as unknown[]
  }
  const client = new Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query(sql)
  await client.end()
  return rows
}
