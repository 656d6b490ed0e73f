import { once } from 'node:events'
import http from 'node:http'
import type { Readable } from 'node:stream'

/** What a test asks a server. */
export interface Ask {
  readonly method?: string
  /** Host header; the servers of these tests answer for `*.acme.localhost`. */
  readonly host?: string
  readonly cookie?: string | undefined
  readonly headers?: Readonly<Record<string, string | string[]>>
  readonly body?: string
  readonly agent?: http.Agent
}

/** What came back: the head at once, the body when it is asked for. */
export interface Answer {
  readonly status: number
  header(name: string): string | null
  readonly setCookies: readonly string[]
  chunks(): AsyncIterable<string>
  text(): Promise<string>
}

export const HOST = 'elmer.acme.localhost'

/** Sends a request to 127.0.0.1 under any Host header, and resolves with the head of the response. */
export async function askServer(port: number, path: string, ask: Ask = {}): Promise<Answer> {
  const headers = { host: ask.host ?? HOST, ...cookieHeader(ask), ...ask.headers }
  const request = http.request({ host: '127.0.0.1', port, path, method: ask.method ?? 'GET', headers, agent: ask.agent ?? false })
  request.end(ask.body)
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  // A server that refuses a request while it still comes closes the connection under it.
  request.on('error', () => undefined)
  return {
    status: response.statusCode ?? 0,
    header: (name) => {
      const value = response.headers[name.toLowerCase()]
      return value === undefined ? null : String(value)
    },
    setCookies: response.headers['set-cookie'] ?? [],
    chunks: () => decoded(response),
    text: () => joined(decoded(response)),
  }
}

/** The same request as a Web-standard one. */
export function webRequest(path: string, ask: Ask = {}): Request {
  const headers = new Headers(cookieHeader(ask))
  for (const [name, values] of Object.entries(ask.headers ?? {})) for (const value of [values].flat()) headers.append(name, value)
  return new Request(`http://${ask.host ?? HOST}${path}`, { method: ask.method ?? 'GET', headers, body: ask.body ?? null })
}

/** A Web-standard response as an answer. */
export function webAnswer(response: Response): Answer {
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    setCookies: response.headers.getSetCookie(),
    chunks: () => decoded(response.body as unknown as AsyncIterable<Uint8Array>),
    text: () => response.text(),
  }
}

const cookieHeader = ({ cookie }: Ask): Record<string, string> => (cookie === undefined ? {} : { cookie })

async function* decoded(body: Readable | AsyncIterable<Uint8Array>): AsyncIterable<string> {
  for await (const chunk of body) yield Buffer.from(chunk as Uint8Array).toString()
}

async function joined(chunks: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text += chunk
  return text
}

/** The session cookie that an answer sets, as a browser would send it back; `undefined` when it sets none. */
export function sessionCookie({ setCookies }: Pick<Answer, 'setCookies'>): string | undefined {
  return setCookies.map((each) => each.split(';')[0]!).find((each) => /^__(?:Host|Secure)-[^=]+=.+/.test(each))
}

/** The secret half of a session cookie. */
export const secretOf = (cookie: string): string => cookie.slice(cookie.indexOf('.') + 1)

/** The session id of a session cookie. */
export const idOf = (cookie: string): string => cookie.slice(cookie.indexOf('=') + 1, cookie.indexOf('.'))
