import type { Finding } from '../checks/check.ts'
import { find } from './finding.ts'
import type { NamedHost } from './named-hosts.ts'
import { overlap, written } from './named-hosts.ts'

/** What came of one configuration. It can be sent from one process to another. */
export interface Examined {
  /** How a report names it: `src/sessions.ts:12`, `sessions.json`. */
  readonly name: string
  readonly findings: readonly Finding[]
  readonly hosts: readonly NamedHost[]
  /** `null` where it is not one of ours. */
  readonly cookieName: string | null
  readonly basePath: string
}

/** Host-only cookies have another prefix than those of a domain. */
const isOneCookie = (a: NamedHost, b: NamedHost): boolean => (a.covers === 'domain') === (b.covers === 'domain')

/** With what several configurations that stand side by side do to each other. */
export function besideEachOther(all: readonly Examined[]): Examined[] {
  return all.map((one, i) => {
    const pairs = all.slice(0, i).flatMap((other) => {
      if (one.cookieName === null || one.cookieName !== other.cookieName) return []
      return one.hosts.flatMap((a) => other.hosts.filter((b) => isOneCookie(a, b) && overlap(a, b)).map((b) => ({ other, a, b })))
    })
    // One is enough: with the next run the next one shows.
    const found = pairs.slice(0, 1).map(({ other, a, b }) => {
      const message = `${written(a)} is served by ${other.name} (${b.where}: ${written(b)}), too, and both name their cookie ${JSON.stringify(one.cookieName)}.`
      return find('host-in-two-configurations', a.where, message)
    })
    return { ...one, findings: [...one.findings, ...found] }
  })
}
