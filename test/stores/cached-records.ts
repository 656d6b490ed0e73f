// Records for the tests of the near cache, live for an hour.
import { randomBytes } from 'node:crypto'
import type { Delta, NewSession, SecretHash, SessionId, StoredHandle, Successor } from 'landbridge/store'
import { ELMER, FUDD, HOUR } from './records.ts'

export { ELMER, FUDD } from './records.ts'

const KIN = 'cach'
export const newId = (): SessionId => (KIN + randomBytes(16).toString('base64url').slice(KIN.length)) as SessionId
const newHash = (): SecretHash => randomBytes(32).toString('base64url') as SecretHash

type Given = Partial<Omit<NewSession, 'handle'>> & { readonly handle?: Partial<StoredHandle> }

export function newSession(now: number, { handle, ...given }: Given = {}): NewSession {
  const session = { id: newId(), createdAt: now, expiresAt: now + HOUR, accounts: [], values: '', ...given }
  return { ...session, handle: newHandle(now, { scope: ELMER, ...handle }) }
}

export const newHandle = (now: number, given: Partial<StoredHandle> = {}): StoredHandle => ({
  scope: FUDD,
  hash: newHash(),
  createdAt: now,
  seenAt: now,
  expiresAt: now + HOUR,
  values: '',
  ...given,
})

export const newDelta = (now: number, changes: Record<string, string | null>, given: Partial<Delta> = {}): Delta => ({
  place: 'handle',
  changes: new Map(Object.entries(changes)),
  seenAt: now,
  expiresAt: now + HOUR,
  ...given,
})

export const newSuccessor = (now: number): Successor => ({
  id: newId(),
  createdAt: now,
  expiresAt: now + HOUR,
  accounts: [],
  handle: { hash: newHash(), createdAt: now, seenAt: now, expiresAt: now + HOUR },
  keepValues: true,
  traceUntil: now + 60_000,
  place: 'handle',
  changes: new Map(),
})
