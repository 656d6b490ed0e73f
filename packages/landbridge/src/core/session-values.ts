/** The values of a session: read, set, and updated without losing what a concurrent request did. */
import { setTimeout as pause } from 'node:timers/promises'
import { accountChanged, ended, updateLive } from './commit.ts'
import { checkedKey, checkSize, isOwnKey, jsonOf } from './entry.ts'
import { LandbridgeError, show } from './errors.ts'
import type { Live } from './recognise.ts'
import { valuesAt } from './records.ts'
import type { RequestState } from './request-state.ts'
import type { Changes, Outcome, StoreRead } from './store.ts'
import type { MaybePromise } from './types.ts'
import { isPromise } from './types.ts'
import { applyChanges, entriesOf, valueOf } from './values.ts'

const UPDATE_TRIES = 64

/** The value under a key as this request sees it; `find` has been awaited. */
export const readValue = (state: RequestState, key: string): unknown => parse(state, key, jsonAt(state, key))

/** All values of the application, without those that flash. */
export function readAll(state: RequestState): Record<string, unknown> {
  const values = state.pending === null ? state.values : applyChanges(state.values, state.pending.changes)
  const visible = entriesOf(values, () => corrupt(state, '')).filter(([key]) => isOwnKey(key))
  const readable = visible.map(([key, json]) => [key, parse(state, key, json)] as const).filter(([, value]) => value !== undefined)
  // fromEntries defines own properties, so a key named __proto__ is data like any other.
  return Object.fromEntries(readable)
}

export function putValue(state: RequestState, key: string, json: string | null): void {
  state.change().changes.set(key, json)
}

/** The value of a flash key, which is removed with this request. */
export async function takeValue(state: RequestState, key: string): Promise<unknown> {
  await state.find()
  const json = jsonAt(state, key)
  if (json !== null) putValue(state, key, null)
  return parse(state, key, json)
}

/** Compare-and-swap, tried again while other requests come in between. */
export async function updateValue(state: RequestState, key: string, change: (value: unknown) => unknown): Promise<unknown> {
  checkedKey(key)
  if (state.found === undefined) await state.find()
  for (let tries = 0; tries < UPDATE_TRIES; tries++) {
    const current = jsonAt(state, key)
    const value = change(parse(state, key, current))
    const json = jsonOf(key, value)
    const live = storedIn(state, key)
    if (live === null) {
      putValue(state, key, json)
      return value
    }
    const swapped = swap(state, live, key, current, json)
    if (isPromise(swapped) ? await swapped : swapped) return value
    if (tries > 2 && isPromise(swapped)) await pause(Math.random() * tries)
  }
  throw new LandbridgeError('ERR_STORE_CONFLICT', `The value ${show(key)} changed under each of ${UPDATE_TRIES} tries to update it.`, {
    hint: 'Too many requests update one key of one session at once. Spread them over several keys.',
  })
}

/** The JSON text under a key as this request sees it. */
function jsonAt({ pending, values }: RequestState, key: string): string | null {
  const changed = pending?.changes.get(key)
  return changed === undefined ? valueOf(values, key) : changed
}

function parse(state: RequestState, key: string, json: string | null): unknown {
  if (json === null) return undefined
  try {
    return JSON.parse(json)
  } catch {
    corrupt(state, key)
    return undefined
  }
}

function corrupt(state: RequestState, key: string): void {
  if (state.id !== null) state.emit({ type: 'session.corrupt', session: state.id, key })
}

/** The session in whose record a key's value can be changed at once; `null` when the value is pending in this request. */
const storedIn = ({ live, pending }: RequestState, key: string): Live | null => (pending?.fresh || pending?.changes.has(key) ? null : live)

/** One try of a compare-and-swap: `true` when it was saved; after a conflict the values are as the store has them now. */
function swap(state: RequestState, live: Live, key: string, current: string | null, json: string): MaybePromise<boolean> {
  const changes = new Map([[key, json]])
  checkSize(applyChanges(state.values, changes), state.values)
  const outcome = updateLive(state.context, state.place, live, { changes, expect: [...state.identity.guard, { key, json: current }] })
  return isPromise(outcome) ? outcome.then((each) => swapped(state, live, each, changes)) : swapped(state, live, outcome, changes)
}

function swapped(state: RequestState, live: Live, outcome: Outcome, changes: Changes): MaybePromise<boolean> {
  if (outcome === 'gone') throw ended(state.context, state.place, live.session.id)
  if (outcome === 'conflict') return refresh(state, live)
  // To the values as they are now: another update of this request may have come in between.
  state.setValues(applyChanges(state.values, changes))
  return true
}

/** Reads the values again. An in-process store answers at once, so no other request comes between this and the next try. */
export function refresh(state: RequestState, live: Live): MaybePromise<false> {
  const { context, place } = state
  const take = (read: StoreRead | null): false => {
    if (!read?.handle) throw ended(context, place, live.session.id)
    state.setValues(valuesAt(read, read.handle, place.values))
    if (state.identity.guard.some(({ key, json }) => valueOf(state.values, key) !== json)) throw accountChanged()
    return false
  }
  const read = context.store.read(live.session.id, place.scope)
  return isPromise(read) ? read.then(take) : take(read)
}
