/**
 * One request's view of its session: what the application reads, and what it changed so far.
 *
 * Invariants, each held here or by the store's contract:
 * 1. Nothing is read before the application asks, and the store is read once per request, however often it asks.
 * 2. A cookie is honoured only for the scope that it was made for: the handle is looked up by session id and scope.
 * 3. Changes are per key. They reach the store in one call at `commit`, before the head of the response leaves.
 * 4. A save never revives: what was ended meanwhile answers `gone`, and the late request learns it.
 * 5. A refused cookie ends nothing; it is not even cleared, for a late refusal could clear the cookie of a newer sign-in.
 *
 *   unread --read--> none | live      none --set, signIn--> created at commit
 *   live --set--> updated at commit   live --renew, signIn--> renewed at commit   live --destroy--> none, at once
 */
import { setTimeout as pause } from 'node:timers/promises'
import { checkedAccountId } from './account.ts'
import type { AccountInfo } from './accounts.ts'
import { ACCOUNTS_LIMIT, accountTagOf, ACTIVE_KEY, choiceKey, choicesOf, removalsOf } from './accounts.ts'
import type { Claims, Seen } from './bridge.ts'
import type { Pending } from './commit.ts'
import { accountChanged, ended, savePending, updateLive } from './commit.ts'
import { clearCookie, clearStrayCookies, setCookie } from './cookie.ts'
import { makeCsrfToken, verifyCsrfToken } from './csrf-token.ts'
import { checkedKey, checkSize, flashKey, isOwnKey, jsonOf } from './entry.ts'
import { LandbridgeError, show } from './errors.ts'
import type { EventDetails } from './events.ts'
import { mintHandle, writeCookieValue } from './handle.ts'
import type { ResponseHeaders } from './headers.ts'
import { sendCookies, varyByCookie } from './headers.ts'
import { isLocalhost } from './host.ts'
import type { Identity } from './identify.ts'
import { accountInfos, identify, NOBODY_KNOWN, notAtHub } from './identify.ts'
import { idleEnd, SEEN_FRACTION } from './lifetime.ts'
import type { Live, Recognised } from './recognise.ts'
import { recognise } from './recognise.ts'
import { valuesAt } from './records.ts'
import type { Inbound } from './request.ts'
import { mintScripts } from './script-tickets.ts'
import type { Context, HandleInfo, Reach, Session, Signals, SignInTarget } from './session.ts'
import { signInTargetOf } from './sign-in-target.ts'
import type { Changes, Outcome, StoreRead } from './store.ts'
import type { Place } from './topology.ts'
import type { Account, Host, MaybePromise, SessionId } from './types.ts'
import { isPromise } from './types.ts'
import { cookiesAfter } from './traces.ts'
import { applyChanges, entriesOf, valueOf } from './values.ts'
import { visitOf } from './visit.ts'

const UPDATE_TRIES = 64

export class RequestSession<Data extends object> implements Session<Data> {
  readonly #context: Context
  readonly #place: Place
  readonly #request: Inbound
  readonly #seen: Seen
  readonly #signals: Signals | undefined
  /** Known once the store was asked; a destroyed session leaves nobody here. */
  #found: Recognised | undefined = undefined
  #finding: Promise<Recognised> | undefined = undefined
  /** Whose session it is here, and the values as stored, without what is pending. */
  #identity: Identity = NOBODY_KNOWN
  #pending: Pending | null = null
  /** The id that the commit created or renewed the session under. */
  #savedId: SessionId | null = null
  /** How far an ending reached that this request made. */
  #ended: Reach | null = null
  /** Something happened that other hosts should look for. */
  #stirred = false
  #changed = false
  #sealed = false

  constructor(context: Context, place: Place, request: Inbound, seen: Seen, signals: Signals | undefined) {
    this.#context = context
    this.#place = place
    this.#request = request
    this.#seen = seen
    this.#signals = signals
  }

  get host(): Host {
    return this.#place.host
  }

  get id(): SessionId | null {
    return this.#savedId ?? this.#found?.live?.session.id ?? null
  }

