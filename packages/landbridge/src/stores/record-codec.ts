/**
 * One session with its handles as one binary record, for stores that keep records whole.
 *
 * ```text
 * kind 1 · revision 4 · created 6 · expires Δ · accounts n · account* · values text · handle*
 * account = id text · signed in Δ · anything else it has, as JSON text
 * handle  = scope text · hash 32 · created Δ · seen Δ · expires Δ · values text
 * trace   = kind 1 · revision 4 · until 6 · successor's id 22
 * ```
 * A text is its length in bytes and what `pack` makes of it. Lengths and differences of times (Δ: to one that stands before it) are numbers
 * of variable size, seven bits to a byte. A handle costs some 40 bytes and the name of its scope.
 */
import type { StoredAccount, Scope, SecretHash, SessionId, StoredHandle, StoredSession, StoreRead } from '../core/store.ts'
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
const MINUTE = 60_000
const POSITIVE = 0
const NEGATIVE = 1
const IN_MINUTES = 2
/** More than lies between two times that fit into `TIME` bytes: so far off are those of a damaged record alone. */
const LARGEST = 2 ** 48
const ANONYMOUS: readonly StoredAccount[] = []

/**
 * The bytes that tell one state of a record from every other: a compare-and-swap compares them. They are random, because a server that
 * loses its last writes, as a failover does, would count the same numbers again.
 */
export const revisionOf = (bytes: Buffer): Buffer => bytes.subarray(REVISION_AT, HEAD)

export function encodeSession({ session, handles }: SessionRecord): Buffer {
  const writer = new Writer(SESSION)
  writer.time(session.createdAt)
  writer.number(session.expiresAt - session.createdAt)
  writer.length(session.accounts.length)
  for (const { id, signedInAt, ...rest } of session.accounts) {
    writer.text(JSON.stringify(id))
    writer.number(signedInAt - session.createdAt)
    writer.text(Object.keys(rest).length === 0 ? '' : JSON.stringify(rest))
  }
  writer.text(session.values)
  for (const { scope, hash, createdAt, seenAt, expiresAt, values } of handles) {
    writer.text(scope)
    writer.hash(hash)
    writer.number(createdAt - session.createdAt)
    writer.number(seenAt - createdAt)
    writer.number(expiresAt - seenAt)
    writer.text(values)
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
  return { id, createdAt, expiresAt, accounts: accountsOf(reader, createdAt), values: reader.text() }
}

/** Ids are JSON, because as UTF-8 all lone surrogates would be the same. */
function accountsOf(reader: Reader, base: number): readonly StoredAccount[] {
  let left = reader.length()
  if (left === 0) return ANONYMOUS
  const accounts: StoredAccount[] = []
  // No room is made for as many as a damaged record says: it ends before.
  for (; left > 0; left--) {
    const id = JSON.parse(reader.text()) as string
    const signedInAt = base + reader.number()
    const rest = reader.text()
    accounts.push({ id, signedInAt, ...(rest === '' ? {} : (JSON.parse(rest) as object)) })
  }
  return accounts
}

function handleOf(reader: Reader, scope: Scope, base: number): StoredHandle {
  const hash = reader.hash()
  const createdAt = base + reader.number()
  const seenAt = createdAt + reader.number()
  const expiresAt = seenAt + reader.number()
  return { scope, hash, createdAt, seenAt, expiresAt, values: reader.text() }
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

  /** The two lowest bits say what it counts. */
  number(): number {
    const value = this.length()
    const count = Math.floor(value / 4) * (value % 4 === IN_MINUTES ? MINUTE : 1)
    if (!(count < LARGEST)) throw new RangeError('the record is damaged')
    return value % 4 === NEGATIVE ? -count : count
  }

  text(): string {
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
    // Nobody gains by guessing it, so it need not come from the system's generator.
    this.#bytes.writeUInt32BE(Math.floor(Math.random() * 2 ** 32), REVISION_AT)
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  time(time: number): void {
    const at = this.#room(TIME)
    this.#bytes.writeUIntBE(time, at, TIME)
  }

  /** Lifetimes are whole minutes as a rule. */
  number(value: number): void {
    if (value < 0) this.length(-value * 4 + NEGATIVE)
    else if (value > 0 && value % MINUTE === 0) this.length((value / MINUTE) * 4 + IN_MINUTES)
    else this.length(value * 4 + POSITIVE)
  }

  text(text: string): void {
    const packed = pack(text)
    this.length(packed.length)
    const at = this.#room(packed.length)
    packed.copy(this.#bytes, at)
  }

  hash(hash: SecretHash): void {
    const at = this.#room(HASH)
    this.#bytes.write(hash, at, 'base64url')
  }

  id(id: SessionId): void {
    const at = this.#room(ID)
    this.#bytes.write(id, at, 'latin1')
  }

  length(value: number): void {
    if (!Number.isSafeInteger(value)) throw new RangeError('A time of the session is no whole number of milliseconds.')
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
