import type { Delta, NewSession, Scope, SecretHash, SessionId } from 'landbridge/store'

export const ELMER = 'elmer.acme.example' as Scope
export const FUDD = 'fudd.acme.example' as Scope
export const HOUR = 3_600_000

/** A session whose id begins with the name; live for an hour unless another end is given. */
export function session(
  name: string,
  { account, expiresAt = Date.now() + HOUR }: { account?: string; expiresAt?: number } = {},
): NewSession {
  const now = Date.now()
  const handle = { scope: ELMER, hash: `${'h'.repeat(42)}g` as SecretHash, createdAt: now, seenAt: now, expiresAt, values: '' }
  const accounts = account === undefined ? [] : [{ id: account, signedInAt: now }]
  return { id: name.padEnd(22, '_') as SessionId, createdAt: now, expiresAt, accounts, values: '', handle }
}

export function delta(changes: Record<string, string | null>): Delta {
  return { place: 'handle', changes: new Map(Object.entries(changes)), seenAt: Date.now(), expiresAt: Date.now() + HOUR }
}