  async account(): Promise<Account | null> {
    if (this.#found === undefined) await this.#find()
    return this.#pending?.accounts?.[0] ?? this.#identity.account
  }

  async claims(): Promise<Claims | null> {
    if (this.#found === undefined) await this.#find()
    return this.#identity.claims
  }

  async accounts(): Promise<readonly AccountInfo[]> {
    const { live } = this.#found ?? (await this.#find())
    const pending = this.#pending?.accounts
    if (pending) return pending.map((account, i) => ({ ...account, active: i === 0, expired: false }))
    return live === null ? [] : accountInfos(this.#context, this.#place, live, this.#identity)
  }

  async get<Key extends keyof Data & string>(key: Key): Promise<Data[Key] | undefined> {
    if (this.#found === undefined) await this.#find()
    return this.#parse(key, this.#json(key)) as Data[Key] | undefined
  }

  async all(): Promise<Partial<Data>> {
    if (this.#found === undefined) await this.#find()
    const values = this.#pending === null ? this.#values : applyChanges(this.#values, this.#pending.changes)
    const visible = entriesOf(values, () => this.#corrupt('')).filter(([key]) => isOwnKey(key))
    const readable = visible.map(([key, json]) => [key, this.#parse(key, json)] as const).filter(([, value]) => value !== undefined)
    // fromEntries defines own properties, so a key named __proto__ is data like any other.
    return Object.fromEntries(readable) as Partial<Data>
  }

  set<Key extends keyof Data & string>(key: Key, value: Data[Key]): void {
    this.#put(checkedKey(key), jsonOf(key, value))
  }

  unset(key: keyof Data & string): void {
    this.#put(checkedKey(key), null)
  }

  async update<Key extends keyof Data & string>(key: Key, change: (value: Data[Key] | undefined) => Data[Key]): Promise<Data[Key]> {
    checkedKey(key)
    if (this.#found === undefined) await this.#find()
    for (let tries = 0; tries < UPDATE_TRIES; tries++) {
      const current = this.#json(key)
      const value = change(this.#parse(key, current) as Data[Key] | undefined)
      const json = jsonOf(key, value)
      const live = this.#storedIn(key)
      if (live === null) {
        this.#put(key, json)
        return value
      }
      const swapped = this.#swap(live, key, current, json)
      if (isPromise(swapped) ? await swapped : swapped) return value
      if (tries > 2 && isPromise(swapped)) await pause(Math.random() * tries)
    }
    throw new LandbridgeError('ERR_STORE_CONFLICT', `The value ${show(key)} changed under each of ${UPDATE_TRIES} tries to update it.`, {
      hint: 'Too many requests update one key of one session at once. Spread them over several keys.',
    })
  }

  flash(key: string, value: unknown): void
  flash(key: string): Promise<unknown>
  flash(key: string, ...value: [unknown?]): Promise<unknown> | void {
    const name = flashKey(key)
    if (value.length > 0) return this.#put(name, jsonOf(key, value[0]))
    return this.#takeFlash(name)
  }

  async signIn(account: { readonly id: string }): Promise<void> {
    this.#assertIssuer('signIn')
    await this.#enter(checkedAccountId(account?.id, 'signIn'), [])
  }

  async addAccount(account: { readonly id: string }): Promise<void> {
    this.#assertIssuer('addAccount')
    const id = checkedAccountId(account?.id, 'addAccount')
    const others = (await this.#signedIn()).filter((each) => each.id !== id)
    if (others.length >= ACCOUNTS_LIMIT) {
      throw new LandbridgeError('ERR_TOO_MANY_ACCOUNTS', `This browser has ${ACCOUNTS_LIMIT} accounts already.`, {
        hint: 'Remove one with removeAccount first.',
      })
    }
    await this.#enter(id, others)
  }

  async switchAccount(id: string): Promise<boolean> {
    this.#assertIssuer('switchAccount')
    const target = (await this.accounts()).find((account) => account.id === id && !account.expired)
    if (target === undefined || target.active) return target !== undefined
    const live = this.#found?.live ?? null
    if (this.#pending?.accounts || live === null) return this.#reorder(id)
    const switched = new Map<string, string | null>(removalsOf(this.#values))
    await this.#writeAtOnce(live, switched.set(ACTIVE_KEY, JSON.stringify({ id, at: this.#context.now() })))
    this.#emit({ type: 'account.switched', session: live.session.id, account: id })
    return true
  }

  async chooseAccount(host: string, id: string | null): Promise<boolean> {
    if (this.#place.span?.role !== 'hub') throw notAtHub('chooseAccount')
    const { live } = this.#found ?? (await this.#find())
    const spoke = await this.#context.locate(host)
    if (live === null || spoke === null || spoke === 'malformed' || spoke.span?.bridge !== this.#place.span.bridge) return false
    if (id !== null && !live.session.accounts.some((account) => account.id === id)) return false
    await this.#writeAtOnce(live, new Map([[choiceKey(spoke.host), id === null ? null : JSON.stringify(id)]]))
    return true
  }

  async removeAccount(id: string): Promise<void> {
    this.#assertIssuer('removeAccount')
    const before = await this.account()
    const accounts = await this.#signedIn()
    const left = accounts.filter((account) => account.id !== id)
    if (left.length === accounts.length) return
    if (left.length === 0) return this.signOut()
    const pending = this.#change()
    if (before?.id === id) this.#dropValues(pending)
    pending.fresh ??= mintHandle()
    pending.accounts = left
    this.#stirred = true
    if (this.id !== null) this.#emit({ type: 'account.removed', session: this.id, account: id })
  }

  async accountTag(): Promise<string> {
    return accountTagOf(this.#place.scope, (await this.account())?.id ?? null)
  }

  async requireAccount(tag: unknown): Promise<void> {
    if (tag !== (await this.accountTag())) throw accountChanged()
  }

  signInTarget(): SignInTarget | null {
    const visit = visitOf(this.#context, this.#place, this.#request, this.#seen)
    return visit && signInTargetOf(visit)
  }

  async scriptUrls(): Promise<readonly string[]> {
    const visit = visitOf(this.#context, this.#place, this.#request, this.#seen)
    const { live } = this.#found ?? (await this.#find())
    return visit === null || live === null ? [] : mintScripts(visit, live, this.#identity.account)
  }

  async signOut(reach: Reach = 'everywhere'): Promise<void> {
    const account = await this.account()
    if (account === null) return
    const session = this.id
    await this.destroy(reach)
    // Signed in by this very request, nothing was stored yet and nobody was told.
    if (session !== null) this.#emit({ type: 'account.signed-out', session, account: account.id })
  }

  async renew(): Promise<void> {
    const { live } = this.#found ?? (await this.#find())
    if (live !== null) this.#change().fresh ??= mintHandle()
  }

  async destroy(reach: Reach = 'everywhere'): Promise<void> {
    const { live, strays } = this.#found ?? (await this.#find())
    const scope = reach === 'here' && this.#place.span?.role !== 'hub' ? this.#place.scope : undefined
    if (live !== null) this.#assertOpen()
    const ended = live !== null && (await this.#context.store.revoke(live.session.id, scope))
    this.#pending = null
    this.#identity = NOBODY_KNOWN
    if (live === null) return
    this.#found = { live: null, strays, refused: [] }
    this.#ended = scope === undefined ? 'everywhere' : 'here'
    if (ended) this.#emit({ type: 'session.ended', session: live.session.id, scope: scope ?? null })
  }

  /** Whether a cookie opened a session here, anonymous or signed in. */
  async isLive(): Promise<boolean> {
    const { live } = this.#found ?? (await this.#find())
    return live !== null
  }

  async handles(): Promise<readonly HandleInfo[]> {
    const { live } = this.#found ?? (await this.#find())
    if (live === null) return []
    const handles = await this.#context.store.handlesOf(live.session.id)
    return handles.map(({ scope, createdAt, seenAt, expiresAt }) => {
      return { scope, createdAt, seenAt, expiresAt, current: scope === this.#place.scope }
    })
  }

  async expiresAt(): Promise<number | null> {
    const { live } = this.#found ?? (await this.#find())
    if (this.#pending === null) return live?.handle.expiresAt ?? null
    const { lifetime } = this.#context
    const now = this.#context.now()
    const end = live === null || this.#pending.signedIn ? now + lifetime.absoluteMs : live.session.expiresAt
    return idleEnd(lifetime, now, end)
  }

  async csrfToken(): Promise<string> {
    const { live } = this.#found ?? (await this.#find())
    const secret = this.#pending?.fresh?.secret ?? live?.secret ?? (this.#change().fresh = mintHandle()).secret
    return makeCsrfToken(secret, this.#place.scope)
  }

  async checkCsrfToken(token: string): Promise<boolean> {
    const { live } = this.#found ?? (await this.#find())
    return live !== null && verifyCsrfToken(token, live.secret, this.#place.scope)
  }

  /**
   * Stores what is pending, then writes `Vary`, cookies and cache headers. Throws, with no header written, when the store fails
   * or the session ended meanwhile: the response must not go out as if it had been saved. Later changes throw.
   */
  commit(headers: ResponseHeaders): MaybePromise<void> {
    const sealed = this.#sealed
    this.#sealed = true
    if (sealed || (this.#found === undefined && this.#finding === undefined && !this.#changed)) return
    if (this.#changed) return this.#save(headers)
    varyByCookie(headers)
  }

  async #save(headers: ResponseHeaders): Promise<void> {
    const found = this.#found ?? (await this.#find())
    const { host, cookie } = this.#place
    const fresh = this.#pending === null ? null : await savePending(this.#context, this.#place, found, this.#identity, this.#pending)
    const cookies = found.strays ? clearStrayCookies(cookie, host, this.#request.path) : []
    if (fresh !== null) cookies.push(setCookie(cookie, writeCookieValue(fresh)))
    else if (this.#ended !== null) cookies.push(clearCookie(cookie))
    cookies.push(...this.#crossingCookies())
    this.#savedId = fresh?.id ?? null
    varyByCookie(headers)
    sendCookies(headers, cookies)
    if (fresh !== null && !this.#seen.encrypted && !isLocalhost(host)) this.#emit({ type: 'cookie.insecure-transport' })
  }

  /** What other hosts may learn of it, and what holds this one back. */
  #crossingCookies(): string[] {
    const visit = visitOf(this.#context, this.#place, this.#request, this.#seen)
    if (visit === null) return []
    const signedIn = this.#pending?.signedIn !== null && this.#pending !== null
    return cookiesAfter(visit, { signedIn, stirred: this.#stirred, ended: this.#ended })
  }

  #find(): MaybePromise<Recognised> {
    if (this.#finding) return this.#finding
    this.#signals?.touched?.()
    try {
      const found = recognise(this.#context, this.#place, this.#request.header('cookie'))
      const settled = isPromise(found) ? found.then((each) => this.#identify(each)) : this.#identify(found)
      if (!isPromise(settled)) return settled
      this.#finding = settled
    } catch (error) {
      // A store that failed is not asked again by this request.
      this.#finding = failedWith(error)
    }
    return this.#finding
  }

  #identify(found: Recognised): MaybePromise<Recognised> {
    if (found.live === null) return this.#settle(found, null)
    const identity = identify(this.#context, this.#place, found.live)
    return isPromise(identity) ? identity.then((each) => this.#settle(found, each)) : this.#settle(found, identity)
  }

  #settle(found: Recognised, identity: Identity | null): Recognised {
    const { live, strays } = found
    this.#identity = identity ?? NOBODY_KNOWN
    this.#found = identity === null && live !== null ? { live: null, strays, refused: [] } : found
    if (identity !== null && live !== null) {
      const seen = this.#context.now() - live.handle.seenAt >= this.#context.lifetime.idleMs * SEEN_FRACTION
      // A late first read, after the head left, cannot hold the response back: then this visit goes unrecorded.
      if (seen && this.#signalChange()) this.#pending ??= newPending()
    }
    if (strays) this.#signalChange()
    return this.#found
  }

  /** The JSON text under a key as this request sees it. */
  #json(key: string): string | null {
    const pending = this.#pending?.changes.get(key)
    return pending === undefined ? valueOf(this.#values, key) : pending
  }

  #parse(key: string, json: string | null): unknown {
    if (json === null) return undefined
    try {
      return JSON.parse(json)
    } catch {
      this.#corrupt(key)
      return undefined
    }
  }

  #corrupt(key: string): void {
    if (this.id !== null) this.#emit({ type: 'session.corrupt', session: this.id, key })
  }

  #put(key: string, json: string | null): void {
    this.#change().changes.set(key, json)
  }

  async #takeFlash(name: string): Promise<unknown> {
    if (this.#found === undefined) await this.#find()
    const json = this.#json(name)
    if (json !== null) this.#put(name, null)
    return this.#parse(name, json)
  }

  /** The session in whose record a key's value can be changed at once; `null` when the value is pending in this request. */
  #storedIn(key: string): Live | null {
    const live = this.#found?.live ?? null
    return this.#pending?.fresh || this.#pending?.changes.has(key) ? null : live
  }

  /** One try of a compare-and-swap: `true` when it was saved; after a conflict the values are as the store has them now. */
  #swap(live: Live, key: string, current: string | null, json: string): MaybePromise<boolean> {
    const changes = new Map([[key, json]])
    checkSize(applyChanges(this.#values, changes), this.#values)
    const outcome = updateLive(this.#context, this.#place, live, changes, [...this.#identity.guard, { key, json: current }])
    return isPromise(outcome) ? outcome.then((each) => this.#swapped(live, each, changes)) : this.#swapped(live, outcome, changes)
  }

  #swapped(live: Live, outcome: Outcome, changes: Changes): MaybePromise<boolean> {
    if (outcome === 'gone') throw ended(this.#context, this.#place, live.session.id)
    if (outcome === 'conflict') return this.#refresh(live)
    // To the values as they are now: another update of this request may have come in between.
    this.#setValues(applyChanges(this.#values, changes))
    return true
  }

  /** Reads the values again. An in-process store answers at once, so no other request comes between this and the next try. */
  #refresh(live: Live): MaybePromise<false> {
    const take = (read: StoreRead | null): false => {
      if (!read?.handle) throw ended(this.#context, this.#place, live.session.id)
      this.#setValues(valuesAt(read, read.handle, this.#place.values))
      if (this.#identity.guard.some(({ key, json }) => valueOf(this.#values, key) !== json)) throw accountChanged()
      return false
    }
    const read = this.#context.store.read(live.session.id, this.#place.scope)
    return isPromise(read) ? read.then(take) : take(read)
  }

  /** Signs an account in beside others: at the commit, with all that a renewal does. */
  async #enter(id: string, others: readonly Account[]): Promise<void> {
    const before = await this.account()
    const pending = this.#change()
    if (before !== null && before.id !== id) this.#dropValues(pending)
    // What this very request minted before, for a CSRF token, nobody has seen yet.
    pending.fresh ??= mintHandle()
    pending.signedIn = { id, signedInAt: this.#context.now() }
    pending.accounts = [pending.signedIn, ...others]
    this.#stirred = true
  }

  /** Another person's values must not reach this account, neither the stored ones nor those set earlier in this request. */
  #dropValues(pending: Pending): void {
    pending.dropValues = true
    pending.changes.clear()
    for (const [key, json] of choicesOf(this.#values)) pending.changes.set(key, json)
    this.#identity = { ...NOBODY_KNOWN, account: this.#identity.account }
  }

  /** The accounts of this browser as the commit will store them. */
  async #signedIn(): Promise<readonly Account[]> {
    const { live } = this.#found ?? (await this.#find())
    return this.#pending?.accounts ?? live?.session.accounts ?? []
  }

  /** A switch among accounts that this very request signed in. */
  #reorder(id: string): boolean {
    const pending = this.#change()
    const accounts = pending.accounts ?? []
    pending.accounts = accounts.toSorted((a, b) => Number(b.id === id) - Number(a.id === id))
    pending.changes.clear()
    return true
  }

  /** Changes of the accounts take effect at once, so that a request beside this one cannot undo them. */
  async #writeAtOnce(live: Live, changes: Changes): Promise<void> {
    this.#assertOpen()
    const outcome = await updateLive(this.#context, this.#place, live, changes, this.#identity.guard)
    if (outcome === 'gone') throw ended(this.#context, this.#place, live.session.id)
    if (outcome === 'conflict') throw accountChanged()
    this.#stirred = true
    this.#pending?.changes.clear()
    const values = applyChanges(this.#values, changes)
    const { session, handle } = live
    const now = this.#place.values === 'session' ? { session: { ...session, values } } : { handle: { ...handle, values } }
    this.#identity = (await identify(this.#context, this.#place, { ...live, ...now })) ?? NOBODY_KNOWN
  }

  #assertIssuer(method: string): void {
    if (this.#place.span?.role === 'spoke') throw notAtHub(method)
  }

  get #values(): string {
    return this.#identity.values
  }

  #setValues(values: string): void {
    this.#identity = { ...this.#identity, values }
  }

  #change(): Pending {
    this.#assertOpen()
    return (this.#pending ??= newPending())
  }

  #assertOpen(): void {
    if (!this.#signalChange()) {
      throw new LandbridgeError('ERR_HEADERS_SENT', 'The session was changed after the head of the response had left.', {
        hint: 'Change the session before the first write to the response: a cookie can no longer be set, and the change would be lost.',
      })
    }
  }

  /** Tells the adapter, once, that a commit has to come before the head. `false` when it is too late for one. */
  #signalChange(): boolean {
    if (this.#sealed) return false
    return (this.#changed ||= this.#signals?.changed?.() ?? true)
  }

  #emit(event: EventDetails): void {
    this.#context.emit(this.#place.host, event)
  }
}

const newPending = (): Pending => ({ changes: new Map(), fresh: null, accounts: null, signedIn: null, dropValues: false })

const failedWith = async (error: unknown): Promise<never> => {
  throw error
}
