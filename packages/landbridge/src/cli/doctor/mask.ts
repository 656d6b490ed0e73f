/** Texts that others wrote, as they may be shown: on one line, short, and without any secret that is known here. */
import type { Finding } from '../checks/check.ts'

const SHOWN_CHARACTERS = 300
const FINDING_CHARACTERS = 2000
/** What lies behind is never shown. */
const READ_CHARACTERS = 10_000
/** What is shorter stands in too many words to take it out of all of them. */
const SECRET_CHARACTERS = 4
const LONG_CHARACTERS = 8
const SECRET_NAME = /key|secret|token|pass|pwd|credential|auth|cookie|dsn|private/i
/** Paths of this machine, which say what is wrong with a module. */
const NO_SECRET = /^(?:OLD)?PWD$|^XAUTHORITY$|_SOCK$/
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/:@'"]*):([^\s'"]*)@/gi
/** Texts of a length that keys have, in the alphabets that keys are written in. Which of them are random is seen by their characters. */
const KEY_LIKE = /[\w+-]{24,}|[A-Za-z\d+/]{20,}={1,2}/g
const URL_PARAMETER = /([?&](?:\w*(?:password|passwd|pwd|secret|token|key|auth)\w*)=)[^&\s'"]+/gi

/** Names and words hold few digits, or no capitals beside small letters. */
export const looksRandom = (text: string): boolean =>
  text.endsWith('=') || /^[\da-f]{32,}$/i.test(text) || (/[a-z]/.test(text) && /[A-Z]/.test(text) && text.replace(/\D/g, '').length > 2)

/** Without what looks like a key, also where nobody has said that it is one. */
const withoutKeys = (text: string): string => text.replace(KEY_LIKE, (each) => (looksRandom(each) ? '***' : each))

export const masked = (text: string, secrets: readonly string[]): string => masker(secrets)(text)

/** For many texts: how the secrets may be written is found out once. */
function masker(secrets: readonly string[]): (text: string) => string {
  const known = secrets.filter((secret) => secret.length >= SECRET_CHARACTERS).toSorted((a, b) => b.length - a.length)
  const written = known.flatMap(spellings)
  return (text) => {
    const without = written.reduce((left, each) => left.replaceAll(each, '***'), text)
    return without.slice(0, READ_CHARACTERS).replace(URL_PASSWORD, '$1$2:***@').replace(URL_PARAMETER, '$1***')
  }
}

/** Gives findings without what should not be shown. A short secret would be taken out of words that only look like it. */
export function findingMasker(secrets: readonly string[]): (finding: Finding) => Finding {
  const mask = masker(secrets.filter((secret) => secret.length >= LONG_CHARACTERS))
  // Most texts are those of many findings.
  const cleaned = new Map<string, string>()
  const clean = (text: string): string =>
    cleaned.get(text) ?? cleaned.set(text, cut(withoutKeys(mask(text)), FINDING_CHARACTERS)).get(text)!
  return ({ message, where, fix, evidence, ...finding }) => ({
    ...finding,
    where: clean(where),
    message: clean(message),
    fix: clean(fix),
    evidence: evidence.map(clean),
  })
}

const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}...` : text)

/** The first line that says something: what follows is often the source of the program around the place. */
export function shownMessage(error: unknown, secrets: readonly string[]): string {
  // A secret may hold a line break: it is taken out before the text is cut.
  const [line = ''] = withoutKeys(masked(textOf(error), secrets))
    .split(/[\r\n]+/)
    .filter((each) => each.trim() !== '')
  const short = line.replace(/[\x00-\x1f\x7f]/g, ' ').trim()
  return cut(short, SHOWN_CHARACTERS)
}

function textOf(error: unknown): string {
  const odd = 'something that is no error'
  try {
    const text: unknown = error instanceof Error ? error.message || error.name : error
    return typeof text === 'string' ? text : odd
  } catch {
    return odd // Its message is a function that throws.
  }
}

/** What the environment holds under a name that speaks of secrets, and the passwords of its URLs. */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    const passwords = [...value.matchAll(URL_PASSWORD)].map(([, , , password]) => password!)
    return SECRET_NAME.test(name) && !NO_SECRET.test(name) && value.length >= 8 ? [value, ...passwords] : passwords
  })
}

/** The texts in a list of keys, however it was written. */
export const textsOf = (given: unknown): string[] => [given].flat(2).filter((each): each is string => typeof each === 'string')

function spellings(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64')
  // What is written where a host belongs is shown in small letters.
  return [
    ...new Set([secret, secret.toLowerCase(), JSON.stringify(secret).slice(1, -1), encoded(secret), base64, base64.replace(/=+$/, '')]),
  ]
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text // Half of a surrogate pair.
  }
}
