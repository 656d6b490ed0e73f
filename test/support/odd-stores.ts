/** Stores in the way of express-session that answer as a test says, and a session to keep in them. */
import type { ExpressSessionStore } from 'landbridge/express-store'
import type { NewSession, Scope, SecretHash, SessionId, Successor } from 'landbridge/store'

type Callback = (error?: unknown, result?: unknown) => void

/** Sessions as JSON in a map; each test says how its store answers. */
export class Table {
  readonly rows = new Map<string, string>()
  get = (sid: string): unknown => {
    const text = this.rows.get(sid)
    return text === undefined ? null : (JSON.parse(text) as unknown)
  }
  set = (sid: string, session: object): void => void this.rows.set(sid, JSON.stringify(session))
  destroy = (sid: string): void => void this.rows.delete(sid)
}

export type Answering = (result: unknown, callback: Callback) => unknown

export function storeThat(answers: Answering, table = new Table()): ExpressSessionStore {
  return {
    get: (sid, callback) => answers(table.get(sid), callback),
    set: (sid, session, callback) => answers(table.set(sid, session), callback),
    destroy: (sid, callback) => answers(table.destroy(sid), callback),
  }
}

export const SCOPE = 'elmer.acme.localhost' as Scope
export const [ID, NEXT] = ['a'.repeat(22), `aaaa${'b'.repeat(18)}`] as [SessionId, SessionId]
const hash = 'A'.repeat(43) as SecretHash
export const now = Date.now()
export const times = { createdAt: now, expiresAt: now + 3_600_000 }
export const session: NewSession = {
  id: ID,
  ...times,
  accounts: [],
  values: '',
  handle: { scope: SCOPE, hash, ...times, seenAt: now, values: '' },
}
export const next: Successor = {
  id: NEXT,
  ...times,
  accounts: [],
  keepValues: true,
  place: 'handle',
  changes: new Map(),
  traceUntil: now + 60_000,
  handle: { hash, ...times, seenAt: now },
}
export const change = { place: 'handle', changes: new Map([['a', '1']]), seenAt: now, expiresAt: times.expiresAt } as const

/** Calls back at once. */
export const promptly: Answering = (result, callback) => callback(null, result)
