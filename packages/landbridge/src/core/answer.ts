/** What the transports share of an answer on its way back to the asking host. */
import type { Ask } from './ask.ts'
import { originFor } from './bridge.ts'
import type { Backoff } from './crossing-cookies.ts'
import { readBackoff, readHint, writeBackoff } from './crossing-cookies.ts'
import type { Visit } from './visit.ts'
import { cookiesOf } from './visit.ts'

/** The fixed address of the asking host, with the ticket, or with the answer that there is nobody. */
export function answerUrl({ context, seen }: Visit, { asker, rid, st }: Ask, endpoint: 'in' | 'frame', ticket: string | null): string {
  const query = new URLSearchParams({ rid, ...(ticket === null ? { e: 'none' } : { t: ticket }), st })
  return `${originFor(asker.host, seen)}${context.basePath}${endpoint}?${query.toString()}`
}

const NONE_MS = 300_000
/** The loop guard: a host that asked this often within this time does not ask again. */
export const TRIES = 2
export const TRIES_MS = 10_000

/** The answer "nobody" holds for five minutes, or until the hint says that something changed. */
export function holdBack(visit: Visit): string {
  const { context, place } = visit
  const cookies = cookiesOf(visit)
  const backoff = readBackoff(context.keys, place.host, cookies)
  const noneUntil = context.now() + NONE_MS
  return writeBackoff(context.keys, place.host, { ...backoff, tries: triesOf(visit, backoff), noneUntil, hint: readHint(cookies) })
}

/** Somebody is there, so nothing holds this host back, but that what seems to be there may not be seen at the next request. */
export function goAhead(visit: Visit): string {
  const { context, place } = visit
  const backoff = readBackoff(context.keys, place.host, cookiesOf(visit))
  return writeBackoff(context.keys, place.host, { tries: triesOf(visit, backoff) }, TRIES_MS / 1000)
}

/** Counted when the browser comes back: a circle always does, and tabs that are opened side by side have not yet. */
const triesOf = ({ context }: Visit, { tries }: Backoff): readonly number[] => [...tries.slice(-1), context.now()]
