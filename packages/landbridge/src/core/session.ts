import type { AccountInfo } from './accounts.ts'
import type { AuthHashes, SignIn } from './auth-hash.ts'
import type { Claims } from './bridge.ts'
import type { CarriedStore, Carrier } from './carried.ts'
import type { Device } from './devices.ts'
import type { EventDetails } from './events.ts'
import type { Keys } from './keys.ts'
import type { Duration, Lifetime } from './lifetime.ts'
import type { Locate } from './locate.ts'
import type { TrustsOrigin } from './origin.ts'
import type { Store } from './store.ts'
import type { Account, Host, Scope, SessionId } from './types.ts'

/** The handle of a session as an application may see it; times are milliseconds since the epoch. */
export interface HandleInfo {
  readonly scope: Scope
  readonly createdAt: number
  readonly seenAt: number
  readonly expiresAt: number
  /** Whether it is the handle that this request came with. */
  readonly current: boolean
}

/** Where a visitor of the sign-in page wants to go: the host that sent him, and the URL to redirect to once he has signed in. */
export interface SignInTarget {
  readonly host: Host
  readonly url: string
}

/** `here`: this scope's handle only · `everywhere`: the session with all its handles. */
export type Reach = 'here' | 'everywhere'

/**
 * The session of one request. Reading methods read the store once per request, on first use. Changes are stored before the
 * response leaves; after that the changing methods throw `ERR_HEADERS_SENT`, but for `update` of a session that exists, which
 * stores at once and needs no cookie. Every method that reaches the store throws `ERR_STORE_UNAVAILABLE` when the system behind
 * it fails.
 */
export interface Session<Data extends object = Record<string, unknown>> {
  /** Canonical host of the request. */
  readonly host: Host
  /**
   * Id under which the session is stored now: `null` while it was not read, and where there is none. A new session has one, and a
   * renewed session its new one, from the commit on. Safe to log.
   */
  readonly id: SessionId | null

