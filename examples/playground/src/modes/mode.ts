/** What the page asks of whatever keeps the sessions. Both modes answer the same questions, so both get the same page. */
import type { Request, RequestHandler } from 'express'
import type { Entry } from '../entry.ts'
import type { Site } from '../hosts.ts'

export type ModeId = 'landbridge' | 'express-session'

export type ValueKey = 'theme' | 'note'
export const VALUE_KEYS: readonly ValueKey[] = ['theme', 'note']
export const isValueKey = (key: string): key is ValueKey => VALUE_KEYS.some((known) => known === key)

/** A cookie as the page may show it: what identifies the session, and a secret of which a few characters are left. */
export interface ShownCookie {
  readonly name: string
  readonly parts: readonly { readonly text: string; readonly meaning: string }[]
  readonly attributes: readonly { readonly text: string; readonly meaning: string }[]
}

export interface ShownHandle {
  readonly scope: string
  readonly createdAt: number
  readonly seenAt: number
  readonly expiresAt: number
  readonly current: boolean
}

/** A line of the session record: a text, or a time in milliseconds since the epoch. */
export type Fact = readonly [name: string, value: string | number]

/** Everything that a host's page shows of one request's session. Holds no secret. */
export interface View {
  /** The session id, masked where the id is all that a thief needs. `null`: no session. */
  readonly session: string | null
  readonly scope: string
  readonly account: string | null
  readonly signedInAt: number | null
  readonly cookie: ShownCookie | null
  /** Why the cookie that came with the request was not honoured. */
  readonly refused: string | null
  readonly record: readonly Fact[]
  /** `null`: this library has no handles. */
  readonly handles: readonly ShownHandle[] | null
  readonly values: readonly (readonly [ValueKey, string])[]
  /** Whether the sign-in outlives the browser's end; `null` where there is no such choice. */
  readonly remembered: boolean | null
  /** Goes into the forms of a page where accounts can change behind its back; `null` where they cannot. */
  readonly accountTag: string | null
}

/** Who a host thinks a request comes from. */
export interface WhoAmI {
  readonly host: string
  readonly signedInAs: string | null
  readonly session: string | null
}

/** What one experiment came to. */
export interface Findings {
  readonly from: Site
  readonly to: Site
  readonly account: string | null
  /** The session id as the page shows it. */
  readonly session: string
  readonly answer: WhoAmI
  /** The control: the same cookie, shown afterwards at the host that it belongs to. */
  readonly control: WhoAmI
  /** What the log got while the cookie was shown. */
  readonly entries: readonly Entry[]
}

export interface Verdict {
  /** `refused` · `accepted`: as the topology says · `hole`: accepted where nobody asked for it. */
  readonly outcome: 'refused' | 'accepted' | 'hole'
  readonly title: string
  readonly sent: string
  readonly lookedUp: string
  readonly why: string
}

export interface Mode {
  readonly id: ModeId
  /** Keeps the session of a request. Runs before everything below. */
  readonly middleware: RequestHandler
  view(request: Request, site: Site): Promise<View>
  whoAmI(request: Request, site: Site): Promise<WhoAmI>
  /** Name of the session cookie that a host expects. */
  cookieName(site: Site): string
  /** The whole value of the cookie that this request's session was recognised by. For the replay only: never shown. */
  cookieValue(request: Request, site: Site): Promise<string | null>
  judge(findings: Findings): Verdict
  signIn(request: Request, name: string, remember: boolean): Promise<void>
  setValue(request: Request, key: ValueKey, value: string): Promise<void>
  removeValue(request: Request, key: ValueKey): Promise<void>
  renew(request: Request): Promise<void>
  signOut(request: Request, reach: 'here' | 'everywhere'): Promise<void>
  /** Ends every session of whoever is signed in, on every host and in every browser. `null`: this library cannot. */
  readonly signOutAccount: ((request: Request) => Promise<void>) | null
  close(): Promise<void>
}

/** A secret with all but its first characters hidden. */
export function mask(secret: string, dots = 12): string {
  return `${secret.slice(0, 4)}${'•'.repeat(dots)}`
}

/** The values of all cookies that have exactly this name. */
export function cookiesNamed(header: string | undefined, name: string): string[] {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim())
  return pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1))
}
