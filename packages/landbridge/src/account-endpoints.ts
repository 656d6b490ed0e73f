/** The accounts of a browser over HTTP, for the browser client and for forms: list, switch, choose, remove, sign out. */
import { acceptsHtml, safePath } from './core/navigation.ts'
import { refuse } from './core/refuse.ts'
import type { Reply } from './core/reply.ts'
import { jsonReply, seeOther } from './core/reply.ts'
import type { ResponseHeaders } from './core/headers.ts'
import type { RequestSession } from './core/request-session.ts'
import type { Visit } from './core/visit.ts'
import { ownOrigin } from './core/visit.ts'

type Session = RequestSession<Record<string, unknown>>
type Fields = ReadonlyMap<string, string>
type Act = (visit: Visit, fields: Fields, open: () => Session) => Promise<Reply>

/** Ids and states of the accounts, as far as this host may know them; no other origin can read the answer. */
export async function listAccounts(visit: Visit, session: Session): Promise<Reply> {
  const site = visit.request.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return refuse(visit, 'wrong-origin')
  const accounts = await session.accounts()
  const listed = accounts.map(({ id, active, expired }) => ({ id, active, expired }))
  return finish(session, jsonReply(200, { accounts: listed, tag: await session.accountTag() }))
}

/** Each comes from a page of this very host: the endpoints have seen to it. */
export const accountActs: Record<string, Act> = {
  'sign-out': async (visit, fields, open) => {
    const session = open()
    await session.signOut(fields.get('reach') === 'here' ? 'here' : 'everywhere')
    return done(visit, fields, session)
  },
  switch: async (visit, fields, open) => {
    const session = open()
    if (visit.place.span.role === 'spoke') return refuse(visit, 'endpoint-unknown')
    return (await session.switchAccount(fields.get('account') ?? '')) ? done(visit, fields, session) : refuse(visit, 'wrong-account')
  },
  choose: async (visit, fields, open) => {
    const session = open()
    if (visit.place.span.role !== 'hub') return refuse(visit, 'endpoint-unknown')
    const chosen = await session.chooseAccount(fields.get('host') ?? '', fields.get('account') || null)
    return chosen ? done(visit, fields, session) : refuse(visit, 'wrong-account')
  },
  remove: async (visit, fields, open) => {
    const session = open()
    if (visit.place.span.role === 'spoke') return refuse(visit, 'endpoint-unknown')
    await session.removeAccount(fields.get('account') ?? '')
    return done(visit, fields, session)
  },
}

/** A form goes on to the path in its field `to`; a script is told that it is done. */
function done(visit: Visit, fields: Fields, session: Session): Promise<Reply> {
  const path = safePath(fields.get('to') ?? '/', visit.context.basePath)
  return finish(session, acceptsHtml(visit.request) ? seeOther(ownOrigin(visit) + path) : jsonReply(200, { ok: true }))
}

/** Stores what the act changed, and adds the cookies. */
async function finish(session: Session, reply: Reply): Promise<Reply> {
  const headers = new ReplyHeaders(reply)
  await session.commit(headers)
  return headers.reply()
}

class ReplyHeaders implements ResponseHeaders {
  readonly #given: Reply
  readonly #headers: Headers

  constructor(reply: Reply) {
    this.#given = reply
    this.#headers = new Headers(reply.headers)
  }

  get(name: string): string | null {
    return this.#headers.get(name)
  }

  set(name: string, value: string): void {
    this.#headers.set(name, value)
  }

  append(name: string, value: string): void {
    this.#headers.append(name, value)
  }

  reply(): Reply {
    const cookies = this.#headers.getSetCookie()
    this.#headers.delete('set-cookie')
    return { ...this.#given, headers: Object.fromEntries(this.#headers), cookies: [...(this.#given.cookies ?? []), ...cookies] }
  }
}
