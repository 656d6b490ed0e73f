/** Keys and secrets, of Landbridge or of another library. What is said of one names its place and length, never a character of it. */
import type { Finding } from '../checks/check.ts'
import { find } from './finding.ts'

const LEAST_CHARACTERS = 32
/** A word of up to this many characters, over and over. */
const WORD_CHARACTERS = 16
const LEAST_DISTINCT = 8
/** As people write them: what is random mixes capitals and small letters. */
const WORD = /^(?:[A-Z]?[a-z]{1,11}|[A-Z]{2,12})$/
const LEAST_WORDS = 4
const ROW_CHARACTERS = 12
const ROWS = ['abcdefghijklmnopqrstuvwxyz', '01234567890', 'qwertyuiopasdfghjklzxcvbnm', 'zyxwvutsrqponmlkjihgfedcba', '09876543210']
/** From our own manual, from those of others, and from what people type where a text has to be long. */
const KNOWN =
  /only while developing|keyboard ?cat|change[-_ ]?(?:me|this|it)|your[-_ ]?(?:secret|key)|complex_password|at least (?:32|thirty)|example|secret[-_ ]?key|password/i

/** What makes a key easy to guess; `null` where nothing shows. */
function whyGuessable(key: string): string | null {
  const distinct = new Set(key).size
  if (distinct < LEAST_DISTINCT) return `It is made of ${distinct === 1 ? 'one character' : `${distinct} different characters`} only.`
  for (let length = 2; length <= WORD_CHARACTERS; length++) {
    if (
      key ===
      key
        .slice(0, length)
        .repeat(Math.ceil(key.length / length))
        .slice(0, key.length)
    )
      return 'It is one word over and over.'
  }
  const lower = key.toLowerCase()
  const inARow = ROWS.some((row) => hasRowOf(lower, row))
  if (inARow) return 'It follows the alphabet, the digits or the keyboard.'
  if (KNOWN.test(key)) return 'It stands in a manual, or says in words that it is to be replaced.'
  const words = key.split(/[\s_.-]+/).filter((word) => WORD.test(word))
  if (words.length >= LEAST_WORDS && words.join('').length >= key.length * 0.7) return 'It is a sentence, not a random text.'
  return null
}

function hasRowOf(text: string, row: string): boolean {
  const twice = row + row
  for (let i = 0; i + ROW_CHARACTERS <= text.length; i++) if (twice.includes(text.slice(i, i + ROW_CHARACTERS))) return true
  return false
}

const listOf = (given: unknown): readonly unknown[] => (given === undefined ? [] : Array.isArray(given) ? given : [given])

/** Where one stands: in a list, or alone. */
const placeOf = (given: unknown, name: string, i: number): string => (Array.isArray(given) ? `${name}[${i}]` : name)

/** `name` is that of the option: `keys`, `secrets`. `isOpen`: not of this machine alone. What is too short is told elsewhere. */
export function examineKeys(given: unknown, name: string, isOpen: boolean): Finding[] {
  const keys = listOf(given)
  return keys.flatMap((key, i) => {
    if (typeof key !== 'string' || key.length < LEAST_CHARACTERS) return []
    const where = placeOf(given, name, i)
    const first = keys.indexOf(key)
    if (first < i) return [find('key-twice', where, `It is the same as ${name}[${first}].`)]
    const why = whyGuessable(key)
    const level = isOpen ? 'fault' : 'warning'
    return why === null ? [] : [find('key-guessable', where, `It has ${key.length} characters, and can be guessed. ${why}`, { level })]
  })
}

/** Those of another library, which are checked for their length as well. */
export function examineSecrets(given: unknown, name: string, isOpen: boolean): Finding[] {
  const short = listOf(given).flatMap((secret, i) => {
    if (typeof secret === 'string' && secret.length >= LEAST_CHARACTERS) return []
    const what =
      typeof secret === 'string'
        ? `It has ${secret.length} characters`
        : `It is ${secret === null ? 'null' : `of the type ${typeof secret}`}`
    return [find('key-too-short', placeOf(given, name, i), `${what}; a secret is a text of ${LEAST_CHARACTERS} or more.`)]
  })
  return [...short, ...examineKeys(given, name, isOpen)]
}
