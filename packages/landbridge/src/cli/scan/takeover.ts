/**
 * Aliases that lead to a name which somebody else could take, and with it everything that browsers send to the host: domain cookies, and
 * requests that count as same-site. Rules and limits are told in docs/takeover.md; nothing but DNS is asked.
 */
import { randomBytes } from 'node:crypto'
import { getDomain, getPublicSuffix, parse } from 'tldts'
import type { Finding, Level } from '../checks/check.ts'
import { Names, readName } from './dns-names.ts'
import type { Service } from './services.ts'
import { serviceOf } from './services.ts'

export interface TakeoverOptions {
  readonly signal: AbortSignal
  /** DNS servers as `address:port`; the system's unless given. */
  readonly servers?: readonly string[]
  /** How long one server has for one answer. */
  readonly queryMs?: number
  /** How long all of it may take. */
  readonly totalMs?: number
}

export interface Dangling {
  readonly findings: readonly Finding[]
  /** What could not be found out, a sentence each. */
  readonly problems: readonly string[]
}

const MOST_HOSTS = 100
/** Real ones have two or three; resolvers give up between 8 and 20. */
const MOST_ALIASES = 8
const AT_ONCE = 8

/** An alias with all names that it leads over, the host first, and whether the last one exists. */
interface Chain {
  readonly names: readonly string[]
  readonly end: 'missing' | 'without-address' | 'resolves'
}

/** What somebody else could do with the end of a chain. */
interface Verdict {
  readonly level: Level
  readonly says: string
  readonly fix: string
}

/** Reads the aliases of hosts. Never throws; when `signal` aborts, it tells what it has found by then. */
export async function findDangling(hosts: readonly string[], options: TakeoverOptions): Promise<Dangling> {
  const { signal, servers, queryMs = 2000, totalMs = 30_000 } = options
  const over = AbortSignal.any([signal, AbortSignal.timeout(totalMs)])
  const names = new Names({ signal: over, servers, queryMs })
  const wanted = [...new Set(hosts.map(nameOfHost).filter((name) => name !== null))]
  const chains: Chain[] = []
  const problems = new Set<string>()
  const unread: string[] = []
  await eachOf(wanted.slice(0, MOST_HOSTS), async (host) => {
    const chain = await follow(host, names)
    if (chain === null) return
    if (typeof chain !== 'string') chains.push(chain)
    else if (over.aborted) unread.push(host)
    else problems.add(chain)
  })
  const findings = (await Promise.all(chains.map((chain) => findingsOf(chain, names)))).flat()
  if (unread.length > 0) problems.add(`The time for reading aliases was over: nothing is known of ${unread.sort().join(', ')}.`)
  if (wanted.length > MOST_HOSTS) problems.add(`Only the aliases of the first ${MOST_HOSTS} of ${wanted.length} hosts were read.`)
  if (chains.some(({ end }) => end !== 'missing') && (await answersForAnything(names))) problems.add(LIES)
  return { findings: findings.sort((a, b) => (a.where < b.where ? -1 : 1)), problems: [...problems].sort() }
}

const KNOWS_NOTHING = 'The resolver of this machine knows no public names, so that aliases could not be read.'
const LIES = 'The resolver of this machine answers for names that do not exist, so that aliases which lead nowhere were not seen.'

/** Names of the machine itself are in no DNS, and addresses have no alias. */
function nameOfHost(host: string): string | null {
  const name = readName(host.replace(/:\d+$/, ''))
  return name === null || name === 'localhost' || name.endsWith('.localhost') ? null : name
}

async function eachOf(hosts: readonly string[], look: (host: string) => Promise<void>): Promise<void> {
  const waiting = [...hosts]
  const work = async (): Promise<void> => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) await look(host)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

/** Follows the aliases of a host; `null` where it has none, a sentence where it cannot be followed. */
async function follow(host: string, names: Names): Promise<Chain | string | null> {
  const chain = [host]
  for (;;) {
    const last = chain.at(-1)!
    const next = await names.alias(last)
    if (next.kind === 'failed') return `The alias of ${last} could not be read: ${next.why}.`
    if (next.kind !== 'found' && chain.length > 1) return endOf(chain, next.kind, names)
    if (next.kind !== 'found') return next.kind === 'missing' && (await knowsNothingAbove(host, names)) ? KNOWS_NOTHING : null
    const name = readName(next.value)
    if (name === null) return `${last} is an alias of something that is no name: ${JSON.stringify(next.value)}.`
    if (chain.includes(name)) return `The aliases of ${host} lead in a circle: ${[...chain, name].join(' → ')}.`
    if (chain.length > MOST_ALIASES) return `${host} leads over more than ${MOST_ALIASES} aliases, which were not followed to their end.`
    chain.push(name)
  }
}

