/**
 * A session with its successors, as the contract tells of it: written anew from the comments in `core/store.ts`, with nothing of what
 * the stores are made of, so that a fault which they share is a difference here.
 */
import { isDeepStrictEqual } from 'node:util'
import type {
  Account,
  Changes,
  Delta,
  Expectation,
  NewSession,
  Scope,
  SecretHash,
  SessionId,
  StoredHandle,
  ValuesPlace,
} from '../../core/store.ts'
import type { Operation } from './history.ts'
import type { Model } from './linearize.ts'

/** In the order in which they were last set. */
type Values = readonly (readonly [key: string, json: string])[]

interface HandleState {
  readonly hash: SecretHash
  readonly createdAt: number
  readonly seenAt: number
  readonly expiresAt: number
  readonly values: Values
}

interface LiveState {
  readonly createdAt: number
  readonly expiresAt: number
  readonly accounts: readonly Account[]
  readonly values: Values
  readonly handles: Readonly<Record<Scope, HandleState>>
}

/** What stands under an id: nothing, a session, or the trace of one, which names the successor. */
type Entry = LiveState | { readonly successor: SessionId }
type State = Readonly<Record<SessionId, Entry>>
type Step = { readonly state: State; readonly answer: unknown }
type Of<Method extends Operation['method']> = Extract<Operation, { method: Method }>

export function sessionModel(created: NewSession): Model<State, Operation> {
  const { id, handle, createdAt, expiresAt, accounts } = created
  const { scope, values: _, ...first } = handle
  // A history begins with empty values.
  const session: LiveState = {
    createdAt,
    expiresAt,
    accounts,
    values: [],
    handles: { [scope]: { ...first, values: [] } },
  }
  return {
    start: { [id]: session },
    step,
    keyOf: (state) => JSON.stringify(state, inOrder),
    agrees: (given, modelled) => isDeepStrictEqual(comparable(given), comparable(modelled)),
  }
}

function step(state: State, operation: Operation): Step {
  switch (operation.method) {
    case 'read':
      return { state, answer: read(state, operation) }
    case 'update':
      return update(state, operation)
    case 'renew':
      return renew(state, operation)
    case 'attach':
      return attach(state, operation)
    case 'revoke':
      return revoke(state, operation)
    case 'wasRenewed':
      return { state, answer: isTrace(state[operation.id]) }
    case 'handlesOf':
      return { state, answer: handlesOf(state, operation) }
    case 'put':
    case 'take':
      throw new TypeError(`A session has no ${operation.method}.`)
  }
}

function read(state: State, { id, scope }: Of<'read'>): unknown {
  const found = live(state, id)
  if (found === undefined) return null
  const { createdAt, expiresAt, accounts, values, handles } = found
  const handle = handles[scope]
  return {
    id,
    createdAt,
    expiresAt,
    accounts,
    values: textOf(values),
    handle: handle === undefined ? null : { ...handle, scope, values: textOf(handle.values) },
  }
}

function handlesOf(state: State, { id }: Of<'handlesOf'>): unknown {
  const handles = Object.entries(live(state, id)?.handles ?? {}) as [Scope, HandleState][]
  return handles.map(([scope, handle]) => ({ ...handle, scope, values: textOf(handle.values) }))
}

function update(state: State, { id, scope, delta }: Of<'update'>): Step {
  const found = live(state, id)
  const handle = found?.handles[scope]
  if (found === undefined || handle === undefined) return { state, answer: 'gone' }
  const before = at(found, handle, delta.place)
  const isAsExpected = delta.expectValues === undefined || delta.expectValues === textOf(before)
  if (!isAsExpected || !holds(before, delta.expect)) return { state, answer: 'conflict' }
  const after = changed(before, delta.changes)
  const { hash = handle.hash, seenAt, expiresAt } = delta
  const visited: HandleState = { ...handle, hash, seenAt, expiresAt, values: delta.place === 'handle' ? after : handle.values }
  const handles = { ...found.handles, [scope]: visited, ...alsoSeen(found, delta.alsoSeen, delta) }
  return { state: { ...state, [id]: { ...found, values: delta.place === 'session' ? after : found.values, handles } }, answer: 'saved' }
}

