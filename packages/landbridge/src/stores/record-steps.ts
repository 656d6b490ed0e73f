/** What each method of the contract makes of a record: pure, so that it can be worked out again with what stands there meanwhile. */
import { afterAlsoSeen, afterDelta, holds, isKept, isLive, successorOf } from '../core/records.ts'
import type { Attachment, Delta, Expectation, Outcome, Scope, SessionId, StoredHandle, StoreRead, Successor } from '../core/store.ts'
import type { SessionRecord, TraceRecord } from './record-codec.ts'
import { decode, encodeSession, encodeTrace, revisionOf } from './record-codec.ts'
import type { Found, Listing, NewRow, RecordTable, Swapped, Visible } from './record-table.ts'

/** An answer that needs no write, or a write and the answer when it succeeds. */
type Step<Answer> = { readonly answer: Answer } | Write<Answer>

interface Write<Answer> {
  write(table: RecordTable): Promise<Swapped>
  readonly done: Answer
  /** What stands under the id afterwards; `null` when nothing does. */
  readonly record: Buffer | null
}

export type Work<Answer> = (record: Buffer | null) => Step<Answer>

export function updateStep(id: SessionId, scope: Scope, delta: Delta, now: number): Work<Outcome> {
  return (record) => {
    const found = sessionIn(record, id)
    const before = found && readOf(found, scope)
    if (!isLive(before, now, delta.expectHash)) return { answer: 'gone' }
    const after = afterDelta(before, delta)
    if (after === null) return { answer: 'conflict' }
    const { handle, ...session } = after
    const handles = found!.handles.map((each) => {
      if (each.scope === scope) return handle
      return (each.scope === delta.alsoSeen ? afterAlsoSeen(each, delta, now) : null) ?? each
    })
    const visible = delta.changes.size > 0 || delta.hash !== undefined ? 'changed' : false
    return replacing(found!, record!, { session, handles }, now, visible, 'saved')
  }
}

export function renewStep(id: SessionId, scope: Scope, next: Successor, now: number): Work<Outcome> {
  return (record) => {
    const found = sessionIn(record, id)
    const before = found && readOf(found, scope)
    if (!isLive(before, now, next.expectHash)) return { answer: 'gone' }
    const successor = successorOf(before, scope, next)
    if (successor === null) return { answer: 'conflict' }
    const { handle, ...session } = successor
    const trace = encodeTrace({ successor: next.id, until: next.traceUntil })
    return {
      write: (table) =>
        table.succeed(
          foundAs(found!, record!),
          { id, record: trace, end: { at: next.traceUntil, first: next.traceUntil, now } },
          newRow({ session, handles: [handle] }, now),
          listingOf(session),
        ),
      done: 'saved',
      record: trace,
    }
  }
}

interface Attaching {
  readonly handle: StoredHandle
  readonly issuedAt: number
  readonly now: number
  readonly expect: readonly Expectation[] | undefined
}

export function attachStep(id: SessionId, through: Scope, { handle, issuedAt, now, expect }: Attaching): Work<Attachment> {
  return (record) => {
    const found = sessionIn(record, id)
    const voucher = found && readOf(found, through)
    if (!isLive(voucher, now) || !holds(voucher.values, expect)) return { answer: 'gone' }
    const others = found!.handles.filter(({ scope }) => scope !== handle.scope)
    if (
      isKept(
        found!.handles.find(({ scope }) => scope === handle.scope),
        issuedAt,
        now,
      )
    )
      return { answer: 'kept' }
    const seen = others.map((each) => (each.scope === through ? afterAlsoSeen(each, handle, now)! : each))
    return replacing(found!, record!, { session: found!.session, handles: [...seen, handle] }, now, 'changed', 'attached')
  }
}

/** Ends a session or one of its handles; of a trace the answer is whose trace it is. With an account, only a session that is its. */
export function endStep(id: SessionId, scope?: Scope, account?: string): Work<boolean | SessionId> {
  return (record) => {
    const found = record && decode(record, id)
    if (found === null) return { answer: false }
    if ('successor' in found) return { answer: found.successor }
    if (account !== undefined && !isListed(found, account)) return { answer: false }
    const left = scope === undefined ? [] : found.handles.filter((handle) => handle.scope !== scope)
    if (left.length === found.handles.length) return { answer: false }
    if (left.length === 0) return { write: (table) => table.remove(foundAs(found, record!)), done: true, record: null }
    return replacing(found, record!, { session: found.session, handles: left }, null, 'ended', true)
  }
}

/** The record of a session that begins. */
export function newRow({ session, handles }: SessionRecord, now: number): NewRow {
  const ends = handles.map(({ expiresAt }) => expiresAt)
  const end = { at: Math.max(...ends), first: Math.min(session.expiresAt, ...ends), now }
  return { id: session.id, record: encodeSession({ session, handles }), end }
}

/** What a sweep makes of a record: `null` removes it, a number is when something in it ends, otherwise it goes on as given. */
export function withoutExpired(content: SessionRecord | TraceRecord, now: number): NewRow | number | null {
  if ('until' in content) return content.until > now ? content.until : null
  if (!isUsable(content, now)) return null
  const { session, handles } = content
  const left = unexpired(handles, now)
  const row = newRow({ session, handles: left }, now)
  return left.length === handles.length ? row.end.first : row
}

/** Expired handles go with the next write; the last one stays, because a session has at least one. */
function unexpired(handles: readonly StoredHandle[], now: number): readonly StoredHandle[] {
  const left = handles.filter(({ expiresAt }) => expiresAt > now)
  return left.length === 0 ? handles : left
}

/** `now` is `null` where the caller does not tell the time: then the end of the record stays as it was. */
function replacing<Answer>(
  found: SessionRecord,
  record: Buffer,
  { session, handles }: SessionRecord,
  now: number | null,
  visible: Visible,
  done: Answer,
): Write<Answer> {
  const row =
    now === null
      ? { id: session.id, record: encodeSession({ session, handles }), end: null }
      : newRow({ session, handles: unexpired(handles, now) }, now)
  return { write: (table) => table.replace(foundAs(found, record), row, visible), done, record: row.record }
}

const foundAs = ({ session }: SessionRecord, record: Buffer): Found => ({
  id: session.id,
  revision: revisionOf(record),
  accounts: accountIds(session),
})

function sessionIn(record: Buffer | null, id: SessionId): SessionRecord | null {
  const found = record && decode(record, id)
  return found !== null && 'handles' in found ? found : null
}

const readOf = ({ session, handles }: SessionRecord, scope: Scope): StoreRead => ({
  ...session,
  handle: handles.find((handle) => handle.scope === scope) ?? null,
})

const accountIds = ({ accounts }: SessionRecord['session']): readonly string[] => accounts.map(({ id }) => id)

export const isListed = ({ session }: SessionRecord, account: string): boolean => session.accounts.some(({ id }) => id === account)

export const listingOf = (session: SessionRecord['session']): Listing => ({ accounts: accountIds(session), until: session.expiresAt })

/** Whether any scope can still use it. */
export const isUsable = ({ session, handles }: SessionRecord, now: number): boolean =>
  session.expiresAt > now && handles.some(({ expiresAt }) => expiresAt > now)
