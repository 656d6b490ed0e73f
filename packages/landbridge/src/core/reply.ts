import type { RequestReason } from './events.ts'

/** A small response of ours, in a form that every adapter can send. */
export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const REFUSALS: Record<RequestReason, readonly [status: number, text: string]> = {
  'host-malformed': [400, 'The Host header of this request is missing, repeated or malformed.'],
  'host-not-allowed': [421, 'This host name is not served here.'],
  'forwarded-invalid': [400, 'The forwarded headers of this request are malformed or contradict each other.'],
  'cross-origin': [403, 'This request came from another site, which is not trusted here.'],
  'origin-missing': [
    403,
    'This request does not say which site it came from. Browsers send Sec-Fetch-Site or Origin; other clients may send the token of their session as X-CSRF-Token.',
  ],
  'csrf-token-invalid': [403, 'The CSRF token of this request belongs to another session. Load the page again and resubmit.'],
}

/** What a visitor gets for a request that is refused. It names the reason, and nothing that the request said. */
export function refusal(reason: RequestReason): Reply {
  const [status, text] = REFUSALS[reason]
  return plainReply(status, reason, text)
}

/** What a visitor gets when the session of a request failed: the store is down (503), or the session ended meanwhile (409). */
export function failure(status: number, code: string): Reply {
  const text =
    status === 409
      ? 'Your session ended meanwhile, so this was not saved.'
      : 'Sessions cannot be read or saved at the moment. Please try again.'
  return plainReply(status, code, text)
}

function plainReply(status: number, code: string, text: string): Reply {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }
  return { status, headers: status === 503 ? { ...headers, 'retry-after': '1' } : headers, body: `${text} [${code}]\n` }
}

export function replyResponse({ status, headers, body }: Reply): Response {
  return new Response(body, { status, headers })
}
