// Work that is counted, where time would say little: what a request costs the server does not depend on how many sessions there are.
import { Redis } from 'ioredis'
import { redis } from 'landbridge/redis'
import { expect, onTestFinished, test } from 'vitest'
import { missingOwnRedis, startRedis } from '../support/servers/redis.ts'
import { openSite, SERVED } from './fault-site.ts'
import { session } from './records.ts'

test('each authenticated request is one command to Redis, among ten sessions and among ten thousand', async (ctx) => {
  ctx.skip(missingOwnRedis !== null, missingOwnRedis ?? '')
  const server = await startRedis()
  const client = new Redis(server.url)
  onTestFinished(async () => {
    client.disconnect()
    await server.stop()
  })
  const store = redis(client)
  const { page } = await openSite(store)
  let made = 0
  for (const many of [10, 10_000]) {
    while (made < many) await Promise.all(Array.from({ length: 10 }, async () => store.create(session(`s${made++}`))))
    await client.config('RESETSTAT')
    for (let request = 0; request < 100; request++) expect(await page()).toMatchObject(SERVED)
    const stats = [...(await client.info('commandstats')).matchAll(/cmdstat_(\S+):calls=(\d+)/g)].map(
      ([, name, calls]) => `${name} ${calls}`,
    )
    expect(stats.filter((each) => !/^(?:config|info|ping)/.test(each))).toEqual(['mget 100'])
  }
})
