/** The defences of the protocol, each of which can be taken away, and what then breaks. */
import type { Invariant } from './invariants.ts'

/** Each of these is needed: without it alone the invariant named here breaks, as the tests show. */
export const NEEDED = {
  'take-once': {
    breaks: 'one-handle',
    says: 'a ticket is found and removed in one step; without it: read first, removed when the handle is made',
  },
  binding: { breaks: 'not-taken-over', says: 'the ticket is compared with the rq cookie, by rid and by S256(verifier)' },
  pairing: {
    breaks: 'not-taken-over',
    says: 'the ask names the session that the hint in this browser stands for, and the hub answers for no other',
  },
  'rq-first': { breaks: 'not-burnt', says: 'without the rq cookie of the rid, `in` does not look for the ticket' },
  'destination-in-key': { breaks: 'not-burnt', says: 'the store knows a ticket by its destination' },
  'mode-in-key': {
    breaks: 'not-taken-over',
    says: 'the store knows a ticket by its mode: a pushed one is not found by a GET, one of a redirect not by a POST',
  },
  'push-origin': { breaks: 'not-mistaken', says: 'a pushed ticket comes with the Origin of its source' },
  renewal: { breaks: 'not-taken-over', says: 'a sign-in makes a new session and ends the one that was there' },
  'fresh-handle': { breaks: 'not-taken-over', says: '`in` makes a new secret and adopts none from the browser' },
  'live-session': { breaks: 'stays-ended', says: '`attach` writes nothing when the session has ended' },
  'live-master': { breaks: 'stays-ended', says: '`attach` writes nothing when the handle of the hub is gone' },
  'kept-alive': { breaks: 'stays-ended', says: "a visit to a spoke keeps the hub's handle alive, so that no handle outlives it" },
  marker: { breaks: 'stays-ended', says: 'after a sign-out here, `in` refuses until an act of the user' },
  'no-overtaking': { breaks: 'stays-ended', says: '`attach` refuses a ticket from before a sign-out here' },
  scope: { breaks: 'own-host', says: 'a handle is looked for under the scope of the request' },
} as const satisfies Record<string, { breaks: Invariant; says: string }>

/** Taking one of these away alone breaks nothing in the model: each is a second wall. models/README.md says behind which first one. */
export const IN_DEPTH = {
  signature: 'the ask is signed by the host that asks',
  'rid-compared': 'the rid of the ticket is that of the rq cookie',
  'cc-compared': 'S256(verifier) of the rq cookie is the cc of the ticket',
  'marker-at-start': 'while the marker stands no silent request begins',
  'destination-checked': 'the ticket itself names its destination',
  expiry: 'a ticket ends after 30 seconds',
} as const

export type Defence = keyof typeof NEEDED | keyof typeof IN_DEPTH
