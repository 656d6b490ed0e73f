/** Probes for cross-site request forgery: writes that the user named, and no others. */
import { isSameSite } from './browser-rules.ts'
import type { Answer } from './client.ts'
import type { Scan } from './context.ts'
import { attempt } from './context.ts'
import { found } from './findings.ts'
import type { Identity } from './identities.ts'
import { cookieHeader } from './jar.ts'
import type { Probe } from './plan.ts'
import type { Asker } from './probe-verdict.ts'
import { judgeProbe, lookOfProbe } from './probe-verdict.ts'
import type { ProbeResult } from './report.ts'
import { shownAddress } from './show.ts'

export const FOREIGN_ORIGIN = 'https://landbridge-scan.invalid'

/** In this order: what the foreign page does comes first, before the page's own request may have used something up. */
const ASKERS: readonly { readonly origin: string; readonly headers: Readonly<Record<string, string>> }[] = [
  { origin: FOREIGN_ORIGIN, headers: { origin: FOREIGN_ORIGIN, 'sec-fetch-site': 'cross-site' } },
  { origin: 'null', headers: { origin: 'null', 'sec-fetch-site': 'cross-site' } },
  { origin: '(none)', headers: {} },
]

/** How many requests one probe sends. */
export const REQUESTS_OF_A_PROBE: number = ASKERS.length + 2

export async function probeUrls(scan: Scan, identities: readonly Identity[]): Promise<ProbeResult[]> {
  const results: ProbeResult[] = []
  for (const probe of scan.plan.probes) {
    const identity = identities.find(({ target }) => target.host === probe.target.host)
    const own = await probeUrl(scan, probe, identity)
    for (const each of own) tell(scan, each, probe, identity)
    results.push(...own)
  }
  return results
}

async function probeUrl(scan: Scan, probe: Probe, identity: Identity | undefined): Promise<ProbeResult[]> {
  const told = { url: shownAddress(probe.url), method: probe.method }
  const without = (because: string): ProbeResult[] =>
    ASKERS.map(({ origin }) => ({ ...told, origin, outcome: 'unclear', status: null, because: [because] }))
  const cookies = identity?.jar.of(probe.url) ?? []
  if (!cookies.some(({ name }) => identity!.names.includes(name))) {
    return without(`There is no session cookie to send with it, so nothing was sent: sign in with --login or --cookie.`)
  }
  scan.progress(`probing ${told.method} ${told.url}`)
  const cookie = cookieHeader(cookies)
  const own = { origin: probe.url.origin, 'sec-fetch-site': 'same-origin' }
  const answers = await attempt(scan, probe.target.host, async () => {
    const asked: Answer[] = []
    for (const { headers } of ASKERS) asked.push(await send(scan, probe, headers, cookie))
    return { asked, own: await send(scan, probe, own, cookie), stranger: await send(scan, probe, own, undefined) }
  })
  if (answers === null) return without('The answers that it takes did not come.')
  const page: Asker = lookOfProbe(answers.own)
  const stranger: Asker = lookOfProbe(answers.stranger)
  return answers.asked.map((answer, i) => ({
    ...told,
    origin: ASKERS[i]!.origin,
    status: answer.status,
    ...judgeProbe(lookOfProbe(answer), page, stranger),
  }))
}

/** As a form of another page would: empty, for only its author knows the fields. */
function send(scan: Scan, { url, method }: Probe, headers: Readonly<Record<string, string>>, cookie: string | undefined): Promise<Answer> {
  const form = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html,*/*;q=0.8' }
  return scan.client.send(url, { method, headers: { ...form, ...headers, cookie }, body: '' })
}

function tell(scan: Scan, result: ProbeResult, probe: Probe, identity: Identity | undefined): void {
  const { url, method, origin, outcome, because } = result
  const what = `${method} ${url}`
  if (outcome === 'unclear') scan.problems.add(`Whether ${what} is accepted from another origin was not found out: ${because.at(-1)}`)
  if (outcome !== 'accepted') return
  if (origin === '(none)') {
    scan.findings.push(found('csrf-without-origin', url, `${what} is accepted without Origin and Sec-Fetch-Site.`, { evidence: because }))
    return
  }
  const from = origin === 'null' ? 'the origin null (a sandboxed frame, for one)' : 'a foreign origin'
  const keeps = keptAtHome(scan, probe, identity)
  const rest = keeps
    ? ' Its SameSite attribute keeps browsers from sending the cookie with what other sites ask for; other hosts of the same site are not kept off.'
    : ''
  const level = keeps ? 'warning' : 'fault'
  scan.findings.push(found('csrf-accepted', url, `${what} is accepted from ${from}.${rest}`, { level, evidence: because }))
}

/** Whether browsers would not have sent the session: SameSite says so, and no other host of the site is known of. */
function keptAtHome({ cookies, plan }: Scan, { url, target }: Probe, identity: Identity | undefined): boolean {
  const near = plan.targets.some((each) => each.url.hostname !== url.hostname && isSameSite(each.url.hostname, url.hostname))
  const seen = (cookies.get(target) ?? []).filter(({ name }) => identity?.names.includes(name))
  return !near && seen.length > 0 && seen.every(({ sameSite }) => /^(?:lax|strict)$/i.test(sameSite ?? ''))
}
