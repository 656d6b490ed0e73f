/** The library as an application uses it: four topologies in one `createSessions`, one SQLite file. */
import { dirname, join } from 'node:path'
import type { SessionEvent, Sessions, Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { sqlite } from 'landbridge/sqlite'
import type { CartItem } from './cart.ts'
import type { Clock } from './clock.ts'
import { HUB, PEERS, SHARED_DOMAIN } from './hosts.ts'
import { keptKey } from './key.ts'
import type { ValueKey } from './modes/mode.ts'
import type { Passwords } from './passwords.ts'
import { authorize } from './tenancy.ts'

export type Values = Record<ValueKey, string> & { cart: readonly CartItem[] }

/**
 * Two visits with eight days between them are one session, and each sign-in ends by itself after fourteen; one that is remembered after
 * sixty, and the secret in its cookie lasts a day.
 */
const LIFETIME = { idle: '10d', absolute: '14d', remember: '60d', rotateAfter: '1d' } as const

export interface Kept {
  readonly sessions: Sessions<Values>
  /** What the sessions are stored in: the pages show a little of the records, of which applications normally see nothing. */
  readonly store: Store
}

export function openSessions(file: string, clock: Clock, passwords: Passwords, onEvent: (event: SessionEvent) => void): Kept {
  const store = sqlite(file)
  const sessions = createSessions<Values>({
    topology: [
      {
        kind: 'hub',
        hub: HUB,
        spokes: [`*.${HUB}`],
        signIn: '/login',
        authorize,
        protect: ({ host, path }) => host !== HUB && path.startsWith('/private'),
      },
      { kind: 'peers', hosts: PEERS },
      { kind: 'isolated', hosts: ['*.solo.localhost'] },
      { kind: 'shared', domain: SHARED_DOMAIN },
    ],
    store,
    keys: [keptKey(join(dirname(file), 'key'))],
    lifetime: LIFETIME,
    authHash: passwords.hashOf,
    clock: clock.now,
    onEvent,
  })
  return { sessions, store }
}
