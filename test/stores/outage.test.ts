import { Redis } from 'ioredis'
import { redis } from 'landbridge/redis'
import { createClient } from 'redis'
import { describe, onTestFinished } from 'vitest'
import { failsFastAndComesBack } from '../support/outage.ts'
import { missingOwnRedis, startRedis } from '../support/servers/redis.ts'

/** Left to themselves, both drivers wait for up to two seconds before they connect again. */
const RECONNECT_MS = 200

describe('Redis over ioredis', () => {
  failsFastAndComesBack({
    missing: missingOwnRedis,
    start: startRedis,
    open(url) {
      const client = new Redis(url, { retryStrategy: () => RECONNECT_MS })
      client.on('error', () => undefined)
      onTestFinished(() => client.disconnect())
      return Promise.resolve(redis(client))
    },
  })
})

describe('Redis over node-redis', () => {
  failsFastAndComesBack({
    missing: missingOwnRedis,
    start: startRedis,
    async open(url) {
      const client = createClient({ url, socket: { reconnectStrategy: () => RECONNECT_MS } })
      client.on('error', () => undefined)
      await client.connect()
      onTestFinished(() => client.destroy())
      return redis(client)
    },
  })
})
