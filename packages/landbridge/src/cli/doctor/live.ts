/** `--live`: what the hosts of a configuration answer. At most 20 of them, four at once. */
import { SKEW_MS } from '../../core/ask.ts'
import type { Finding } from '../checks/check.ts'
import type { Examined } from './examined.ts'
import { find } from './finding.ts'
import type { Answer, Outcome, Target } from './live-request.ts'
import { ask, urlOf } from './live-request.ts'
import type { NamedHost } from './named-hosts.ts'
import { written } from './named-hosts.ts'

const HOSTS_LIMIT = 20
const AT_ONCE = 4

interface Asked {
  readonly host: NamedHost
  readonly target: Target
  readonly outcome: Outcome
}

export interface Live {
  readonly examined: readonly Examined[]
  readonly problems: readonly string[]
}

/** `localPort`: where hosts of this machine answer that are written without a port. */
export async function askHosts(all: readonly Examined[], localPort: number): Promise<Live> {
  let left = HOSTS_LIMIT
  const examined: Examined[] = []
  const problems: string[] = []
  for (const one of all) {
    const named = one.hosts.filter(isWrittenOut)
    const asked = await mapAtOnce(named.slice(0, left), async (host): Promise<Asked> => {
      const target = targetOf(host, one.basePath, localPort)
      return { host, target, outcome: await ask(target) }
    })
    left -= asked.length
    const judged = asked.map(judge)
    problems.push(...judged.flatMap(({ problem }) => problem ?? []))
    const findings = [...judged.flatMap((each) => each.findings), ...clocksOf(asked), ...notAsked(one.hosts, asked.length)]
    examined.push({ ...one, findings: [...one.findings, ...findings] })
  }
  return { examined, problems }
}

/** Of a domain with one cookie, its own name is asked where the others ask it: among peers. */
const isWrittenOut = ({ covers, role }: NamedHost): boolean => covers === 'host' || (covers === 'domain' && role === 'peer')

function targetOf({ name, port, role }: NamedHost, basePath: string, localPort: number): Target {
  const encrypted = !(name === 'localhost' || name.endsWith('.localhost'))
  return { name, encrypted, port: port ?? (encrypted ? 443 : localPort), path: role === 'alone' ? '/' : `${basePath}accounts` }
}

interface Judged {
  readonly findings: readonly Finding[]
  readonly problem?: string
}

function judge({ host, target, outcome }: Asked): Judged {
  switch (outcome.kind) {
    case 'unresolved': {
      const id = host.role === 'spoke' || host.role === 'peer' ? 'spoke-dangling' : 'host-unresolved'
      return { findings: [find(id, host.where, `The name ${host.name} has no address.`)] }
    }
    case 'certificate':
      return { findings: [find('certificate-refused', host.where, `${urlOf(target)}: ${outcome.message}.`)] }
    case 'problem':
      return { findings: [], problem: `${urlOf(target)} ${outcome.message}.` }
    case 'answered':
      return judgeAnswer(host, target, outcome.answer)
    default:
      return outcome satisfies never
  }
}

function judgeAnswer({ role, where }: NamedHost, target: Target, { status, location, body }: Answer): Judged {
  const url = urlOf(target)
  const told = (id: string, message: string): Judged => ({ findings: [find(id, where, message, { evidence: [`GET ${url}: ${status}`] })] })
  const problem = (message: string): Judged => ({ findings: [], problem: `${url} ${message}.` })
  if (location !== null && status >= 300 && status < 400) {
    if (URL.parse(location, url)?.href === url)
      return problem('redirects to itself, as an application does that takes https for plain http')
    return role === 'alone'
      ? { findings: [] }
      : problem('redirects to another address, which is not followed: so it is not known what is there')
  }
  if (status === 421 && body?.includes('[host-not-allowed]'))
    return told('host-not-served', `${url} answers that this name is not served there.`)
  if (status === 400 && body?.includes('[host-malformed]')) return told('host-not-served', `${url} answers that it got no host name.`)
  if (status === 400 && body?.includes('[forwarded-invalid]')) {
    return told('proxy-forwards-badly', `${url} answers that the forwarded headers are malformed or contradict each other.`)
  }
  if (status >= 500) return problem(`answered ${status}`)
  return role === 'alone' ? { findings: [] } : judgeEndpoint(url, status, body, told, problem)
}

/** The list of accounts, for a browser without a cookie. */
function judgeEndpoint(
  url: string,
  status: number,
  body: string | null,
  told: (id: string, message: string) => Judged,
  problem: (message: string) => Judged,
): Judged {
  if (body === null) return problem('answered with more than 64 kB, which Landbridge does not')
  const { accounts, error } = jsonOf(body)
  if (status === 200 && Array.isArray(accounts)) return { findings: [] }
  if (error === 'insecure-transport') return told('proxy-hides-https', `${url} was asked over https, and the application saw plain http.`)
  if (typeof error === 'string') return { findings: [] }
  return told('host-not-landbridge', `${url} answered ${status}, and not as Landbridge does.`)
}

function jsonOf(body: string): { readonly accounts?: unknown; readonly error?: unknown } {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

/** Each clock beside that of this machine, and those that cross beside each other. */
function clocksOf(asked: readonly Asked[]): Finding[] {
  const clocks = asked.flatMap(({ host, target, outcome }) => {
    const skew = outcome.kind === 'answered' ? outcome.answer.skew : null
    return skew === null ? [] : [{ host, target, least: skew[0], most: skew[1] }]
  })
  const wrong = clocks.filter(({ least, most }) => least > SKEW_MS || most < -SKEW_MS)
  const found = wrong.map(({ host, target, least, most }) => {
    const message = `The clock of ${target.name} is ${seconds((least + most) / 2)} this machine's.`
    return find('clock-skew', host.where, message, { level: host.role === 'alone' ? 'warning' : 'fault' })
  })
  const crossing = clocks.filter((clock) => clock.host.role !== 'alone' && !wrong.includes(clock)).toSorted((a, b) => a.least - b.least)
  const [slow, fast] = [crossing[0], crossing.at(-1)]
  if (slow === undefined || fast === undefined || fast.least - slow.most <= SKEW_MS) return found
  const apart = `The clocks of ${fast.target.name} and ${slow.target.name} are ${Math.round((fast.least - slow.most) / 1000)} s apart.`
  return [...found, find('clock-skew', fast.host.where, apart)]
}

const seconds = (ms: number): string => `${Math.round(Math.abs(ms) / 1000)} s ${ms > 0 ? 'ahead of' : 'behind'}`

function notAsked(hosts: readonly NamedHost[], asked: number): Finding[] {
  const wide = hosts.filter((host) => !isWrittenOut(host))
  const many = hosts.length - wide.length - asked
  const parts = [
    ...(wide.length > 0 ? [`${wide.map(written).join(', ')}: what no rule writes out cannot be asked`] : []),
    ...(many > 0 ? [`${many} more: ${HOSTS_LIMIT} hosts are asked at most`] : []),
  ]
  return parts.length === 0 ? [] : [find('hosts-not-asked', wide[0]?.where ?? 'topology', `${parts.join('; ')}.`)]
}

async function mapAtOnce<Item, Result>(items: readonly Item[], work: (item: Item) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  const rest = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of rest) results[index] = await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return results
}
