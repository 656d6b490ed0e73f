/** Attack 34, over HTTP: the store goes down under load. Nobody gets in, the process stays small, and it serves again by itself. */
import http from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Application } from '../support/adapters.ts'
import { SERVERS } from '../support/adapters.ts'
import { sessionCookie } from '../support/client.ts'
import { makeSessions } from '../support/launch.ts'
import { expectAtOnce, Remote } from '../support/remote.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const application: Application = {
  routes: {
    '/sign-in': async (session) => {
      await session.signIn({ id: 'ada' })
      return { body: 'welcome' }
    },
    '/private': async (session) =>
      (await session.account())?.id === 'ada' ? { body: 'the secret page' } : { status: 401, body: 'sign in' },
  },
}

async function signedIn(adapter: (typeof SERVERS)[number]) {
  const remote = new Remote()
  const { sessions, events } = makeSessions(remote.store)
  const running = await adapter.start(sessions, application)
  onTestFinished(() => running.close())
  const agent = new http.Agent({ keepAlive: true, maxSockets: 50 })
  onTestFinished(() => agent.destroy())
  const cookie = sessionCookie(await running.ask('/sign-in'))!

  /** The protected page: its status, whether it was seen, and the time it took. */
  const visit = async () => {
    const began = performance.now()
    const answer = await running.ask('/private', { cookie, agent })
    const text = await answer.text()
    return { status: answer.status, seen: text.includes('secret'), ms: performance.now() - began }
  }
  expect(await visit()).toMatchObject({ status: 200, seen: true })
  return { remote, events, visit }
}

const REFUSED = { status: 503, seen: false }

describe.each(SERVERS)('$name', (adapter) => {
  test.each(['hangs', 'refuses'] as const)(
    'a store that %s is a 503 within a second, then at once, until a second after its return',
    async (state) => {
      const { remote, visit } = await signedIn(adapter)
      remote.turn(state)
      const first = await Promise.all(Array.from({ length: 20 }, visit))
      expect(first.map(({ status, seen }) => ({ status, seen }))).toEqual(first.map(() => REFUSED))
      expect(Math.max(...first.map(({ ms }) => ms))).toBeLessThan(1000)
      const times: number[] = []
      for (let i = 0; i < 40; i++) {
        const next = await visit()
        expect(next).toMatchObject(REFUSED)
        times.push(next.ms)
      }
      expectAtOnce(times)
      remote.turn('up')
      const back = performance.now()
      while (!(await visit()).seen) {
        expect(performance.now() - back).toBeLessThan(1000)
        await pause(10)
      }
      expect((await visit()).status).toBe(200)
    },
  )
})

test('twenty thousand refused requests leave nothing behind, in the store or in memory', { timeout: 60_000 }, async () => {
  const { remote, events, visit } = await signedIn(SERVERS[0]!)
  remote.turn('hangs')
  expect(await visit()).toMatchObject(REFUSED)
  const flood = async (count: number) => {
    let left = count
    const outcomes = new Set<string>()
    const client = async (): Promise<void> => {
      while (left-- > 0) {
        const { status, seen } = await visit()
        outcomes.add(`${status} ${seen}`)
      }
    }
    await Promise.all(Array.from({ length: 50 }, client))
    return [...outcomes]
  }
  expect(await flood(2000)).toEqual(['503 false'])
  collect()
  const [heap, told, reads] = [process.memoryUsage().heapUsed, events.length, remote.count('read')]
  expect(await flood(20_000)).toEqual(['503 false'])
  collect()
  expect((process.memoryUsage().heapUsed - heap) / 20_000, 'bytes for each refused request').toBeLessThan(50)
  expect([events.length, remote.count('read')]).toEqual([told, reads])
  expect(remote.waiting).toBeLessThan(100)
  remote.turn('up')
  await expect.poll(visit, { timeout: 1000 }).toMatchObject({ status: 200, seen: true })
})
