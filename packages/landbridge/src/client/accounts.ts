/** Who is signed in, and the acts that change it. */
import type { Said } from './settings.ts'
import { addressOf, CHANNEL, LIMIT_MS, post } from './settings.ts'

/** An account as this host may know it: at a spoke only the one that is signed in there. */
export interface ClientAccount {
  readonly id: string
  readonly active: boolean
  /** It is listed, and has to sign in again to be used. */
  readonly expired: boolean
}

export interface Accounts {
  readonly accounts: readonly ClientAccount[]
  /** For the option `accountTag` of a page that shows these accounts. */
  readonly tag: string
}

/** The accounts of this browser on this host. Throws when the host cannot be reached or does not cross. */
export async function accounts(): Promise<Accounts> {
  const response = await fetch(addressOf('accounts'), { cache: 'no-store', signal: AbortSignal.timeout(LIMIT_MS) })
  if (!response.ok) throw new Error(`accounts: ${response.status}`)
  return (await response.json()) as Accounts
}

/** Goes to the sign-in page, and from there to the path: by default to this page again. */
export function signIn(path: string = location.pathname + location.search): void {
  location.assign(`${addressOf('begin')}?to=${encodeURIComponent(path)}`)
}

/**
 * Ends the session on all hosts, or on this one alone; at a hub always on all. Resolves to whether it was done. Throws when the host
 * cannot be reached.
 */
export const signOut = (reach: 'everywhere' | 'here' = 'everywhere'): Promise<boolean> => act('sign-out', { reach })

/** Makes another account of this browser the active one: at the hub, or at a peer; elsewhere `false`. Throws as `signOut` does. */
export const switchAccount = (id: string): Promise<boolean> => act('switch', { account: id })

async function act(endpoint: string, fields: object): Promise<boolean> {
  const { ok } = await post(endpoint, fields)
  if (ok) {
    const channel = new BroadcastChannel(CHANNEL)
    channel.postMessage({ now: 'acted' } satisfies Said)
    channel.close()
  }
  return ok
}
