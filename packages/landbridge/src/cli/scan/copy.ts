/** The copy experiment: the session cookie of one host is shown to another. Every request of it is a GET of the page. */
import { isCovered } from './browser-rules.ts'
import type { Scan } from './context.ts'
import { attempt } from './context.ts'
import { found } from './findings.ts'
import type { Identity } from './identities.ts'
import { sessionOf } from './identities.ts'
import { cookieHeader, type Jar } from './jar.ts'
import type { Look } from './look.ts'
import { lookOf } from './look.ts'
import { madeUp } from './made-up.ts'
import type { Pair, Target } from './plan.ts'
import type { CopyExperiment } from './report.ts'
import { plain } from './show.ts'
import type { Observed, Reference, Verdict } from './verdict.ts'
import { adoptsMadeUp, isUnlike, judge, needsMadeUp, showsVisitor } from './verdict.ts'
import { openPage } from './visit.ts'

/** Every ordered pair of hosts. */
export async function copyCookies(scan: Scan, identities: readonly Identity[], jars: ReadonlyMap<Target, Jar>): Promise<CopyExperiment[]> {
  const experiments: CopyExperiment[] = []
  const hosts = new Map([...jars.keys()].toReversed().map((target) => [target.host, target]))
  const references = new Map<string, Reference | null>()
  for (const from of identities) {
    const others = [...hosts.values()].filter((target) => target.host !== from.target.host).toReversed()
    const own = others.length === 0 ? [] : await copyFrom(scan, from, others, identities, references)
    for (const each of own) tell(scan, each, from, jars)
    experiments.push(...own)
  }
  return experiments
}

type Known = Map<string, Reference | null>

async function copyFrom(
  scan: Scan,
  from: Identity,
  others: readonly Target[],
  identities: readonly Identity[],
  known: Known,
): Promise<CopyExperiment[]> {
  const told = { from: from.target.host, cookies: from.names.map((name) => plain(name)), as: from.as }
  const without = (because: string): CopyExperiment[] =>
    others.map(({ host }) => ({ ...told, to: host, outcome: 'unclear', because: [because] }))
  if (from.names.length === 0) return without(`${told.from} set no session cookie for a stranger: sign in with --login or --cookie.`)
  const reference = await referenceOf(scan, from, known)
  if (reference === null) return without(NOT_ASKED[0])
  const experiments: CopyExperiment[] = []
  for (const to of others) {
    scan.progress(`copying the cookie of ${told.from} to ${to.host}`)
    const there = identities.find(({ target, as }) => target.host === to.host && as === 'signed-in')
    const thereKnown = there === undefined ? null : await referenceOf(scan, there, known)
    const observed = await attempt(scan, to.host, () => observe(scan, from, to, reference, thereKnown, namesAt(identities, to)))
    const verdict = observed === null ? ENDED : judge(observed)
    if (observed !== null && adoptsMadeUp(observed)) adopted(scan, to)
    if (observed !== null && verdict.outcome === 'accepted') goOnWith(from, observed)
    experiments.push({ ...told, to: to.host, ...verdict })
  }
  return await stillKnown(scan, from, reference, experiments)
}

const NOT_ASKED: readonly [string, string] = [
  'It was not found out how the host answers its own cookie.',
  'The answers that it takes did not come.',
]
const ENDED: Verdict = { outcome: 'unclear', because: [NOT_ASKED[1]] }

/** Strangers before and after it, so that what a clock or a counter changes meanwhile is not taken for an effect of the cookie. */
async function referenceOf(scan: Scan, identity: Identity, known: Known): Promise<Reference | null> {
  const { host, page } = identity.target
  const before = known.get(host)
  if (before !== undefined) return before
  const reference = await attempt(scan, host, async () => {
    const first = await look(scan, page, [])
    const shown = sessionOf(identity)
    const own = await lookAsOwner(scan, identity)
    const strangers = [first, await look(scan, page, [])] as const
    const seen = { strangers, own, shown, ownAgain: null, madeUp: null }
    if (!isUnlike(own, strangers)) return seen
    const madeUp = [await lookWithMadeUp(scan, page, shown), await lookWithMadeUp(scan, page, shown)] as const
    return { ...seen, madeUp, ownAgain: await lookAsOwner(scan, identity) }
  })
  known.set(host, reference)
  return reference
}

async function lookAsOwner(scan: Scan, identity: Identity): Promise<Look> {
  const { page } = identity.target
  const answer = await openPage(scan.client, page, cookieHeader(sessionOf(identity)))
  // A session that changes its secret goes on with the new one.
  identity.jar.take(page, answer.setCookies)
  return lookOf(answer)
}

async function look(scan: Scan, page: URL, shown: readonly Pair[]): Promise<Look> {
  return lookOf(await openPage(scan.client, page, cookieHeader(shown)))
}

