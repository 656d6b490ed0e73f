/**
 * One session with its handles as one binary record, for stores that keep records whole.
 *
 * ```text
 * kind 1 · revision 4 · created 6 · expires Δ · accounts text · values text · handle*
 * handle = scope text · hash 32 · created Δ · seen Δ · expires Δ · values text
 * trace  = kind 1 · revision 4 · until 6 · successor's id 22
 * ```
 * A text is its length in bytes and its UTF-8. Lengths and differences (Δ: to the time before it, positive or negative) are numbers of
 * variable size, seven bits to a byte. A handle costs some 45 bytes and the name of its scope.
 */
import { randomFillSync } from 'node:crypto'
import type { Account, Scope, SecretHash, SessionId, StoredHandle, StoredSession, StoreRead } from '../core/store.ts'
import { pack, unpack } from './packed-text.ts'

/** A session that a record holds. */
export interface SessionRecord {
  readonly session: StoredSession
  readonly handles: readonly StoredHandle[]
}

/** What a renewal leaves under the old id. */
export interface TraceRecord {
  readonly successor: SessionId
  readonly until: number
}

const SESSION = 1
const TRACE = 2
const REVISION_AT = 1
const HEAD = 5
const TIME = 6
const HASH = 32
const ID = 22
const ANONYMOUS: readonly Account[] = []

/**
 * The bytes that tell one state of a record from every other: a compare-and-swap compares them. They are random, because a server that
 * loses its last writes, as a failover does, would count the same numbers again.
 */
export const revisionOf = (bytes: Buffer): Buffer => bytes.subarray(REVISION_AT, HEAD)

export function encodeSession({ session, handles }: SessionRecord): Buffer {
  const accounts = session.accounts.length === 0 ? '' : JSON.stringify(session.accounts)
  const writer = new Writer(SESSION)
  writer.time(session.createdAt)
  writer.number(session.expiresAt - session.createdAt)
  writer.text(pack(accounts))
  writer.text(pack(session.values))
  for (const { scope, hash, createdAt, seenAt, expiresAt, values } of handles) {
    writer.text(scope)
    writer.hash(hash)
    writer.number(createdAt - session.createdAt)
    writer.number(seenAt - createdAt)
    writer.number(expiresAt - seenAt)
    writer.text(pack(values))
  }
  return writer.bytes()
}

export function encodeTrace({ successor, until }: TraceRecord): Buffer {
  const writer = new Writer(TRACE)
  writer.time(until)
  writer.id(successor)
  return writer.bytes()
}

/** What a record holds; `null` when it is damaged: nobody is signed in by guesswork. */
export function decode(bytes: Buffer, id: SessionId): SessionRecord | TraceRecord | null {
  if (bytes[0] === TRACE) return bytes.length === HEAD + TIME + ID ? traceOf(bytes) : null
  return reading(bytes, (reader) => {
    const session = sessionOf(reader, id)
    const handles: StoredHandle[] = []
    while (!reader.ended()) handles.push(handleOf(reader, reader.text() as Scope, session.createdAt))
    return { session, handles }
  })
}

/** A session and the handle of one scope; `null` when the record is a trace, or damaged. */
export function decodeFor(bytes: Buffer, id: SessionId, scope: Scope): StoreRead | null {
  return reading(bytes, (reader) => {
    const session = sessionOf(reader, id)
    while (!reader.ended()) {
      const found = reader.text() as Scope
      if (found === scope) return { ...session, handle: handleOf(reader, found, session.createdAt) }
      skipHandle(reader)
    }
    return { ...session, handle: null }
  })
}

const traceOf = (bytes: Buffer): TraceRecord => ({
  until: bytes.readUIntBE(HEAD, TIME),
  successor: bytes.toString('latin1', HEAD + TIME) as SessionId,
})

function reading<Result>(bytes: Buffer, read: (reader: Reader) => Result): Result | null {
  if (bytes[0] !== SESSION) return null
  try {
    return read(new Reader(bytes))
  } catch {
    return null
  }
}

function sessionOf(reader: Reader, id: SessionId): StoredSession {
  const createdAt = reader.time()
  const expiresAt = createdAt + reader.number()
  const accounts = reader.packed()
  return { id, createdAt, expiresAt, accounts: accounts === '' ? ANONYMOUS : (JSON.parse(accounts) as Account[]), values: reader.packed() }
}

function handleOf(reader: Reader, scope: Scope, base: number): StoredHandle {
  const hash = reader.hash()
  const createdAt = base + reader.number()
  const seenAt = createdAt + reader.number()
  const expiresAt = seenAt + reader.number()
  return { scope, hash, createdAt, seenAt, expiresAt, values: reader.packed() }
}

function skipHandle(reader: Reader): void {
  reader.skip(HASH)
  for (let times = 0; times < 3; times++) reader.number()
  reader.skip(reader.length())
}

class Reader {
  readonly #bytes: Buffer
  #at = HEAD

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  ended(): boolean {
    return this.#at >= this.#bytes.length
  }

  time(): number {
    const time = this.#bytes.readUIntBE(this.#at, TIME)
    this.#at += TIME
    return time
  }

  length(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new RangeError('the record is cut off')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }

  /** Zigzag: the lowest bit is the sign. */
  number(): number {
    const value = this.length()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  text(): string {
    const length = this.length()
    const start = this.#at
    this.skip(length)
    return length === 0 ? '' : this.#bytes.toString('utf8', start, this.#at)
  }

  packed(): string {
    const length = this.length()
    this.skip(length)
    return unpack(this.#bytes, this.#at - length, this.#at)
  }

  hash(): SecretHash {
    const start = this.#at
    this.skip(HASH)
    return this.#bytes.toString('base64url', start, this.#at) as SecretHash
  }

  skip(length: number): void {
    this.#at += length
    if (this.#at > this.#bytes.length) throw new RangeError('the record is cut off')
  }
}

class Writer {
  #bytes = Buffer.allocUnsafe(512)
  #at = HEAD

  constructor(kind: number) {
    this.#bytes[0] = kind
    randomFillSync(this.#bytes, REVISION_AT, HEAD - REVISION_AT)
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  time(time: number): void {
    const at = this.#room(TIME)
    this.#bytes.writeUIntBE(time, at, TIME)
  }

  number(value: number): void {
    this.#length(value < 0 ? -2 * value - 1 : 2 * value)
  }

  text(text: string): void {
    const length = Buffer.byteLength(text)
    this.#length(length)
    const at = this.#room(length)
    this.#bytes.write(text, at)
  }

  hash(hash: SecretHash): void {
    const at = this.#room(HASH)
    this.#bytes.write(hash, at, 'base64url')
  }

  id(id: SessionId): void {
    const at = this.#room(ID)
    this.#bytes.write(id, at, 'latin1')
  }

  #length(value: number): void {
    let left = value
    for (; left > 127; left = Math.floor(left / 128)) this.#byte((left % 128) + 128)
    this.#byte(left)
  }

  #byte(value: number): void {
    const at = this.#room(1)
    this.#bytes[at] = value
  }

  /** Where the next `length` bytes go. The bytes may have moved afterwards. */
  #room(length: number): number {
    const start = this.#at
    this.#at += length
    if (this.#at > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], Math.max(this.#at, this.#bytes.length * 2))
    return start
  }
}
