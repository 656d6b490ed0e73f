import { randomBytes, randomInt } from 'node:crypto'

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'
/** A short value might be somebody's: what is made up is never guessable. */
const SHORTEST = 24

/** A value of the same shape that nobody has: hex stays hex, case stays case, and what stands between stays as it is. */
export function madeUp(value: string): string {
  const isHex = !/[g-z]/i.test(value)
  const made = value.replace(/%[0-9a-f]{2}|[a-z]|\d/gi, (piece) => (piece.length > 1 ? piece : another(piece, isHex)))
  return isLongEnough(value) ? made : `${made}${randomBytes(SHORTEST / 2).toString('hex')}`
}

function another(character: string, isHex: boolean): string {
  if (DIGITS.includes(character)) return DIGITS[randomInt(10)]!
  const letter = LOWER[randomInt(isHex ? 6 : 26)]!
  return character === character.toLowerCase() ? letter : letter.toUpperCase()
}

function isLongEnough(value: string): boolean {
  return value.replace(/%[0-9a-f]{2}|[^a-z\d]/gi, '').length >= SHORTEST
}
