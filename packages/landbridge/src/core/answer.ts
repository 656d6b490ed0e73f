/** What the transports share of an answer on its way back to the asking host. */
import type { Ask } from './ask.ts'
import { originFor } from './bridge.ts'
import { readBackoff, readHint, writeBackoff } from './crossing-cookies.ts'
import type { Visit } from './visit.ts'
import { cookiesOf } from './visit.ts'

/** The fixed address of the asking host, with the ticket, or with the answer that there is nobody. */
export function answerUrl({ context, seen }: Visit, { asker, rid, st }: Ask, endpoint: 'in' | 'frame', ticket: string | null): string {
  const query = new URLSearchParams({ rid, ...(ticket === null ? { e: 'none' } : { t: ticket }), st })
  return `${originFor(asker.host, seen)}${context.basePath}${endpoint}?${query.toString()}`
}

const NONE_MS = 300_000

/** The answer "nobody" holds for five minutes, or until the hint says that something changed. */
export function holdBack(visit: Visit): string {
  const { context, place } = visit
  const cookies = cookiesOf(visit)
  const backoff = readBackoff(context.keys, place.host, cookies)
  return writeBackoff(context.keys, place.host, { ...backoff, noneUntil: context.now() + NONE_MS, hint: readHint(cookies) })
}
