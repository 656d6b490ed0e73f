import type { RequestReason } from './events.ts'

/** A small response of ours, in a form that every adapter can send. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Values of `Set-Cookie`, one header line each. */
  readonly cookies?: readonly string[]
}

const ACCOUNT_CHANGED = 'Another account is signed in now than when this page was loaded, so nothing was saved. Load the page again.'

const REFUSALS: Record<RequestReason, readonly [status: number, text: string]> = {
  'host-malformed': [400, 'The Host header of this request is missing, repeated or malformed.'],
  'host-not-allowed': [421, 'This host name is not served here.'],
  'forwarded-invalid': [400, 'The forwarded headers of this request are malformed or contradict each other.'],
  'cross-origin': [403, 'This request came from another site, which is not trusted here.'],
  'origin-missing': [
    403,
    'This request does not say which site it came from. Browsers send Sec-Fetch-Site or Origin; other clients may send the token of their session as X-CSRF-Token, or in the field _csrf of a form.',
  ],
  'account-changed': [409, ACCOUNT_CHANGED],
  'csrf-token-invalid': [403, 'The CSRF token of this request belongs to another session. Load the page again and resubmit.'],
  'csrf-body-too-large': [413, 'The CSRF token of this form has to stand within its first 64 kB.'],
  'csrf-body-unreadable': [
    403,
    'This form is malformed, broke off or came too slowly, so its CSRF token cannot be read. Please send it again.',
  ],
}

/** What a program gets for a request that is refused. It names the reason, and nothing that the request said. */
export function refusal(reason: RequestReason): Reply {
  const [status, text] = REFUSALS[reason]
  return plainReply(status, reason, text)
}

/** What a visitor gets when the session of a request failed: the store is down (503), or the session ended meanwhile (409). */
export function failure(status: number, code: string): Reply {
  const text =
    code === 'ERR_ACCOUNT_CHANGED'
      ? ACCOUNT_CHANGED
      : status === 409
        ? 'Your session ended meanwhile, so this was not saved.'
        : 'Sessions cannot be read or saved at the moment. Please try again.'
  return plainReply(status, code, text)
}

function plainReply(status: number, code: string, text: string): Reply {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
  return { status, headers: status === 503 ? { ...headers, 'retry-after': '1' } : headers, body: `${text} [${code}]\n` }
}

export function replyResponse({ status, headers, body, cookies = [] }: Reply): Response {
  const response = new Response(status === 204 ? null : body, { status, headers })
  for (const cookie of cookies) response.headers.append('Set-Cookie', cookie)
  return response
}

/** Nothing of a crossing is kept by a cache, and no page behind it learns the address before. */
const PASSING = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }

/** A redirect by GET whatever the method was: 303, never 302 or 307, so that a body is not sent again. */
export function seeOther(location: string, cookies: readonly string[] = []): Reply {
  return { status: 303, headers: { ...PASSING, location }, body: '', cookies }
}

export function jsonReply(status: number, value: object, cookies: readonly string[] = []): Reply {
  const headers = { ...PASSING, 'content-type': 'application/json; charset=utf-8', 'x-content-type-options': 'nosniff' }
  return { status, headers, body: `${JSON.stringify(value)}\n`, cookies }
}

/** The same reply with more headers and cookies. */
export function extended(reply: Reply, headers: Readonly<Record<string, string>>, cookies: readonly string[] = []): Reply {
  return { ...reply, headers: { ...reply.headers, ...headers }, cookies: [...(reply.cookies ?? []), ...cookies] }
}
