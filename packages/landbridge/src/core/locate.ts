/** Finds the place of a host: rules first, then the resolvers of the application. */
import { withinDeadline } from './deadline.ts'
import { LandbridgeError } from './errors.ts'
import type { Authority } from './host.ts'
import { authorityText, parseAuthority } from './host.ts'
import type { HostResolver, Place } from './topology.ts'
import type { Host, MaybePromise } from './types.ts'
import { isPromise } from './types.ts'

/** Finds the place of an authority as a request wrote it: `null` when no rule admits it, `'malformed'` when it names no host. */
export type Locate = (authority: string) => MaybePromise<Place | null | 'malformed'>

export type PlaceOf = (host: Host) => Place

export interface Rules {
  readonly exact: Map<string, Place>
  readonly wildcards: { readonly suffix: string; readonly place: PlaceOf }[]
  readonly resolvers: { readonly resolves: HostResolver; readonly place: PlaceOf }[]
  /** Domains with a cookie for all their hosts, with their leading dot. */
  readonly domains: string[]
}

const RESOLVED_FOR_MS = 10_000
const RESOLVED_LIMIT = 1000
const LOCATED_LIMIT = 10_000

/** The look-up itself: rules first, whose answers never change and are remembered by the text that asked; then resolvers. */
export function locator(rules: Rules, now: () => number): Locate {
  const located = new Map<string, Place>()
  const resolve = rules.resolvers.length === 0 ? () => null : resolver(rules.resolvers, now)

  return (asked) => {
    const known = located.get(asked)
    if (known) return known
    // A copy: the text may be a slice of a long URL, which would stay in memory for as long as the slice is remembered.
    const text = Buffer.from(asked).toString()
    const authority = parseAuthority(text)
    if (!authority) return 'malformed'
    const place = byRule(rules, authority)
    if (!place) return resolve(authority.name)
    if (located.size >= LOCATED_LIMIT) located.clear()
    located.set(text, place)
    return place
  }
}

/** Exact rules come first, with the port and then without; wildcards after them. */
function byRule({ exact, wildcards }: Rules, authority: Authority): Place | null {
  const written = exact.get(authorityText(authority)) ?? exact.get(authority.name)
  if (written) return written
  const wildcard = wildcards.find(({ suffix }) => authority.name.endsWith(suffix))
  return wildcard ? wildcard.place(authority.name as Host) : null
}

function resolver(resolvers: Rules['resolvers'], now: () => number) {
  const answers = new Map<string, { readonly until: number; readonly answer: Promise<Place | null> }>()

  const ask = async (name: string): Promise<Place | null> => {
    try {
      for (const { resolves, place } of resolvers) {
        const answer = resolves(name)
        if ((isPromise(answer) ? await withinDeadline(answer, 'host resolver') : answer) === true) return place(name as Host)
      }
      return null
    } catch (cause) {
      throw new LandbridgeError('ERR_HOSTS_UNAVAILABLE', 'The host resolver of the application failed.', {
        hint: 'Look at `cause`. A host that cannot be decided is not served.',
        cause,
      })
    }
  }

  return (name: string): Promise<Place | null> => {
    const known = answers.get(name)
    if (known && known.until > now()) return known.answer
    if (answers.size >= RESOLVED_LIMIT) answers.delete(answers.keys().next().value!)
    const answer = ask(name)
    answers.set(name, { until: now() + RESOLVED_FOR_MS, answer })
    // A failure is no answer. Forgotten here, not where it happens: a resolver that throws at once fails before its answer is kept.
    answer.catch(() => answers.get(name)?.answer === answer && answers.delete(name))
    return answer
  }
}
