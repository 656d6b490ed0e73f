import type { Mode } from './bridge.ts'
import type { Host, Scope, SessionId } from './types.ts'
import { isPromise } from './types.ts'

/** Why a request was refused before the application saw it. */
export type RequestReason =
  | 'host-malformed'
  | 'host-not-allowed'
  | 'forwarded-invalid'
  | 'cross-origin'
  | 'origin-missing'
  | 'csrf-token-invalid'
  | 'csrf-body-too-large'
  | 'csrf-body-unreadable'
  | 'account-changed'

/**
 * Why a presented cookie was not honoured; the request goes on anonymously.
 * `ambiguous`: two cookies of the name belong to two live sessions, so one of them was planted.
 * `stolen`: it holds a secret of a remembered handle that was replaced long ago, so two browsers have had it.
 */
export type CookieReason = 'malformed' | 'unknown-handle' | 'wrong-host' | 'expired' | 'ambiguous' | 'stolen'

/**
 * Why a step of a crossing was refused. Nothing was written then, but for the ticket that was taken and is spent.
 * `request-unknown`: this browser began no such request, or blocks cookies · `ticket-unknown`: no such ticket for this host, or spent
 * already · `session-ended`: at the issuing host, meanwhile · `session-kept`: another session is here and does not give way ·
 * `signed-out-here`: the visitor signed out on this host alone, and no act of his own began the crossing ·
 * `insecure-transport`: over plain http the cookies of a crossing do not come along, and what it sends could be read ·
 * `wrong-mode`: the request came by another way than its ask says ·
 * `loop-guard`: this host asked twice within ten seconds.
 */
export type CrossingReason =
  | 'ask-malformed'
  | 'ask-forged'
  | 'ask-expired'
  | 'ask-unknown-host'
  | 'answer-malformed'
  | 'request-unknown'
  | 'ticket-malformed'
  | 'ticket-unknown'
  | 'ticket-expired'
  | 'wrong-mode'
  | 'ticket-wrong-browser'
  | 'session-ended'
  | 'insecure-transport'
  | 'session-kept'
  | 'signed-out-here'
  | 'wrong-origin'
  | 'wrong-account'
  | 'body-malformed'
  | 'method-not-allowed'
  | 'endpoint-unknown'
  | 'prefetch'
  | 'loop-guard'

