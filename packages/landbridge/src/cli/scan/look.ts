/** An answer, as far as it can be held against another. */
import type { Answer } from './client.ts'
import type { Pair } from './plan.ts'
import { parseSetCookie } from './set-cookie.ts'
import { changes, fits, lastingChanges, likeness, patternOf, tokensOf, wordsOf } from './tokens.ts'

export interface Look {
  readonly status: number
  /** Where it redirects to: the host and path, and the names in its query. Their values may be new each time. */
  readonly redirect: string | null
  /** `null` where it was not read to its end, and says nothing therefore. */
  readonly tokens: readonly string[] | null
  /** Names of the cookies that it sets to a value, and of those that it removes. */
  readonly sets: ReadonlyMap<string, string | null>
}

export function lookOf({ status, location, body, isWhole, setCookies }: Answer): Look {
  const sets = new Map<string, string | null>()
  for (const line of setCookies) {
    const cookie = parseSetCookie(line, Date.now())
    if (cookie === null) continue
    const isRemoved = cookie.maxAgeS !== null && cookie.maxAgeS <= 0
    // One that removes an older cookie of the name beside one that sets it is no removal.
    if (!isRemoved || !sets.has(cookie.name)) sets.set(cookie.name, isRemoved ? null : cookie.value)
  }
  return { status, redirect: location === null ? null : redirectOf(location), tokens: isWhole ? tokensOf(body) : null, sets }
}

function redirectOf(url: URL): string {
  return JSON.stringify([url.host, url.pathname, [...new Set(url.searchParams.keys())].sort()])
}

/** How the answer to one visitor differs from those to another who asked twice; an empty text for not at all. */
export type Difference = '' | 'status' | 'redirect' | 'body'

/** `null`: the two that should be alike are not, so nothing can be held against them. */
export function difference(look: Look, [one, other]: readonly [Look, Look]): Difference | null {
  if (one.status !== other.status || one.redirect !== other.redirect) return null
  if (look.status !== one.status) return 'status'
  if (look.redirect !== one.redirect) return 'redirect'
  // What stands in the body of a redirect is for nobody.
  if (look.redirect !== null || look.tokens === null || one.tokens === null || other.tokens === null) return ''
  return fits(patternOf(one.tokens, other.tokens), look.tokens) ? '' : 'body'
}

const ALIKE = 0.5

/** How a page answers those who count for nothing there, and one visitor who may count for somebody; several times each. */
export interface Step {
  readonly nobody: readonly Look[]
  readonly visitor: readonly Look[]
}

/** Whether the visitors of two pages differ from nobody in the same way: the same step from a stranger to somebody who is known. */
export function isSameStep(one: Step, other: Step): boolean {
  const [before, after, otherBefore, otherAfter] = [one.nobody[0]!, one.visitor[0]!, other.nobody[0]!, other.visitor[0]!]
  if (after.status !== otherAfter.status) return false
  if (before.status !== after.status) return before.status === otherBefore.status
  if (before.redirect !== after.redirect) return pathOf(after.redirect) === pathOf(otherAfter.redirect)
  const steps = [one, other].map(({ nobody, visitor }) => [tokensOfAll(nobody), tokensOfAll(visitor)] as const)
  if ([one, other].some(({ nobody, visitor }) => [...nobody, ...visitor].some(({ tokens }) => tokens === null))) return false
  // Numbers alone moved in both, as in a page that counts visits.
  if (steps.every((texts) => texts.flat().every((tokens) => changes(texts[0][0]!, tokens).size === 0))) return true
  const [change, otherChange] = steps.map((texts) => lastingChanges(...texts))
  return likeness(change!, otherChange!) >= ALIKE
}

const tokensOfAll = (looks: readonly Look[]): (readonly string[])[] => looks.flatMap(({ tokens }) => (tokens === null ? [] : [tokens]))

/** Whether two hosts show the same page to strangers, as those of one application do. */
export function isSamePage(one: Look, other: Look): boolean {
  if (one.status !== other.status || pathOf(one.redirect) !== pathOf(other.redirect)) return false
  if (one.redirect !== null) return true
  if (one.tokens === null || other.tokens === null) return false
  const [words, otherWords] = [wordsOf(one.tokens), wordsOf(other.tokens)]
  return words.size === 0 || otherWords.size === 0 ? words.size === otherWords.size : likeness(words, otherWords) >= ALIKE
}

/** Whether its text would have to be compared, and was not read. */
export const isUnread = ({ redirect, tokens }: Look): boolean => redirect === null && tokens === null

const pathOf = (redirect: string | null): string | null => (redirect === null ? null : (JSON.parse(redirect) as [string, string])[1])

/** What an answer does to cookies that were shown: leaves them, gives others in their place or removes them. */
export function fate(look: Look, shown: readonly Pair[]): 'left' | 'replaced' {
  const isReplaced = shown.some(({ name, value }) => look.sets.has(name) && look.sets.get(name) !== value)
  return isReplaced ? 'replaced' : 'left'
}

/** Whether an answer gives a stranger a cookie of one of these names. */
export function gives(look: Look, names: readonly Pair[]): boolean {
  return names.some(({ name }) => typeof look.sets.get(name) === 'string')
}
