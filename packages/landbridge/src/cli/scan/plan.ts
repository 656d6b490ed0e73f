/** What a scan is asked to do, once the arguments were understood. */

/** One of the URLs that were named. */
export interface Target {
  readonly url: URL
  /** Where it answers: name and port, as in a `Host` header. */
  readonly host: string
  /** As it may be shown. */
  readonly shown: string
  /** The page that is looked at to tell a signed-in visitor from a stranger. */
  readonly page: URL
}

export interface Pair {
  readonly name: string
  readonly value: string
}

/** An unsafe request that the user named. */
export interface Probe {
  readonly method: string
  readonly url: URL
  /** The URL that was named for its host, whose cookies it is sent with. */
  readonly target: Target
}

export interface Limits {
  readonly maxRequests: number
  readonly ratePerS: number
  readonly timeoutMs: number
  readonly runTimeoutMs: number
  readonly bodyLimitBytes: number
}

export interface ScanPlan {
  readonly targets: readonly Target[]
  /** The names that `--session-cookie` gave; empty where they have to be guessed. */
  readonly sessionCookies: readonly string[]
  /** By host: the cookies of somebody who is signed in there. */
  readonly cookies: ReadonlyMap<string, readonly Pair[]>
  /** The file of the module that signs in. */
  readonly login: string | null
  readonly probes: readonly Probe[]
  readonly limits: Limits
}

/** The hosts that the login module is run for: those that no cookie was given for. */
export function hostsToSignIn({ login, targets, cookies }: ScanPlan): string[] {
  return login === null ? [] : [...new Set(targets.map(({ host }) => host))].filter((host) => !cookies.has(host))
}
