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
import type { AccountInfo } from './accounts.ts'
import { accountTagOf, choicesIn, publicAccount } from './accounts.ts'
import type { SignIn } from './auth-hash.ts'
import type { Claims, Seen } from './bridge.ts'
import { accountChanged, savePending } from './commit.ts'
import { clearCookie, clearStrayCookies, setCookie } from './cookie.ts'
import { CSRF_FIELD } from './csrf-field.ts'
import { makeCsrfToken, verifyCsrfToken } from './csrf-token.ts'
import type { Device } from './devices.ts'
import { checkedKey, flashKey, jsonOf } from './entry.ts'
import { mintHandle, writeCookieValue } from './handle.ts'
import type { ResponseHeaders } from './headers.ts'
import { sendCookies, varyByCookie } from './headers.ts'
import { isLocalhost } from './host.ts'
import { NOBODY_KNOWN } from './identify.ts'
import type { Duration } from './lifetime.ts'
import { checkedDuration, cookieAge, idleEnd, lifeOf } from './lifetime.ts'
import type { Inbound } from './request.ts'
import { RequestState } from './request-state.ts'
import { mintScripts } from './script-tickets.ts'
import type { Context, HandleInfo, Reach, Session, Signals, SignInTarget } from './session.ts'
import { endDevice, endOthers, listDevices } from './session-devices.ts'
import { accountNow, choose, listAccounts, ownerOf, remove, signInAlone, signInBeside, switchTo } from './session-accounts.ts'
import { putValue, readAll, readValue, takeValue, updateValue } from './session-values.ts'
import { recognise } from './recognise.ts'
import { signInTargetOf } from './sign-in-target.ts'
import type { Place } from './topology.ts'
import { setLeft } from './ticket.ts'
import { cookiesAfter } from './traces.ts'
import type { Account, Host, MaybePromise, SessionId } from './types.ts'
import type { Visit } from './visit.ts'
import { freshLook, visitOf } from './visit.ts'

export class RequestSession<Data extends object> implements Session<Data> {
  readonly #state: RequestState

  constructor(context: Context, place: Place, request: Inbound, seen: Seen, signals: Signals | undefined) {
    this.#state = new RequestState(context, place, request, seen, signals)
  }

  get host(): Host {
    return this.#state.place.host
  }

  get id(): SessionId | null {
    return this.#state.id
  }

