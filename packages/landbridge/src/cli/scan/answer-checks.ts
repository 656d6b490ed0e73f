/** What is wrong with one answer as a whole. */
import type { Finding } from '../checks/check.ts'
import type { Answer } from './client.ts'
import { found } from './findings.ts'
import { isRandom, isSessionName } from './session-cookie.ts'
import type { SetCookie } from './set-cookie.ts'
import { plain, shownLink } from './show.ts'

/** An answer, and the cookies that it sets; those that it removes are not among them. */
export interface Seen {
  readonly answer: Answer
  readonly cookies: readonly SetCookie[]
  readonly sessions: readonly SetCookie[]
}

export function checkAnswer(seen: Seen): Finding[] {
  return [...setTwice(seen), cacheable(seen), ...redirect(seen.answer), sessionInUrl(seen)].filter((finding) => finding !== null)
}

function setTwice({ answer, cookies }: Seen): Finding[] {
  const names = cookies.map(({ name }) => name)
  const twice = new Set(names.filter((name, i) => names.indexOf(name) !== i))
  return [...twice].map((name) =>
    found('cookie-set-twice', answer.url.host, `${shownLink(answer.url)} sets the cookie ${plain(name)} more than once in one answer.`),
  )
}

/** Without a word about caching most caches leave an answer alone, so that is not told. */
function cacheable({ answer, sessions }: Seen): Finding | null {
  const control = (answer.headers['cache-control'] ?? '').toLowerCase()
  const [session] = sessions
  if (session === undefined || /\b(?:private|no-store)\b/.test(control)) return null
  const isShared = /\bpublic\b|\bs-maxage=[1-9]/.test(control)
  if (!isShared && (!/\bmax-age=[1-9]/.test(control) || /\bno-cache\b/.test(control))) return null
  const message = `${shownLink(answer.url)} sets the session cookie ${plain(session.name)} in an answer that shared caches may keep.`
  return found('session-cacheable', answer.url.host, message, { evidence: [`Cache-Control: ${plain(control)}`] })
}

function redirect({ url, location }: Answer): Finding[] {
  if (location === null) return []
  const leads = `${shownLink(url)} redirects to ${shownLink(location)}`
  const findings: Finding[] = []
  if (url.protocol === 'https:' && location.protocol === 'http:') findings.push(found('redirect-to-http', url.host, `${leads}.`))
  if (url.hostname !== location.hostname) findings.push(found('redirect-to-other-host', url.host, `${leads}, another host.`))
  return findings
}

const LINK = /(?:href|src|action)\s*=\s*["']?([^"'\s>]{1,2000})/gi
const PATH_PARAMETER = /;(jsessionid|phpsessid|sid|sessionid)=/i
/** As ASP.NET writes it for browsers without cookies. */
const PATH_SEGMENT = /\/\((?:[A-Z]\([\w-]+\))*S\([\w-]{16,}\)/
/** More of them tell nothing new. */
const LINKS = 2000

function sessionInUrl({ answer, sessions }: Seen): Finding | null {
  const links = [...answer.body.matchAll(LINK)].slice(0, LINKS).map(([, link]) => link!.replaceAll('&amp;', '&'))
  const seen = [answer.location?.href ?? '', ...links]
  const parameter = seen.map((link) => sessionParameter(link, sessions)).find((each) => each !== null)
  if (parameter === undefined) return null
  const from = answer.location === null ? 'has links' : 'redirects to a URL'
  return found('session-in-url', answer.url.host, `${shownLink(answer.url)} ${from} with a session id in ${plain(parameter, 40)}.`)
}

/** The name of the parameter that holds one; `null` for none. */
function sessionParameter(link: string, sessions: readonly SetCookie[]): string | null {
  const inPath = PATH_PARAMETER.exec(link)?.[1]
  if (inPath !== undefined) return `;${inPath}=`
  if (PATH_SEGMENT.test(link)) return '/(S(…))/'
  const query = new URLSearchParams(/\?([^#]*)/.exec(link)?.[1] ?? '')
  for (const [name, value] of query) {
    const isNamedSo = isSessionName(name) && isRandom(value)
    if (isNamedSo || sessions.some((session) => session.value.length >= 16 && session.value === value)) return `?${name}=`
  }
  return null
}