async function observe(
  scan: Scan,
  identity: Identity,
  target: Target,
  from: Reference,
  to: Reference | null,
  namesThere: readonly string[],
): Promise<Observed> {
  const { page, host } = target
  const shown = underItsNames(sessionOf(identity), namesThere)
  const first = await look(scan, page, [])
  const copied = await look(scan, page, shown)
  const strangers = [first, await look(scan, page, [])] as const
  const observed = { fromHost: identity.target.host, toHost: host, from, to, strangers, copied, copiedAgain: null, shown, madeUp: null }
  if (!needsMadeUp(observed)) return observed
  const madeUp = [await lookWithMadeUp(scan, page, shown), await lookWithMadeUp(scan, page, shown)] as const
  const isKnown = isUnlike(copied, strangers) && isUnlike(copied, madeUp)
  return { ...observed, madeUp, copiedAgain: isKnown ? await look(scan, page, asReplaced(shown, copied)) : null }
}

/** The cookies as an answer has left them: a host that knows a session may give it a new id at any time. */
const asReplaced = (shown: readonly Pair[], { sets }: Look): Pair[] =>
  shown.map(({ name, value }) => ({ name, value: sets.get(name) ?? value }))

/** The session may have got a new id at the other host: who showed the old one again at its own would be taken for a thief. */
function goOnWith({ jar, target, names }: Identity, { copied, copiedAgain }: Observed): void {
  for (const { sets } of [copied, ...(copiedAgain === null ? [] : [copiedAgain])]) {
    for (const name of names) {
      const value = sets.get(name)
      if (typeof value === 'string') jar.renew(target.page, name, value)
    }
  }
}

/**
 * The answer to made-up cookies, other ones each time: a host that goes on with the first would know it the second time. It is told as
 * if the values shown had been those that were copied: left is left, whatever the value.
 */
async function lookWithMadeUp(scan: Scan, page: URL, shown: readonly Pair[]): Promise<Look> {
  const fake = new Map(shown.map(({ name, value }) => [name, { name, value: madeUp(value), real: value }]))
  const seen = await look(scan, page, [...fake.values()])
  const sets = [...seen.sets].map(([name, value]) => [name, value === fake.get(name)?.value ? fake.get(name)!.real : value] as const)
  return { ...seen, sets: new Map(sets) }
}

/** Where the other host calls its session differently, the value is shown under that name as well. */
function underItsNames(pairs: readonly Pair[], namesThere: readonly string[]): Pair[] {
  const [only] = pairs
  const [nameThere] = namesThere
  if (only === undefined || nameThere === undefined || pairs.length > 1 || namesThere.length > 1 || nameThere === only.name)
    return [...pairs]
  return [only, { name: nameThere, value: only.value }]
}

const namesAt = (identities: readonly Identity[], to: Target): readonly string[] =>
  identities.find(({ target }) => target.host === to.host)?.names ?? []

/** A refusal says something only while the session lives: a host may have ended it for being shown elsewhere. */
async function stillKnown(scan: Scan, from: Identity, before: Reference, experiments: CopyExperiment[]): Promise<CopyExperiment[]> {
  if (!showsVisitor(before) || !experiments.some(({ outcome }) => outcome === 'refused')) return experiments
  const own = await attempt(scan, from.target.host, () => lookAsOwner(scan, from))
  if (own !== null && showsVisitor({ ...before, own })) return experiments
  const because = `The session was not known at ${from.target.host} any more at the end, so a refusal before that says nothing.`
  return experiments.map((each) =>
    each.outcome === 'refused' ? { ...each, outcome: 'unclear', because: [...each.because, because] } : each,
  )
}

function tell(
  scan: Scan,
  { from, to, outcome, because, cookies }: CopyExperiment,
  identity: Identity,
  jars: ReadonlyMap<Target, Jar>,
): void {
  const names = cookies.map((name) => name || '(without a name)').join(', ')
  // Where answers did not come, the reason stands among the problems already.
  if (outcome === 'unclear' && identity.as === 'signed-in' && !because.some((each) => NOT_ASKED.includes(each))) {
    scan.problems.add(`Whether ${to} accepts the session cookie of ${from} was not found out: ${because.at(-1)}`)
  }
  if (outcome !== 'accepted') return
  if (identity.as === 'anonymous') {
    because = [...because, 'Nobody was signed in: it is the session of a stranger that was taken along.']
  }
  if (isSentAnyway(identity, to, jars)) {
    const message = `${to} accepts the session cookie of ${from} (${names}). Browsers send it to both anyway, so this may be meant; whoever controls one of them has the sessions of the other.`
    scan.findings.push(found('cookie-accepted-elsewhere', to, message, { level: 'warning', evidence: because }))
  } else {
    const message = `${to} accepts the session cookie of ${from} (${names}), which browsers would not send there.`
    scan.findings.push(found('cookie-accepted-elsewhere', to, message, { evidence: because }))
  }
}

/** Whether a Domain covers both hosts, or the two differ in their ports alone, which cookies do not know. */
function isSentAnyway({ target, names, jar }: Identity, to: string, jars: ReadonlyMap<Target, Jar>): boolean {
  const there = [...jars.keys()].find(({ host }) => host === to)!.url.hostname
  if (there === target.url.hostname) return true
  const seen = [...jar.of(target.page), ...jars.get(target)!.of(target.page)]
  return names.every((name) => seen.some((cookie) => cookie.name === name && cookie.domain !== null && isCovered(there, cookie.domain)))
}

function adopted(scan: Scan, to: Target): void {
  const message = `${to.host} gives a stranger a session cookie, but none to who shows a made-up one: it seems to go on with that.`
  scan.findings.push(found('session-id-adopted', to.host, message))
}
