/** What each reason of the library means, in a sentence that needs no manual. */
import type { CookieReason, CrossingReason, RequestReason } from 'landbridge'

export const COOKIE: Readonly<Record<CookieReason, string>> = {
  malformed: 'The cookie does not have the form <session id>.<secret>, so the store was not even asked.',
  'unknown-handle': 'No session has this handle: it was signed out, renewed or expired, or somebody made the cookie up.',
  'wrong-host': 'The cookie belongs to another host. It opens nothing here, and the session that it belongs to is untouched.',
  expired: 'The session was idle for too long, or reached its absolute end.',
  ambiguous: 'Two cookies of this name belong to two live sessions. One was planted and nothing tells which, so neither is used.',
  stolen: 'The cookie is of a remembered session, and older than the one that took its place. Two browsers have had it, so both are out.',
}

export const REQUEST: Readonly<Record<RequestReason, string>> = {
  'host-malformed': 'The Host header is missing, repeated or malformed.',
  'host-not-allowed': 'No topology names this host.',
  'forwarded-invalid': 'The forwarded headers contradict each other.',
  'cross-origin': 'A page of another origin tried to change something here. That is cross-site request forgery.',
  'origin-missing': 'The request changes something and does not say which page it came from.',
  'csrf-token-invalid': 'The CSRF token belongs to another session.',
  'csrf-body-too-large': 'The CSRF token does not stand within the first 64 kB of the form.',
  'csrf-body-unreadable': 'The form in which the CSRF token should stand is malformed, broke off or came too slowly.',
  'account-changed': 'The page was made for another account than is signed in now, so nothing was saved.',
}

export const CROSSING: Readonly<Record<CrossingReason, string>> = {
  'ask-malformed': 'The question to the issuing host is incomplete or malformed.',
  'ask-forged': 'The question was not signed by the host that it names. Somebody made it up.',
  'ask-expired': 'The question is older than two minutes.',
  'ask-unknown-host': 'The host that asks has no session to get here.',
  'answer-malformed': 'The answer that the browser brought is incomplete or malformed.',
  'request-unknown': 'This browser did not begin the request that it brings an answer to, or it keeps no cookies. The ticket stays unused.',
  'ticket-malformed': 'What came as a ticket does not have the form of one.',
  'ticket-unknown': 'There is no such ticket for this host: it was used already, or made for another host or another way of travelling.',
  'ticket-expired': 'The ticket came after its time was over.',
  'wrong-mode': 'The request came by another way than it says: from inside a frame, or from outside one.',
  'signed-out-here': 'Somebody signed out on this host alone, and has not asked to sign in since. So it stays.',
  'ticket-wrong-browser': 'Another browser asked for this ticket. It is spent, and opened nothing.',
  'session-ended': 'The session ended at the issuing host while the ticket was on its way.',
  'session-kept': 'Another session is here already and does not give way: it holds values, or somebody is signed in.',
  'wrong-origin': 'The request came from a page of another origin than it has to.',
  'wrong-account': 'That account is not in this browser, or its sign-in expired.',
  'body-malformed': 'The body of the request is too long or malformed.',
  'method-not-allowed': 'This address answers GET and POST only.',
  'endpoint-unknown': 'There is no such address below /.session/ on this host.',
  prefetch: 'The browser only fetched in advance. Nothing is issued or spent for that.',
  'insecure-transport': 'Nothing crosses over plain http: its cookies would not come along, and what it sends could be read.',
  'loop-guard': 'This host asked twice within ten seconds, so it stops asking: a crossing never turns into a loop.',
}
