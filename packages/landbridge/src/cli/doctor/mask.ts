/** Texts that others wrote, as they may be shown: on one line, short, and without any secret that is known here. */
import type { Finding } from '../checks/check.ts'

const SHOWN_CHARACTERS = 300
/** What is shorter stands in too many words to take it out of all of them. */
const SECRET_CHARACTERS = 4
const LONG_CHARACTERS = 8
const SECRET_NAME = /key|secret|token|pass|pwd|credential|auth|cookie|dsn|private/i
/** Paths of this machine, which say what is wrong with a module. */
const NO_SECRET = /^(?:OLD)?PWD$|^XAUTHORITY$|_SOCK$/
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/:@'"]*):([^\s'"]*)@/gi
const URL_PARAMETER = /([?&](?:\w*(?:password|passwd|pwd|secret|token|key|auth)\w*)=)[^&\s'"]+/gi

export function masked(text: string, secrets: readonly string[]): string {
  const known = secrets.filter((secret) => secret.length >= SECRET_CHARACTERS).toSorted((a, b) => b.length - a.length)
  const without = known.reduce((left, secret) => spellings(secret).reduce((rest, each) => rest.replaceAll(each, '***'), left), text)
  return without.replace(URL_PASSWORD, '$1$2:***@').replace(URL_PARAMETER, '$1***')
}

/** A finding without what should not be shown. A short secret would be taken out of words that only look like it. */
export function maskedFinding(finding: Finding, secrets: readonly string[]): Finding {
  const clean = (text: string): string =>
    masked(
      text,
      secrets.filter((secret) => secret.length >= LONG_CHARACTERS),
    )
  return {
    ...finding,
    message: clean(finding.message),
    where: clean(finding.where),
    fix: clean(finding.fix),
    evidence: finding.evidence.map(clean),
  }
}

/** The first line that says something: what follows is often the source of the program around the place. */
export function shownMessage(error: unknown, secrets: readonly string[]): string {
  const text = error instanceof Error ? error.message || error.name : typeof error === 'string' ? error : 'something that is no error'
  // A secret may hold a line break: it is taken out before the text is cut.
  const [line = ''] = masked(text, secrets)
    .split(/[\r\n]+/)
    .filter((each) => each.trim() !== '')
  const short = line.replace(/[\x00-\x1f\x7f]/g, ' ').trim()
  return short.length > SHOWN_CHARACTERS ? `${short.slice(0, SHOWN_CHARACTERS)}...` : short
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
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encoded(secret), base64, base64.replace(/=+$/, '')])]
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    return text // Half of a surrogate pair.
  }
}
