/**
 * The ticket travels in the address of a script that a page of one peer loads from another: the way of older libraries, off by
 * default. Browsers that block cookies of other sites drop what it sets, which is most of them.
 *
 *   page of a: <script src="b/.session/<ticket>.js">  ->  empty body, and a handle for b
 */
import { newRid } from '../core/crossing-cookies.ts'
import { canonicalOrigin } from '../core/origin.ts'
import { redeem } from '../core/redeem.ts'
import { refuse } from '../core/refuse.ts'
import type { Reply } from '../core/reply.ts'
import type { Visit } from '../core/visit.ts'

const EMPTY: Reply = {
  status: 200,
  headers: { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
  body: '',
}

/** Fills a session that is empty, for a page of the peer that made the ticket, and for nothing else. */
export async function receiveByScript(visit: Visit, ticket: string): Promise<Reply> {
  const { context, place, request } = visit
  const rid = newRid(context.now())
  const origin = canonicalOrigin(request.header('origin') ?? '') ?? refererOrigin(request.header('referer'))
  if (request.header('sec-fetch-dest') !== 'script' || origin === null) return refuse(visit, 'wrong-origin', { rid, mode: 'script' })
  const redemption = await redeem(visit, ticket, { mode: 'script', asked: null, origin })
  if (redemption.outcome === 'refused') return refuse(visit, redemption.reason, { rid, mode: 'script' })
  context.emit(place.host, { type: 'crossing.completed', rid, mode: 'script', outcome: redemption.outcome })
  return { ...EMPTY, cookies: redemption.cookies }
}

function refererOrigin(referer: string | undefined): string | null {
  return canonicalOrigin(/^https?:\/\/[^/?#]+/i.exec(referer ?? '')?.[0] ?? '')
}
