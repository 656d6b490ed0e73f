// node bench/near-cache.ts: what a read costs with a near cache and without, and how soon another process knows of a sign-out.
import process from 'node:process'
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import type { NewSession, Scope, Store } from 'landbridge/store'
import { cached } from 'landbridge/cached'
import { redis } from 'landbridge/redis'
import { startRedis } from '../test/support/servers/redis.ts'
import { table } from './lib/table.ts'

const SCOPE = 'elmer.acme.example' as Scope
const ENDS = 3000
const READS = 1_000_000
const ROUND_TRIPS = 20_000

/** What the other process answers of each session: how often it was served after it had ended, and when the message came. */
interface Seen {
  readonly id: string
  /** When its near cache dropped it, by the clock that both processes share. */
  readonly droppedAt: number
}

const [job, url = ''] = process.argv.slice(2)
if (job === 'other') await listen(url)
else await measure()

async function measure(): Promise<void> {
  const server = await startRedis()
  try {
    const { hit, miss } = await readCosts(server.url)
    console.log(
      table(
        ['a read of one session', 'µs'],
        [
          ['with the near cache, found', hit.toFixed(3)],
          ['without, over ioredis, one at a time', miss.toFixed(1)],
        ],
      ),
    )
    console.log()
    console.log(await ends(server.url))
  } finally {
    await server.stop()
  }
}

/** Microseconds, medians of ten rounds. */
async function readCosts(redisUrl: string): Promise<{ hit: number; miss: number }> {
  const client = new Redis(redisUrl)
  const inner = redis(client, { prefix: 'cost:' })
  const near = cached(inner, { maxStaleMs: 60_000 })
  const sessions = Array.from({ length: 1000 }, () => newSession())
  for (const session of sessions) await near.create(session)
  await known(near, sessions)
  const hits: number[] = []
  for (let round = 0; round < 10; round++) {
    const start = performance.now()
    for (let i = 0; i < READS / 10; i++) void near.read(sessions[i % sessions.length]!.id, SCOPE)
    hits.push(((performance.now() - start) * 1000) / (READS / 10))
  }
  const misses: number[] = []
  for (let round = 0; round < 10; round++) {
    const start = performance.now()
    for (let i = 0; i < ROUND_TRIPS / 10; i++) await inner.read(sessions[i % sessions.length]!.id, SCOPE)
    misses.push(((performance.now() - start) * 1000) / (ROUND_TRIPS / 10))
  }
  await near.close()
  client.disconnect()
  return { hit: percentile(hits, 0.5), miss: percentile(misses, 0.5) }
}

/** This process ends sessions that another one has in its near cache. */
async function ends(redisUrl: string): Promise<string> {
  const client = new Redis(redisUrl)
  const near = cached(redis(client))
  const child = fork(fileURLToPath(import.meta.url), ['other', redisUrl])
  const ask = async (question: unknown): Promise<unknown> => {
    const answer = once(child, 'message')
    child.send(question as object)
    return (await answer)[0] as unknown
  }
  await once(child, 'message')
  const rows = { 'before the answer of the sign-out': 0, 'after it': 0 }
  const [afterCall, afterAnswer, answers]: [number[], number[], number[]] = [[], [], []]
  let stale = 0
  await known(near, [])
  for (let i = 0; i < ENDS; i++) {
    const session = newSession()
    await near.create(session)
    await ask({ read: session.id })
    const called = clock()
    await near.revoke(session.id)
    const answered = clock()
    const { droppedAt, isStale } = (await ask({ ended: session.id })) as Seen & { isStale: boolean }
    if (isStale) stale += 1
    afterCall.push(droppedAt - called)
    afterAnswer.push(Math.max(0, droppedAt - answered))
    answers.push(answered - called)
    rows[droppedAt <= answered ? 'before the answer of the sign-out' : 'after it'] += 1
  }
  child.disconnect()
  await near.close()
  client.disconnect()
  const row = (name: string, values: readonly number[]): string[] => [
    name,
    ...[0.5, 0.99, 1].map((part) => (percentile(values, part) * 1000).toFixed(0)),
  ]
  return [
    table(
      [`${ENDS} sign-outs over Redis, µs`, 'p50', 'p99', 'max'],
      [
        row('from the call to the message in the other process', afterCall),
        row('from the call to the answer', answers),
        row('from the answer to the message, 0 where it was earlier', afterAnswer),
      ],
    ),
    '',
    `The message was there before the answer in ${rows['before the answer of the sign-out']} of ${ENDS}.`,
    `Reads that told of an ended session, asked for after the answer: ${stale} of ${ENDS}.`,
  ].join('\n')
}

/** The other process. */
async function listen(redisUrl: string): Promise<void> {
  const store = cached(redis(new Redis(redisUrl)))
  await known(store, [])
  const dropped = new Map<string, number>()
  await store.watch!((id) => id !== null && dropped.set(id, clock()))
  process.on('message', (message: { read?: NewSession['id']; ended?: NewSession['id'] }) => void answer(message))
  process.on('disconnect', () => process.exit(0))
  process.send!('ready')

  async function answer({ read, ended }: { read?: NewSession['id']; ended?: NewSession['id'] }): Promise<void> {
    if (read !== undefined) {
      await store.read(read, SCOPE)
      if (store.read(read, SCOPE) instanceof Promise) throw new Error('it is not known')
      process.send!('read')
    }
    if (ended === undefined) return
    const isStale = (await store.read(ended, SCOPE)) !== null
    while (!dropped.has(ended)) await pause(1)
    process.send!({ id: ended, droppedAt: dropped.get(ended), isStale })
  }
}

/** All of them are in the near cache, and its channel is open. */
async function known(store: Store, sessions: readonly NewSession[]): Promise<void> {
  const nobody = newSession().id
  do await store.read(nobody, SCOPE)
  while (store.read(nobody, SCOPE) instanceof Promise)
  for (const { id } of sessions) await store.read(id, SCOPE)
}

/** In milliseconds; the same in every process of one machine. */
function clock(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

function newSession(): NewSession {
  const now = Date.now()
  const times = { createdAt: now, expiresAt: now + 3_600_000 }
  const id = randomBytes(16).toString('base64url') as NewSession['id']
  const handle = { scope: SCOPE, hash: 'h'.repeat(43) as NewSession['handle']['hash'], ...times, seenAt: now, values: '\n"theme":"dark"' }
  return { id, ...times, accounts: [{ id: 'ada', signedInAt: now }], values: '', handle }
}

/** The value below which this part of them is. */
function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN
}