/** What happens in sessions. Never holds a secret: a session id is a selector and safe to log. Times are milliseconds since the epoch. */
export type SessionEvent = { readonly at: number; readonly host: Host | null } & (
  | {
      readonly type: 'session.created' | 'session.renewed'
      readonly session: SessionId
      readonly scope: Scope
      readonly account: string | null
      /** The id that a renewal replaced; `null` for a new session. */
      readonly before: SessionId | null
    }
  | { readonly type: 'session.ended'; readonly session: SessionId; readonly scope: Scope | null }
  /** The secret of a remembered handle was replaced, as it is from time to time. */
  | { readonly type: 'handle.rotated'; readonly session: SessionId; readonly scope: Scope }
  /**
   * A secret was shown that had been replaced: a cookie was copied. What it opened has ended, at a spoke the handle, elsewhere the session.
   * `known` is the browser that signed in, `shown` the one that showed the old cookie: which of them is the thief's, nobody can tell.
   */
  | {
      readonly type: 'session.stolen'
      readonly session: SessionId
      readonly scope: Scope
      readonly account: string | null
      readonly known: string | null
      readonly shown: string
    }
  /** Its password changed since it signed in here, or it is gone: see `authHash`. The session has ended. */
  | { readonly type: 'account.auth-changed'; readonly session: SessionId; readonly account: string }
  /** A stored value could not be read and counts as absent; `key` is empty where the damage left none. */
  | { readonly type: 'session.corrupt'; readonly session: SessionId; readonly key: string }
  | { readonly type: 'account.signed-in' | 'account.signed-out'; readonly session: SessionId; readonly account: string }
  | { readonly type: 'account.revoked'; readonly account: string; readonly sessions: number }
  | { readonly type: 'account.switched' | 'account.removed'; readonly session: SessionId; readonly account: string }
  /** A host sent a browser to the issuing host. `rid` is the same in all events of one crossing; it is no secret. */
  | { readonly type: 'crossing.asked'; readonly rid: string; readonly mode: Mode; readonly issuer: Host; readonly interactive: boolean }
  /** The issuing host answered `nobody`: nobody is signed in, or the account may not use the host. The asking host cannot tell which. */
  | {
      readonly type: 'crossing.answered-nobody'
      readonly rid: string
      readonly mode: Mode
      readonly destination: Host
      readonly because: 'signed-out' | 'not-authorized' | 'signed-out-here'
    }
  | {
      readonly type: 'ticket.issued'
      readonly rid: string
      readonly mode: Mode
      readonly destination: Host
      readonly session: SessionId
      readonly expiresAt: number
    }
  /** A session was carried to a host and has a handle there now; `replaced` is the session that gave way. */
  | {
      readonly type: 'session.replaced'
      readonly session: SessionId
      readonly scope: Scope
      readonly account: string | null
      readonly source: Host
      readonly destination: Host
      readonly wasEmpty: boolean
      readonly replaced: SessionId | null
      readonly mode: Mode
      readonly rid: string
    }
  /** The browser came back: `attached` with a new handle, `connected` when it had one already, `nobody` as the issuing host said. */
  | {
      readonly type: 'crossing.completed'
      readonly rid: string
      readonly mode: Mode
      readonly outcome: 'attached' | 'connected' | 'nobody'
    }
  | { readonly type: 'crossing.refused'; readonly reason: CrossingReason; readonly rid: string | null; readonly mode: Mode | null }
  /** `asked` is the well-formed host that nobody serves, for `host-not-allowed`; `origin` where the request came from, for `cross-origin`. */
  | {
      readonly type: 'request.refused'
      readonly reason: RequestReason
      readonly method: string
      readonly asked: string | null
      readonly origin: string | null
    }
  /** `belongsTo` is the scope whose cookie was shown here, for `wrong-host`. */
  | { readonly type: 'cookie.refused'; readonly reason: CookieReason; readonly session: SessionId | null; readonly belongsTo: Scope | null }
  | { readonly type: 'cookie.duplicate'; readonly count: number }
  /** A cookie was set over plain http: browsers drop it everywhere but on localhost. */
  | { readonly type: 'cookie.insecure-transport' }
  /** A change came too late: its session had ended meanwhile, and stays ended. */
  | { readonly type: 'save.refused'; readonly session: SessionId }
  /** A call of the store failed. While the store is down, calls fail without an event each. */
  | { readonly type: 'store.failed'; readonly error: Error }
  /** The store does not answer: from now on calls fail at once. */
  | { readonly type: 'store.down'; readonly error: Error }
  /** The store answers again after `downMs` milliseconds, in which `failedCalls` calls failed. */
  | { readonly type: 'store.back'; readonly downMs: number; readonly failedCalls: number }
)

/** An event without the fields that every event has. */
export type EventDetails = SessionEvent extends infer Event ? (Event extends SessionEvent ? Omit<Event, 'at' | 'host'> : never) : never

export type EventListener = (event: SessionEvent) => void

/** Hands events to listeners. A listener that throws or rejects harms neither the request nor the other listeners. */
export class Events {
  readonly #listeners = new Set<EventListener>()

  /** Adds a listener and returns the function that removes it. */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  emit(event: SessionEvent): void {
    for (const listener of this.#listeners) {
      try {
        const result: unknown = listener(event)
        if (isPromise(result)) result.then(undefined, warn)
      } catch (error) {
        warn(error)
      }
    }
  }
}

function warn(error: unknown): void {
  const what = error instanceof Error ? error.message : typeof error === 'string' ? error : 'something that is no Error'
  process.emitWarning(`A listener of session events threw: ${what}`, 'LandbridgeWarning')
}
