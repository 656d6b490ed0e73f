/** What is remembered of a request holds on to nothing else of it: a short slice of a long text would keep all of it in memory. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { expect, test } from 'vitest'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const REQUESTS = 2000
const LONG = 12_000

/** Characters that are still in memory for each request. */
async function retained(request: (i: number) => Promise<void>): Promise<number> {
  await request(0)
  collect()
  const before = process.memoryUsage().heapUsed
  for (let i = 1; i <= REQUESTS; i++) await request(i)
  collect()
  return (process.memoryUsage().heapUsed - before) / REQUESTS
}

const long = (i: number): string => `${i}`.padEnd(LONG, 'x')

test('a host that is remembered does not keep the URL that it came in', async () => {
  const sessions = createSessions({ topology: { kind: 'isolated', hosts: ['*.acme.com'] }, store: memory() })
  const visit = (i: number) => sessions.handle(new Request(`https://tenant-number-${i}.acme.com/${long(i)}`), () => new Response(''))
  expect(await retained(async (i) => void (await visit(i)))).toBeLessThan(LONG / 4)
})

test('a session in memory does not keep the Cookie header of the request that changed it', async () => {
  const sessions = createSessions({ topology: { kind: 'isolated', hosts: ['app.acme.com'] }, store: memory() })
  const set = (cookie: string, value: number) =>
    sessions.handle(new Request('https://app.acme.com/', { headers: { cookie } }), (session) => {
      session.set('a', value)
      return new Response('')
    })
  const visit = async (i: number) => {
    const cookie = (await set('', 1)).headers.getSetCookie()[0]!.split(';')[0]!
    await set(`other=${long(i)}; ${cookie}`, 2)
  }
  expect(await retained(visit)).toBeLessThan(LONG / 4)
})
