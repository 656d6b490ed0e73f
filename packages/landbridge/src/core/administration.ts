/** What an application does with sessions beside requests: lists them, and ends them. */
import { checkedAccountId } from './account.ts'
import { publicAccount } from './accounts.ts'
import type { Device } from './devices.ts'
import { deviceFrom } from './devices.ts'
import type { Context, HandleInfo } from './session.ts'
import type { StoredSession } from './store.ts'
import { setLeft } from './ticket.ts'
import type { Account, Scope, SessionId } from './types.ts'

/** A session as an application may list it; times are milliseconds since the epoch. */
export interface SessionInfo extends Pick<StoredSession, 'id' | 'createdAt' | 'expiresAt'> {
  readonly accounts: readonly Account[]
  readonly device: Omit<Device, 'current'>
}

/** A handle as an application may list it; times are milliseconds since the epoch. */
export type StoredHandleInfo = Omit<HandleInfo, 'current'>

export interface Administration {
  /** The live sessions in which an account is signed in, on all hosts and in all browsers. */
  sessionsOf(accountId: string): Promise<readonly SessionInfo[]>
  /** The handles of a session, one for each scope that can use it: at a hub the master's and those derived from it. */
  handlesOf(id: SessionId): Promise<readonly StoredHandleInfo[]>
  /**
   * Ends a session with all its handles, at once and on every node; with `scope` only the handle of that scope, which stays
   * ended until the visitor signs in there again; a hub's is the whole session. `false` when there was none.
   */
  revoke(id: SessionId, options?: { readonly scope?: Scope }): Promise<boolean>
  /** Ends all sessions of an account, and returns how many. */
  revokeAccount(accountId: string, options?: { readonly except?: SessionId | null }): Promise<number>
}

export function administration(context: Context): Administration {
  const { store, now, locate, emit } = context

  /** The master's handle is the session: without it none of those that hang on it stays. */
  async function isHub(scope: Scope): Promise<boolean> {
    const place = await locate(scope)
    return place !== null && place !== 'malformed' && place.span?.role === 'hub'
  }

  return {
    async sessionsOf(account) {
      const sessions = await store.sessionsOf(checkedAccountId(account, 'sessionsOf'), now())
      return sessions.map((each) => {
        const { id, createdAt, expiresAt, accounts } = each
        const { current: _, ...device } = deviceFrom(each, null, now())
        return { id, createdAt, expiresAt, accounts: accounts.map(publicAccount), device }
      })
    },

    async handlesOf(id) {
      const handles = await store.handlesOf(id)
      return handles.map(({ scope, createdAt, seenAt, expiresAt }) => ({ scope, createdAt, seenAt, expiresAt }))
    },

    async revoke(id, { scope } = {}) {
      const whole = scope === undefined || (await isHub(scope))
      const read = whole ? null : await store.read(id, scope)
      // As after a sign-out there, only an act of the visitor's own brings him back.
      if (read?.handle && scope !== undefined) await setLeft(context, scope, { session: read, handle: read.handle }, scope, now())
      const revoked = await store.revoke(id, whole ? undefined : scope)
      if (revoked) emit(null, { type: 'session.ended', session: id, scope: whole ? null : scope })
      return revoked
    },

    async revokeAccount(account, { except } = {}) {
      const sessions = await store.revokeAccount(checkedAccountId(account, 'revokeAccount'), except ?? undefined)
      emit(null, { type: 'account.revoked', account, sessions })
      return sessions
    },
  }
}