function alsoSeen(
  found: LiveState,
  scope: Scope | undefined,
  { seenAt, expiresAt }: Pick<Delta, 'seenAt' | 'expiresAt'>,
): Record<string, HandleState> {
  const handle = scope === undefined ? undefined : found.handles[scope]
  if (scope === undefined || handle === undefined) return {}
  return { [scope]: { ...handle, seenAt, expiresAt: Math.max(expiresAt, handle.expiresAt) } }
}

function renew(state: State, { id, scope, next }: Of<'renew'>): Step {
  const found = live(state, id)
  const handle = found?.handles[scope]
  if (found === undefined || handle === undefined) return { state, answer: 'gone' }
  if (!holds(at(found, handle, next.place), next.expect)) return { state, answer: 'conflict' }
  const of = (place: ValuesPlace): Values => {
    const kept = next.keepValues ? at(found, handle, place) : []
    return place === next.place ? changed(kept, next.changes) : kept
  }
  const { hash, createdAt, seenAt, expiresAt } = next.handle
  const session: LiveState = {
    createdAt: next.createdAt,
    expiresAt: next.expiresAt,
    accounts: next.accounts,
    values: of('session'),
    handles: { [scope]: { hash, createdAt, seenAt, expiresAt, values: of('handle') } },
  }
  return { state: { ...state, [id]: { successor: next.id }, [next.id]: session }, answer: 'saved' }
}

function attach(state: State, { id, through, handle: given, issuedAt, expect }: Of<'attach'>): Step {
  const found = live(state, id)
  const { scope, values: _, ...handle } = given
  if (found?.handles[through] === undefined || !holds(found.values, expect)) return { state, answer: 'gone' }
  const there = found.handles[scope]
  if (there !== undefined && there.createdAt >= issuedAt) return { state, answer: 'kept' }
  const handles = { ...found.handles, ...alsoSeen(found, through, handle), [scope]: { ...handle, values: [] } }
  return { state: { ...state, [id]: { ...found, handles } }, answer: 'attached' }
}

function revoke(state: State, operation: Of<'revoke'>): Step {
  const { id, scope } = operation
  const entry = state[id]
  if (entry === undefined) return { state, answer: false }
  if ('successor' in entry) return revoke(state, { ...operation, id: entry.successor })
  const left = Object.fromEntries(Object.entries(entry.handles).filter(([each]) => scope !== undefined && each !== scope))
  if (Object.keys(left).length === Object.keys(entry.handles).length) return { state, answer: false }
  const { [id]: __, ...others } = state
  return { state: Object.keys(left).length === 0 ? others : { ...state, [id]: { ...entry, handles: left } }, answer: true }
}

const isTrace = (entry: Entry | undefined): boolean => entry !== undefined && 'successor' in entry

function live(state: State, id: SessionId): LiveState | undefined {
  const entry = state[id]
  return entry === undefined || 'successor' in entry ? undefined : entry
}

const at = (session: LiveState, handle: HandleState, place: ValuesPlace): Values => (place === 'session' ? session.values : handle.values)

const holds = (values: Values, expected: readonly Expectation[] = []): boolean =>
  expected.every(({ key, json }) => (values.find(([each]) => each === key)?.[1] ?? null) === json)

function changed(values: Values, changes: Changes): Values {
  const kept = new Map(values)
  for (const [key, json] of changes) {
    kept.delete(key)
    if (json !== null) kept.set(key, json)
  }
  return [...kept]
}

/** Values as a store keeps them. */
const textOf = (values: Values): string => values.map(([key, json]) => `\n${JSON.stringify(key)}:${json}`).join('')

/** Handles come in no particular order. */
function comparable(answer: unknown): unknown {
  return Array.isArray(answer) ? (answer as StoredHandle[]).toSorted((a, b) => (a.scope < b.scope ? -1 : 1)) : answer
}

/** For JSON: members of an object in the order of their names; in a list the order counts. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
