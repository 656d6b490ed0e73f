// A cache layer that fails, hangs or throws: no request fails by it, and none waits for long.
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import { describe, expect, test } from 'vitest'
import { processes, putIn } from './cached-processes.ts'
import { ELMER, FUDD, newDelta, newSession } from './cached-records.ts'

describe('A layer that', () => {
  const FAULTS: Record<string, () => Promise<never>> = {
    rejects: async () => {
      throw new Error('the layer is down')
    },
    hangs: () => Promise.race([]),
  }

  test.each(Object.entries(FAULTS))('%s fails no read, costs 50 ms once, and is used again after a second', async (_, fault) => {
    const all = processes(2)
    const session = await putIn(all)
    all.clocks.advance(5000)
    all.shared.instead = fault
    all.shared.calls.length = 0
    const start = performance.now()
    expect(await all.nodes[0]!.store.read(session.id, ELMER)).toEqual(session)
    expect(performance.now() - start).toBeLessThan(150)
    expect(all.shared.calls).toEqual(['get'])
    await all.nodes[0]!.store.read(session.id, FUDD)
    all.clocks.ticks.advance(999)
    await all.nodes[0]!.store.read(newSession(all.now).id, FUDD)
    expect(all.shared.calls).toEqual(['get'])
    all.shared.instead = null
    all.clocks.ticks.advance(1)
    await all.nodes[0]!.store.read(newSession(all.now).id, FUDD)
    expect(all.shared.calls).toEqual(['get', 'get'])
  })

  test.each(Object.entries(FAULTS))('%s fails no write, and its process goes past it for that session', async (_, fault) => {
    const all = processes(2)
    const session = await putIn(all)
    all.shared.instead = fault
    expect(await all.nodes[0]!.store.update(session.id, ELMER, newDelta(all.now, { cart: '1' }), all.now)).toBe('saved')
    all.shared.instead = null
    all.clocks.ticks.advance(1000)
    expect((await all.nodes[0]!.store.read(session.id, ELMER))?.handle?.values).toContain('cart')
  })

  test('throws at once fails nothing either', async () => {
    const throws = (): never => {
      throw new Error('thrown')
    }
    const store = cached(memory(), { layer: { get: throws, set: throws } })
    const session = newSession(Date.now())
    await store.create(session)
    expect(await store.read(session.id, ELMER)).toEqual(session)
    expect(await store.revoke(session.id)).toBe(true)
    expect(await store.read(session.id, ELMER)).toBeNull()
  })
})
