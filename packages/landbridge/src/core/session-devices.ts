/** The browsers of the account that is signed in: listed, and ended one by one or together. */
import type { Device } from './devices.ts'
import { deviceFrom } from './devices.ts'
import type { RequestState } from './request-state.ts'
import { accountNow, assertIssuer } from './session-accounts.ts'
import type { ListedSession } from './store.ts'

/** As many renewals of one browser may come between the list and the end of it. */
const END_TRIES = 16

export async function listDevices(state: RequestState): Promise<readonly Device[]> {
  const sessions = await sessionsOf(state, 'devices')
  return sessions.map((each) => deviceOf(state, each)).toSorted((a, b) => b.seenAt - a.seenAt)
}

/** `current`: it is this very browser, and signing it out is the caller's. */
export async function endDevice(state: RequestState, id: string): Promise<'none' | 'ended' | 'current'> {
  let ended: 'none' | 'ended' = 'none'
  for (let tries = 0; tries < END_TRIES; tries++) {
    const named = (await sessionsOf(state, 'endDevice')).filter((each) => deviceOf(state, each).id === id)
    const others = named.filter((each) => each.id !== state.live?.session.id)
    if (others.length === 0) return named.length === 0 ? ended : 'current'
    // Looked for again afterwards: it may have been renewed meanwhile, and goes by the same name then, as do two sign-ins of one moment.
    for (const { id: session } of others) {
      if (!(await state.context.store.revoke(session))) continue
      ended = 'ended'
      state.emit({ type: 'session.ended', session, scope: null })
    }
  }
  return ended
}

export async function endOthers(state: RequestState): Promise<number> {
  assertIssuer(state, 'endOtherDevices')
  await state.find()
  const account = accountNow(state)?.id
  if (account === undefined) return 0
  const sessions = await state.context.store.revokeAccount(account, state.live?.session.id)
  state.emit({ type: 'account.revoked', account, sessions })
  return sessions
}

async function sessionsOf(state: RequestState, caller: string): Promise<readonly ListedSession[]> {
  assertIssuer(state, caller)
  await state.find()
  const account = accountNow(state)
  return account === null ? [] : state.context.store.sessionsOf(account.id, state.context.now())
}

const deviceOf = ({ live, context }: RequestState, session: ListedSession): Device =>
  deviceFrom(session, live?.session.id ?? null, context.now())
