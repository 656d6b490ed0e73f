import { randomBytes } from 'node:crypto'
import type { Delta, NewSession, SecretHash, SessionId, StoredHandle, Successor } from 'landbridge/store'
import { ELMER, FUDD, HOUR } from './records.ts'

export { ELMER, FUDD, HOUR } from './records.ts'

const newId = (): SessionId => randomBytes(16).toString('base64url') as SessionId
const newHash = (): SecretHash => randomBytes(32).toString('base64url') as SecretHash

export function newHandle(now: number, given: Partial<StoredHandle> = {}): StoredHandle {
  return { scope: FUDD, hash: newHash(), createdAt: now, seenAt: now, expiresAt: now + HOUR, values: '', ...given }
}

export function newSession(
  now: number,
  { handle, ...given }: Partial<Omit<NewSession, 'handle'>> & { handle?: Partial<StoredHandle> } = {},
): NewSession {
  const session = { id: newId(), createdAt: now, expiresAt: now + HOUR, accounts: [], values: '', ...given }
  return { ...session, handle: newHandle(now, { scope: ELMER, ...handle }) }
}

export function newDelta(now: number, changes: Record<string, string | null>): Delta {
  return { place: 'handle', changes: new Map(Object.entries(changes)), seenAt: now, expiresAt: now + HOUR }
}

export function newSuccessor(now: number, given: Partial<Successor> = {}): Successor {
  const handle = { hash: newHash(), createdAt: now, seenAt: now, expiresAt: now + HOUR }
  const rest = { keepValues: true, place: 'handle' as const, changes: new Map(), traceUntil: now + 60_000 }
  return { id: newId(), createdAt: now, expiresAt: now + HOUR, accounts: [], handle, ...rest, ...given }
}
