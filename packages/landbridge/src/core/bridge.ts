/** What a topology that crosses allows between its hosts, compiled; and how one host names another in a URL. */
import type { Inbound } from './request.ts'
import { parseAuthority } from './host.ts'
import type { Account, Host, MaybePromise, SessionId } from './types.ts'

/** What an application says of an account on a host besides that it may be there: kept with the derived session. */
export type Claims = Readonly<Record<string, unknown>>

/**
 * Decides whether an account may use a host: claims, `true` for none, or `false`. Asked when a ticket is issued, again when the account
 * of a host changes, and after five minutes at the latest.
 */
export type Authorize = (account: Account, host: Host) => MaybePromise<boolean | Claims>

/** What `replace` may judge by. */
export interface Replacement {
  readonly source: Host
  readonly destination: Host
  /** The session that is at the destination now. */
  readonly current: { readonly id: SessionId; readonly account: string | null }
  /** The session that would take its place there. */
  readonly incoming: { readonly id: SessionId; readonly account: string | null }
}

/** Whether a session that is not empty gives way to one that is carried over. */
export type Replace = 'empty' | 'always' | ((replacement: Replacement) => MaybePromise<boolean>)

/** `redirect` works in every browser; the others are improvements where hosts and browser allow them. */
export type Mode = 'redirect' | 'fetch' | 'web-message' | 'push' | 'script'

/** A topology that crosses, compiled. Tickets travel only between hosts of the same bridge. */
export interface Bridge {
  readonly kind: 'hub' | 'peers'
  /** Whom a host asks for a session: the hub, or the first peer that is not the host itself. */
  readonly issuerFor: (asker: Host) => Host
  /** The hosts that can be asked: the hub, or the peers that are named one by one. */
  readonly issuers: readonly Host[]
  /** Registrable domain of the hub, on which the hint stands; `null` where there is none. */
  readonly hintDomain: string | null
  readonly authorize: Authorize | null
  readonly replace: Replace
  readonly sync: 'on-demand' | 'first-visit'
  readonly ticketMs: number
  /** Path of the sign-in page: at the hub, or at each peer. */
  readonly signIn: string | null
  readonly protects: ((request: { readonly method: string; readonly path: string; readonly host: Host }) => boolean) | null
  /** Whether the legacy transport by `<script>` is on. */
  readonly script: boolean
}

/** `hub`: holds the master session · `spoke`: derives from it · `peer`: issues and asks. */
type Role = 'hub' | 'spoke' | 'peer'

/** A host's part in a bridge. */
export interface Span {
  readonly bridge: Bridge
  readonly role: Role
}

/** Authority and scheme of a request, as the browser used them. */
export type Seen = Pick<Inbound, 'authority' | 'encrypted'>

/**
 * The origin of another host of the application: same scheme as this request, and its own port where its rule names one, otherwise
 * the port of this request. All hosts are served behind one port, on development machines too.
 */
export function originFor(host: Host, { authority, encrypted }: Seen): string {
  const named = parseAuthority(host)!
  const port = named.port ?? parseAuthority(authority ?? '')?.port ?? null
  const scheme = encrypted ? 'https' : 'http'
  const standard = port === null || port === (encrypted ? 443 : 80)
  return `${scheme}://${named.name}${standard ? '' : `:${port}`}`
}

/** Whether a host is the domain or below it, so that it may set and clear cookies there. */
export function isWithin(host: Host, domain: string): boolean {
  const name = parseAuthority(host)?.name ?? ''
  return name === domain || name.endsWith(`.${domain}`)
}
