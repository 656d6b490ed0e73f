/**
 * What an answer says of its own accord, and what it says because of a cookie: two answers to one stranger show what varies by itself
 * (nonces, clocks, counters), and a third is held against what they have in common. Everything here takes time in proportion to the
 * length of what was sent, whatever was sent.
 */

/** Words, numbers and tokens in one piece each; every other character but blanks on its own. */
export function tokensOf(body: string): string[] {
  return body.match(/[\w+/=.-]+|[^\s\w]/gu) ?? []
}

interface Part {
  readonly tokens: readonly string[]
  /** How much of anything may stand before it. */
  readonly gap: number
}

/** What two answers have in common, in its order; between the parts stands what varies. */
export type Pattern = readonly Part[]

/** So many tokens on must something in common come, or the rest counts as varying. */
const WINDOW = 200
/** So many tokens in a row have to agree before two answers count as together again. */
const AGREED = 3
/** More places that vary than this, and the rest counts as varying: work stays bounded. */
const PARTS = 500
/** So many tokens more than were seen may stand where something varies. */
const SLACK = 8

export function patternOf(one: readonly string[], other: readonly string[]): Pattern {
  const parts = commonParts(one, other)
  const inOther = gapsIn(parts, other)
  const gaps = gapsIn(parts, one).map((gap, i) => Math.max(gap, inOther[i]!))
  // A value of one length today may be of another tomorrow.
  return parts.map((tokens, i) => ({ tokens, gap: gaps[i] === 0 ? 0 : 2 * gaps[i]! + SLACK }))
}

function commonParts(one: readonly string[], other: readonly string[]): (readonly string[])[] {
  const parts: (readonly string[])[] = []
  let [i, j] = [0, 0]
  while (parts.length < PARTS) {
    const from = i
    while (i < one.length && j < other.length && one[i] === other[j]) {
      i++
      j++
    }
    parts.push(one.slice(from, i))
    if (i >= one.length && j >= other.length) return parts
    const [skipOne, skipOther] = together(one, other, i, j)
    i += skipOne
    j += skipOther
  }
  return [...parts, []]
}

/** How much stands before each part in one of the two answers that they were taken from. */
function gapsIn(parts: readonly (readonly string[])[], tokens: readonly string[]): number[] {
  let at = 0
  return parts.map((part, index) => {
    const start = index === parts.length - 1 ? tokens.length - part.length : indexOf(tokens, part, at, tokens.length)
    const gap = start - at
    at = start + part.length
    return gap
  })
}

/** How far to go on in each until both say the same again. */
function together(one: readonly string[], other: readonly string[], i: number, j: number): [number, number] {
  for (let sum = 1; sum <= WINDOW; sum++) {
    for (let skip = 0; skip <= sum; skip++) {
      if (agree(one, other, i + skip, j + sum - skip)) return [skip, sum - skip]
    }
  }
  return [one.length - i, other.length - j]
}

function agree(one: readonly string[], other: readonly string[], i: number, j: number): boolean {
  if (i > one.length || j > other.length) return false
  for (let k = 0; k < AGREED; k++) {
    if (one[i + k] !== other[j + k]) return false
    if (i + k >= one.length) return true
  }
  return true
}

/** Whether an answer says what the pattern says, with anything where the pattern varies. */
export function fits(pattern: Pattern, tokens: readonly string[]): boolean {
  let at = 0
  for (const [index, part] of pattern.entries()) {
    const isLast = index === pattern.length - 1
    const start = isLast ? tokens.length - part.tokens.length : indexOf(tokens, part.tokens, at, at + part.gap)
    if (start < at || start - at > part.gap || !isAt(tokens, part.tokens, start)) return false
    at = start + part.tokens.length
  }
  return at === tokens.length
}

function isAt(tokens: readonly string[], part: readonly string[], start: number): boolean {
  return part.every((token, k) => tokens[start + k] === token)
}

/** Where a part begins, from one place to another; -1 for nowhere. By Knuth, Morris and Pratt: no text makes it slow. */
function indexOf(tokens: readonly string[], part: readonly string[], from: number, to: number): number {
  if (part.length === 0) return from
  const back = borders(part)
  const end = Math.min(tokens.length, to + part.length)
  let matched = 0
  for (let i = from; i < end; i++) {
    while (matched > 0 && tokens[i] !== part[matched]) matched = back[matched - 1]!
    if (tokens[i] === part[matched]) matched++
    if (matched === part.length) return i - matched + 1
  }
  return -1
}

/** For each beginning of a part, how much of its end is a beginning too. */
function borders(part: readonly string[]): number[] {
  const back = [0]
  for (let i = 1, matched = 0; i < part.length; i++) {
    while (matched > 0 && part[i] !== part[matched]) matched = back[matched - 1]!
    if (part[i] === part[matched]) matched++
    back.push(matched)
  }
  return back
}

/** The words of an answer: numbers and random tokens are not among them. */
export const wordsOf = (tokens: readonly string[]): Set<string> => new Set(tokens.filter(isWord))

/** The words that came and went from one answer to another. */
export function changes(before: readonly string[], after: readonly string[]): Set<string> {
  return lastingChanges([before], [after])
}

/** The words that stand in all answers of one kind and in none of the other: what varies by itself is not among them. */
export function lastingChanges(before: readonly (readonly string[])[], after: readonly (readonly string[])[]): Set<string> {
  const [had, has] = [before.map(wordsOf), after.map(wordsOf)]
  const came = [...inAll(has)].filter((word) => !had.some((words) => words.has(word))).map((word) => `+${word}`)
  const went = [...inAll(had)].filter((word) => !has.some((words) => words.has(word))).map((word) => `-${word}`)
  return new Set([...came, ...went])
}

const inAll = ([first = new Set<string>(), ...rest]: readonly Set<string>[]): Set<string> =>
  new Set([...first].filter((word) => rest.every((words) => words.has(word))))

const isWord = (token: string): boolean => /^[\p{L}][\p{L}.-]{1,24}$/u.test(token)

/** Of what changed the less, the share that changed in both; 0 where nothing changed in one of them. */
export function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const least = Math.min(one.size, other.size)
  return least === 0 ? 0 : [...one].filter((each) => other.has(each)).length / least
}
