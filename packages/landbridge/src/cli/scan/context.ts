/** What the steps of a scan share: what is asked of whom, and what they have found so far. */
import type { Finding } from '../checks/check.ts'
import { checkAnswer } from './answer-checks.ts'
import { defaultPath } from './browser-rules.ts'
import type { Answer, Client } from './client.ts'
import { checkCookie } from './cookie-checks.ts'
import type { ScanPlan, Target } from './plan.ts'
import type { SeenCookie } from './report.ts'
import { isSessionCookie } from './session-cookie.ts'
import type { SetCookie } from './set-cookie.ts'
import { parseSetCookie } from './set-cookie.ts'
import { plain } from './show.ts'
import { Stopped, Unreachable } from './trouble.ts'

export interface Scan {
  readonly plan: ScanPlan
  readonly client: Client
  readonly stop: AbortSignal
  readonly progress: (text: string) => void
  readonly findings: Finding[]
  /** Sentences, each once. */
  readonly problems: Set<string>
  /** What the host of each target has set. */
  readonly cookies: Map<Target, SeenCookie[]>
}

/** Runs one step; what keeps it from its end becomes a problem, and `null` its outcome. */
export async function attempt<T>(scan: Scan, host: string, step: () => Promise<T>): Promise<T | null> {
  try {
    return await step()
  } catch (error) {
    if (error instanceof Stopped) scan.problems.add(error.message)
    else if (error instanceof Unreachable) scan.problems.add(`${host} ${error.message}.`)
    else throw error
    return null
  }
}

/** More than browsers keep for a site. */
const MOST_COOKIES = 200

/** Looks at one answer of a target's host: what it sets, and what is wrong with it. */
export function lookAt(scan: Scan, target: Target, answer: Answer): void {
  const { sessionCookies, targets } = scan.plan
  const all = answer.setCookies.map((line) => parseSetCookie(line, Date.now())).filter((cookie) => cookie !== null)
  const cookies = all.filter(({ maxAgeS }) => maxAgeS === null || maxAgeS > 0)
  const sessions = cookies.filter((cookie) => isSessionCookie(cookie, sessionCookies))
  scan.findings.push(...checkAnswer({ answer, cookies, sessions }))
  if (answer.url.hostname !== target.url.hostname) return
  const named = targets.map(({ url }) => url.hostname)
  const seen = scan.cookies.get(target)!
  for (const cookie of cookies) {
    if (seen.length >= MOST_COOKIES) {
      scan.problems.add(`${target.host} sets more than ${MOST_COOKIES} cookies: the rest was not looked at.`)
      return
    }
    const isSession = sessions.includes(cookie)
    scan.findings.push(...checkCookie({ cookie, isSession, url: answer.url, named: [...new Set(named)] }))
    note(seen, cookie, answer.url, isSession)
  }
}

/** The same cookie once, as it was set last. */
function note(seen: SeenCookie[], cookie: SetCookie, url: URL, isSession: boolean): void {
  const { secure, httpOnly, maxAgeS } = cookie
  const [name, domain] = [plain(cookie.name), cookie.domain === null ? null : plain(cookie.domain)]
  const path = plain(cookie.path ?? defaultPath(url))
  const sameSite = cookie.sameSite === null ? null : plain(cookie.sameSite)
  const at = seen.findIndex((other) => other.name === name && other.domain === domain && other.path === path)
  seen.splice(at < 0 ? seen.length : at, at < 0 ? 0 : 1, { name, domain, path, secure, httpOnly, sameSite, maxAgeS, isSession })
}
