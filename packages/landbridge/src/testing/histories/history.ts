import type { Delta, Expectation, Scope, SessionId, Store, StoredHandle, Successor } from '../../core/store.ts'

/** One call of a store, as data. */
export type Operation =
  | { readonly method: 'read'; readonly id: SessionId; readonly scope: Scope }
  | { readonly method: 'update'; readonly id: SessionId; readonly scope: Scope; readonly delta: Delta }
  | { readonly method: 'renew'; readonly id: SessionId; readonly scope: Scope; readonly next: Successor }
  | {
      readonly method: 'attach'
      readonly id: SessionId
      readonly through: Scope
      readonly handle: StoredHandle
      readonly issuedAt: number
      readonly expect: readonly Expectation[]
    }
  | { readonly method: 'revoke'; readonly id: SessionId; readonly scope: Scope | undefined }
  | { readonly method: 'wasRenewed'; readonly id: SessionId }
  | { readonly method: 'handlesOf'; readonly id: SessionId }
  | { readonly method: 'put'; readonly key: string; readonly value: string }
  | { readonly method: 'take'; readonly key: string }

/** A call with its answer. `invoked` and `answered` are places in the order in which the clients saw them. */
export interface Call {
  readonly client: number
  readonly operation: Operation
  readonly invoked: number
  /** `Infinity`: it failed, so that it may have happened, at that time or at any later one, or never. */
  readonly answered: number
  readonly answer: unknown
}

const READING: ReadonlySet<Operation['method']> = new Set(['read', 'handlesOf', 'wasRenewed'])

/** How long a kept value of a history is good for, in milliseconds. */
const KEPT_MS = 3_600_000

/** Makes the call. The time stands still: what expires, and when, is checked elsewhere. */
export function perform(store: Store, operation: Operation, now: number): unknown {
  switch (operation.method) {
    case 'read':
      return store.read(operation.id, operation.scope)
    case 'update':
      return store.update(operation.id, operation.scope, operation.delta, now)
    case 'renew':
      return store.renew(operation.id, operation.scope, operation.next, now)
    case 'attach':
      return store.attach(operation.id, operation.through, operation.handle, operation.issuedAt, now, operation.expect)
    case 'revoke':
      return store.revoke(operation.id, operation.scope)
    case 'wasRenewed':
      return store.wasRenewed(operation.id, now)
    case 'handlesOf':
      return store.handlesOf(operation.id)
    case 'put':
      return store.put(operation.key, operation.value, now + KEPT_MS, now)
    case 'take':
      return store.take(operation.key, now)
  }
}

/** Writes down calls as the clients make them and see their answers. */
export class Recorder {
  readonly calls: Call[] = []
  /** How many calls failed that may have changed something. */
  failed = 0
  #moment = 0

  /** `tolerant`: a call that fails is written down as one that may have happened. Otherwise its error is passed on. */
  async record(client: number, operation: Operation, call: () => unknown, tolerant: boolean): Promise<unknown> {
    const invoked = this.#moment++
    try {
      const answer: unknown = await call()
      this.calls.push({ client, operation, invoked, answered: this.#moment++, answer })
      return answer
    } catch (error) {
      if (!tolerant) throw error
      if (!READING.has(operation.method)) this.failed++
      this.calls.push({ client, operation, invoked, answered: Infinity, answer: undefined })
      return undefined
    }
  }
}
