import type { AuthHash, AuthHashes } from './auth-hash.ts'
import { authHashes } from './auth-hash.ts'
import { Faults, show } from './errors.ts'
import type { EventListener } from './events.ts'
import { FOREIGN_OPTIONS } from './foreign-options.ts'
import type { Keys } from './keys.ts'
import { compileKeys, faultKeysMissing } from './keys.ts'
import type { Lifetime, LifetimeOptions } from './lifetime.ts'
import { checkLifetime } from './lifetime.ts'
import type { TrustsOrigin } from './origin.ts'
import { compileOrigins } from './origin.ts'
import type { TrustsPeer } from './proxy.ts'
import { compileProxies } from './proxy.ts'
import type { Store } from './store.ts'
import type { Locate } from './locate.ts'
import type { Topology } from './topology.ts'
import { compileTopology } from './topology.ts'
import type { RequestSummary } from './types.ts'

export interface SessionsOptions {
  /** Which hosts there are, and what one cookie covers. Several topologies may stand side by side. */
  readonly topology: Topology | readonly Topology[]
  readonly store: Store
  /**
   * Secrets of 32 or more characters that seal what travels between hosts; needed by `hub` and `peers` only. The first one seals, all of
   * them open, so that a key can be replaced without breaking a crossing that is under way.
   */
  readonly keys?: readonly string[]
  /**
   * `idle` (default 30 minutes) ends a session nobody uses; `absolute` (default 14 days) ends each one. `remember` (default 60 days) takes
   * the place of both where the visitor asked to stay signed in; the secret in such a cookie is replaced after `rotateAfter` (default a day).
   */
  readonly lifetime?: LifetimeOptions
  /**
   * Gives what changes with the password of an account. Then a change ends all its sessions but the one that signs in again, each at its
   * next request: an answer may confirm a sign-in for 5 seconds more.
   */
  readonly authHash?: AuthHash
  /** Addresses and CIDR ranges of the proxies whose forwarded headers say which host and scheme the browser used. Default: none. */
  readonly trustedProxies?: readonly string[]
  /** Other origins that may send unsafe requests, such as `'https://*.example.com'`. Default: none. */
  readonly trustedOrigins?: readonly string[]
  /**
   * Unsafe requests that are let through whatever site they come from, or do not say: webhooks of other servers, the form with which a
   * payment provider sends a browser back. Whoever may send them is the application's to check.
   */
  readonly insecureBypass?: (request: RequestSummary) => boolean
  /** Name of the cookie behind its prefix. Default `sid`: `__Host-sid`, `__Secure-sid`. */
  readonly cookieName?: string
  /** Path below which hosts that cross answer for Landbridge. Default `'/.session/'`. */
  readonly basePath?: string
  readonly onEvent?: EventListener
  /** The clock, in milliseconds since the epoch. Default `Date.now`. */
  readonly clock?: () => number
}

export interface Config {
  readonly locate: Locate
  readonly store: Store
  /** `null` where nothing crosses. */
  readonly keys: Keys | null
  readonly basePath: string
  readonly lifetime: Lifetime
  readonly authHashes: AuthHashes | null
  readonly trustsPeer: TrustsPeer | null
  readonly trustsOrigin: TrustsOrigin
  readonly insecureBypass: ((request: RequestSummary) => boolean) | null
  readonly onEvent: EventListener | null
  readonly now: () => number
}

const OPTIONS = [
  'topology',
  'store',
  'keys',
  'lifetime',
  'authHash',
  'trustedProxies',
  'trustedOrigins',
  'insecureBypass',
  'cookieName',
  'basePath',
  'onEvent',
  'clock',
]
const STORE_METHODS = [
  'read',
  'create',
  'update',
  'renew',
  'attach',
  'revoke',
  'wasRenewed',
  'handlesOf',
  'put',
  'take',
  'sessionsOf',
  'revokeAccount',
  'sweep',
  'ping',
  'close',
]

