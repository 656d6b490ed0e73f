import type { Faults } from './errors.ts'
import { LandbridgeError, show } from './errors.ts'
import type { StoredAccount } from './types.ts'

/** Milliseconds, or a number with a unit: `'90s'`, `'30m'`, `'12h'`, `'14d'`. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd'}`

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const YEAR_MS = 365 * UNIT_MS.d

const DAY_MS = UNIT_MS.d

export interface Lifetime {
  readonly idleMs: number
  readonly absoluteMs: number
  /** In place of both, where everybody in a browser asked to be remembered. */
  readonly rememberMs: number
  /** The age at which the secret of a remembered handle is replaced. */
  readonly rotateMs: number
}

/** The lifetimes as an application writes them. */
export interface LifetimeOptions {
  readonly idle?: Duration
  readonly absolute?: Duration
  readonly remember?: Duration
  readonly rotateAfter?: Duration
}

const DEFAULT: Lifetime = { idleMs: 30 * UNIT_MS.m, absoluteMs: 14 * DAY_MS, rememberMs: 60 * DAY_MS, rotateMs: DAY_MS }
/** Browsers keep no cookie for longer (RFC 6265bis section 5.5). */
const REMEMBER_LIMIT_MS = 400 * DAY_MS

/** A write of `seenAt` is owed only after this share of the idle lifetime: most reads then write nothing. */
export const SEEN_FRACTION = 0.1

/** A browser is remembered when everybody who is signed in there asked for it: who did not must not stay behind on a shared machine. */
export function isRemembered(accounts: readonly StoredAccount[]): boolean {
  return accounts[0]?.remembered === true && accounts.every(({ remembered }) => remembered === true)
}

/** When a handle that is used now ends if it stays idle: never after the session itself, and with it where it is remembered. */
export function idleEnd({ idleMs }: Lifetime, now: number, { expiresAt, accounts }: Ends): number {
  return isRemembered(accounts) ? expiresAt : Math.min(now + idleMs, expiresAt)
}

/** What the end of a handle depends on. */
export interface Ends {
  readonly expiresAt: number
  readonly accounts: readonly StoredAccount[]
}

/** How long a session lives that these accounts sign in to now. */
export const lifeOf = ({ absoluteMs, rememberMs }: Lifetime, accounts: readonly StoredAccount[]): number =>
  isRemembered(accounts) ? rememberMs : absoluteMs

/** For how long the cookie of a handle is kept, in seconds; `undefined` where it ends with the browser. */
export const cookieAge = ({ expiresAt, accounts }: Ends, now: number): number | undefined =>
  isRemembered(accounts) ? Math.max(0, Math.floor((expiresAt - now) / 1000)) : undefined

/** The duration in whole milliseconds, or `null` for anything that is not one (zero and negative included). */
export function parseDuration(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 1 ? Math.floor(value) : null
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)([smhd])$/.exec(value) : null
  if (!match) return null
  const ms = Math.floor(Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS])
  return ms >= 1 ? ms : null
}

/** The duration in milliseconds when it is one within these bounds, otherwise `null`. */
export function durationBetween(value: unknown, leastMs: number, mostMs: number): number | null {
  const ms = parseDuration(value)
  return ms !== null && ms >= leastMs && ms <= mostMs ? ms : null
}

/** The duration in milliseconds, or `ERR_DURATION_INVALID`. */
export function checkedDuration(value: unknown, caller: string): number {
  const ms = parseDuration(value)
  if (ms !== null) return ms
  throw new LandbridgeError('ERR_DURATION_INVALID', `${caller} got ${show(value)} as a duration.`, {
    hint: `Pass a text such as '10m', '12h', '14d', or milliseconds.`,
  })
}

export function checkLifetime(given: LifetimeOptions | undefined, faults: Faults): Lifetime {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    faults.add(
      'lifetime-invalid',
      'lifetime',
      `${show(given)} is not a set of lifetimes.`,
      `Write lifetime: { idle: '30m', absolute: '14d', remember: '60d' }.`,
    )
    return DEFAULT
  }
  faults.addUnknown(given, ['idle', 'absolute', 'remember', 'rotateAfter'], 'lifetime.')
  const read = (name: keyof LifetimeOptions, fallbackMs: number, [leastMs, mostMs]: Bounds, bounds: string): number | null => {
    const value = given?.[name]
    const ms = value === undefined ? fallbackMs : durationBetween(value, leastMs, mostMs)
    if (ms !== null) return ms
    faults.add(
      'lifetime-invalid',
      `lifetime.${name}`,
      `${show(value)} is not a duration between ${bounds}.`,
      `Write a text such as '30m', '12h', '14d'; a number counts milliseconds.`,
    )
    return null
  }
  const idleMs = read('idle', DEFAULT.idleMs, [UNIT_MS.s, 10 * YEAR_MS], 'one second and 10 years')
  const absoluteMs = read('absolute', DEFAULT.absoluteMs, [UNIT_MS.s, 10 * YEAR_MS], 'one second and 10 years')
  const ordinaryMs = Math.max(DEFAULT.rememberMs, absoluteMs ?? 0)
  const rememberMs = read('remember', ordinaryMs, [UNIT_MS.s, REMEMBER_LIMIT_MS], 'one second and 400 days')
  const rotateMs = read('rotateAfter', DEFAULT.rotateMs, [UNIT_MS.m, REMEMBER_LIMIT_MS], 'one minute and 400 days')
  if (idleMs === null || absoluteMs === null || rememberMs === null || rotateMs === null) return DEFAULT
  if (idleMs > absoluteMs) {
    faults.add(
      'lifetime-idle-too-long',
      'lifetime.idle',
      'The idle lifetime is longer than the absolute one.',
      'Write an idle lifetime that is at most the absolute lifetime.',
    )
  }
  if (rememberMs < absoluteMs) {
    faults.add(
      'lifetime-remember-too-short',
      'lifetime.remember',
      'Whoever asks to be remembered would be signed in for a shorter time than others.',
      'Write a lifetime that is at least the absolute one.',
    )
  }
  return { idleMs, absoluteMs, rememberMs, rotateMs }
}

type Bounds = readonly [leastMs: number, mostMs: number]
