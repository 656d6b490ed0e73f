/** Records for the cases: complete, random where a store must not depend on the value, and live for an hour. */
import { randomBytes } from 'node:crypto'
import type { Account, Changes, Delta, NewSession, Scope, SecretHash, SessionId, StoredHandle, Successor } from '../core/store.ts'
import { applyChanges, KINSHIP } from '../core/store.ts'

export const HOUR = 3_600_000

/** The scopes that the cases speak of. */
export const ELMER = 'elmer.acme.example' as Scope
export const FUDD = 'fudd.acme.example' as Scope

/** The ids of one run begin alike, as those of a session and of its successors do. */
const KIN = randomBytes(KINSHIP).toString('base64url').slice(0, KINSHIP)
export const newId = (): SessionId => (KIN + randomBytes(16).toString('base64url').slice(KINSHIP)) as SessionId
const newHash = (): SecretHash => randomBytes(32).toString('base64url') as SecretHash
export const newAccount = (now: number): Account => ({ id: `account-${newId()}`, signedInAt: now })

export const changing = (values: Record<string, string | null>): Changes => new Map(Object.entries(values))
export const textOf = (values: Record<string, string>): string => applyChanges('', changing(values))

export function newSession(
  now: number,
  { handle, ...given }: Partial<Omit<NewSession, 'handle'>> & { handle?: Partial<StoredHandle> } = {},
): NewSession {
  const session = { id: newId(), createdAt: now, expiresAt: now + HOUR, accounts: [], values: '', ...given }
  return {
    ...session,
    handle: newHandle(now, { scope: ELMER, ...handle }),
  }
}

/** A handle for a further scope. */
export function newHandle(now: number, given: Partial<StoredHandle> = {}): StoredHandle {
  return { scope: FUDD, hash: newHash(), createdAt: now, seenAt: now, expiresAt: now + HOUR, values: '', ...given }
}

export function newDelta(now: number, changes: Record<string, string | null>, given: Partial<Delta> = {}): Delta {
  return { place: 'handle', changes: changing(changes), seenAt: now, expiresAt: now + HOUR, ...given }
}

export function newSuccessor(now: number, given: Partial<Successor> = {}): Successor {
  return {
    id: newId(),
    createdAt: now,
    expiresAt: now + HOUR,
    accounts: [],
    handle: { hash: newHash(), createdAt: now, seenAt: now, expiresAt: now + HOUR },
    keepValues: true,
    traceUntil: now + 60_000,
    place: 'handle',
    changes: changing({}),
    ...given,
  }
}
