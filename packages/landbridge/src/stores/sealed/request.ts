/**
 * The store of one request whose sessions travel in its cookies. What the cookies hold is opened at the first read, changed in memory by
 * the same functions that other stores use, and sealed again when the commit asks for the cookies.
 *
 * Invariants:
 * 1. A record opens only for the session id, the scope and the cookie name that it was sealed for. The id comes from the handle's cookie,
 *    and the handle's secret is in there alone: the core compares its hash with the record's, as with any store.
 * 2. Nothing is written unless a commit can still send it.
 * 3. A save sets the record's cookies and never the handle's. So a late save of a session that was signed out of, or replaced, brings
 *    nothing back in a browser: its record lies there without the secret that opens it.
 */
import type { CarriedStore, Carrier } from '../../core/carried.ts'
import { LandbridgeError } from '../../core/errors.ts'
import type { LiveRead } from '../../core/records.ts'
import { afterDelta, isLive, successorOf } from '../../core/records.ts'
import type { Attachment, Delta, ListedSession, NewSession, Outcome, Store, StoredHandle, StoreRead, Successor } from '../../core/store.ts'
import type { MaybePromise, Scope, SecretHash, SessionId } from '../../core/types.ts'
import { isPromise } from '../../core/types.ts'
import { CHUNK_SIZE, chunkedTexts, clearOthers, firstPieces, setChunks } from './chunks.ts'
import type { Travelling } from './codec.ts'
import { decode, encode } from './codec.ts'
import { begunNow, inEpoch } from './epochs.ts'
import type { Seal } from './seal.ts'

export interface Sealing {
  readonly seal: Seal
  readonly chunks: number
  readonly hasEpochs: boolean
}

export class SealedRequest implements CarriedStore {
  readonly name = 'sealed-cookie'
  readonly #sealing: Sealing
  readonly #carrier: Carrier
  readonly #kept: Store
  /** What was opened or written, by id; `null` is what did not open, or ended. */
  readonly #records = new Map<SessionId, Travelling | null>()
  /** The session whose pieces do not belong together. */
  #torn: SessionId | null = null
  /** What has to be sent. */
  #written: { readonly id: SessionId; readonly plain: Buffer } | null = null
  #changed = false

  constructor(sealing: Sealing, carrier: Carrier, kept: Store) {
    this.#sealing = sealing
    this.#carrier = carrier
    this.#kept = kept
  }