  async account(): Promise<Account | null> {
    if (this.#state.found === undefined) await this.#state.find()
    const account = accountNow(this.#state)
    return account && publicAccount(account)
  }

  async claims(): Promise<Claims | null> {
    await this.#state.find()
    return this.#state.identity.claims
  }

  accounts(): Promise<readonly AccountInfo[]> {
    return listAccounts(this.#state)
  }

  async get<Key extends keyof Data & string>(key: Key): Promise<Data[Key] | undefined> {
    if (this.#state.found === undefined) await this.#state.find()
    return readValue(this.#state, key) as Data[Key] | undefined
  }

  async all(): Promise<Partial<Data>> {
    await this.#state.find()
    return readAll(this.#state) as Partial<Data>
  }

  set<Key extends keyof Data & string>(key: Key, value: Data[Key]): void {
    putValue(this.#state, checkedKey(key), jsonOf(key, value))
  }

  unset(key: keyof Data & string): void {
    putValue(this.#state, checkedKey(key), null)
  }

  async update<Key extends keyof Data & string>(key: Key, change: (value: Data[Key] | undefined) => Data[Key]): Promise<Data[Key]> {
    return (await updateValue(this.#state, key, change as (value: unknown) => unknown)) as Data[Key]
  }

  flash(key: string, value: unknown): void
  flash(key: string): Promise<unknown>
  flash(key: string, ...value: [unknown?]): Promise<unknown> | void {
    const name = flashKey(key)
    if (value.length > 0) return putValue(this.#state, name, jsonOf(key, value[0]))
    return takeValue(this.#state, name)
  }

  signIn(account: SignIn): Promise<void> {
    return signInAlone(this.#state, account)
  }

  addAccount(account: SignIn): Promise<void> {
    return signInBeside(this.#state, account)
  }

  switchAccount(id: string): Promise<boolean> {
    return switchTo(this.#state, id)
  }

  chooseAccount(host: string, id: string | null): Promise<boolean> {
    return choose(this.#state, host, id)
  }

  async choices(): Promise<ReadonlyMap<Host, string>> {
    await this.#state.find()
    return choicesIn(this.#state.place.span?.role === 'hub' ? this.#state.values : '')
  }

  async removeAccount(id: string): Promise<void> {
    if ((await remove(this.#state, id)) === 'last') await this.signOut()
  }

  async fresh(maxAge: Duration): Promise<boolean> {
    const withinMs = checkedDuration(maxAge, 'fresh')
    const account = await this.account()
    // Asked this way round, a time that is no number, or not yet, is not fresh.
    const ageMs = account === null ? Number.NaN : this.#state.context.now() - account.signedInAt
    return ageMs >= 0 && ageMs <= withinMs
  }

  devices(): Promise<readonly Device[]> {
    return listDevices(this.#state)
  }

  async endDevice(id: string): Promise<boolean> {
    const ended = await endDevice(this.#state, id)
    if (ended === 'current') await this.signOut()
    return ended !== 'none'
  }

  endOtherDevices(): Promise<number> {
    return endOthers(this.#state)
  }

  async endAllDevices(): Promise<number> {
    const account = await this.account()
    const others = await endOthers(this.#state)
    await this.signOut()
    return account === null ? others : others + 1
  }

  async accountTag(): Promise<string> {
    return accountTagOf(this.#state.place.scope, (await this.account())?.id ?? null)
  }

  async requireAccount(tag: unknown): Promise<void> {
    if (tag !== (await this.accountTag())) throw accountChanged()
  }

  signInTarget(): SignInTarget | null {
    const visit = this.#visit()
    const { pending, live } = this.#state
    return visit && signInTargetOf(visit, pending?.fresh?.id ?? live?.session.id ?? null)
  }

  async scriptUrls(): Promise<readonly string[]> {
    const visit = this.#visit()
    await this.#state.find()
    if (visit === null || !visit.place.span.bridge.script) return []
    // Like every ticket, by what stands in the store now.
    const { live } = await recognise(visit.context, visit.place, this.#state.request.header('cookie'), freshLook(visit))
    return live === null ? [] : mintScripts(visit, live, this.#state.identity.account)
  }

  async signOut(reach: Reach = 'everywhere'): Promise<void> {
    // Also of an account that has expired: whoever leaves means all of them.
    const account = (await this.account()) ?? ownerOf(this.#state)
    const session = this.id
    if (account === null) return this.#leave(reach)
    await this.destroy(reach)
    // Signed in by this very request, nothing was stored yet and nobody was told.
    if (session !== null) this.#state.emit({ type: 'account.signed-out', session, account: account.id })
  }

  /** A sign-out here sticks although the handle had ended before: the next visit would bring a new one. */
  #leave(reach: Reach): void {
    const { place } = this.#state
    if (reach !== 'here' || place.span === null || place.span.role === 'hub') return
    this.#state.assertOpen()
    this.#state.left = true
  }

  async renew(): Promise<void> {
    const { live } = await this.#state.find()
    if (live !== null) this.#state.change().fresh ??= mintHandle(live.session.id)
  }

  async destroy(reach: Reach = 'everywhere'): Promise<void> {
    const state = this.#state
    const { live, strays } = await state.find()
    const { span } = state.place
    const scope = reach === 'here' && span?.role !== 'hub' ? state.place.scope : undefined
    if (live !== null) state.assertOpen()
    if (live !== null && scope !== undefined && span !== null) await setLeft(state.context, scope, live, scope, state.context.now())
    const ended = live !== null && (await state.context.store.revoke(live.session.id, scope))
    state.pending = null
    state.identity = NOBODY_KNOWN
    if (live === null) return
    state.found = { live: null, strays, refused: [] }
    state.ended = scope === undefined ? 'everywhere' : 'here'
    this.#leave(reach)
    if (ended) state.emit({ type: 'session.ended', session: live.session.id, scope: scope ?? null })
  }

  /** Whether a cookie opened a session here, anonymous or signed in. */
  async isLive(): Promise<boolean> {
    const { live } = await this.#state.find()
    return live !== null
  }

  async handles(): Promise<readonly HandleInfo[]> {
    const { context, place } = this.#state
    const { live } = await this.#state.find()
    if (live === null) return []
    const handles = await context.store.handlesOf(live.session.id)
    return handles.map(({ scope, createdAt, seenAt, expiresAt }) => {
      return { scope, createdAt, seenAt, expiresAt, current: scope === place.scope }
    })
  }

  async expiresAt(): Promise<number | null> {
    const { live } = await this.#state.find()
    const { pending, context } = this.#state
    if (pending === null) return live?.handle.expiresAt ?? null
    const now = context.now()
    const accounts = pending.accounts ?? live?.session.accounts ?? []
    const expiresAt = live === null || pending.signedIn ? now + lifeOf(context.lifetime, accounts) : live.session.expiresAt
    return idleEnd(context.lifetime, now, { expiresAt, accounts })
  }

  async csrfToken(): Promise<string> {
    const state = this.#state
    const { live } = await state.find()
    const secret = state.pending?.fresh?.secret ?? live?.secret ?? (state.change().fresh = mintHandle()).secret
    return makeCsrfToken(secret, state.place.scope)
  }

  async csrfField(): Promise<string> {
    // A token has no character that means anything in HTML.
    return `<input type="hidden" name="${CSRF_FIELD}" value="${await this.csrfToken()}">`
  }

  async checkCsrfToken(token: string): Promise<boolean> {
    const { live } = await this.#state.find()
    return live !== null && verifyCsrfToken(token, live.secret, this.#state.place.scope)
  }

  /**
   * Stores what is pending, then writes `Vary`, cookies and cache headers. Throws, with no header written, when the store fails
   * or the session ended meanwhile: the response must not go out as if it had been saved. Later changes throw.
   */
  commit(headers: ResponseHeaders): MaybePromise<void> {
    const due = this.#state.seal()
    if (due === 'save') return this.#save(headers)
    if (due === 'vary') varyByCookie(headers)
  }

  async #save(headers: ResponseHeaders): Promise<void> {
    const state = this.#state
    const { context, place, request, seen } = state
    const found = await state.find()
    const { pending } = state
    const given = pending === null ? null : await state.save(() => savePending(context, place, found, state.identity, pending))
    const cookies = found.strays ? clearStrayCookies(place.cookie, place.host, request.path) : []
    cookies.push(...state.carriedCookies())
    if (given !== null) cookies.push(setCookie(place.cookie, writeCookieValue(given), given.maxAgeS))
    else if (state.ended !== null) cookies.push(clearCookie(place.cookie))
    const kept = found.live && cookieAge(found.live.session, context.now())
    cookies.push(...this.#crossingCookies(given === null ? (kept ?? undefined) : given.maxAgeS))
    state.savedId = given?.id ?? null
    varyByCookie(headers)
    sendCookies(headers, cookies)
    if (given !== null && !seen.encrypted && !isLocalhost(place.host)) state.emit({ type: 'cookie.insecure-transport' })
  }

  /** What other hosts may learn of it, and what holds this one back. */
  #crossingCookies(maxAgeS: number | undefined): string[] {
    const visit = this.#visit()
    const { pending, stirred, ended, left } = this.#state
    return visit === null ? [] : cookiesAfter(visit, { signedIn: (pending?.signedIn ?? null) !== null, stirred, ended, left, maxAgeS })
  }

  #visit(): Visit | null {
    const { context, place, request, seen } = this.#state
    return visitOf(context, place, request, seen)
  }
}
