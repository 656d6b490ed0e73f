/** How long ago something was, in words. */

const UNITS = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** In the words of a language, as in "3 hours ago": rounded down, and "now" for what is less than a minute ago, or still to come. */
export function ageInWords(ageMs: number, lang: string): string {
  for (const [unit, unitMs] of UNITS)
    if (ageMs >= unitMs) return new Intl.RelativeTimeFormat(lang).format(-Math.floor(ageMs / unitMs), unit)
  return new Intl.RelativeTimeFormat(lang, { numeric: 'auto' }).format(0, 'second')
}