  read(id: SessionId, scope: Scope): MaybePromise<StoreRead | null> {
    if (scope !== this.#carrier.scope) return null
    const known = this.#records.get(id)
    if (known !== undefined) return known?.session ?? null
    const found = this.#open(id)
    if (found === null || !this.#sealing.hasEpochs) return this.#remember(id, found)
    const checked = inEpoch(this.#kept, found)
    return isPromise(checked) ? checked.then((each) => this.#remember(id, each)) : this.#remember(id, checked)
  }

  create(session: NewSession): MaybePromise<void> {
    this.#carrier.changing()
    const record = this.#begun(session)
    return isPromise(record) ? record.then((each) => this.#write(each)) : this.#write(record)
  }

  update(id: SessionId, scope: Scope, delta: Delta, now: number): Outcome {
    const before = this.#live(id, scope, now, delta.expectHash)
    if (before === null) return 'gone'
    const after = afterDelta(before.session, delta)
    if (after === null) return 'conflict'
    this.#carrier.changing()
    this.#write({ ...before, session: after })
    return 'saved'
  }

  renew(id: SessionId, scope: Scope, next: Successor, now: number): MaybePromise<Outcome> {
    const before = this.#live(id, scope, now, next.expectHash)
    if (before === null) return 'gone'
    const successor = successorOf(before.session, scope, next)
    if (successor === null) return 'conflict'
    this.#carrier.changing()
    const record = this.#begun(successor)
    return isPromise(record) ? record.then((each) => this.#succeed(before, each)) : this.#succeed(before, record)
  }

  /** Of what is in this browser, and in this request: nothing else can be reached. */
  revoke(id: SessionId, scope?: Scope): boolean {
    if ((this.#records.get(id) ?? null) === null || (scope ?? this.#carrier.scope) !== this.#carrier.scope) return false
    this.#carrier.changing()
    this.#end(id)
    return true
  }

  attach(): Attachment {
    return 'gone'
  }

  /**
   * A browser may send a request between two of the cookies that one response sets: some pieces are then those of the state before. It
   * opens nothing, and must not start a session in place of the one that is whole a moment later.
   */
  wasRenewed(id: SessionId): boolean {
    return this.#torn === id
  }

  handlesOf(id: SessionId): readonly StoredHandle[] {
    const record = this.#records.get(id) ?? null
    return record === null ? [] : [record.session.handle]
  }

  put(key: string, value: string, expiresAt: number, now: number): MaybePromise<void> {
    return this.#kept.put(key, value, expiresAt, now)
  }

  take(key: string, now: number): MaybePromise<string | null> {
    return this.#kept.take(key, now)
  }

  sessionsOf(accountId: string, now: number): MaybePromise<readonly ListedSession[]> {
    return this.#kept.sessionsOf(accountId, now)
  }

  revokeAccount(accountId: string, except?: SessionId): MaybePromise<number> {
    return this.#kept.revokeAccount(accountId, except)
  }

  sweep(now: number, limit: number): MaybePromise<number> {
    return this.#kept.sweep(now, limit)
  }

  ping(): MaybePromise<void> {
    return this.#kept.ping()
  }

  close(): MaybePromise<void> {
    return this.#kept.close()
  }

  cookies(): readonly string[] {
    if (!this.#changed) return []
    const { header, cookie } = this.#carrier
    const written = this.#written
    const set = written === null ? [] : setChunks(cookie, written.id, this.#sealing.seal.seal(written.plain, this.#purpose(written.id)))
    this.#changed = false
    return [...set, ...clearOthers(header, cookie, set)]
  }

  #open(id: SessionId): Travelling | null {
    const { header, cookie, scope } = this.#carrier
    for (const text of chunkedTexts(header, cookie, id)) {
      const plain = this.#sealing.seal.open(text, this.#purpose(id))
      if (plain !== null) return decode(plain, id, scope)
    }
    if (firstPieces(header, cookie, id).some((piece) => this.#sealing.seal.isBegun(piece))) this.#torn = id
    return null
  }

  /** What a seal is good for. None of the parts holds a space. */
  #purpose(id: SessionId): string {
    return `${this.#carrier.scope} ${this.#carrier.cookie.name} ${id}`
  }

  #remember(id: SessionId, found: Travelling | null): StoreRead | null {
    this.#records.set(id, found)
    return found?.session ?? null
  }

  #live(id: SessionId, scope: Scope, now: number, expectHash?: SecretHash): Travelling | null {
    const record = this.#records.get(id) ?? null
    return record !== null && scope === this.#carrier.scope && isLive(record.session, now, expectHash) ? record : null
  }

  #begun(session: LiveRead): MaybePromise<Travelling> {
    return this.#sealing.hasEpochs ? begunNow(this.#kept, session) : { session, epochs: [] }
  }

  #succeed(before: Travelling, successor: Travelling): MaybePromise<Outcome> {
    const settle = (still: Travelling | null): Outcome => {
      if (still === null) return 'gone'
      this.#write(successor, still)
      this.#records.set(still.session.id, null)
      return 'saved'
    }
    // Asked again, and after the numbers of the successor were: what ended since it was opened has none, what ends from now on ends both.
    const checked = this.#sealing.hasEpochs ? inEpoch(this.#kept, before) : before
    return isPromise(checked) ? checked.then(settle) : settle(checked)
  }

  #end(id: SessionId): void {
    this.#records.set(id, null)
    if (this.#written?.id === id) this.#written = null
    this.#changed = true
  }

  #write(record: Travelling, before: Travelling | null = this.#records.get(record.session.id) ?? null): void {
    const { id } = record.session
    const plain = encode(record)
    const { seal, chunks } = this.#sealing
    const size = seal.lengthOf(plain.length)
    if (size > chunks * CHUNK_SIZE && (before === null || plain.length > encode(before).length)) throw tooLarge(size, chunks)
    this.#records.set(id, record)
    this.#written = { id, plain }
    this.#changed = true
  }
}

/** What does not grow passes, or a session from before the limit was lowered could not even shrink. */
function tooLarge(size: number, chunks: number): LandbridgeError {
  return new LandbridgeError(
    'ERR_COOKIE_TOO_LARGE',
    `Sealed, the session would take ${size} characters of cookies; the limit is ${chunks * CHUNK_SIZE}.`,
    {
      hint:
        'Keep what is large in a database of the application, and only its key in the session. With chunks: 4 there is room for twice the ' +
        'default, if every proxy on the way takes request headers of 16 kB. Or use a store on the server.',
    },
  )
}
