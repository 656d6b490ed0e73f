/** An answer, as far as it can be held against another. */
import type { Answer } from './client.ts'
import type { Pair } from './plan.ts'
import { parseSetCookie } from './set-cookie.ts'
import { changes, fits, likeness, patternOf, tokensOf } from './tokens.ts'

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

/** Whether `after`, which is unlike `before`, is to it as `otherAfter` is to `otherBefore`: the same step from a stranger to somebody who is known. */
export function isSameStep(before: Look, after: Look, otherBefore: Look, otherAfter: Look): boolean {
  if (after.status !== otherAfter.status) return false
  if (before.status !== after.status) return before.status === otherBefore.status
  if (before.redirect !== after.redirect) return pathOf(after.redirect) === pathOf(otherAfter.redirect)
  if (!before.tokens || !after.tokens || !otherBefore.tokens || !otherAfter.tokens) return false
  const [change, otherChange] = [changes(before.tokens, after.tokens), changes(otherBefore.tokens, otherAfter.tokens)]
  // Numbers alone moved in both, as in a page that counts visits.
  if (change.size === 0 && otherChange.size === 0) return true
  return likeness(change, otherChange) >= ALIKE
}

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
