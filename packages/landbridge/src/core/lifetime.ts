import type { Faults } from './errors.ts'
import { show } from './errors.ts'

/** Milliseconds, or a number with a unit: `'90s'`, `'30m'`, `'12h'`, `'14d'`. */
export type Duration = number | `${number}${'s' | 'm' | 'h' | 'd'}`

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const YEAR_MS = 365 * UNIT_MS.d

export interface Lifetime {
  readonly idleMs: number
  readonly absoluteMs: number
}

const DEFAULT: Lifetime = { idleMs: 30 * UNIT_MS.m, absoluteMs: 14 * UNIT_MS.d }

/** A write of `seenAt` is owed only after this share of the idle lifetime: most reads then write nothing. */
export const SEEN_FRACTION = 0.1

/** When a handle that is used now ends if it stays idle: never after the session itself. */
export function idleEnd({ idleMs }: Lifetime, now: number, sessionEnd: number): number {
  return Math.min(now + idleMs, sessionEnd)
}

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

export function checkLifetime(given: { idle?: Duration; absolute?: Duration } | undefined, faults: Faults): Lifetime {
  if (given !== undefined && (typeof given !== 'object' || given === null)) {
    faults.add(
      'lifetime-invalid',
      'lifetime',
      `${show(given)} is not a pair of lifetimes.`,
      `Write lifetime: { idle: '30m', absolute: '14d' }.`,
    )
    return DEFAULT
  }
  faults.addUnknown(given, ['idle', 'absolute'], 'lifetime.')
  const read = (name: 'idle' | 'absolute', fallback: Duration): number | null => {
    const value = given?.[name] === undefined ? fallback : given[name]
    const ms = durationBetween(value, UNIT_MS.s, 10 * YEAR_MS)
    if (ms !== null) return ms
    faults.add(
      'lifetime-invalid',
      `lifetime.${name}`,
      `${show(value)} is not a duration between one second and 10 years.`,
      `Write a text such as '30m', '12h', '14d'; a number counts milliseconds.`,
    )
    return null
  }
  const idleMs = read('idle', DEFAULT.idleMs)
  const absoluteMs = read('absolute', DEFAULT.absoluteMs)
  if (idleMs === null || absoluteMs === null) return DEFAULT
  if (idleMs > absoluteMs) {
    faults.add(
      'lifetime-idle-too-long',
      'lifetime.idle',
      'The idle lifetime is longer than the absolute one.',
      'Write an idle lifetime that is at most the absolute lifetime.',
    )
  }
  return { idleMs, absoluteMs }
}
