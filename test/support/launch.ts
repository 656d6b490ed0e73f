import type { SessionEvent, Sessions, SessionsOptions, Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { onTestFinished } from 'vitest'
import type { Adapter, Application, Data, Running } from './adapters.ts'
import { Watched } from './stores.ts'

export interface Launched extends Running {
  readonly sessions: Sessions<Data>
  readonly events: readonly SessionEvent[]
}

export const ISOLATED = { kind: 'isolated', hosts: ['*.acme.localhost'] } as const

/** Sessions for `*.acme.localhost` that end with the test, with every event they emitted. */
export function makeSessions(store: Store, options: Partial<SessionsOptions> = {}): { sessions: Sessions<Data>; events: SessionEvent[] } {
  const events: SessionEvent[] = []
  const sessions = createSessions<Data>({ topology: ISOLATED, store, onEvent: (event) => events.push(event), ...options })
  onTestFinished(() => sessions.close())
  return { sessions, events }
}

/** Starts an application on an adapter, over a store that is watched; all ends with the test. */
export async function launch(
  adapter: Adapter,
  application: Application,
  options: Partial<SessionsOptions> & { readonly inner?: Store } = {},
): Promise<Launched & { readonly watched: Watched }> {
  const { inner, ...rest } = options
  const watched = new Watched(inner)
  const { sessions, events } = makeSessions(watched.store, rest)
  const running = await adapter.start(sessions, application)
  onTestFinished(() => running.close())
  return { ...running, sessions, events, watched }
}
