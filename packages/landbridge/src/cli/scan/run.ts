/** A scan from its beginning to its end: one straight line, each step in a file of its own. */
import { isAddress, isLoopback } from '../../core/host.ts'
import { Client } from './client.ts'
import type { Scan } from './context.ts'
import { attempt, lookAt } from './context.ts'
import { copyCookies } from './copy.ts'
import { inOrder } from './findings.ts'
import { identify } from './identities.ts'
import { Jar } from './jar.ts'
import type { Login } from './login.ts'
import { loadLogin } from './login.ts'
import { hostsToSignIn } from './plan.ts'
import type { ScanPlan, Target } from './plan.ts'
import { probeUrls } from './probe.ts'
import type { HostReport, ScanReport } from './report.ts'
import { Secrets } from './secrets.ts'
import { plain, shownAddress } from './show.ts'
import { findDangling } from './takeover.ts'
import { Stopped } from './trouble.ts'
import { overHttps, visit } from './visit.ts'

export interface Outside {
  readonly version: string
  /** Ends the scan early; its reason is `Stopped`. */
  readonly stop: AbortSignal
  readonly progress: (text: string) => void
}

/** Never throws for what servers do: what could not be found out stands in the report. */
export async function runScan(plan: ScanPlan, { version, stop, progress }: Outside): Promise<ScanReport> {
  const startedAt = new Date().toISOString()
  const deadline = new AbortController()
  const tooLate = setTimeout(() => deadline.abort(timeIsUp(plan)), plan.limits.runTimeoutMs)
  const until = AbortSignal.any([stop, deadline.signal])
  const secrets = new Secrets(namedIn(plan))
  const client = new Client(plan.limits, version, until, secrets)
  const cookies = new Map(plan.targets.map((target) => [target, []]))
  const scan: Scan = { plan, client, stop: until, progress, findings: [], problems: new Set(), cookies }
  try {
    const seen = secrets.hideIn(await steps(scan))
    return { ...seen, landbridge: version, startedAt, endedAt: new Date().toISOString() }
  } finally {
    clearTimeout(tooLate)
  }
}

const namedIn = ({ targets, probes }: ScanPlan): string[] => [
  ...targets.flatMap(({ shown, page }) => [shown, shownAddress(page)]),
  ...probes.map(({ url }) => shownAddress(url)),
]

const timeIsUp = ({ limits }: ScanPlan): Stopped => new Stopped(`The scan took longer than ${limits.runTimeoutMs / 1000} s (--max-time).`)

async function steps(scan: Scan): Promise<Omit<ScanReport, 'landbridge' | 'startedAt' | 'endedAt'>> {
  const login = await loginOf(scan)
  const { hosts, jars } = await visitAll(scan)
  const identities = await identify(scan, jars, login)
  const experiments = await copyCookies(scan, identities, jars)
  const probes = await probeUrls(scan, identities)
  await lookForDangling(scan)
  return {
    requests: scan.client.requests,
    complete: scan.problems.size === 0,
    problems: [...scan.problems],
    hosts: hosts.map(({ target, report }) => ({ ...report, cookies: scan.cookies.get(target)! })),
    experiments,
    probes,
    findings: inOrder(scan.findings),
  }
}

/** `null` where nobody is signed in by one: what is not needed is not run either. */
async function loginOf({ plan, stop, problems }: Scan): Promise<Login | null> {
  if (plan.login === null || hostsToSignIn(plan).length === 0) return null
  try {
    return await loadLogin(plan.login, stop)
  } catch (error) {
    // All the rest ends at once with it.
    if (!(error instanceof Stopped)) throw error
    problems.add(error.message)
    return null
  }
}

interface Visited {
  readonly target: Target
  readonly report: HostReport
  /** The target as it is asked from here on; `null` for a host that did not answer. */
  readonly live: Target | null
}

/** The first look at each host, with a browser of its own; those that answered have a jar. */
async function visitAll(scan: Scan): Promise<{ hosts: Visited[]; jars: Map<Target, Jar> }> {
  const hosts: Visited[] = []
  const jars = new Map<Target, Jar>()
  for (const target of scan.plan.targets) {
    scan.progress(`visiting ${target.host}`)
    const jar = new Jar()
    const visited = (await attempt(scan, target.host, () => visitOne(scan, target, jar))) ?? notAsked(target)
    if (visited.live !== null) jars.set(visited.live, jar)
    hosts.push(visited)
  }
  return { hosts, jars }
}

async function visitOne(scan: Scan, target: Target, jar: Jar): Promise<Visited> {
  const named = new Set(scan.plan.targets.map(({ url }) => url.hostname))
  const { answers, redirects, problem } = await visit(scan.client, target.url, jar, named)
  for (const answer of answers) lookAt(scan, target, answer)
  if (problem !== null) scan.problems.add(`${target.host} ${problem}.`)
  const own = answers.findLast(({ url }) => url.hostname === target.url.hostname)
  const server = answers[0]?.headers.server
  const seen = { status: own?.status ?? null, redirects, server: server === undefined ? null : plain(String(server)) }
  const live = own === undefined ? null : overHttps(target, answers)
  // What signing in sets there belongs to the host that was named.
  if (live !== null) scan.cookies.set(live, scan.cookies.get(target)!)
  return { target, report: { ...unseen(target, problem), ...seen }, live }
}

const notAsked = (target: Target): Visited => ({ target, report: unseen(target, 'was not asked: the scan ended before'), live: null })

const unseen = ({ shown }: Target, problem: string | null): HostReport => ({
  url: shown,
  status: null,
  problem,
  redirects: [],
  cookies: [],
  server: null,
})

/** Names alone are looked up, and only those that the DNS knows. */
async function lookForDangling(scan: Scan): Promise<void> {
  const names = scan.plan.targets.map(({ url }) => url.hostname).filter((name) => !isAddress(name) && !isLoopback(name))
  if (names.length === 0 || scan.stop.aborted) return
  scan.progress('looking up names')
  const { findings, problems } = await findDangling([...new Set(names)], { signal: scan.stop })
  scan.findings.push(...findings)
  for (const problem of problems) scan.problems.add(problem)
}