/** Compiles the options, or throws `ERR_CONFIG_INVALID` with every fault that they have. */
export function compileConfig(options: SessionsOptions): Config {
  const faults = new Faults()
  const given: Partial<SessionsOptions> = options ?? {}
  const now = typeof given.clock === 'function' ? () => Math.floor(given.clock!()) : Date.now
  faults.addUnknown(given, OPTIONS, '', FOREIGN_OPTIONS)
  checkStore(given.store, faults)
  checkFunction('insecureBypass', given.insecureBypass, faults)
  checkFunction('onEvent', given.onEvent, faults)
  checkFunction('authHash', given.authHash, faults)
  checkClock(given.clock, faults)
  const lifetime = checkLifetime(given.lifetime, faults)
  const trustsPeer = compileProxies(given.trustedProxies, faults)
  const trustsOrigin = compileOrigins(given.trustedOrigins, faults)
  const locate = compileTopology(given.topology, checkCookieName(given.cookieName, faults), now, faults)
  const keys = compileKeys(given.keys, faults)
  if (given.keys === undefined) checkKeysNotNeeded(given.topology, faults)
  checkStoreCrosses(given.store, given.topology, faults)
  const basePath = checkBasePath(given.basePath, faults)
  faults.throwIfAny()
  const { store, insecureBypass = null, onEvent = null, authHash } = options
  const hashes = authHash === undefined ? null : authHashes(authHash, now)
  return { locate, store, keys, basePath, lifetime, authHashes: hashes, trustsPeer, trustsOrigin, insecureBypass, onEvent, now }
}

function checkKeysNotNeeded(topology: unknown, faults: Faults): void {
  const crossing = kindThatCrosses(topology)
  if (crossing !== undefined) faultKeysMissing(crossing, faults)
}

/** A crossing needs a ticket that is taken once, and a session in one place that each of its hosts can change and end. */
function checkStoreCrosses(store: Partial<Store> | undefined, topology: unknown, faults: Faults): void {
  const crossing = kindThatCrosses(topology)
  const why =
    typeof store?.forRequest === 'function' ? IN_COOKIES : Array.isArray(store?.lacks) && store.lacks.includes('take') ? NO_TAKE : null
  if (crossing === undefined || why === null) return
  faults.add(
    'store-cannot-cross',
    'store',
    `The topology ${show(crossing)} crosses hosts, and this store ${why}.`,
    `Write store: sqlite('sessions.db') here. Hosts that do not cross can have a createSessions of their own, with this store.`,
  )
}

const IN_COOKIES = 'keeps each session in the cookies of one host: no other can read, change or end it'
const NO_TAKE = 'cannot make sure that a ticket is used only once'

function kindThatCrosses(topology: unknown): unknown {
  const kinds = [topology].flat().map((each) => (each as { kind?: unknown } | null | undefined)?.kind)
  return kinds.find((kind) => kind === 'hub' || kind === 'peers')
}

function checkBasePath(path: unknown, faults: Faults): string {
  const standard = '/.session/'
  if (path === undefined) return standard
  if (typeof path === 'string' && /^(?:\/[\w.~-]+)+\/$/.test(path)) return path
  faults.add(
    'base-path-invalid',
    'basePath',
    `${show(path)} is not a path.`,
    `Write a path that starts and ends with a slash: ${show(standard)}.`,
  )
  return standard
}

function checkStore(store: unknown, faults: Faults): void {
  const methods = (store ?? {}) as Record<string, unknown>
  const missing = STORE_METHODS.filter((method) => typeof methods[method] !== 'function')
  if (missing.length === 0) return
  if (missing.length === STORE_METHODS.length) {
    faults.add(
      'store-missing',
      'store',
      'No session store is given.',
      `Write store: sqlite('sessions.db'), with sqlite from 'landbridge/sqlite'.`,
    )
  } else {
    faults.add('store-incapable', 'store', `The store has no ${missing.join(', ')}.`, `Implement the whole contract of 'landbridge/store'.`)
  }
}

function checkFunction(name: string, value: unknown, faults: Faults): void {
  if (value === undefined || typeof value === 'function') return
  faults.add('option-not-a-function', name, `${show(value)} is not a function.`, `Write a function, or leave ${name} out.`)
}

function checkClock(clock: SessionsOptions['clock'], faults: Faults): void {
  checkFunction('clock', clock, faults)
  if (typeof clock !== 'function') return
  const time: unknown = clock()
  if (Number.isFinite(time)) return
  faults.add('clock-invalid', 'clock', `It gives ${show(time)}, which is no time in milliseconds.`, 'Give a number, as Date.now does.')
}

function checkCookieName(name: unknown, faults: Faults): string {
  if (name === undefined) return 'sid'
  // RFC 9110 token characters; no leading underscores, so that no prefix can be doubled or imitated.
  if (typeof name === 'string' && /^[a-z0-9!#$%&'*+.^`|~-][\w!#$%&'*+.^`|~-]{0,63}$/i.test(name)) return name
  faults.add(
    'cookie-name-invalid',
    'cookieName',
    `${show(name)} cannot name a cookie.`,
    `Write letters, digits and hyphens, such as 'sid'; the prefix __Host- or __Secure- is added.`,
  )
  return 'sid'
}
