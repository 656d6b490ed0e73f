/** From an event of the library to a line of the log: what happened, in a sentence that needs no manual. */
import type { CookieReason, RequestReason, SessionEvent } from 'landbridge'

/** How a line looks: nothing special · a refusal that protected somebody · something to look into. */
export type Tone = 'plain' | 'refused' | 'alarm'

export interface NewEntry {
  readonly at: number
  /** `null`: not about one host. */
  readonly host: string | null
  /** The event's type, with its reason where it has one: `cookie.refused wrong-host`. */
  readonly title: string
  readonly sentence: string
  readonly tone: Tone
  readonly session: string | null
  readonly scope: string | null
  readonly account: string | null
  readonly reason: string | null
}

export interface Entry extends NewEntry {
  readonly number: number
}

const COOKIE: Record<CookieReason, string> = {
  malformed: 'The cookie does not have the form <session id>.<secret>, so the store was not even asked.',
  'unknown-handle': 'No session has this handle: it was signed out, renewed or expired, or somebody made the cookie up.',
  'wrong-host': 'The cookie belongs to another host. It opens nothing here, and the session that it belongs to is untouched.',
  expired: 'The session was idle for too long, or reached its absolute end.',
  ambiguous: 'Two cookies of this name belong to two live sessions. One was planted and nothing tells which, so neither is used.',
}

const REQUEST: Record<RequestReason, string> = {
  'host-malformed': 'The Host header is missing, repeated or malformed.',
  'host-not-allowed': 'No topology names this host.',
  'forwarded-invalid': 'The forwarded headers contradict each other.',
  'cross-origin': 'A page of another origin tried to change something here. That is cross-site request forgery.',
  'origin-missing': 'The request changes something and does not say which page it came from.',
  'csrf-token-invalid': 'The CSRF token belongs to another session.',
}

const NOTHING = { tone: 'plain', session: null, scope: null, account: null, reason: null } as const

export function entryOf(event: SessionEvent): NewEntry {
  const { at, host, type: title } = event
  const entry = { at, host, title, ...NOTHING }
  switch (event.type) {
    case 'session.created': {
      const { session, scope, account } = event
      return { ...entry, session, scope, account, sentence: `A new session, with a handle for ${scope} only.` }
    }
    case 'session.renewed': {
      const { session, scope, account } = event
      return {
        ...entry,
        session,
        scope,
        account,
        sentence: 'The session got a new id and a new secret. The old cookie is worth nothing now.',
      }
    }
    case 'session.ended':
      return { ...entry, session: event.session, sentence: endedSentence(event.scope) }
    case 'session.corrupt':
      return { ...entry, session: event.session, tone: 'alarm', sentence: `The stored value “${event.key}” is not JSON.` }
    case 'account.signed-in':
      return { ...entry, session: event.session, account: event.account, sentence: `${event.account} signed in.` }
    case 'account.signed-out':
      return { ...entry, session: event.session, account: event.account, sentence: `${event.account} signed out.` }
    case 'account.revoked':
      return {
        ...entry,
        account: event.account,
        sentence: `All sessions of ${event.account} were ended: ${event.sessions}, on whichever host.`,
      }
    case 'request.refused':
      return { ...entry, ...refused(title, event.reason, REQUEST), session: null }
    case 'cookie.refused':
      return { ...entry, ...refused(title, event.reason, COOKIE), session: event.session, scope: event.belongsTo }
    case 'cookie.duplicate':
      return {
        ...entry,
        tone: 'alarm',
        sentence: `The browser sent ${event.count} cookies of one name. Each is tried; only the right one counts.`,
      }
    case 'cookie.insecure-transport':
      return { ...entry, tone: 'alarm', sentence: 'A cookie was set over plain http on a host that is not localhost: browsers drop it.' }
    case 'save.refused':
      return {
        ...entry,
        session: event.session,
        tone: 'refused',
        sentence: 'A late request wanted to save into a session that had ended. It stays ended.',
      }
    case 'store.failed':
      return { ...entry, tone: 'alarm', sentence: `The store failed: ${event.error.message}` }
  }
}

function refused<Reason extends string>(type: string, reason: Reason, sentences: Record<Reason, string>) {
  return { title: `${type} ${reason}`, tone: 'refused', reason, sentence: sentences[reason] } as const
}

function endedSentence(scope: string | null): string {
  return scope === null ? 'The session ended, with every handle it had.' : `The handle of ${scope} ended.`
}

/** A line of the playground itself, for what no library reports. */
export function ownEntry(host: string | null, title: string, sentence: string, tone: Tone = 'plain'): NewEntry {
  return { ...NOTHING, at: Date.now(), host, title, sentence, tone }
}
