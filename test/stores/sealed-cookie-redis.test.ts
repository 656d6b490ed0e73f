/** Epochs of sealed sessions in a real Redis: what they cost, and what happens while it is away. */
import { Redis } from 'ioredis'
import { redis } from 'landbridge/redis'
import { sealedCookie } from 'landbridge/sealed-cookie'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { ELMER, world } from '../core/support.ts'
import type { AnySession } from '../core/support.ts'
import type { Server } from '../support/servers/process.ts'
import { missingOwnRedis, startRedis } from '../support/servers/redis.ts'

const KEYS = ['the key of these tests is long enough']
const who = async (session: AnySession) => (await session.account())?.id ?? null

let server: Server
let client: Redis
beforeAll(async () => {
  if (missingOwnRedis !== null) return
  server = await startRedis()
  client = new Redis(server.url, { maxRetriesPerRequest: 0 }).on('error', () => undefined)
})
afterAll(async () => {
  client?.disconnect()
  await server?.stop()
})
beforeEach((ctx) => ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? ''))

const setUp = () => world({ store: sealedCookie({ keys: KEYS, epochs: redis(client) }), clock: Date.now })

test('a revoked account is out at the next request on every node, and the one that is excepted stays', async () => {
  const [one, other] = [setUp(), setUp()]
  const [own, elsewhere] = [one.browser(), other.browser()]
  for (const each of [own, elsewhere]) await each.at(ELMER, (session) => session.signIn({ id: 'ada' }))
  await own.at(ELMER, async (session) => {
    await session.account()
    await one.sessions.revokeAccount('ada', { except: session.id })
  })
  expect([await own.at(ELMER, who), await elsewhere.at(ELMER, who)]).toEqual(['ada', null])
  for (let i = 0; i < 3; i++) await Promise.all([one, other].map(({ sessions }) => sessions.revokeAccount('ada')))
  expect(await own.at(ELMER, who)).toBe(null)
})

test('a request that reads its session costs one round trip, one that does not costs none', async () => {
  const { browser, sessions } = setUp()
  const visitor = browser()
  await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
  await sessions.revokeAccount('bob')
  const monitor = await new Redis(server.url).monitor()
  const seen: string[] = []
  monitor.on('monitor', (_: string, [command]: string[]) => seen.push(command!.toLowerCase()))
  await visitor.at(ELMER, who)
  await visitor.at(ELMER, () => undefined)
  await client.echo('end')
  await expect.poll(() => seen).toContain('echo')
  monitor.disconnect()
  expect(seen).toEqual(['mget', 'echo'])
})

test('while it is away no session opens, within a second, and none is lost', async () => {
  const { browser } = setUp()
  const visitor = browser()
  await visitor.at(ELMER, (session) => session.signIn({ id: 'ada' }))
  await server.stop()
  for (let i = 0; i < 3; i++) {
    const began = performance.now()
    const { response } = await visitor.visit(ELMER, who)
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
    expect(performance.now() - began).toBeLessThan(1000)
  }
  expect((await visitor.visit(ELMER, () => undefined)).response.status).toBe(200)
})
