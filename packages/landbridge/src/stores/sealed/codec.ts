/**
 * A session with one handle as bytes: what is sealed into cookies. Every byte counts four thirds there, so it is no JSON.
 *
 *   format 1 · times and epoch, 6 × 8 · hash 32 · number of accounts 1 · each: time 8, epoch 8, length 2, id, length 2, anything else
 *   it has, as JSON · length 4, values · values of the handle
 */
import type { LiveRead } from '../../core/records.ts'
import type { Scope, SecretHash, SessionId, StoredAccount } from '../../core/types.ts'

/** A session as it travels: with the epochs that it was sealed in. */
export interface Travelling {
  readonly session: LiveRead
  /** The epoch of everybody, and of each account in its order, when the session was last known to be good. */
  readonly epochs: readonly number[]
}

const FORMAT = 2
const HASH_BYTES = 32
const TIMES_AT = 1
const HASH_AT = TIMES_AT + 6 * 8
const COUNT_AT = HASH_AT + HASH_BYTES
const FIXED_BYTES = COUNT_AT + 1
const ACCOUNT_BYTES = 8 + 8 + 2
const REST_BYTES = 2

export function encode({ session, epochs }: Travelling): Buffer {
  const { handle, accounts } = session
  const ids = accounts.map(({ id }) => Buffer.from(id))
  const rests = accounts.map(restOf)
  const values = Buffer.from(session.values)
  const own = Buffer.from(handle.values)
  const accountBytes = ids.reduce((sum, id, i) => sum + ACCOUNT_BYTES + id.length + REST_BYTES + rests[i]!.length, 0)
  const length = FIXED_BYTES + accountBytes + 4 + values.length + own.length
  const bytes = Buffer.alloc(length)
  bytes[0] = FORMAT
  const times = [session.createdAt, session.expiresAt, handle.createdAt, handle.seenAt, handle.expiresAt, epochs[0] ?? 0]
  times.forEach((time, i) => bytes.writeDoubleBE(time, TIMES_AT + 8 * i))
  bytes.write(handle.hash, HASH_AT, HASH_BYTES, 'base64url')
  bytes[COUNT_AT] = accounts.length
  let at = FIXED_BYTES
  ids.forEach((id, i) => {
    bytes.writeDoubleBE(accounts[i]!.signedInAt, at)
    bytes.writeDoubleBE(epochs[i + 1] ?? 0, at + 8)
    bytes.writeUInt16BE(id.length, at + 16)
    at += ACCOUNT_BYTES + id.copy(bytes, at + ACCOUNT_BYTES)
    at = bytes.writeUInt16BE(rests[i]!.length, at)
    at += rests[i]!.copy(bytes, at)
  })
  at = bytes.writeUInt32BE(values.length, at)
  own.copy(bytes, at + values.copy(bytes, at))
  return bytes
}

/** Whatever an account has beside its id and time; empty where there is nothing. */
function restOf(account: StoredAccount): Buffer {
  const { id: _id, signedInAt: _signedInAt, ...rest } = account
  return Buffer.from(Object.keys(rest).length === 0 ? '' : JSON.stringify(rest))
}

/** What was sealed, as the session with this id and its handle for this scope; `null` for another format. */
export function decode(bytes: Buffer, id: SessionId, scope: Scope): Travelling | null {
  if (bytes[0] !== FORMAT) return null
  const time = (i: number): number => bytes.readDoubleBE(TIMES_AT + 8 * i)
  const hash = bytes.toString('base64url', HASH_AT, COUNT_AT) as SecretHash
  const accounts: StoredAccount[] = []
  const epochs = [time(5)]
  let at = FIXED_BYTES
  for (let left = bytes[COUNT_AT]!; left > 0; left--) {
    const end = at + ACCOUNT_BYTES + bytes.readUInt16BE(at + 16)
    const rest = bytes.toString('utf8', end + REST_BYTES, end + REST_BYTES + bytes.readUInt16BE(end))
    const account = { id: bytes.toString('utf8', at + ACCOUNT_BYTES, end), signedInAt: bytes.readDoubleBE(at) }
    accounts.push(rest === '' ? account : { ...account, ...(JSON.parse(rest) as object) })
    epochs.push(bytes.readDoubleBE(at + 8))
    at = end + REST_BYTES + bytes.readUInt16BE(end)
  }
  const end = at + 4 + bytes.readUInt32BE(at)
  const handle = { scope, hash, createdAt: time(2), seenAt: time(3), expiresAt: time(4), values: bytes.toString('utf8', end) }
  const session = { id, createdAt: time(0), expiresAt: time(1), accounts, values: bytes.toString('utf8', at + 4, end), handle }
  return { session, epochs }
}
