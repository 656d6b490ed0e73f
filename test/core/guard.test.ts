import { setTimeout as pause } from 'node:timers/promises'
import { createSessions } from 'landbridge'
import type { SessionEvent, Store } from 'landbridge'
import { memory } from 'landbridge/memory'
import { afterEach, expect, test, vi } from 'vitest'

afterEach(() => vi.useRealTimers())

const url = 'http://app.localhost/'
const topology = { kind: 'isolated', hosts: ['app.localhost'] } as const

test('a call that the store leaves unanswered is given up after 800 ms, with 503; a store that answers a ping is asked again at once', async () => {
  const inner = memory()
  let hanging = false
  const events: SessionEvent[] = []
  const never = Promise.withResolvers<never>().promise
  const store: Store = { ...inner, read: (...args) => (hanging ? never : inner.read(...args)) }
  const sessions = createSessions<{ theme: string }>({ topology, store, onEvent: (event) => events.push(event) })
  const visit = (cookie: string) =>
    sessions.handle(new Request(url, { headers: { cookie } }), async (session) => {
      const theme = await session.get('theme')
      session.set('theme', 'dark')
      return new Response(theme ?? 'none')
    })
  const cookie = (await visit('')).headers.getSetCookie()[0]!.split(';')[0]!

  vi.useFakeTimers()
  hanging = true
  const late = visit(cookie)
  await vi.advanceTimersByTimeAsync(799)
  expect(events.filter(({ type }) => type === 'store.failed')).toEqual([])
  await vi.advanceTimersByTimeAsync(51)
  const response = await late
  expect([response.status, response.headers.getSetCookie()]).toEqual([503, []])
  expect(events.filter(({ type }) => type === 'store.failed')).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(25)
  expect(vi.getTimerCount()).toBe(0) // nothing goes on looking for calls that are over

  hanging = false
  expect(await (await visit(cookie)).text()).toBe('dark')
})

test('a call that is made right after the process was busy for a second has its whole time, whatever else waits', async () => {
  const inner = memory()
  const soon = async <Result>(call: () => Result): Promise<Awaited<Result>> => {
    await pause(40)
    return await call()
  }
  const events: SessionEvent[] = []
  const store: Store = {
    ...inner,
    read: (...args) => soon(() => inner.read(...args)),
    update: (...args) => soon(() => inner.update(...args)),
  }
  const sessions = createSessions<{ theme: string }>({ topology, store, onEvent: (event) => events.push(event) })
  const visit = (cookie: string, work: () => unknown = () => undefined) =>
    sessions.handle(new Request(url, { headers: { cookie } }), async (session) => {
      await session.get('theme')
      await work()
      session.set('theme', 'dark')
      return new Response()
    })
  const cookie = (await visit('')).headers.getSetCookie()[0]!.split(';')[0]!
  const busy = () => {
    void visit(cookie) // waits for its read meanwhile
    for (const until = performance.now() + 1000; performance.now() < until;);
  }
  expect((await visit(cookie, busy)).status).toBe(200)
  expect(events.filter(({ type }) => type.startsWith('store.'))).toEqual([])
  await sessions.close()
})
