/**
 * What one request knows of its session, and what it changed so far. The methods of a session work on it; each of them asks `find`
 * first, and goes through `change` before it changes anything.
 */
import type { Seen } from './bridge.ts'
import type { CarriedStore, Carrier } from './carried.ts'
import type { Pending } from './commit.ts'
import { LandbridgeError } from './errors.ts'
import type { EventDetails } from './events.ts'
import type { Identity } from './identify.ts'
import { writeCookieValue } from './handle.ts'
import { identify, NOBODY_KNOWN, OUTDATED } from './identify.ts'
import { SEEN_FRACTION } from './lifetime.ts'
import { rotationDue } from './rotation.ts'
import type { Live, Look, Recognised } from './recognise.ts'
import { recognise } from './recognise.ts'
import type { Inbound } from './request.ts'
import type { Context, Reach, Signals } from './session.ts'
import type { Place } from './topology.ts'
import type { MaybePromise, SessionId } from './types.ts'
import { isPromise } from './types.ts'

export class RequestState implements Look {
  readonly context: Context
  readonly place: Place
  readonly request: Inbound
  readonly seen: Seen
  readonly #signals: Signals | undefined
  /** Known of those that may bring a body, which takes its time: nobody asks who sends it before it is there. */
  readonly came: number | undefined
  /** Known once the store was asked; a destroyed session leaves nobody here. */
  found: Recognised | undefined = undefined
  #finding: Promise<Recognised> | undefined = undefined
  /** Whose session it is here, and the values as stored, without what is pending. */
  identity: Identity = NOBODY_KNOWN
  pending: Pending | null = null
  /** The id that the commit created or renewed the session under. */
  savedId: SessionId | null = null
  /** How far an ending reached that this request made. */
  ended: Reach | null = null
  /** The visitor signed out of this host alone, so that nothing silent brings him back. */
  left = false
  /** Accounts came, went or were switched, so that other hosts should look again. */
  stirred = false
  /** The store, where it keeps its records in the cookies of this request. */
  readonly #carried: CarriedStore | null
  #changed = false
  #sealed = false
  #saving = false

  constructor(context: Context, place: Place, request: Inbound, seen: Seen, signals: Signals | undefined) {
    this.#carried = context.carry?.(this.#carrierOf(place, request)) ?? null
    this.context = this.#carried === null ? context : { ...context, store: this.#carried }
    this.place = place
    this.request = request
    this.seen = seen
    this.#signals = signals
    this.came = request.method === 'GET' ? undefined : context.now()
  }

  get standing(): boolean | undefined {
    return this.#signals?.standing
  }

  get id(): SessionId | null {
    return this.savedId ?? this.found?.live?.session.id ?? null
  }

  get live(): Live | null {
    return this.found?.live ?? null
  }

  /** The values as stored, without what is pending. */
  get values(): string {
    return this.identity.values
  }

  setValues(values: string): void {
    this.identity = { ...this.identity, values }
  }

  /** Reads cookie and store, once. */
  find(): MaybePromise<Recognised> {
    if (this.found !== undefined) return this.found
    if (this.#finding) return this.#finding
    this.#signals?.touched?.()
    try {
      const found = recognise(this.context, this.place, this.request.header('cookie'), this)
      const settled = isPromise(found) ? found.then((each) => this.#identify(each)) : this.#identify(found)
      if (!isPromise(settled)) return settled
      this.#finding = settled
    } catch (error) {
      // A store that failed is not asked again by this request.
      this.#finding = failedWith(error)
    }
    return this.#finding
  }

  /** What the commit will do; from now on there is one to be done. */
  change(): Pending {
    this.assertOpen()
    return (this.pending ??= newPending())
  }

  assertOpen(): void {
    if (!this.#signalChange()) {
      throw new LandbridgeError('ERR_HEADERS_SENT', 'The session was changed after the head of the response had left.', {
        hint: 'Change the session before the first write to the response: a cookie can no longer be set, and the change would be lost.',
      })
    }
  }

  /** Whether the commit has something to store, or only has to say that the response varies, or nothing at all; later changes throw. */
  seal(): 'save' | 'vary' | 'nothing' {
    const sealed = this.#sealed
    this.#sealed = true
    if (sealed || (this.found === undefined && this.#finding === undefined && !this.#changed)) return 'nothing'
    return this.#changed ? 'save' : 'vary'
  }

  /** Runs the commit's own calls of the store, which alone may still change what travels in cookies. */
  async save<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#saving = true
    try {
      return await call()
    } finally {
      this.#saving = false
    }
  }

  /** The cookies that carry the record, where the store keeps it in them. */
  carriedCookies(): readonly string[] {
    return this.#carried?.cookies() ?? []
  }

  #carrierOf({ scope, cookie }: Place, request: Inbound): Carrier {
    return { header: request.header('cookie') ?? '', scope, cookie, changing: () => this.#saving || this.assertOpen() }
  }

  emit(event: EventDetails): void {
    this.context.emit(this.place.host, event)
  }

  #identify(found: Recognised): MaybePromise<Recognised> {
    if (found.live === null) return this.#settle(found, null)
    const identity = identify(this.context, this.place, found.live)
    return isPromise(identity) ? identity.then((each) => this.#settle(found, each)) : this.#settle(found, identity)
  }

  #settle(found: Recognised, identity: Identity | null): Recognised {
    const { live, strays } = found
    this.identity = identity ?? NOBODY_KNOWN
    const opens = identity !== null && identity !== OUTDATED
    // The cookie of a session that is out of date came beside the sign-in that made it so, perhaps: see `refuseLatecomer`.
    const refused = identity === OUTDATED && live !== null ? [writeCookieValue({ id: live.session.id, secret: live.secret })] : []
    this.found = live !== null && !opens ? { live: null, strays, refused } : found
    if (opens && live !== null) {
      const { now: clock, lifetime } = this.context
      const now = clock()
      const seen = now - live.handle.seenAt >= lifetime.idleMs * SEEN_FRACTION
      const rotation = rotationDue(live.session, live.handle, live.old !== undefined, lifetime, now)
      // A late first read, after the head left, cannot hold the response back: then this visit goes unrecorded.
      if ((seen || rotation !== null) && this.#signalChange()) (this.pending ??= newPending()).rotation = rotation
    }
    if (strays) this.#signalChange()
    return this.found
  }

  /** Tells the adapter, once, that a commit has to come before the head. `false` when it is too late for one. */
  #signalChange(): boolean {
    if (this.#sealed) return false
    return (this.#changed ||= this.#signals?.changed?.() ?? true)
  }
}

const newPending = (): Pending => ({
  changes: new Map(),
  fresh: null,
  accounts: null,
  signedIn: null,
  dropValues: false,
  changedPasswords: [],
  rotation: null,
})

const failedWith = async (error: unknown): Promise<never> => {
  throw error
}
