import { randomBytes, randomInt } from 'node:crypto'

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
/** A short value might be somebody's: what is made up is never guessable. */
const SHORTEST = 24

/** What says of which kind a value is, and is the same in all of them: `s%3A` of a signed one, `v2.`. */
const KIND = /^[a-z]\d?(?:%3A|[:.])/i

/** A value of the same shape that nobody has: hex stays hex, case stays case, and what stands between stays as it is. */
export function madeUp(value: string): string {
  const [kind = ''] = KIND.exec(value) ?? []
  const rest = value.slice(kind.length)
  return `${kind}${alike(rest)}${isLongEnough(rest) ? '' : randomBytes(SHORTEST / 2).toString('hex')}`
}

function alike(value: string): string {
  const isHex = !/[g-z]/i.test(value)
  return value.replace(/%[0-9a-f]{2}|[a-z]|\d/gi, (piece) => (piece.length > 1 ? piece : another(piece, isHex)))
}

function another(character: string, isHex: boolean): string {
  if (DIGITS.includes(character)) return DIGITS[randomInt(10)]!
  const letter = LOWER[randomInt(isHex ? 6 : 26)]!
  return character === character.toLowerCase() ? letter : letter.toUpperCase()
}

function isLongEnough(value: string): boolean {
  return value.replace(/%[0-9a-f]{2}|[^a-z\d]/gi, '').length >= SHORTEST
}
