// Bytes per session in Redis beside connect-redis with the same data: node bench/bytes-redis.ts [count]
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { RedisStore } from 'connect-redis'
import type { SessionData } from 'express-session'
import { Redis } from 'ioredis'
import { redis } from 'landbridge/redis'
import type { MaybePromise } from 'landbridge/store'
import { createClient } from 'redis'
import { startRedis } from '../test/support/servers/redis.ts'
import { SMALL } from './lib/content.ts'
import { CONTENTS } from './lib/contents.ts'
import { IDLE_MS, newSession } from './lib/new-session.ts'

const COUNT = Number(process.argv[2] ?? 20_000)
const AT_ONCE = 100

const server = await startRedis({ args: ['--appendonly', 'no'] })
const client = new Redis(server.url)
const peerClient = createClient({ url: server.url })
await peerClient.connect()
const store = redis(client)
const peer = new RedisStore({ client: peerClient })

console.log(`${COUNT} sessions, bytes of the server's memory per session`)
for (const [name, content] of Object.entries({ ...CONTENTS, 'the 0.2 kB of the HTTP benchmark': SMALL })) {
  const theirs = await bytesOf((index) => keep(index, content))
  const ours = await bytesOf(() => store.create(newSession(content)))
  const listed = await bytesOf((index) => store.create(newSession(content, String(100_000 + index))))
  const share = (bytes: number): string => `${bytes.toFixed(0)} = ${(bytes / theirs).toFixed(2)}`
  console.log(`${name}: connect-redis ${theirs.toFixed(0)}, landbridge ${share(ours)}, with an account and its list ${share(listed)}`)
}
client.disconnect()
peerClient.destroy()
await server.stop()

async function bytesOf(make: (index: number) => MaybePromise<unknown>): Promise<number> {
  await client.flushall()
  const before = await used()
  for (let start = 0; start < COUNT; start += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, async (_, index) => make(start + index)))
  }
  return ((await used()) - before) / COUNT
}

async function used(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await client.info('memory'))![1])
}

/** What express-session keeps: its cookie with an end, and no further options of it. */
async function keep(index: number, content: object): Promise<void> {
  const cookie = { originalMaxAge: IDLE_MS, expires: new Date(Date.now() + IDLE_MS), httpOnly: true, path: '/' }
  const kept = { cookie, account: String(100_000 + index), ...content } as unknown as SessionData
  await peer.set(randomBytes(24).toString('base64url'), kept)
}
