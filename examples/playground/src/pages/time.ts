import type { Html } from './html.ts'
import { html } from './html.ts'

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** A moment, relative and absolute: `in 30 minutes (2026-11-21 14:32:10 UTC)`. */
export function moment(at: number, now: number): Html {
  const [unit, ms] = UNITS.find((each) => Math.abs(at - now) >= each[1] * 0.995) ?? UNITS[3]
  const iso = new Date(at).toISOString()
  const absolute = `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
  return html`<time datetime="${iso}">${relative.format(Math.round((at - now) / ms), unit)} <span class="quiet">${absolute}</span></time>`
}

/** The time of day of a log line. */
export function clock(at: number): Html {
  const iso = new Date(at).toISOString()
  return html`<time datetime="${iso}">${iso.slice(11, 19)}</time>`
}
