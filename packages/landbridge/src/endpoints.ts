/** What hosts that cross answer below `/.session/`: which request goes where, and what is checked before. */
import { openBegun, readAsk } from './core/ask.ts'
import { isPrefetch, safePath } from './core/navigation.ts'
import { provenance } from './core/origin.ts'
import { refuse } from './core/refuse.ts'
import type { Reply } from './core/reply.ts'
import { extended, seeOther } from './core/reply.ts'
import type { RequestSession } from './core/request-session.ts'
import { ownSignInPage } from './core/sign-in-target.ts'
import type { Visit } from './core/visit.ts'
import { isConfidential, ownOrigin, singleFields } from './core/visit.ts'
import { accountActs, listAccounts } from './account-endpoints.ts'
import { answerByFetch, beginForScript, receiveByFetch } from './transports/fetch.ts'
import { beginPush } from './transports/push.ts'
import { answerByRedirect, bounce, receiveByRedirect, receivePosted } from './transports/redirect.ts'
import { receiveByScript } from './transports/script.ts'
import { answerByFrame, receiveInFrame, receiveNobodyInFrame } from './transports/web-message.ts'

const BODY_LIMIT = 8192

type Session = RequestSession<Record<string, unknown>>
type Fields = ReadonlyMap<string, string>

/** Answers a request below the base path. Prefetches and unknown methods end here, before anything is read, minted or spent. */
export function answerEndpoint(visit: Visit, open: () => Session): Promise<Reply> {
  const { context, request } = visit
  const endpoint = request.path.slice(context.basePath.length)
  if (!isConfidential(visit)) return Promise.resolve(refuse(visit, 'insecure-transport'))
  if (isPrefetch(request)) return Promise.resolve(refuse(visit, 'prefetch'))
  if (request.method === 'GET') return answerGet(visit, endpoint, open)
  if (request.method === 'POST') return answerPost(visit, endpoint, open)
  return Promise.resolve(extended(refuse(visit, 'method-not-allowed'), { allow: 'GET, POST' }))
}

async function answerGet(visit: Visit, endpoint: string, open: () => Session): Promise<Reply> {
  const asks = visit.place.span.role !== 'hub'
  switch (endpoint) {
    case 'ask':
      return visit.place.span.role === 'spoke' ? refuse(visit, 'endpoint-unknown') : answerAsk(visit)
    case 'begin':
      return asks ? begin(visit) : beginAtHub(visit)
    case 'in':
      return asks ? receiveByRedirect(visit) : refuse(visit, 'endpoint-unknown')
    case 'frame':
      return asks ? receiveNobodyInFrame(visit) : refuse(visit, 'endpoint-unknown')
    case 'accounts':
      return listAccounts(visit, open())
    default:
      return answerScript(visit, endpoint)
  }
}

async function answerAsk(visit: Visit): Promise<Reply> {
  const ask = await readAsk(visit, visit.request.query)
  if (typeof ask === 'string') return refuse(visit, ask)
  switch (ask.mode) {
    case 'redirect':
      return isFramed(visit) ? refuse(visit, 'wrong-mode', ask) : answerByRedirect(visit, ask)
    case 'web-message':
      return answerByFrame(visit, ask)
    case 'fetch':
      return answerByFetch(visit, ask)
    // Nobody asks by push or script; and whatever else a host with our keys may have signed is no ask either.
    case 'push':
    case 'script':
    default:
      return refuse(visit, 'ask-malformed')
  }
}

/** The page-wide redirect is no answer to a frame or a script. */
function isFramed({ request }: Visit): boolean {
  const destination = request.header('sec-fetch-dest')
  return destination !== undefined && destination !== 'document'
}

/** The sign-in link: `to` is a path on this host. It counts as the visitor's own act when a page of this host, or the hub, led here. */
function begin(visit: Visit): Reply {
  const { context, request } = visit
  const fields = singleFields(request.query)
  if (fields === null || isFramed(visit)) return refuse(visit, 'answer-malformed')
  const begun = openBegun(visit, fields.get('b') ?? '')
  // He comes from the sign-in page: to show it again to one who is signed in, and may not use this host, would be a circle.
  if (begun !== null) return bounce(visit, begun.path, { interactive: false, act: begun.act })
  const act = isOwn(visit) ? { at: context.now(), session: null } : null
  return bounce(visit, safePath(fields.get('to') ?? '/', context.basePath), { interactive: true, act })
}

function beginAtHub(visit: Visit): Reply {
  const page = ownSignInPage(visit, singleFields(visit.request.query)?.get('to') ?? '/')
  return page === null ? refuse(visit, 'endpoint-unknown') : seeOther(page)
}

function answerScript(visit: Visit, endpoint: string): Promise<Reply> | Reply {
  const ticket = /^([\w-]{43})\.js$/.exec(endpoint)?.[1]
  return visit.place.span.bridge.script && ticket !== undefined ? receiveByScript(visit, ticket) : refuse(visit, 'endpoint-unknown')
}

const ACTS = new Map<string, (visit: Visit, fields: Fields, open: () => Session) => Promise<Reply> | Reply>([
  [
    'begin',
    (visit, fields, open) => (visit.place.span.role === 'hub' ? refuse(visit, 'endpoint-unknown') : beginForScript(visit, fields, open())),
  ],
  ['push', beginPush],
  ...Object.entries(accountActs),
])

async function answerPost(visit: Visit, endpoint: string, open: () => Session): Promise<Reply> {
  const isJson = /^application\/json\b/i.test(visit.request.header('content-type') ?? '')
  const arrives = ARRIVALS.get(isJson ? `${endpoint} json` : endpoint)
  const act = ACTS.get(endpoint)
  if (arrives === undefined && act === undefined) return refuse(visit, 'endpoint-unknown')
  if (arrives !== undefined && visit.place.span.role === 'hub') return refuse(visit, 'endpoint-unknown')
  // What another host's form brings is judged by where it was posted; everything else comes from a page of this very host.
  if ((arrives === undefined || isJson) && !isOwn(visit)) return refuse(visit, 'wrong-origin')
  const fields = await readFields(visit)
  if (fields === null) return refuse(visit, 'body-malformed')
  return arrives ? arrives(visit, fields) : act!(visit, fields, open)
}

/** Where tickets arrive. */
const ARRIVALS = new Map<string, (visit: Visit, fields: Fields) => Promise<Reply>>([
  ['in', receivePosted],
  ['in json', receiveByFetch],
  ['frame', receiveInFrame],
])

/** Exactly from this host: that another one is of the same site, or trusted for forms, is not enough here. */
function isOwn(visit: Visit): boolean {
  return (
    provenance(
      visit.request,
      () => ownOrigin(visit),
      () => false,
    ) === 'own'
  )
}

async function readFields({ request }: Visit): Promise<Fields | null> {
  if (Number(request.header('content-length') ?? 0) > BODY_LIMIT) return null
  const text = await request.body(BODY_LIMIT)
  if (text === null) return null
  return text.trimStart().startsWith('{') ? jsonFields(text) : singleFields(text)
}

function jsonFields(text: string): Fields | null {
  try {
    const entries = Object.entries(JSON.parse(text) as object)
    return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  } catch {
    return null
  }
}
