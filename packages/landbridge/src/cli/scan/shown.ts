/**
 * Texts as they may be shown: hosts, headers and names of cookies come from servers that may be hostile. What could move a terminal's
 * cursor, hide itself or reorder what stands beside it is shown by its number.
 */

/** Controls and format characters (bidi, zero width), lone surrogates, marks that pile up on their neighbours, spaces but the one. */
const UNSEEN = '\\p{C}\\p{M}\\p{Zl}\\p{Zp}\\u115f\\u1160\\u2800\\u3164\\uffa0\\u00a0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000'
/** Scripts written from right to left: one such letter changes the order of all that follows in its line. */
const RIGHT_TO_LEFT = '\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufeff\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}'
const UNFIT = new RegExp(`[${UNSEEN}${RIGHT_TO_LEFT}]`, 'gu')

const LONGEST = 1000

/** One line that holds nothing but what can be seen, and is not endless. */
export function shown(text: string): string {
  const visible = text.slice(0, LONGEST).replaceAll(UNFIT, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`)
  return text.length > LONGEST ? `${visible}…` : visible
}

/** As JSON, of the same value, with what is not fit to be shown written as escapes. */
export function shownJson(value: unknown): string {
  const units = (text: string): string => text.replaceAll(/[^]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
  // Unfit characters but the line breaks between values are within strings; those below 0x20 are escapes already.
  return `${JSON.stringify(value, null, 2).replaceAll(UNFIT, (character) => (character === '\n' ? '\n' : units(character)))}\n`
}
