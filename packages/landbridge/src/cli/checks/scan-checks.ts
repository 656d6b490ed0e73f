/** What `landbridge scan` looks for. A finding may have another level than its check, where what was seen makes it more or less; it says why. */
import type { Check } from './check.ts'

const CHECKS = {
  'cookie-accepted-elsewhere': {
    level: 'fault',
    title: 'A host accepts the session cookie of another host.',
    why: 'Whoever gets hold of the cookie at one host (a script of a tenant, a stolen log, the operator of that host) is the same visitor at the other, whether browsers would send it there or not.',
    fix: 'Bind each session to the host that it was begun on, and look it up by both: a cookie shown elsewhere then finds nothing.',
  },
  'session-id-adopted': {
    level: 'warning',
    title: 'A host seems to go on with a session id that it never gave out.',
    why: 'Who plants an id in a browser before its owner signs in knows the id afterwards, unless signing in changes it (session fixation).',
    fix: 'Give out a new id where an unknown one is shown (in PHP: session.use_strict_mode = 1), and a new one at every sign-in.',
  },
  'csrf-accepted': {
    level: 'fault',
    title: 'A write is accepted that another origin asked for.',
    why: 'A page of anybody can have the browser of a signed-in visitor send it, and it counts as the will of the visitor (cross-site request forgery).',
    fix: 'Refuse unsafe requests whose Origin (or Sec-Fetch-Site) is not your own, or ask for a token that is bound to the session.',
  },
  'csrf-without-origin': {
    level: 'note',
    title: 'A write is accepted that says nothing of where it comes from.',
    why: 'Browsers of today send Origin with every write; only programs and very old browsers leave it out. A proxy that removes the header would take the protection away.',
    fix: 'Nothing, where programs have to write. Otherwise refuse what has neither Origin nor Sec-Fetch-Site nor Referer.',
  },
  'cookie-without-secure': {
    level: 'fault',
    title: 'A session cookie is not Secure.',
    why: 'The browser sends it over plain http as well, where everybody on the way can read it; one image with an http: address is enough.',
    fix: 'Set the attribute Secure.',
  },
  'cookie-without-httponly': {
    level: 'fault',
    title: 'A session cookie is not HttpOnly.',
    why: 'Every script of the page can read it and send it away: one injected script takes the session along.',
    fix: 'Set the attribute HttpOnly.',
  },
  'cookie-samesite-missing': {
    level: 'warning',
    title: 'A session cookie says nothing about SameSite.',
    why: 'Chromium then takes Lax, but sends the cookie with cross-site writes for two minutes after it was set; Firefox and Safari send it with every cross-site request.',
    fix: 'Set SameSite=Lax.',
  },
  'cookie-samesite-none': {
    level: 'warning',
    title: 'A session cookie is sent from other sites (SameSite=None).',
    why: 'Each request that another site makes carries the session, so that everything rests on the check of the origin or of a token.',
    fix: 'Set SameSite=Lax, unless your pages have to run in frames of other sites.',
  },
  'cookie-samesite-none-insecure': {
    level: 'fault',
    title: 'A cookie has SameSite=None without Secure.',
    why: 'Browsers drop such a cookie: it does not work.',
    fix: 'Set Secure too, or SameSite=Lax.',
  },
  'cookie-prefix-missing': {
    level: 'note',
    title: 'A session cookie has no prefix.',
    why: 'Without `__Host-` in its name every sibling subdomain can set a cookie of that name, and the application cannot tell it from its own.',
    fix: 'Call it `__Host-…` (host-only), or `__Secure-…` where it needs a Domain.',
  },
  'cookie-prefix-broken': {
    level: 'fault',
    title: 'A cookie breaks the rule of its prefix.',
    why: 'Browsers drop such a cookie: it does not work.',
    fix: '`__Host-` needs Secure and Path=/ and no Domain; `__Secure-` needs Secure.',
  },
  'cookie-domain-wide': {
    level: 'warning',
    title: 'A session cookie has a Domain: every subdomain gets it.',
    why: 'Each host below the domain receives the session with every request, and can set a cookie that takes its place: the weakest of them decides for all.',
    fix: 'Leave Domain out, so that the cookie stays with its host. Where hosts have to share a sign-in, carry it across on purpose.',
  },
  'cookie-domain-refused': {
    level: 'fault',
    title: 'The Domain of a cookie does not fit the host that sets it.',
    why: 'Browsers drop a cookie for a public suffix, for a domain that does not cover the host, and for an address: it does not work.',
    fix: 'Leave Domain out.',
  },
  'cookie-set-twice': {
    level: 'warning',
    title: 'One answer sets two cookies of one name.',
    why: 'Which one counts depends on the browser; with different Domain or Path it keeps both, and sends both in an order that nobody promises.',
    fix: 'Set each cookie once in an answer.',
  },
  'session-over-http': {
    level: 'fault',
    title: 'A session cookie is set over plain http.',
    why: 'Everybody on the way reads it, and can put another in its place.',
    fix: 'Answer over https only, redirect http to it before any cookie is set, and send Strict-Transport-Security.',
  },
  'session-very-long': {
    level: 'warning',
    title: 'A session cookie lives for a very long time.',
    why: 'A cookie that was copied once stays good for as long, unless the server ends the session earlier.',
    fix: 'Let the session end with the browser or after some days, and a remembered sign-in change its secret as it is used.',
  },
  'session-cacheable': {
    level: 'fault',
    title: 'An answer that sets a session cookie may be kept by shared caches.',
    why: 'A cache that keeps the answer hands one session to all visitors.',
    fix: 'Send Cache-Control: private, no-store with every answer that sets a session cookie.',
  },
  'session-in-url': {
    level: 'fault',
    title: 'A session id stands in a URL.',
    why: 'URLs end up in logs, in histories, in the Referer of the next page and in what people send each other; whoever has it has the session.',
    fix: 'Keep the id in the cookie only (in PHP: session.use_only_cookies = 1, session.use_trans_sid = 0; in Java: tracking mode COOKIE).',
  },
  'redirect-to-http': {
    level: 'fault',
    title: 'An https page redirects to plain http.',
    why: 'Everybody on the way can answer in place of the host then, and reads the cookies that are not Secure.',
    fix: 'Redirect to https addresses only; behind a proxy, trust its X-Forwarded-Proto.',
  },
  'redirect-to-other-host': {
    level: 'note',
    title: 'A page redirects to another host.',
    why: 'That host takes part in what was looked at. What it sets for itself was not looked at unless it was named too.',
    fix: 'Name it as well, if it is yours.',
  },
  'dangling-cname': {
    level: 'fault',
    title: 'The name of a host points to a service where nobody has claimed it.',
    why: 'Whoever claims it there answers under your name: gets the domain cookies of its parents, and may set some.',
    fix: 'Remove the DNS record, or claim the name at the service again.',
  },
} as const

export type ScanCheckId = keyof typeof CHECKS

/** Every id that a finding of `scan` can have. */
export const scanChecks: readonly Check[] = Object.entries(CHECKS).map(([id, check]) => ({ id, ...check }))

/** The entry of the catalogue that a finding belongs to. */
export function scanCheck(id: ScanCheckId): Check {
  return { id, ...CHECKS[id] }
}
