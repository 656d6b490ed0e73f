import { createSessions } from 'landbridge'
import type { Store } from 'landbridge'
import { memory } from 'landbridge/memory'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const MINUTE = 60_000
const topology = { kind: 'isolated', hosts: ['app.localhost'] } as const

/** Sessions over a store that notes when it was swept, and how much each sweep was asked for and removed. */
function swept(sweep: (now: number, limit: number) => number | Promise<number>) {
  const calls: { at: number; limit: number }[] = []
  const store: Store = {
    ...memory(),
    sweep(now, limit) {
      calls.push({ at: now, limit })
      return sweep(now, limit)
    },
  }
  const events: string[] = []
  const sessions = createSessions({ topology, store, onEvent: ({ type }) => events.push(type) })
  return { sessions, calls, events }
}

test('expired records are swept once a minute, in bites of fifty with pauses between, until none is left', async () => {
  let expired = 120
  const started = Date.now()
  const { sessions, calls } = swept((_, limit) => {
    const removed = Math.min(limit, expired)
    expired -= removed
    return removed
  })
  await vi.advanceTimersByTimeAsync(MINUTE - 1)
  expect(calls).toEqual([])
  await vi.advanceTimersByTimeAsync(1 + 1000)
  expect(calls.map(({ limit }) => limit)).toEqual([50, 50, 50])
  expect(calls[0]!.at - started).toBe(MINUTE)
  expect(calls[1]!.at - calls[0]!.at).toBeGreaterThanOrEqual(10)
  expect(expired).toBe(0)
  await vi.advanceTimersByTimeAsync(MINUTE)
  expect(calls).toHaveLength(4)
  await sessions.close()
})

test('a sweep that fails is reported, and the next minute tries again', async () => {
  const { sessions, calls, events } = swept(() => Promise.reject(new Error('down')))
  await vi.advanceTimersByTimeAsync(2 * MINUTE)
  expect([calls.length, events]).toEqual([2, ['store.failed', 'store.failed']])
  await sessions.close()
})

test('closing the sessions ends the sweep', async () => {
  const { sessions, calls } = swept(() => 50)
  await vi.advanceTimersByTimeAsync(MINUTE)
  await sessions.close()
  const before = calls.length
  await vi.advanceTimersByTimeAsync(10 * MINUTE)
  expect(calls).toHaveLength(before)
})
