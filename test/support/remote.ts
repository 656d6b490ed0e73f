import type { Store } from 'landbridge'
import { memory } from 'landbridge/memory'
import { expect } from 'vitest'
import { wrapped } from './stores.ts'

type Method = Exclude<keyof Store, 'name'>

/** `up`: answers · `hangs`: takes calls and leaves them · `refuses`: fails each call, as where no server listens. */
type State = 'up' | 'hangs' | 'refuses'

/** A store behind a network, which can go down and come back. */
export class Remote {
  readonly calls: Method[] = []
  readonly store: Store
  /** May fail or hold up a call while the store is up; called with what the store was called with. */
  trouble: (method: Method, args: readonly unknown[]) => unknown = () => undefined
  #state: State = 'up'
  #left: (() => void)[] = []

  constructor(inner: Store = memory()) {
    this.store = wrapped(inner, (method, call, args) => this.#answer(method, call, args))
  }

  /** How many calls wait for an answer. */
  get waiting(): number {
    return this.#left.length
  }

  count(...methods: Method[]): number {
    return this.calls.filter((method) => methods.includes(method)).length
  }

  turn(state: State): void {
    this.#state = state
  }

  /** Answers what was left, as a process does that was stopped for a while. */
  answerLeft(): void {
    this.turn('up')
    for (const answer of this.#left.splice(0)) answer()
  }

  async #answer(method: Method, call: () => unknown, args: readonly unknown[]): Promise<unknown> {
    this.calls.push(method)
    await Promise.resolve()
    if (this.#state === 'refuses') throw new Error('connect ECONNREFUSED')
    if (this.#state === 'hangs') await this.#leave()
    await this.trouble(method, args)
    return call()
  }

  #leave(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#left.push(resolve)
    return promise
  }
}

/** Nothing was waited for. A machine that is busy with other things may hold up one answer in twenty, but none until a deadline. */
export function expectAtOnce(times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b)
  expect(sorted[Math.ceil(sorted.length * 0.95) - 1]).toBeLessThan(50)
  expect(sorted.at(-1)).toBeLessThan(500)
}
