/** What the transports share of an answer on its way back to the asking host. */
import type { Ask } from './ask.ts'
import { originFor } from './bridge.ts'
import type { Backoff } from './crossing-cookies.ts'
import { readBackoff, readHint, readOut, writeBackoff } from './crossing-cookies.ts'
import { page } from './pages.ts'
import type { Reply } from './reply.ts'
import { seeOther } from './reply.ts'
import type { Visit } from './visit.ts'
import { cookiesOf } from './visit.ts'

const SCRIPT = 'document.forms[0].submit()'

/**
 * Sends the browser to the fixed address of the asking host: with a ticket by a form that posts itself, so that the ticket stands in
 * no URL; with nobody by a redirect. Script that runs while a page loads replaces it, so no history entry stays behind.
 */
export function sendBack({ context, seen }: Visit, { asker, rid, st }: Ask, endpoint: 'in' | 'frame', ticket: string | null): Reply {
  const url = `${originFor(asker.host, seen)}${context.basePath}${endpoint}`
  if (ticket === null) return seeOther(`${url}?${new URLSearchParams({ rid, e: 'none', st }).toString()}`)
  return postedForm(url, { rid, ticket, st }, asker.host)
}

/** A form that posts itself, or by its button where script is off. */
export function postedForm(action: string, fields: Readonly<Record<string, string>>, host: string): Reply {
  return page(200, {
    title: `On to ${host}`,
    text: 'You are being signed in there.',
    form: { action, fields, button: `Go to ${host}` },
    script: SCRIPT,
    framedBy: new URL(action).origin,
    // Under no-referrer browsers send Origin: null, which is nobody's.
    referrerPolicy: 'strict-origin',
  })
}

const NONE_MS = 300_000
/** The loop guard: a host that asked this often within this time does not ask again. */
export const TRIES = 2
export const TRIES_MS = 10_000

/** The answer "nobody" holds for five minutes, or until the hint says that something changed. */
export function holdBack(visit: Visit): string {
  const { context, place } = visit
  const tries = triesOf(visit, backoffOf(visit))
  const noneUntil = context.now() + NONE_MS
  return writeBackoff(context.keys, place.host, { tries, noneUntil, hint: readHint(cookiesOf(visit)) })
}

/** Somebody is there, so nothing holds this host back, but that what seems to be there may not be seen at the next request. */
export function goAhead(visit: Visit): string {
  const { context, place } = visit
  return writeBackoff(context.keys, place.host, { tries: triesOf(visit, backoffOf(visit)) }, TRIES_MS / 1000)
}

/** Counted when the browser comes back: a circle always does, and tabs that are opened side by side have not yet. */
const triesOf = ({ context }: Visit, { tries }: Backoff): readonly number[] => [...tries.slice(-1), context.now()]

/** Whether the visitor signed out on this host alone. */
export const isOut = (visit: Visit): boolean => readOut(visit.context.keys, visit.place.host, cookiesOf(visit)) !== null

/** Whether the host was told that there is nobody, and nothing has changed since. */
export function knowsNobody(visit: Visit, { noneUntil, hint }: Backoff): boolean {
  return noneUntil > visit.context.now() && hint === readHint(cookiesOf(visit))
}

/** What holds this host back from asking. */
export const backoffOf = (visit: Visit): Backoff => readBackoff(visit.context.keys, visit.place.host, cookiesOf(visit))
