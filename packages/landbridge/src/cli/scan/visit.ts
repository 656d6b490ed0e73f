import { isAddress } from '../../core/host.ts'
import { isSameSite } from './browser-rules.ts'
import type { Answer, Client } from './client.ts'
import type { Jar } from './jar.ts'
import { cookieHeader } from './jar.ts'
import type { Target } from './plan.ts'
import { plain } from './show.ts'
import type { Space } from './space.ts'
import { isTrouble, Unreachable } from './trouble.ts'

/** What came of opening a URL as a browser does. */
export interface Visit {
  /** One for each hop. */
  readonly answers: readonly Answer[]
  /** The hosts that redirects led to, where they are other than the hop's before. */
  readonly redirects: readonly string[]
  /** What was not found out, as it goes on from the name of the host. */
  readonly problem: string | null
}

const HOP_LIMIT = 10

const REDIRECTS = [301, 302, 303, 307, 308]

const NOT_WHOLE = 'answers with more than is read (--max-body), or with what was compressed though nobody asked for it'

/** The headers of somebody who types the address. */
const NAVIGATION = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'accept-language': 'en',
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  'sec-fetch-user': '?1',
  'upgrade-insecure-requests': '1',
}

/** Opens one page with exactly the cookies given, and follows nothing. */
export function openPage(client: Client, url: URL, cookie: string | undefined, notNearer: Space = 0): Promise<Answer> {
  return client.send(url, { headers: { ...NAVIGATION, cookie }, notNearer })
}

/**
 * Opens a URL and follows its redirects, at most ten, to the hosts that were named and those of the same site; others are told and not
 * asked. Throws `Stopped` alone.
 */
export async function visit(client: Client, start: URL, jar: Jar, named: ReadonlySet<string>): Promise<Visit> {
  const answers: Answer[] = []
  const redirects: string[] = []
  const been = new Set<string>()
  const ended = (problem: string | null): Visit => ({ answers, redirects, problem })
  let url: URL | null = start
  while (url !== null) {
    // The same page with other cookies is no loop: some sites set one and ask again.
    const step = `${url.href} ${jar.state}`
    if (been.has(step)) return ended('redirects in a loop')
    if (answers.length > HOP_LIMIT) return ended(`redirects more than ${HOP_LIMIT} times`)
    been.add(step)
    const answer = await tryOpen(client, url, jar, nearestFor(url, start, answers[0]?.space, named))
    if (typeof answer === 'string') return ended(redirects.length === 0 ? answer : `redirects to ${redirects.at(-1)}, which ${answer}`)
    answers.push(answer)
    jar.take(url, answer.setCookies)
    const next: URL | null = answer.location
    if (next !== null && next.host !== url.host) redirects.push(plain(next.host))
    url = next !== null && (named.has(next.hostname) || isNear(next, start)) ? next : null
  }
  const { status, location } = answers.at(-1)!
  if (REDIRECTS.includes(status) && location === null) return ended('redirects to nowhere')
  if (isTrouble(status)) return ended(`answers with ${status}: it is in trouble, or asked too often (--rate)`)
  return ended(answers.every(({ isWhole }) => isWhole) ? null : NOT_WHOLE)
}

/**
 * The target over https, where its own host leads there from http: the pages of signed-in visitors are there, Secure cookies are sent
 * there alone, and no password is to be posted over http.
 */
export function overHttps(target: Target, answers: readonly Answer[]): Target {
  const isLed = answers.some(
    ({ url, location }) => url.protocol === 'http:' && location?.protocol === 'https:' && location.host === target.host,
  )
  if (target.url.protocol !== 'http:' || !isLed) return target
  const [url, page] = [new URL(target.url), new URL(target.page)]
  url.protocol = 'https:'
  page.protocol = 'https:'
  return { ...target, url, page }
}

async function tryOpen(client: Client, url: URL, jar: Jar, notNearer: Space): Promise<Answer | string> {
  try {
    return await openPage(client, url, cookieHeader(jar.of(url)), notNearer)
  } catch (error) {
    if (error instanceof Unreachable) return error.message
    throw error
  }
}

/**
 * How near a redirect may lead: no nearer than where it began, unless to another host that was named. Which name has which address is up to
 * whoever runs its DNS, from one question to the next.
 */
export function nearestFor(url: URL, start: URL, from: Space | undefined, named: ReadonlySet<string>): Space {
  return url.hostname !== start.hostname && named.has(url.hostname) ? 0 : (from ?? 0)
}

/** A server cannot send the scan wherever it likes, into the network that it runs in for example. */
function isNear(next: URL, start: URL): boolean {
  return next.hostname === start.hostname || (!isAddress(next.hostname) && isSameSite(next.hostname, start.hostname))
}
