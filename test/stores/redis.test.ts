import { redis } from 'landbridge/redis'
import { storeConformance } from 'landbridge/testing'
import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest'
import type { IoRedis, NodeRedis } from 'landbridge/redis'
import type { Reached } from '../support/redis.ts'
import { WAYS } from '../support/redis.ts'

describe.each(WAYS)('the store contract, kept by $name', ({ missing, start }) => {
  let reached: Reached | undefined
  let clients: readonly [IoRedis | NodeRedis, IoRedis | NodeRedis]
  beforeAll(async () => {
    if (missing !== null) return
    reached = await start()
    clients = [await reached.connect(), await reached.connect()]
  })
  afterAll(() => reached?.stop())
  beforeEach((ctx) => ctx.skip(missing !== null, missing ?? ''))

  for (const { name: sentence, run } of storeConformance) test(sentence, () => run(() => [redis(clients[0]), redis(clients[1])]))
})
