/** From an event of the library to a line of the log: what happened, in a sentence that needs no manual. */
import type { SessionEvent } from 'landbridge'
import { COOKIE, CROSSING, REQUEST } from './reasons.ts'

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

const NOTHING = { tone: 'plain', session: null, scope: null, account: null, reason: null } as const

export function entryOf(event: SessionEvent): NewEntry {
  const { at, host, type } = event
  return { at, host, title: type, ...NOTHING, ...aboutOf(event) }
}

type About = Partial<NewEntry> & Pick<NewEntry, 'sentence'>

/** Every type has its sentence: a new one that has none does not pass the type check. */
function aboutOf(event: SessionEvent): About {
  switch (event.type) {
    case 'session.created':
      return { ...ofSession(event), scope: event.scope, sentence: `A new session, with a handle for ${event.scope} only.` }
    case 'session.renewed':
      return {
        ...ofSession(event),
        scope: event.scope,
        sentence: 'The session got a new id and a new secret. The old cookie is worth nothing now.',
      }
    case 'session.ended':
      return { ...ofSession(event), scope: event.scope, sentence: endedSentence(event.scope) }
    case 'session.corrupt':
      return { ...ofSession(event), tone: 'alarm', sentence: `The stored value “${event.key}” is not JSON.` }
    case 'session.replaced':
      return { ...ofSession(event), scope: event.scope, sentence: replacedSentence(event) }
    case 'session.stolen':
      return {
        ...ofSession(event),
        scope: event.scope,
        tone: 'alarm',
        sentence: `An old secret of a remembered session was shown by ${event.shown}; ${event.known ?? 'another browser'} had signed in. Two browsers have had the cookie, so both are out.`,
      }
    case 'handle.rotated':
      return { ...ofSession(event), scope: event.scope, sentence: 'The secret in the remembered cookie was replaced by the next one.' }
    case 'account.auth-changed':
      return {
        ...ofSession(event),
        tone: 'refused',
        sentence: `The password of ${event.account} has changed since. The session has ended.`,
      }
    case 'account.signed-in':
      return { ...ofSession(event), sentence: `${event.account} signed in.` }
    case 'account.signed-out':
      return { ...ofSession(event), sentence: `${event.account} signed out.` }
    case 'account.switched':
      return {
        ...ofSession(event),
        sentence: `${event.account} is the active account of this browser now, on all hosts that made no choice.`,
      }
    case 'account.removed':
      return { ...ofSession(event), sentence: `${event.account} was removed from this browser, on all hosts.` }
    case 'account.revoked':
      return {
        account: event.account,
        sentence: `All sessions of ${event.account} were ended: ${event.sessions}, on whichever host.`,
      }
    case 'crossing.asked':
      return { sentence: `Sent the browser to ${event.issuer} to ask for a session${event.interactive ? ', with sign-in if needed' : ''}.` }
    case 'crossing.answered-nobody':
      return { sentence: nobodySentence(event) }
    case 'ticket.issued':
      return {
        session: event.session,
        sentence: `A ticket for ${event.destination} only: good once, for ${seconds(event.expiresAt - event.at)}.`,
      }
    case 'crossing.completed':
      return { sentence: OUTCOMES[event.outcome] }
    case 'crossing.refused':
      return refused(event.type, event.reason, CROSSING)
    case 'request.refused':
      return refused(event.type, event.reason, REQUEST)
    case 'cookie.refused':
      return { ...refused(event.type, event.reason, COOKIE), session: event.session, scope: event.belongsTo }
    case 'cookie.duplicate':
      return { tone: 'alarm', sentence: `The browser sent ${event.count} cookies of one name. Each is tried; only the right one counts.` }
    case 'cookie.insecure-transport':
      return { tone: 'alarm', sentence: 'A cookie was set over plain http on a host that is not localhost: browsers drop it.' }
    case 'save.refused':
      return {
        ...ofSession(event),
        tone: 'refused',
        sentence: 'A late request wanted to save into a session that had ended. It stays ended.',
      }
    case 'store.failed':
      return { tone: 'alarm', sentence: `The store failed: ${event.error.message}` }
    case 'store.down':
      return { tone: 'alarm', sentence: 'The store does not answer. Until it does, requests that need it get 503 at once.' }
    case 'store.back':
      return { tone: 'alarm', sentence: `The store answers again, after ${event.downMs} ms. ${event.failedCalls} calls failed meanwhile.` }
  }
}

type EventOf<Type extends SessionEvent['type']> = Extract<SessionEvent, { readonly type: Type }>

const OUTCOMES: Readonly<Record<EventOf<'crossing.completed'>['outcome'], string>> = {
  attached: 'The browser is back and has a handle for this host.',
  connected: 'The browser is back; it had a handle for this very session already.',
  nobody: 'The browser is back without a session. This host does not ask again for a while.',
}

function ofSession({ session, account }: { readonly session: string; readonly account?: string | null }) {
  return { session, account: account ?? null }
}

function refused<Reason extends string>(type: string, reason: Reason, sentences: Readonly<Record<Reason, string>>) {
  return { title: `${type} ${reason}`, tone: 'refused', reason, sentence: sentences[reason] } as const
}

function endedSentence(scope: string | null): string {
  return scope === null ? 'The session ended, with every handle it had.' : `The handle of ${scope} ended.`
}

export function replacedSentence({ destination, source, replaced, wasEmpty }: EventOf<'session.replaced'>): string {
  const before = replaced === null ? '' : ` The ${wasEmpty ? 'empty ' : ''}session that was there gave way.`
  return `The session of ${source} has a handle for ${destination} now.${before}`
}

export function nobodySentence({ because, destination }: EventOf<'crossing.answered-nobody'>): string {
  switch (because) {
    case 'signed-out':
      return `Nobody is signed in, which is all that ${destination} will learn.`
    case 'not-authorized':
      return `The account may not use ${destination}, to which that looks as if nobody were signed in.`
    case 'signed-out-here':
      return `The session ended at ${destination} alone, and the visitor has not asked to sign in there since.`
  }
}

export const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`

/** A line of the playground itself, for what no library reports. */
export function ownEntry(host: string | null, title: string, sentence: string, tone: Tone = 'plain'): NewEntry {
  return { ...NOTHING, at: Date.now(), host, title, sentence, tone }
}
