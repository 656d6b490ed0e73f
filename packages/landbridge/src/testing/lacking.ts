/** What a reduced store says it cannot do is refused by a clear error, and never half done. */
import assert from 'node:assert/strict'
import type { Store, StoreLack } from '../core/store.ts'
import { HOUR, newId } from './records.ts'

export const lacks = (store: Store, lack: StoreLack): boolean => store.lacks?.includes(lack) ?? false

export async function assertRefuses(store: Store, lack: StoreLack, now: number): Promise<void> {
  for (const call of REFUSED[lack](store, now)) await assert.rejects(async () => call(), { code: 'ERR_STORE_INCAPABLE' })
}

const REFUSED: Record<StoreLack, (store: Store, now: number) => readonly (() => unknown)[]> = {
  take: (store, now) => [() => store.put(newId(), 'value', now + HOUR, now), () => store.take(newId(), now)],
  // Within one process such a store keeps the whole contract, and two processes are more than a case can have.
  'atomicity-across-processes': () => [],
  accounts: (store, now) => [() => store.sessionsOf(newId(), now), () => store.revokeAccount(newId())],
}
