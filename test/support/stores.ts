import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from 'landbridge'
import { memory } from 'landbridge/memory'
import { sqlite } from 'landbridge/sqlite'

type Method = Exclude<keyof Store, 'name'>

type AnyCall = (...args: unknown[]) => unknown

/** A store whose every call goes through `around` first: the public contract, seen from outside. */
export function wrapped(store: Store, around: (method: Method, call: () => unknown, args: readonly unknown[]) => unknown): Store {
  const names = (Object.keys(store) as (keyof Store)[]).filter((name) => name !== 'name')
  const methods = names.map((method) => [
    method,
    (...args: unknown[]) => around(method, () => (store[method] as AnyCall).apply(store, args), args),
  ])
  return { name: store.name, ...(Object.fromEntries(methods) as Omit<Store, 'name'>) }
}

/** Counts calls, and can delay or fail those of one kind. */
export class Watched {
  readonly calls: Method[] = []
  readonly store: Store
  #failing: ReadonlySet<Method> = new Set()
  #gate: { readonly methods: ReadonlySet<Method>; readonly open: Promise<void>; readonly reached: () => void } | null = null

  constructor(inner: Store = memory()) {
    this.store = wrapped(inner, (method, call) => {
      this.calls.push(method)
      if (this.#failing.has(method)) throw new Error('the system behind the store is down')
      if (!this.#gate?.methods.has(method)) return call()
      this.#gate.reached()
      return this.#gate.open.then(call)
    })
  }

  /** From now on these calls throw; called with nothing, none does. */
  fail(...methods: Method[]): void {
    this.#failing = new Set(methods)
  }

  /** From now on these calls wait, until `open` is called; `reached` resolves when the first one came. */
  hold(...methods: Method[]): { open(): void; readonly reached: Promise<void> } {
    const gate = Promise.withResolvers<void>()
    const reached = Promise.withResolvers<void>()
    this.#gate = { methods: new Set(methods), open: gate.promise, reached: reached.resolve }
    const open = (): void => {
      this.#gate = null
      gate.resolve()
    }
    return { open, reached: reached.promise }
  }
}

/** The stores that an attack is tried on; each call makes a fresh one. */
export const STORES: readonly { readonly name: string; make(): { store: Store; remove(): void } }[] = [
  { name: 'memory', make: () => ({ store: memory(), remove: () => undefined }) },
  {
    name: 'sqlite',
    make: () => {
      const { file, remove } = temporaryFile()
      return { store: sqlite(file), remove }
    },
  },
]

/** A path for a session file in a folder of its own. */
export function temporaryFile(): { file: string; folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'landbridge-test-'))
  return { file: join(folder, 'sessions.db'), folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * The cases that near caches of two processes do not keep: a change is seen there one message later, and that a handle was seen, which no
 * message tells, `maxStaleMs` later.
 */
export const ofOneMoment = (sentence: string): boolean => sentence.includes('have an order that explains every answer')
