import { randomBytes } from 'node:crypto'
import type { NewSession, Scope, SecretHash, SessionId } from 'landbridge/store'
import { applyChanges } from 'landbridge/store'

export const IDLE_MS = 30 * 60_000
const ABSOLUTE_MS = 14 * 86_400_000

/** A session that has just begun, with the content on its only handle; signed in when an account is given. */
export function newSession(content: object, account?: string): NewSession {
  const now = Date.now()
  const values = applyChanges('', new Map(Object.entries(content).map(([key, value]) => [key, JSON.stringify(value)])))
  const times = { createdAt: now, seenAt: now, expiresAt: now + IDLE_MS }
  return {
    id: randomBytes(16).toString('base64url') as SessionId,
    createdAt: now,
    expiresAt: now + ABSOLUTE_MS,
    accounts: account === undefined ? [] : [{ id: account, signedInAt: now }],
    values: '',
    handle: { scope: 'app.example.com' as Scope, hash: randomBytes(32).toString('base64url') as SecretHash, ...times, values },
  }
}
