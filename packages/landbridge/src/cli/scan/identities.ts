/** Who the scan is at each host, and the cookies that say so. */
import type { Scan } from './context.ts'
import { attempt, lookAt } from './context.ts'
import { Jar } from './jar.ts'
import type { Login } from './login.ts'
import { signInBy } from './login.ts'
import type { Pair, Target } from './plan.ts'
import { isSessionCookie } from './session-cookie.ts'
import { plain } from './show.ts'

/** One browser at one host. */
export interface Identity {
  readonly target: Target
  readonly as: 'signed-in' | 'anonymous'
  readonly jar: Jar
  /** The names of the cookies that are its session. */
  readonly names: readonly string[]
}

/** The cookies of an identity's session as they are now: an answer may have replaced one. */
export function sessionOf({ jar, names, target }: Identity): Pair[] {
  return jar.of(target.page).filter(({ name }) => names.includes(name))
}

/** One for each host that answered: as `--cookie` says, by the login module, or as a stranger after the first visit. */
export async function identify(scan: Scan, jars: ReadonlyMap<Target, Jar>, login: Login | null): Promise<Identity[]> {
  const identities: Identity[] = []
  for (const [target, jar] of jars) {
    const given = scan.plan.cookies.get(target.host)
    // Two URLs of one host share a session.
    if (identities.some((identity) => identity.target.host === target.host)) continue
    if (given !== undefined) identities.push(withCookies(scan, target, given))
    else if (login === null) identities.push(identity(scan, target, 'anonymous', jar))
    else identities.push(...(await signedIn(scan, target, login)))
  }
  return identities
}

function withCookies(scan: Scan, target: Target, given: readonly Pair[]): Identity {
  const jar = new Jar()
  jar.put(target.url, given)
  const guessed = identity(scan, target, 'signed-in', jar)
  // Somebody chose these cookies: where none looks like a session, they are it together.
  return guessed.names.length > 0 || scan.plan.sessionCookies.length > 0 ? guessed : { ...guessed, names: given.map(({ name }) => name) }
}

async function signedIn(scan: Scan, target: Target, login: Login): Promise<Identity[]> {
  scan.progress(`signing in to ${target.host}`)
  const signed = await attempt(scan, target.host, () => signInBy(login, scan.client, target, scan.stop))
  if (signed === null) return []
  for (const answer of signed.answers) if (answer.url.host === target.host) lookAt(scan, target, answer)
  const made = identity(scan, target, 'signed-in', signed.jar)
  if (made.names.length > 0) return [made]
  scan.problems.add(`${target.host} was not signed in to: the login module left no session cookie there.`)
  return []
}

function identity(scan: Scan, target: Target, as: Identity['as'], jar: Jar): Identity {
  const given = scan.plan.sessionCookies
  const names = jar.of(target.page).filter((cookie) => isSessionCookie(cookie, given))
  for (const name of given) {
    if (!names.some((cookie) => cookie.name === name))
      scan.problems.add(`${target.host} has no cookie ${plain(name)}, which --session-cookie names.`)
  }
  return { target, as, jar, names: [...new Set(names.map(({ name }) => name))] }
}
