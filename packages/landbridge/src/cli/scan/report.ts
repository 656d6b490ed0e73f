/** What a scan hands to those who write it out: for people in a terminal, as one HTML file, as JSON, as SARIF. */
import type { Finding } from '../checks/check.ts'

/** A cookie as a host sets it. Its value is never kept here. */
export interface SeenCookie {
  readonly name: string
  /** `null`: host-only. */
  readonly domain: string | null
  readonly path: string
  readonly secure: boolean
  readonly httpOnly: boolean
  /** As written, `null` where nothing is. */
  readonly sameSite: string | null
  /** Seconds that it lives; `null` for a cookie that ends with the browser. */
  readonly maxAgeS: number | null
  /** Whether it looks like what keeps a visitor's session. */
  readonly isSession: boolean
}

/** What one host answered. */
export interface HostReport {
  /** The URL that was named, without what a secret could hide in: user, password, query, fragment. */
  readonly url: string
  /** `null` when it did not answer; then `problem` says why. */
  readonly status: number | null
  readonly problem: string | null
  /** The hosts that redirects led to, in their order. */
  readonly redirects: readonly string[]
  readonly cookies: readonly SeenCookie[]
  readonly server: string | null
}

/**
 * What came of showing the cookie of one host to another. `accepted`: it was taken there for the same session · `refused`: the answer
 * was that for a stranger · `unclear`: nothing in the answers tells.
 */
export interface CopyExperiment {
  readonly from: string
  readonly to: string
  readonly cookies: readonly string[]
  readonly as: 'signed-in' | 'anonymous'
  readonly outcome: 'accepted' | 'refused' | 'unclear'
  /** How that is known, a sentence each. */
  readonly because: readonly string[]
}

/** What came of an unsafe request with a foreign `Origin`, to a URL that the user named. */
export interface ProbeResult {
  readonly url: string
  readonly method: string
  readonly origin: string
  readonly outcome: 'accepted' | 'refused' | 'unclear'
  readonly status: number | null
  readonly because: readonly string[]
}

export interface ScanReport {
  readonly landbridge: string
  /** Times are ISO 8601 texts in UTC. */
  readonly startedAt: string
  readonly endedAt: string
  readonly requests: number
  /** `false` when something could not be found out: a host that did not answer, a limit that was reached, an interruption. */
  readonly complete: boolean
  /** What could not be found out, a sentence each. */
  readonly problems: readonly string[]
  readonly hosts: readonly HostReport[]
  readonly experiments: readonly CopyExperiment[]
  readonly probes: readonly ProbeResult[]
  readonly findings: readonly Finding[]
}