async function endOf(chain: readonly string[], kind: 'missing' | 'none', names: Names): Promise<Chain | string> {
  if (kind === 'missing') return { names: chain, end: 'missing' }
  const last = chain.at(-1)!
  const address = await names.address(last)
  if (address.kind === 'failed') return `The address of ${last}, which ${chain[0]} is an alias of, could not be read: ${address.why}.`
  const ends = { found: 'resolves', none: 'without-address', missing: 'missing' } as const
  return { names: chain, end: ends[address.kind] }
}

async function findingsOf(chain: Chain, names: Names): Promise<Finding[]> {
  const [host, target] = [chain.names[0]!, chain.names.at(-1)!]
  const verdict = await judge(chain, host, target, names)
  if (verdict === null) return []
  const said = { missing: 'does not exist (NXDOMAIN)', 'without-address': 'exists without an address', resolves: 'resolves' }
  const steps = chain.names.slice(1).map((name, i) => `${chain.names[i]} is an alias (CNAME) of ${name}`)
  return [
    {
      check: 'dangling-cname',
      level: verdict.level,
      where: host,
      message: `${host} is an alias of ${target}, ${verdict.says}`,
      fix: verdict.fix,
      evidence: [...steps, `${target} ${said[chain.end]}`],
    },
  ]
}

async function judge({ end }: Chain, host: string, target: string, names: Names): Promise<Verdict | null> {
  const service = serviceOf(target)
  if (service !== null) return ofService(service, end, host, target, names)
  if (end !== 'missing') return null
  const remove = `Remove the CNAME record of ${host}`
  const domain = getDomain(target)
  if (domain !== null && domain === getDomain(host)) {
    const says = 'a name of the same domain that does not exist. Nobody but those who run the domain can make it.'
    return { level: 'note', says, fix: `${remove}, or make ${target} again.` }
  }
  if (domain !== null && (await isUnregistered(domain, names))) {
    const says = `and nobody has registered ${domain}: whoever does owns ${host}.`
    return { level: 'fault', says, fix: `${remove}, or register ${domain} before somebody else does.` }
  }
  const says = 'a name in somebody else’s domain that does not exist. Whoever can make it there owns the host.'
  return { level: 'warning', says, fix: `${remove}, or see to it that ${target} is yours.` }
}

async function ofService(service: Service, end: Chain['end'], host: string, target: string, names: Names): Promise<Verdict | null> {
  const fix = `Remove the CNAME record of ${host}, or claim ${target} at ${service.name}.`
  if (end === 'resolves') {
    if (service.names !== 'always') return null
    const says = `a name at ${service.name}. Names there resolve whether or not somebody has them: DNS cannot tell.`
    return { level: 'note', says, fix: `See to it that ${target} is still yours, or remove the CNAME record of ${host}.` }
  }
  if (service.names === 'name' && end === 'missing' && (await names.servers(getDomain(target)!)).kind === 'found') {
    return { level: 'fault', says: `a name at ${service.name} that nobody has: anybody can claim it, and owns the host then.`, fix }
  }
  return { level: 'warning', says: `a name at ${service.name} that leads nowhere. Somebody else may get it, and owns the host then.`, fix }
}

async function isUnregistered(domain: string, names: Names): Promise<boolean> {
  if (parse(domain).isIcann !== true) return false
  return (await names.servers(domain)).kind === 'missing' && !(await knowsNothingAbove(domain, names))
}

/** Whether the resolver misses a public suffix, too: then what it says of names below proves nothing. */
async function knowsNothingAbove(name: string, names: Names): Promise<boolean> {
  return parse(name).isIcann === true && (await names.servers(getPublicSuffix(name)!)).kind !== 'found'
}

/** `.invalid` exists nowhere; some resolvers answer with a page of advertisements. */
async function answersForAnything(names: Names): Promise<boolean> {
  return (await names.address(`landbridge-${randomBytes(8).toString('hex')}.invalid`)).kind === 'found'
}
