import { setImmediate } from 'node:timers/promises'
import type { CachedOptions } from 'landbridge/cached'
import { cached } from 'landbridge/cached'
import { memory } from 'landbridge/memory'
import type { Store } from 'landbridge/store'
import type { VirtualClock } from 'landbridge/testing'
import { virtualClock } from 'landbridge/testing'
import { newSession } from './cached-records.ts'

type Method = 'read' | 'update' | 'renew' | 'attach' | 'revoke' | 'revokeAccount' | 'sweep'
type Moment = Method | `before ${Method}`

/** A store that does its work at once, counts its calls, and whose answers wait when a test wants that. */
export class Gated {
  readonly store: Store
  readonly calls: string[] = []
  readonly #held = new Map<string, PromiseWithResolvers<void>[]>()
  readonly #holding = new Set<string>()

  constructor(inner: Store = memory()) {
    const methods = (['read', 'update', 'renew', 'attach', 'revoke', 'revokeAccount', 'sweep'] as const).map((name) => [
      name,
      async (...args: unknown[]) => {
        this.calls.push(name)
        await this.#turn(`before ${name}`)
        const answer = await (inner[name] as (...given: unknown[]) => unknown)(...args)
        await this.#turn(name)
        return answer
      },
    ])
    this.store = { ...inner, ...(Object.fromEntries(methods) as Pick<Store, Method>) }
  }

  /** How often the store was read. */
  get reads(): number {
    return this.calls.filter((name) => name === 'read').length
  }

  /** From now on the calls of this method are carried out, and not answered; or, with `before`, not even carried out. */
  hold(name: Moment): void {
    this.#holding.add(name)
  }

  /** Answers one of the calls that wait, the oldest unless another is named, and those who waited for it go on. */
  async answer(name: Moment, which = 0): Promise<void> {
    this.#held.get(name)?.splice(which, 1)[0]?.resolve()
    await settle()
  }

  /** Nothing waits any more. */
  release(name: Moment): void {
    this.#holding.delete(name)
    for (const gate of this.#held.get(name)?.splice(0) ?? []) gate.resolve()
  }

  async #turn(name: string): Promise<void> {
    if (!this.#holding.has(name)) return
    const gate = Promise.withResolvers<void>()
    this.#held.set(name, [...(this.#held.get(name) ?? []), gate])
    await gate.promise
  }
}

/** Everything that is ready to go on goes on. */
export const settle = (): Promise<void> => setImmediate()

/** Both clocks of a near cache. */
export function twoClocks(): { readonly wall: VirtualClock; readonly ticks: VirtualClock; advance(ms: number): void } {
  const [wall, ticks] = [virtualClock(), virtualClock(0)]
  return {
    wall,
    ticks,
    advance(ms) {
      wall.advance(ms)
      ticks.advance(ms)
    },
  }
}

/** A near cache over a store that counts, with one session in it. */
export async function setUp(options: CachedOptions = {}) {
  const gated = new Gated()
  const clocks = twoClocks()
  const store = cached(gated.store, { clock: clocks.wall.now, monotonicClock: clocks.ticks.now, ...options })
  const session = newSession(clocks.wall.now())
  await store.create(session)
  return { gated, clocks, store, session, now: clocks.wall.now() }
}
