/** Reads `Set-Cookie` as browsers do (RFC 6265bis section 5.6): leniently, the last attribute of a name wins, unknown ones are passed over. */

export interface SetCookie {
  readonly name: string
  readonly value: string
  /** Lower case, without the leading dot; `null` where none or an empty one is given. */
  readonly domain: string | null
  /** As written, when it begins with a slash. */
  readonly path: string | null
  readonly secure: boolean
  readonly httpOnly: boolean
  /** As written, `null` where nothing is. */
  readonly sameSite: string | null
  /** Seconds from now; `null` for a cookie that ends with the browser. Zero or less removes the cookie. */
  readonly maxAgeS: number | null
}

/** Longer attributes are passed over, and so is a cookie whose name and value are longer. */
const ATTRIBUTE_LIMIT = 1024
const COOKIE_LIMIT = 4096

/** `null` for what browsers keep nothing of. */
export function parseSetCookie(line: string, nowMs: number): SetCookie | null {
  // A tab is the one control character that may be there; Node's parser lets no other through, but this one need not count on it.
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) return null
  const [pair = '', ...rest] = line.split(';')
  const { name, value } = splitPair(pair)
  if (name.length + value.length === 0 || name.length + value.length > COOKIE_LIMIT) return null
  const attributes = new Map<string, string>()
  for (const each of rest) {
    const { key, text } = splitAttribute(each)
    if (text.length <= ATTRIBUTE_LIMIT && isMeant(key, text)) attributes.set(key, text)
  }
  const path = attributes.get('path') ?? ''
  return {
    name,
    value,
    domain: attributes.get('domain')?.replace(/^\./, '').toLowerCase() || null,
    path: path.startsWith('/') ? path : null,
    secure: attributes.has('secure'),
    httpOnly: attributes.has('httponly'),
    sameSite: attributes.get('samesite') ?? null,
    maxAgeS: lifetime(attributes.get('max-age'), attributes.get('expires'), nowMs),
  }
}

/** A text such as `a=1; b=2`, as it stands in a `Cookie` header. */
export function parsePairs(text: string): { name: string; value: string }[] {
  return text
    .split(';')
    .filter((each) => trim(each) !== '')
    .map(splitPair)
}

export const COOKIE_NAME: RegExp = /^[\w!#$%&'*+.^`|~-]+$/

/** Whether a cookie that somebody wrote can stand in a `Cookie` header. */
export function canBeSent({ name, value }: { readonly name: string; readonly value: string }): boolean {
  return COOKIE_NAME.test(name) && /^[\x20-\x7e]*$/.test(value)
}

/** Without `=` it is a value without a name. */
function splitPair(text: string): { name: string; value: string } {
  const at = text.indexOf('=')
  return at < 0 ? { name: '', value: trim(text) } : { name: trim(text.slice(0, at)), value: trim(text.slice(at + 1)) }
}

function splitAttribute(text: string): { key: string; text: string } {
  const at = text.indexOf('=')
  return at < 0
    ? { key: trim(text).toLowerCase(), text: '' }
    : { key: trim(text.slice(0, at)).toLowerCase(), text: trim(text.slice(at + 1)) }
}

/** Max-Age and Expires that cannot be read do not take the place of ones that could. */
function isMeant(key: string, text: string): boolean {
  if (key === 'max-age') return /^-?\d+$/.test(text)
  return key !== 'expires' || !Number.isNaN(dateOf(text))
}

function lifetime(maxAge: string | undefined, expires: string | undefined, nowMs: number): number | null {
  if (maxAge !== undefined) return Number(maxAge)
  if (expires === undefined) return null
  return Math.round((dateOf(expires) - nowMs) / 1000)
}

/** The dates that servers send, the old form with dashes among them. They mean UTC whatever they say. */
function dateOf(text: string): number {
  const [, day, month, year, time] = /(\d{1,2})[\s-]+([a-z]{3})[a-z]*[\s-]+(\d{2,4})\s+(\d{1,2}:\d{2}:\d{2})/i.exec(text) ?? []
  if (day === undefined) return Number.NaN
  return Date.parse(`${day} ${month} ${fullYear(Number(year))} ${time} GMT`)
}

const fullYear = (year: number): number => (year < 70 ? year + 2000 : year < 100 ? year + 1900 : year)

/** Spaces and tabs alone: another blank is part of the name. */
function trim(text: string): string {
  let from = 0
  let to = text.length
  while (from < to && isBlank(text[from])) from++
  while (to > from && isBlank(text[to - 1])) to--
  return text.slice(from, to)
}

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t'