  /** The account that is signed in, or `null`. At a spoke: the account that this host is used with, if it may use it. */
  account(): Promise<Account | null>
  /** What `authorize` said of the account on this host; `null` where nobody is signed in, and in topologies that do not ask it. */
  claims(): Promise<Claims | null>
  /** All accounts of this browser, expired ones included; at a spoke only its own, so that it learns of no other. */
  accounts(): Promise<readonly AccountInfo[]>
  /** The value under a key, `undefined` when absent. Each call parses anew, so changing what it returns changes nothing stored. */
  get<Key extends keyof Data & string>(key: Key): Promise<Data[Key] | undefined>
  /** All values, flash values excepted. */
  all(): Promise<Partial<Data>>
  /** Sets a value: anything JSON can hold. Throws `ERR_VALUE_NOT_SERIALIZABLE`, `ERR_VALUES_TOO_LARGE` or `ERR_KEY_INVALID`. */
  set<Key extends keyof Data & string>(key: Key, value: Data[Key]): void
  /** Removes a value. */
  unset(key: keyof Data & string): void
  /**
   * Replaces a value by what `change` makes of it, without losing an update of a concurrent request: compare-and-swap, stored
   * at once; `change` may run again. After `set`, `renew` or `signIn` of the same request it is stored with those instead, and
   * then an update of a concurrent request can be lost: call it before them. Returns the new value. Throws `ERR_STORE_CONFLICT` after 64 tries, `ERR_SESSION_ENDED` when
   * the session ended meanwhile.
   */
  update<Key extends keyof Data & string>(key: Key, change: (value: Data[Key] | undefined) => Data[Key]): Promise<Data[Key]>
  /** With a value: keeps it for the next read. Without one: returns it and removes it, `undefined` when absent. */
  flash(key: string, value: unknown): void
  flash(key: string): Promise<unknown>
  /**
   * Signs an account in, as the only one of this browser, and renews: new id, new secret, all other handles dead. Values of an
   * anonymous visitor or of the same account are kept, those of another account dropped. With `remember` the sign-in outlives the
   * browser's end. Where `authHash` is another one than this browser signed in with before, the account's other sessions end.
   * Throws `ERR_ACCOUNT_INVALID` for an id that is not a well-formed text of 1 to 256 characters, `ERR_NOT_AT_HUB` at a spoke,
   * `ERR_STORE_INCAPABLE` for `remember` where the session travels in cookies.
   */
  signIn(account: SignIn): Promise<void>
  /**
   * Signs a further account in, which is active from now on, and renews as `signIn` does; for an account that is there already it is
   * the new sign-in. Throws as `signIn` does, and `ERR_TOO_MANY_ACCOUNTS` beyond ten.
   */
  addAccount(account: SignIn): Promise<void>
  /**
   * Makes another account of this browser the active one, at once, on all hosts that made no choice of their own. `false` when it is not
   * there, or expired. Values of the account before are dropped. Throws `ERR_NOT_AT_HUB` at a spoke.
   */
  switchAccount(id: string): Promise<boolean>
  /**
   * Lets one spoke be used with this account, whichever is active; `null` ends that choice. Stored at once. `false` when the account or
   * the host is not there, or a hundred hosts have a choice already. Throws `ERR_NOT_AT_HUB` anywhere but at a hub.
   */
  chooseAccount(host: string, id: string | null): Promise<boolean>
  /** Which hosts made a choice of their own, with the account that each of them is used with; empty anywhere but at a hub. */
  choices(): Promise<ReadonlyMap<Host, string>>
  /** Signs one account out on all hosts, and renews; without any account left the session ends. Throws `ERR_NOT_AT_HUB` at a spoke. */
  removeAccount(id: string): Promise<void>
  /**
   * Whether the account signed in within `maxAge`, as in `'10m'` (a number counts milliseconds): ask for the password again where not,
   * before an act that a stolen session must not be enough for. Throws `ERR_DURATION_INVALID`.
   */
  fresh(maxAge: Duration): Promise<boolean>
  /**
   * The browsers that the account is signed in on, the one seen last first; empty for an anonymous visitor. Throws `ERR_NOT_AT_HUB` at a
   * spoke, as do the methods that end them, and `ERR_STORE_INCAPABLE` where the store cannot list the sessions of an account.
   */
  devices(): Promise<readonly Device[]>
  /** Ends the session of one of those browsers, at once, this one included; `false` when it is not among them. */
  endDevice(id: string): Promise<boolean>
  /** Ends the account's sessions in all other browsers, and returns how many. */
  endOtherDevices(): Promise<number>
  /** Ends the account's sessions in all browsers, this one last, and returns how many. */
  endAllDevices(): Promise<number>
  /**
   * Names the account that a page is made for, without saying which: put it in a form field and check it with `requireAccount`, or send it
   * as `x-session-account`, which is checked before the application runs.
   */
  accountTag(): Promise<string>
  /** Throws `ERR_ACCOUNT_CHANGED` (409) when the page was made for another account than is signed in now. */
  requireAccount(tag: unknown): Promise<void>
  /** On the sign-in page: where the visitor was sent from; `null` when he came by himself. Redirect to `url` after `signIn`. */
  signInTarget(): SignInTarget | null
  /** Of a `peers` topology with `script: true`: URLs of scripts that carry this session to the other peers, each good once. */
  scriptUrls(): Promise<readonly string[]>
  /**
   * Ends the session of whoever is signed in, as `destroy` does; does nothing for an anonymous visitor. Signed out `here`, a spoke or peer
   * is not signed in again before the user asks for it. At a hub `here` is everywhere.
   */
  signOut(reach?: Reach): Promise<void>
  /** Gives the session a new id and secret, and keeps its values and its end; call it at every change of privilege. */
  renew(): Promise<void>
  /** Ends the session, at once and for good. The next change starts a new one. Does nothing where there is none. */
  destroy(reach?: Reach): Promise<void>
  /** The scopes that can use this session; empty where there is none. */
  handles(): Promise<readonly HandleInfo[]>
  /** When the session ends if it stays idle, in milliseconds since the epoch; `null` where there is none. */
  expiresAt(): Promise<number | null>
  /**
   * A token that makes up for a missing `Sec-Fetch-Site` and `Origin`, for old browsers and other clients: sent as `x-csrf-token`, or
   * in the field `_csrf` of a form, it is checked by `open`. Masked anew at each call. Starts a session where there is none, as a token
   * is bound to session and scope; call it after `signIn` or `renew`, which end the tokens before.
   */
  csrfToken(): Promise<string>
  /** A hidden field with a `csrfToken()`, as HTML that is put into a form as it is: `<input type="hidden" name="_csrf" value="…">`. */
  csrfField(): Promise<string>
  /** Whether the token was made for this very session and scope. */
  checkCsrfToken(token: string): Promise<boolean>
}

/** What a session needs from the instance that opened it. */
export interface Context {
  readonly store: Store
  /** Opens the store anew for a request; `null` where sessions are kept on the server. */
  readonly carry: ((carrier: Carrier) => CarriedStore) | null
  readonly lifetime: Lifetime
  /** `null` where the application does not tell when a password changes. */
  readonly authHashes: AuthHashes | null
  readonly now: () => number
  /** `null` where nothing crosses. */
  readonly keys: Keys | null
  readonly locate: Locate
  readonly basePath: string
  readonly trustsOrigin: TrustsOrigin
  readonly emit: (host: Host | null, event: EventDetails) => void
}

/** What an adapter is told while the application runs, so that it works only for requests that need it. */
export interface Signals {
  /** The session was read: the response will vary by cookie. Called once. */
  touched?(): void
  /** There is something to store before the head of the response leaves. Called once; `false` when the head left already. */
  changed?(): boolean
  /** The session of this request was read before, and is asked for again, as for an open socket: its cookie may have been replaced since. */
  readonly standing?: boolean
}
