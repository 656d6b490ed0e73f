/** The defences of the protocol, each of which can be taken away, and what then breaks. */
import type { Invariant } from './invariants.ts'
import type { Scene } from './scenes.ts'

interface Needed {
  readonly breaks: Invariant
  readonly says: string
  /** Where the attack needs other bounds than usual. */
  readonly scene?: Scene
}

/** Each of these is needed: without it alone the invariant named here breaks, as the tests show. */
export const NEEDED = {
  'ticket-in-body': {
    breaks: 'not-taken-over',
    says: "a ticket of a redirect stands in the body of a form of the hub's page, and in no URL",
  },
  'source-origin': { breaks: 'not-mistaken', says: 'a form with a ticket comes with the Origin of the host that issued it' },
  'take-once': {
    breaks: 'one-handle',
    says: 'a ticket is found and removed in one step; without it: read first, removed when the handle is made',
  },
  'rq-first': { breaks: 'not-burnt', says: 'without the rq cookie of the rid, `in` does not look for the ticket of a redirect' },
  'destination-in-key': { breaks: 'not-burnt', says: 'the store knows a ticket by its destination' },
  'mode-in-key': { breaks: 'not-burnt', says: 'the store knows a ticket by its mode: one of a redirect is not found as a push' },
  renewal: { breaks: 'not-taken-over', says: 'a sign-in makes a new session and ends the one that was there' },
  'fresh-handle': { breaks: 'not-taken-over', says: '`in` makes a new secret and adopts none from the browser' },
  'live-session': { breaks: 'stays-ended', says: '`attach` writes nothing when the session has ended' },
  'live-master': { breaks: 'stays-ended', says: '`attach` writes nothing when the handle of the hub is gone' },
  'kept-alive': { breaks: 'stays-ended', says: "a visit to a spoke keeps the hub's handle alive, so that no handle outlives it" },
  'kept-alive-from-the-start': {
    breaks: 'stays-ended',
    says: "`attach` keeps the hub's handle alive: the new handle does not end after it, even if the spoke is not visited again",
  },
  marker: { breaks: 'stays-ended', says: 'after a sign-out here, `in` refuses until an act of the user', scene: 'two requests' },
  'left-expected': { breaks: 'stays-ended', says: '`attach` refuses a ticket from before a sign-out here', scene: 'redirects' },
  'act-overtaken': {
    breaks: 'stays-ended',
    says: 'an act from before a sign-out here is none any more: the marker gives way to a later one only',
    scene: 'two requests',
  },
  'act-bound': {
    breaks: 'stays-ended',
    says: 'the address by which the hub tells that somebody has just signed in there counts as an act for his session only, at the time of his sign-in',
    scene: 'two requests',
  },
  'marker-apart': {
    breaks: 'stays-ended',
    says: 'no answer but that to an act of the user writes over the marker',
    scene: 'lost marker',
  },
  scope: { breaks: 'own-host', says: 'a handle is looked for under the scope of the request' },
} as const satisfies Record<string, Needed>

/** Taking one of these away alone breaks nothing in the model: each is a second wall. models/README.md says behind which first one. */
export const IN_DEPTH = {
  signature: 'the ask is signed by the host that asks',
  binding: 'the ticket is compared with the rq cookie, by rid and by S256(verifier)',
  'bridge-origin': 'a form with a ticket comes with the Origin of a host of the bridge, or `in` does not look at it',
  'destination-checked': 'the ticket itself names its destination',
  expiry: 'a ticket ends after 30 seconds',
} as const

export type Defence = keyof typeof NEEDED | keyof typeof IN_DEPTH
