/** Which cookies look like what keeps a visitor's session. */
import type { SetCookie } from './set-cookie.ts'

/** Names without their prefix, as frameworks give them. */
const NAMES =
  /^(?:session|sess|sid|session[._-]?id|sessid|connect\.sid|phpsessid|jsessionid|asp\.net_sessionid|cfid|cftoken|auth|jwt|auth[._-]?token|access[._-]?token|session[._-]?(?:token|data)|\.aspnetcore\.(?:session|cookies)|\.aspxauth|\.aspnet\.applicationcookie|wordpress_logged_in_\w+)$/i
const ENDINGS = /(?:^|[._-])(?:session|sess|sid|sessionid|session[._-]?(?:id|token))$/i

/** Tokens against forgery, and what load balancers and bot filters set: random too, and no session. */
const OTHERS =
  /csrf|xsrf|antiforgery|requestverification|^(?:__cf|_cf|cf_|awsalb|ak_bmsc|bm_|incap_|visid_incap|nlbi_|arraffinity|serverid|bigip|_ga|_gid)/i

type Looks = Pick<SetCookie, 'name' | 'value' | 'httpOnly'>

/** With names given, those and no others. */
export function isSessionCookie({ name, value, httpOnly }: Looks, given: readonly string[]): boolean {
  if (given.length > 0) return given.includes(name)
  if (OTHERS.test(name)) return false
  return isSessionName(name) || (httpOnly && isRandom(value))
}

export function isSessionName(name: string): boolean {
  const bare = name.replace(/^__(?:Host|Secure)-/i, '')
  return name.startsWith('__Host-') ? !OTHERS.test(name) : NAMES.test(bare) || ENDINGS.test(bare)
}

const ENOUGH_BITS = 64

/** Whether a value is too random to be a preference: counted over its longest run of letters and digits. */
export function isRandom(value: string): boolean {
  const run = (value.match(/[A-Za-z0-9_-]+/g) ?? []).reduce((longest, each) => (each.length > longest.length ? each : longest), '')
  if (!/\d/.test(run)) return false
  return bitsPerCharacter(run) * run.length >= ENOUGH_BITS
}

/** Shannon's, over the characters that are there. */
function bitsPerCharacter(text: string): number {
  const counts = new Map<string, number>()
  for (const each of text) counts.set(each, (counts.get(each) ?? 0) + 1)
  return [...counts.values()].reduce((bits, n) => bits - (n / text.length) * Math.log2(n / text.length), 0)
}
