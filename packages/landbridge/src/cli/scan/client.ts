import http from 'node:http'
import https from 'node:https'
import { Pace } from './pace.ts'
import type { Limits } from './plan.ts'
import { resolverOf } from './resolve.ts'
import type { Secrets } from './secrets.ts'
import { spaceOf } from './space.ts'
import type { Space } from './space.ts'
import { Unreachable, sentenceOf } from './trouble.ts'

export interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string
  /** Addresses nearer than that are not asked: where a redirect leads to. */
  readonly notNearer?: Space
}

export interface Answer {
  readonly url: URL
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly setCookies: readonly string[]
  /** Where a redirect leads; `null` for another answer, and where it leads nowhere. */
  readonly location: URL | null
  readonly body: string
  /** Where it came from. */
  readonly space: Space
  /** Whether the body is all of it, in a form that can be read. */
  readonly isWhole: boolean
}

const HEADER_LIMIT_BYTES = 64 * 1024
/** Node gives each address of a host a quarter of a second, and then up: too little for a far or a busy one. */
const ADDRESS_MS = 2500

/** Asks servers, within the limits of the scan. It follows no redirect and keeps no cookie. */
export class Client {
  readonly #limits: Limits
  readonly #pace: Pace
  readonly #userAgent: string
  /** What was sent and set, to be kept out of the report. */
  readonly #secrets: Secrets

  constructor(limits: Limits, version: string, stop: AbortSignal, secrets: Secrets) {
    this.#limits = limits
    this.#secrets = secrets
    this.#pace = new Pace(limits, stop)
    this.#userAgent = `landbridge-scan/${version}`
  }

  get requests(): number {
    return this.#pace.taken
  }

  /** Throws `Unreachable` when there is no answer, and `Stopped` when the scan is at its end. */
  async send(url: URL, { method = 'GET', headers = {}, body, notNearer = 0 }: Asked = {}): Promise<Answer> {
    await this.#pace.next()
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const sent = { accept: '*/*', ...given(headers), ...length, 'accept-encoding': 'identity', 'user-agent': this.#userAgent }
    this.#secrets.addCookies(headers['cookie'] ?? '')
    this.#secrets.addForm(body ?? '')
    const answer = await this.#exchange(open(url, method, sent, notNearer), url, body)
    this.#secrets.addSet(answer.setCookies)
    return answer
  }

  async #exchange(request: http.ClientRequest, url: URL, body: string | undefined): Promise<Answer> {
    const { timeoutMs, bodyLimitBytes } = this.#limits
    let isLate = false
    const late = (): void => {
      isLate = true
      request.destroy()
    }
    const timer = setTimeout(late, timeoutMs)
    let space: Space = 2
    request.once('socket', (socket) => socket.once('connect', () => (space = spaceOf(socket.remoteAddress ?? ''))))
    const stop = (): void => void request.destroy()
    this.#pace.stop.addEventListener('abort', stop)
    try {
      const response = await responseTo(request, body)
      return { ...answerOf(url, response, await readBody(response, bodyLimitBytes)), space }
    } catch (error) {
      this.#pace.stop.throwIfAborted()
      if (isLate) throw new Unreachable(`did not answer within ${timeoutMs / 1000} s`)
      throw error instanceof Unreachable ? error : new Unreachable(sentenceOf(error))
    } finally {
      clearTimeout(timer)
      this.#pace.stop.removeEventListener('abort', stop)
      request.destroy()
    }
  }
}

function open(url: URL, method: string, headers: Record<string, string>, notNearer: Space): http.ClientRequest {
  const { request } = url.protocol === 'https:' ? https : http
  // The last one is an option of the connection, which the types of a request do not name.
  const options = {
    method,
    headers,
    agent: false,
    maxHeaderSize: HEADER_LIMIT_BYTES,
    lookup: resolverOf(notNearer),
    autoSelectFamilyAttemptTimeout: ADDRESS_MS,
  }
  try {
    return request(withoutCredentials(url), options)
  } catch (error) {
    // A header or a method that cannot be sent.
    throw new Unreachable(sentenceOf(error))
  }
}

function responseTo(request: http.ClientRequest, body: string | undefined): Promise<http.IncomingMessage> {
  return new Promise((resolved, rejected) => {
    request.once('response', resolved)
    request.on('error', rejected)
    request.once('upgrade', (_, socket) => {
      socket.destroy()
      rejected(new Unreachable('answers with another protocol than HTTP'))
    })
    request.once('close', () => rejected(new Unreachable('closed the connection without an answer')))
    request.end(body)
  })
}

interface Body {
  readonly text: string
  readonly isCut: boolean
}

/** Reads up to the limit and lets go of the rest, however long it goes on. */
async function readBody(response: http.IncomingMessage, limitBytes: number): Promise<Body> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > limitBytes) break
  }
  return { text: Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8'), isCut: size > limitBytes }
}

function answerOf(url: URL, { statusCode = 0, headers }: http.IncomingMessage, { text, isCut }: Body): Omit<Answer, 'space'> {
  const isEncoded = !/^(?:identity)?$/i.test(headers['content-encoding'] ?? '')
  return {
    url,
    status: statusCode,
    headers,
    setCookies: headers['set-cookie'] ?? [],
    location: statusCode >= 300 && statusCode < 400 ? locationOf(headers.location, url) : null,
    body: isEncoded ? '' : text,
    isWhole: !isCut && !isEncoded,
  }
}

function locationOf(location: string | undefined, url: URL): URL | null {
  const target = location === undefined ? null : URL.parse(location, url.href)
  return target !== null && /^https?:$/.test(target.protocol) ? target : null
}

function given(headers: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) => (value === undefined ? [] : [[name.toLowerCase(), value] as const]))
  return Object.fromEntries(entries)
}

/** User and password of a URL are sent nowhere by themselves: a redirect could ask for them. */
function withoutCredentials(url: URL): URL {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  return bare
}
