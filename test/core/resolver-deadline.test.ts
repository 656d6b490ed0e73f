import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { afterEach, expect, test, vi } from 'vitest'
import { codeOf } from './support.ts'

afterEach(() => vi.useRealTimers())

test('a host resolver that does not answer within two seconds has failed, and is asked again', async () => {
  vi.useFakeTimers()
  let asked = 0
  const resolver = () => (++asked === 1 ? Promise.withResolvers<boolean>().promise : true)
  const sessions = createSessions({ topology: { kind: 'isolated', hosts: [resolver] }, store: memory() })
  const open = () => codeOf(async () => sessions.open({ method: 'GET', url: '/', headers: { host: 'shop.example.net' } }))
  const first = open()
  await vi.advanceTimersByTimeAsync(2000)
  expect(await first).toBe('ERR_HOSTS_UNAVAILABLE')
  expect(await open()).toBe('no error')
  expect(asked).toBe(2)
  await sessions.close()
  expect(vi.getTimerCount()).toBe(0)
})
