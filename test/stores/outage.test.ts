/** What a visitor meets while the server behind a store is stopped, killed and brought back: real servers, real drivers. */
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import type { Store } from 'landbridge'
import { redis } from 'landbridge/redis'
import { describe, expect, onTestFinished, test } from 'vitest'
import { sessionCookie, webAnswer, webRequest } from '../support/client.ts'
import { makeSessions } from '../support/launch.ts'
import { expectAtOnce } from '../support/remote.ts'
import { missingOwnRedis, startRedis } from '../support/servers/redis.ts'

/** Left to themselves, both drivers wait for up to two seconds before they connect again. */
const RECONNECT_MS = 200

const DRIVERS = [
  {
    name: 'ioredis',
    async open(port: number): Promise<Store> {
      const client = new Redis({ port, host: '127.0.0.1', retryStrategy: () => RECONNECT_MS })
      client.on('error', () => undefined)
      onTestFinished(() => client.disconnect())
      return redis(client)
    },
  },
  {
    name: 'node-redis',
    async open(port: number): Promise<Store> {
      const client = createClient({ socket: { port, host: '127.0.0.1', reconnectStrategy: () => RECONNECT_MS } })
      client.on('error', () => undefined)
      await client.connect()
      onTestFinished(() => client.destroy())
      return redis(client)
    },
  },
]

describe.each(DRIVERS)('Redis over $name', ({ open }) => {
  test.for(['paused', 'killed'] as const)(
    'a server that is %s is a 503 within a second, then at once, until a second after its return',
    async (fault, ctx) => {
      ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
      const server = await startRedis()
      onTestFinished(() => server.stop())
      const { sessions, events } = makeSessions(await open(server.port))
      const ask = async (cookie?: string) => {
        const began = performance.now()
        const response = await sessions.handle(webRequest('/', { cookie }), async (session) => {
          if (cookie === undefined) await session.signIn({ id: 'ada' })
          return new Response((await session.account())?.id ?? 'nobody')
        })
        return { response, status: response.status, ms: performance.now() - began }
      }
      const cookie = sessionCookie(webAnswer((await ask()).response))!
      expect((await ask(cookie)).status).toBe(200)

      await (fault === 'paused' ? server.pause() : server.kill())
      const first = await ask(cookie)
      expect(first.status).toBe(503)
      expect(first.ms).toBeLessThan(1000)
      const times: number[] = []
      for (const until = performance.now() + 3000; performance.now() < until; await pause(20)) {
        const { status, ms } = await ask(cookie)
        expect(status).toBe(503)
        times.push(ms)
      }
      expectAtOnce(times)
      await (fault === 'paused' ? server.resume() : server.restart())
      const served = async () => (await ask(cookie)).status
      await expect.poll(served, { timeout: 1000, interval: 10 }).toBe(200)
      expect(events.map(({ type }) => type).filter((type) => type.startsWith('store.'))).toEqual([
        'store.failed',
        'store.down',
        'store.back',
      ])
    },
  )
})
