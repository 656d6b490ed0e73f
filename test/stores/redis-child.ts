// A process that signs people in and saves their carts for ever, and writes a line for each change that was acknowledged.
import { writeSync } from 'node:fs'
import process from 'node:process'
import { Redis } from 'ioredis'
import { redis } from 'landbridge/redis'
import { delta, ELMER, session } from './records.ts'

const [url = '', name = ''] = process.argv.slice(2)
const store = redis(new Redis(url))
for (let index = 0; ; index++) {
  const { id } = session(`${name}-${index}`)
  await store.create(session(`${name}-${index}`))
  await store.update(id, ELMER, delta({ cart: String(index) }), Date.now())
  writeSync(1, `${id} ${index}\n`)
}
