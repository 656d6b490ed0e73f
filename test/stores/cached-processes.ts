// Processes of an application that share sessions and a cache layer, for the tests of the near cache.
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import type { NewSession } from 'landbridge/store'
import { expect, onTestFinished } from 'vitest'
import { ELMER, newSession } from './cached-records.ts'
import { Gated, settle, twoClocks } from './gated.ts'
import { MapLayer } from './map-layer.ts'
import { Pushing } from './pushing.ts'

/** Of each process its near cache, its store, and what it hears. Without `pushes` it hears nothing. */
export type Processes = ReturnType<typeof processes>

export function processes(count: number, { pushes = false } = {}) {
  const clocks = twoClocks()
  const shared = new MapLayer()
  const pushing = new Pushing(memory())
  const nodes = Array.from({ length: count }, () => {
    const { store: inner, inbox } = pushing.connect()
    const gated = new Gated(inner)
    const { watch, ...silent } = gated.store
    const options = { layer: shared.layer, clock: clocks.wall.now, monotonicClock: clocks.ticks.now }
    const store = cached(pushes ? { ...silent, watch: watch! } : silent, options)
    onTestFinished(() => store.close())
    return { store, gated, inbox }
  })
  return { clocks, shared, nodes, now: clocks.wall.now() }
}

/** The session is in the layer, put in by the last process; the last but one is the first to find it. */
export async function putIn({ nodes, now, shared }: Processes, given: Parameters<typeof newSession>[1] = {}): Promise<NewSession> {
  const session = newSession(now, { accounts: [{ id: 'ada', signedInAt: now }], ...given })
  const [first, second] = [nodes.at(-1)!, nodes.at(-2)!]
  await first.store.create(session)
  for (const node of [first, second]) {
    await node.store.read(session.id, ELMER)
    await settle()
  }
  expect(shared.reads).toHaveLength(1)
  for (const { gated } of nodes) gated.calls.length = 0
  return session
}
