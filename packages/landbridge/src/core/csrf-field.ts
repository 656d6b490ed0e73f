/**
 * Where the CSRF token of a request stands. Asked only for requests that say nothing of their origin, so that the body of a request of
 * today's browsers is never looked at: decision 0032.
 */
import type { RequestReason } from './events.ts'
import type { FormKind } from './form-field.ts'
import { fieldValues, formKind } from './form-field.ts'
import type { Peeked } from './peek.ts'
import type { Inbound } from './request.ts'
import type { MaybePromise } from './types.ts'

export const CSRF_FIELD = '_csrf'

/** How far into a form the field is looked for, in bytes; an urlencoded form is read to its end, so it may not be longer. */
const FORM_LIMIT = 65_536

/** The token that a request brought, not checked yet; or why it is refused. */
export type SentToken = { readonly token: string } | { readonly token: null; readonly reason: RequestReason }

const none = (reason: RequestReason): SentToken => ({ token: null, reason })

/** A token in the header counts, whatever the body holds. Without a cookie no token can be good, so the body is left alone. */
export function sentToken(request: Inbound): MaybePromise<SentToken> {
  const token = request.header('x-csrf-token')
  if (token !== undefined) return { token }
  const form = request.header('cookie') === undefined ? null : formOf(request)
  if (form === null) return none('origin-missing')
  const peeked = request.peek(FORM_LIMIT)
  if (peeked !== null) return peeked.then((body) => inBody(form, body))
  const parsed = request.parsed()
  if (parsed instanceof Uint8Array) return inBody(form, { bytes: parsed.subarray(0, FORM_LIMIT), whole: parsed.length <= FORM_LIMIT })
  if (typeof parsed === 'string') return inBody(form, { bytes: Buffer.from(parsed), whole: true })
  return single(inFields(parsed)) ?? none('origin-missing')
}

/** A form whose bytes are its text. WebSocket handshakes have no body. */
function formOf(request: Inbound): FormKind | null {
  const coding = request.header('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (request.method === 'GET' || (coding !== 'identity' && coding !== '')) return null
  return formKind(request.header('content-type') ?? '')
}

function inBody(form: FormKind, body: Peeked): SentToken {
  const values = body === 'broken' ? null : fieldValues(form, body.bytes, body.whole, CSRF_FIELD)
  if (body === 'broken' || values === null) return none('csrf-body-unreadable')
  return single(values) ?? none(body.whole ? 'origin-missing' : 'csrf-body-too-large')
}

/** What a parser that ran before us made of the form. */
function inFields(body: unknown): readonly unknown[] {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, CSRF_FIELD)) return []
  return [(body as Record<string, unknown>)[CSRF_FIELD]].flat()
}

/** One value, or the same several times: of different ones none is chosen. */
function single(values: readonly unknown[]): SentToken | null {
  const [first] = values
  if (values.length === 0) return null
  return typeof first === 'string' && values.every((value) => value === first) ? { token: first } : none('csrf-token-invalid')
}
