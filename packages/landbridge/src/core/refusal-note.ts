/** Tells a developer why his request was refused, and what to write. Called only where the host is this very machine. */
import type { Seen } from './bridge.ts'
import { show } from './errors.ts'
import type { RequestReason } from './events.ts'
import { authorityText, isAddress, isLoopback, parseAuthority } from './host.ts'
import { canonicalOrigin, originOf, refererOrigin } from './origin.ts'
import type { DeveloperNote } from './pages.ts'
import type { Inbound } from './request.ts'

type Fact = readonly [term: string, value: string]

const NOT_SENT = '(not sent)'

/** `null` on every host but localhost and loopback addresses: what a request says is repeated to nobody else. */
export function developerNote(reason: RequestReason, request: Inbound, seen: Seen | null): DeveloperNote | null {
  const authority = parseAuthority(seen?.authority ?? '')
  if (authority === null || !isLoopback(authority.name)) return null
  const own = originOf(seen!.encrypted ? 'https' : 'http', authorityText(authority))!
  switch (reason) {
    case 'host-not-allowed':
      return unknownHost(authorityText(authority), authority.name)
    case 'cross-origin':
      return foreign(request, own)
    case 'origin-missing':
      return silent(request, own)
    case 'csrf-token-invalid':
      return wrongToken(request, own)
    case 'csrf-body-too-large':
      return badBody('The field has to stand within the first 64 kB, and a form without files may not be longer than that.', request)
    case 'csrf-body-unreadable':
      return badBody('The form is not what its content type says, broke off, or took longer than ten seconds.', request)
    case 'account-changed':
      return {
        text: 'x-session-account names another account than is signed in now. A page gets the tag for it with each load.',
        facts: [['X-Session-Account', shown(request.header('x-session-account'))]],
        write: ["headers: { 'x-session-account': await session.accountTag() }"],
      }
    case 'host-malformed':
    case 'forwarded-invalid':
      return null // whose host nobody knows
  }
}

function unknownHost(asked: string, name: string): DeveloperNote {
  const parent = isAddress(name) ? '' : name.replace(/^[^.]+\.?/, '')
  const rules = [name, ...(parent === '' ? [] : [`*.${parent}`])]
  return {
    text: 'No rule of the topology names this host. If it is yours, write a rule for it alone, or one for all hosts beside it. A port is left out: browsers send a cookie to all ports of a host.',
    facts: [['Host', asked]],
    write: rules.map((rule) => `topology: { kind: 'isolated', hosts: ['${rule}'] }`),
  }
}

function foreign(request: Inbound, own: string): DeveloperNote {
  const written = request.header('origin')
  // A Referer decides only where there is nothing else.
  const byReferer = written === undefined && request.header('sec-fetch-site') === undefined
  const origin = byReferer ? refererOrigin(request.header('referer') ?? '') : canonicalOrigin(written ?? '')
  const facts = [...provenanceFacts(request), ['Expected', `${own}, or an origin of trustedOrigins`]] as const
  if (origin === null) {
    return { text: 'Another page sent this, and hides where it is from. Such a page cannot be trusted by its origin.', facts, write: [] }
  }
  if (origin === own) {
    return { text: 'Sec-Fetch-Site contradicts the Origin: on its way the request was redirected by another site.', facts, write: [] }
  }
  const text = 'The page that sent this is of another origin. Scheme, host and port count. If it is yours, and you trust it:'
  const scheme = origin.replace(/^https?/, '') === own.replace(/^https?/, '')
  if (!scheme) return { text, facts, write: [`trustedOrigins: ['${origin}']`] }
  return {
    text: 'Only the scheme differs. If TLS ends at a proxy, the proxy has to say so in X-Forwarded-Proto, and be trusted:',
    facts,
    write: ["trustedProxies: ['127.0.0.1']"],
  }
}

function silent(request: Inbound, own: string): DeveloperNote {
  const type: Fact = ['Content-Type', shown(request.header('content-type'))]
  return {
    text: 'Browsers of today say where a request comes from. For older ones put a token into the form, or into a header. Clients that are no browser say an origin, or are let through and authenticated by other means. A token in a form counts where a cookie came along and the type is one that forms have.',
    facts: [...provenanceFacts(request), tokenFact(request), cookieFact(request), type, expected(own)],
    write: [
      '<form method="post">${await session.csrfField()} … </form>',
      "fetch(url, { headers: { 'x-csrf-token': token } })",
      `curl -H 'Origin: ${own}' …`,
      "insecureBypass: ({ path }) => path === '/webhook'",
    ],
  }
}

function wrongToken(request: Inbound, own: string): DeveloperNote {
  return {
    text: 'The token is not one of this session on this host. Tokens end with signIn and renew, belong to one scope, and two fields of different values count as none. Make it when the page is made, after signIn:',
    facts: [tokenFact(request), cookieFact(request), expected(own)],
    write: ['<form method="post">${await session.csrfField()} … </form>'],
  }
}

function badBody(text: string, request: Inbound): DeveloperNote {
  const facts = ['content-type', 'content-length'].map((name): Fact => [name, shown(request.header(name))])
  return {
    text: `The request says nothing of its origin, so its token was looked for in the form. ${text} Write the field first, or send a header:`,
    facts,
    write: ['<form method="post">${await session.csrfField()} … </form>', "fetch(url, { headers: { 'x-csrf-token': token } })"],
  }
}

function provenanceFacts(request: Inbound): readonly Fact[] {
  const origin = request.header('origin')
  const referer = request.header('referer')
  return [
    ['Sec-Fetch-Site', shown(request.header('sec-fetch-site'))],
    ['Origin', canonicalOrigin(origin ?? '') ?? shown(origin)],
    // Its path may hold what is meant for nobody's eyes.
    ['Referer, its origin', referer === undefined ? NOT_SENT : (refererOrigin(referer) ?? '(not an address of http)')],
  ]
}

/** Neither tokens nor cookies are shown, not even to a developer. */
const tokenFact = (request: Inbound): Fact => ['X-CSRF-Token', request.header('x-csrf-token') === undefined ? NOT_SENT : '(sent)']
const cookieFact = (request: Inbound): Fact => ['Cookie', request.header('cookie') === undefined ? NOT_SENT : '(sent)']
const expected = (own: string): Fact => ['Expected', `Sec-Fetch-Site: same-origin, or Origin: ${own}, or a token of this session`]

/** Quoted, on one line, and short; for text that has no canonical form. */
const shown = (value: string | undefined): string => (value === undefined ? NOT_SENT : show(value))
