/** How ids, accounts and keys stand in the columns of SQL databases: short, of one length, and different for different texts. */
import { hash } from 'node:crypto'
import type { SessionId } from '../core/store.ts'

/** The last character of an id holds two bits; another one with the same two bits would be another id for the same bytes. */
const CANONICAL = /[AQgw]$/

/** The 16 bytes of an id; `null` for one that no bytes are written as, which is nobody's. */
export const bytesOf = (id: SessionId): Buffer | null => (CANONICAL.test(id) ? Buffer.from(id, 'base64url') : null)

export function bytesOfNew(id: SessionId): Buffer {
  const bytes = bytesOf(id)
  if (bytes === null) throw new TypeError(`The id ${id} is not the base64url of 16 bytes.`)
  return bytes
}

export const idOf = (bytes: Buffer): SessionId => bytes.toString('base64url') as SessionId

/**
 * 64 bits for an account. Two accounts of the same bits stand on one list, and who reads it looks into the records. As JSON, ids with
 * lone surrogates stay different.
 */
export const accountKey = (account: string): Buffer => sha256(account).subarray(0, 8)

/** The accounts of a session: the first one stands in its own row. */
export function accountKeys(accounts: readonly string[]): { readonly first: Buffer | null; readonly others: readonly Buffer[] } {
  const [first, ...others] = [...new Set(accounts)].map(accountKey)
  return { first: first ?? null, others }
}

export const keptKey = (key: string): Buffer => sha256(key)

const sha256 = (text: string): Buffer => hash('sha256', JSON.stringify(text), 'buffer')
