// What was acknowledged, and then the application or the server was killed.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { redis } from 'landbridge/redis'
import type { SessionId, Store } from 'landbridge/store'
import { valueOf } from 'landbridge/store'
import { expect, onTestFinished, test } from 'vitest'
import { missingOwnRedis, startRedis } from '../support/servers/redis.ts'
import { temporaryFile } from '../support/stores.ts'
import { ELMER } from './records.ts'

const child = fileURLToPath(new URL('redis-child.ts', import.meta.url))

function connected(url: string): Store {
  const client = new Redis(url)
  client.on('error', () => undefined)
  onTestFinished(() => client.disconnect())
  return redis(client)
}

/** An application that writes until it or its server is gone; what it was told to have saved. */
async function writing(url: string, name: string, log: string, end: (writer: ReturnType<typeof spawn>) => unknown): Promise<string[]> {
  const output = openSync(log, 'w')
  const writer = spawn(process.execPath, [child, url, name], { stdio: ['ignore', output, 'ignore'] })
  closeSync(output)
  const exit = once(writer, 'exit')
  const enough = 500 + Math.random() * 5000
  while (statSync(log).size < enough) await pause(1)
  await end(writer)
  writer.kill('SIGKILL')
  await exit
  // The last line may have been cut off in the middle.
  return readFileSync(log, 'utf8').split('\n').slice(0, -1)
}

async function lost(store: Store, acknowledged: readonly string[]): Promise<string[]> {
  expect(acknowledged.length).toBeGreaterThan(10)
  const missing: string[] = []
  for (const line of acknowledged) {
    const [id, cart] = line.split(' ') as [SessionId, string]
    const read = await store.read(id, ELMER)
    if (valueOf(read?.handle?.values ?? '', 'cart') !== cart) missing.push(line)
  }
  return missing
}

test('an application that is killed loses nothing that Redis acknowledged to it', async (ctx) => {
  ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
  const server = await startRedis({ args: ['--appendonly', 'no'] })
  const { folder, remove } = temporaryFile()
  onTestFinished(async () => {
    remove()
    await server.stop()
  })
  const store = connected(server.url)
  for (let round = 0; round < 5; round++) {
    const acknowledged = await writing(server.url, `r${round}`, join(folder, 'log'), (writer) => writer.kill('SIGKILL'))
    expect(await lost(store, acknowledged)).toEqual([])
  }
})

test.for([
  ['with appendfsync always loses nothing', ['--appendfsync', 'always'], 'nothing'],
  // What it has not brought to the disk is in the hands of the system, which outlives it: only a loss of power takes up to a second.
  ['with appendfsync everysec loses nothing while the system stands', ['--appendfsync', 'everysec'], 'nothing'],
  ['without appendonly loses everything', ['--appendonly', 'no'], 'everything'],
] as const)('a Redis server that is killed %s', async ([, args, expected], ctx) => {
  ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
  const server = await startRedis({ args })
  const { folder, remove } = temporaryFile()
  onTestFinished(async () => {
    remove()
    await server.stop()
  })
  const acknowledged = await writing(server.url, 'writer', join(folder, 'log'), () => server.kill())
  await server.restart()
  expect(await lost(connected(server.url), acknowledged)).toEqual(expected === 'nothing' ? [] : acknowledged)
})
