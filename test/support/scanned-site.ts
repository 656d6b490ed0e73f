/** A site with sign-in for `landbridge scan` to look at: many hosts on one port of the loopback, sound or with one fault each. */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { PASSWORD, serve } from './scanned.ts'

export interface SiteOptions {
  /** Whether a session is known on the host alone that it was begun on. */
  readonly bound?: boolean
  readonly cookie?: string
  readonly attributes?: string
  /** Whether a visitor gets a session with the first page, not with signing in. */
  readonly eager?: boolean
  /** Whether an unknown id is taken as the id of a new session. */
  readonly adopts?: boolean
  /** Which writes are refused. */
  readonly csrf?: 'origin' | 'token' | 'none'
  /** Whether a stranger is sent to the sign-in page, or gets the page with other words. */
  readonly redirects?: boolean
  /** Says so to who shows an id that it does not know. */
  readonly expires?: boolean
  /** Hosts that answer everybody with one status. */
  readonly status?: Readonly<Record<string, number>>
  /** Further headers of every page. */
  readonly headers?: Readonly<Record<string, string>>
  /** Ends the session when its cookie is shown on another host. */
  readonly endsWhenMoved?: boolean
}

export interface Site {
  readonly port: number
  url(name: string, path?: string): string
  /** What was asked, as `POST elmer /email`. */
  readonly asked: string[]
  readonly agents: Set<string>
  /** The ids of sessions that it gave out: what no report may hold. */
  readonly ids: string[]
}

interface Session {
  readonly host: string
  account: string | null
}

/** A site with sign-in, as frameworks make them. */
export async function startSite(options: SiteOptions = {}): Promise<Site> {
  const { bound = true, cookie = '__Host-sid', attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax', csrf = 'origin' } = options
  const sessions = new Map<string, Session>()
  const [asked, ids, agents]: [string[], string[], Set<string>] = [[], [], new Set()]

  function begin(host: string, response: ServerResponse, id = randomBytes(24).toString('base64url')): Session {
    const session = { host, account: null }
    sessions.set(id, session)
    ids.push(id)
    response.appendHeader('set-cookie', `${cookie}=${id}; ${attributes}`)
    return session
  }

  function sessionOf(request: IncomingMessage, host: string): Session | null {
    const pairs = (request.headers.cookie ?? '').split('; ').map((pair) => pair.split('='))
    const id = pairs.find(([name]) => name === cookie)?.[1] ?? ''
    const session = sessions.get(id)
    if (session === undefined) {
      if (options.adopts !== true || id === '') return null
      sessions.set(id, { host, account: null })
      return sessions.get(id)!
    }
    if (session.host === host || !bound) return session
    if (options.endsWhenMoved === true) sessions.delete(id)
    return null
  }

  const port = await serve((request, response) => void answer(request, response))
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const host = request.headers.host!.replace(/:.*/, '')
    const path = request.url!.replace(/\?.*/, '')
    asked.push(`${request.method} ${host.split('.')[0]} ${path}`)
    agents.add(request.headers['user-agent'] ?? '')
    const status = options.status?.[host.split('.')[0]!]
    if (status !== undefined) return void response.writeHead(status).end('nothing here')
    const session = sessionOf(request, host) ?? (options.eager === true ? begin(host, response) : null)
    response.setHeader('content-type', 'text/html')
    for (const [name, value] of Object.entries(options.headers ?? {})) response.setHeader(name, value)
    if (request.method !== 'GET') return write(request, response, { host, path, session })
    if (session?.account == null && options.redirects === true && path === '/account') {
      response.writeHead(302, { location: `/login?next=/account&state=${randomBytes(8).toString('hex')}` }).end()
      return
    }
    const who =
      session?.account == null
        ? 'You are a stranger here. <a href="/login">Sign in</a>'
        : `Hello ${session.account}, welcome back. <a href="/out">Sign out</a>`
    const note =
      options.expires === true && session === null && request.headers.cookie !== undefined ? '<p>Your session has expired.</p>' : ''
    const noise = `<script nonce="${randomBytes(16).toString('base64')}"></script><time>${performance.now()}</time>`
    response.end(`<title>${host}</title><h1>Home of ${host}</h1>${noise}<p>${who}</p>${note}<p>${randomBytes(20).toString('hex')}</p>`)
  }

  async function write(
    request: IncomingMessage,
    response: ServerResponse,
    at: { host: string; path: string; session: Session | null },
  ): Promise<void> {
    const body = new URLSearchParams(await text(request))
    const { origin } = request.headers
    const site = request.headers['sec-fetch-site']
    const isForeign = (origin !== undefined && origin !== `http://${request.headers.host}`) || site === 'cross-site'
    if ((csrf === 'origin' && isForeign) || (csrf === 'token' && at.path !== '/login' && body.get('token') !== 'right')) {
      response.writeHead(403).end('CSRF verification failed.')
      return
    }
    if (at.path === '/login') {
      if (body.get('password') !== PASSWORD) return void response.writeHead(401).end('wrong password')
      begin(at.host, response).account = body.get('user')
      return void response.writeHead(302, { location: '/account' }).end()
    }
    if (at.session?.account == null) return void response.writeHead(302, { location: '/login' }).end()
    response.end(`changed ${randomBytes(8).toString('hex')}`)
  }

  return { port, url: (name, path = '/') => `http://${name}.acme.localhost:${port}${path}`, asked, agents, ids }
}

/** Signs ann in at a host, and resolves with the id of her session. */
export async function signedInAt(site: Site, host: string): Promise<string> {
  return await new Promise((resolve) => {
    const headers = { host: `${host}.acme.localhost:${site.port}`, 'content-type': 'application/x-www-form-urlencoded' }
    const request = httpRequest({ port: site.port, host: '127.0.0.1', path: '/login', method: 'POST', headers }, (response) => {
      response.resume()
      resolve(/=([^;]*)/.exec(response.headers['set-cookie']![0]!)![1]!)
    })
    request.end(new URLSearchParams({ user: 'ann', password: PASSWORD }).toString())
  })
}

export const elmerAndAlice = (site: Site) => [site.url('elmer'), site.url('alice')]
