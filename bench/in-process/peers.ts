import { createHmac } from 'node:crypto'
import type { Request, Response } from 'express'
import session from 'express-session'
import { sealData, unsealData } from 'iron-session'
import { signedIn, signUp } from '../lib/better-auth.ts'
import { LARGE, SECRET, SMALL, USER, type Content } from '../lib/content.ts'
import { sessionOf } from '../lib/session-of.ts'
import { contestant, type Contestant } from './contestant.ts'

export async function peers(): Promise<Contestant[]> {
  return [
    ...expressSession('0.2 kB', SMALL),
    ...expressSession('2 kB', LARGE),
    await ironSession('0.2 kB', SMALL),
    await ironSession('2 kB', LARGE),
    await betterAuthSession(),
  ]
}

function expressSession(size: string, content: Content): Contestant[] {
  const store = new session.MemoryStore()
  const middleware = session({ secret: SECRET, store, resave: false, saveUninitialized: false })
  const id = `bench-${size}`
  const cookie = { originalMaxAge: null, path: '/', httpOnly: true }
  store.set(id, { ...content, cookie })
  const header = `connect.sid=${encodeURIComponent(`s:${id}.${sign(id)}`)}`
  const prepare = (): Pair => ({ request: request(header), response: new SilentResponse() })
  const load = (pair: Pair, then: (user: string) => void): void => {
    middleware(pair.request, pair.response as unknown as Response, () => {
      then(sessionOf<Content>(pair.request).user)
    })
  }
  return [
    contestant({
      name: `express-session, memory, ${size}: load`,
      prepare,
      run: (pair) =>
        new Promise((resolve) => {
          load(pair, resolve)
        }),
      expected: USER,
    }),
    contestant({
      name: `express-session, memory, ${size}: load, end of the response`,
      prepare,
      run: (pair) =>
        new Promise((resolve) => {
          load(pair, (user) => {
            pair.response.ended = () => resolve(user)
            pair.response.end()
          })
        }),
      expected: USER,
    }),
  ]
}

interface Pair {
  request: Request
  response: SilentResponse
}

function request(cookie: string): Request {
  const socket = { encrypted: false }
  return { method: 'GET', url: '/', headers: { cookie }, socket, connection: socket } as unknown as Request
}

/** The part of a response that express-session wraps, without the work that HTTP itself would do. */
class SilentResponse {
  _header: string | null = null
  statusCode = 200
  ended: () => void = () => {}

  _implicitHeader(): void {
    this.writeHead()
  }

  writeHead(): void {
    this._header = 'sent'
  }

  write(): boolean {
    return true
  }

  end(): void {
    this.ended()
  }
}

/** The signature of express-session's cookies. */
function sign(id: string): string {
  return createHmac('sha256', SECRET).update(id).digest('base64').replace(/=+$/, '')
}

async function ironSession(size: string, content: Content): Promise<Contestant> {
  const sealed = await sealData(content, { password: SECRET })
  return contestant({
    name: `iron-session, ${size}: unseal`,
    prepare: () => sealed,
    run: async (seal) => (await unsealData<Content>(seal, { password: SECRET })).user,
    expected: USER,
  })
}

async function betterAuthSession(): Promise<Contestant> {
  const answer = await signUp()
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
  return contestant({
    name: 'better-auth, memory, 0.2 kB: getSession',
    prepare: () => new Headers({ cookie }),
    run: signedIn,
    expected: USER,
  })
}
