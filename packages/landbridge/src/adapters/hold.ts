/**
 * Holds the head of a Node response back until the session is stored. Calls pass through while there is nothing to store.
 *
 *   passing --change--> open --first write--> holding --stored--> released (calls are repeated as they came)
 *                                                     --failed--> refused  (503 or 409 goes out, the application's calls are dropped)
 *
 * The methods are replaced before the application sees the response: in `response.end(await session.get('x'))` it takes `end`
 * before the session is touched, so a later replacement would not be called.
 */
import type { ServerResponse } from 'node:http'
import type { ResponseHeaders } from '../core/headers.ts'
import { errorReply } from '../core/errors.ts'
import type { Reply } from '../core/reply.ts'
import type { Signals } from '../core/session.ts'
import type { MaybePromise } from '../core/types.ts'
import { isPromise } from '../core/types.ts'
import { absorbHeaders, addVary, NodeHeaders } from './node-headers.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- calls are kept and repeated as they came
type AnyCall = (...args: any[]) => any
type Method = 'writeHead' | 'write' | 'end' | 'flushHeaders'
const NOTHING: [Method, unknown[]][] = []

export class Hold implements Signals {
  readonly #response: ServerResponse
  readonly #original: Record<Method, AnyCall>
  #held: [Method, unknown[]][] = NOTHING
  #state: 'passing' | 'open' | 'holding' | 'released' | 'refused' = 'passing'
  #touched = false
  /** Set by the adapter as soon as the exchange is open. */
  commit: ((headers: ResponseHeaders) => MaybePromise<void>) | null = null

  constructor(response: ServerResponse) {
    this.#response = response
    const { writeHead, write, end, flushHeaders } = response
    this.#original = { writeHead, write, end, flushHeaders }
    response.writeHead = ((...args: unknown[]) => this.#call('writeHead', args)) as never
    response.write = ((...args: unknown[]) => this.#call('write', args)) as never
    response.end = ((...args: unknown[]) => this.#call('end', args)) as never
  }

  touched(): void {
    this.#touched = true
  }

  changed(): boolean {
    const response = this.#response
    if (response.headersSent) return false
    if (this.#state !== 'passing') return true
    this.#state = 'open'
    this.#held = []
    // It takes no arguments, so nothing can touch the session between the taking and the call.
    this.#original.flushHeaders = response.flushHeaders
    response.flushHeaders = () => void this.#call('flushHeaders', [])
    return true
  }

  #call(method: Method, args: unknown[]): unknown {
    switch (this.#state) {
      case 'passing':
      case 'released':
        // Node itself comes here for the head of a response that was begun by a write.
        return this.#original[method].apply(this.#response, method === 'writeHead' ? this.#headArguments(args) : args)
      case 'refused':
        return this.#drop(method, args, null)
      case 'open':
      case 'holding':
        return this.#keep(method, args)
    }
  }

  /** With changes pending the commit has run before this is reached, and `Vary` is there already. */
  #headArguments(args: unknown[]): unknown[] {
    return this.#touched && !this.#response.headersSent ? addVary(this.#response, args) : args
  }

  #keep(method: Method, args: unknown[]): unknown {
    if (this.#state === 'holding' && method === 'writeHead') throw headWritten()
    this.#held.push([method, method === 'writeHead' ? absorbHeaders(this.#response, args) : args])
    if (this.#state === 'open') this.#hold()
    if (method === 'end' && this.#isHolding()) pretend(this.#response, 'writableEnded')
    return method === 'write' ? false : this.#response
  }

  #isHolding(): boolean {
    return this.#state === 'holding'
  }

  #hold(): void {
    this.#state = 'holding'
    pretend(this.#response, 'headersSent')
    const release = (): void => this.#release()
    const refuse = (error: unknown): void => this.#refuse(error)
    try {
      const stored = this.commit?.(new NodeHeaders(this.#response))
      if (isPromise(stored)) stored.then(release, refuse)
      else release()
    } catch (error) {
      refuse(error)
    }
  }

  #release(): void {
    this.#state = 'released'
    unpretend(this.#response)
    try {
      for (const [method, args] of this.#held) this.#original[method].apply(this.#response, args)
    } catch (error) {
      // The call of the application was wrong, and it is too late to throw at it.
      this.#refuse(error)
    }
    if (this.#held.some(([method]) => method === 'write')) this.#response.emit('drain')
  }

  #refuse(error: unknown): void {
    const response = this.#response
    this.#state = 'refused'
    unpretend(response)
    // Node calls writeHead for our reply, too; whatever replaced the methods after us has done its part for the dropped response.
    const { writeHead, write, end, flushHeaders } = response
    Object.assign(response, this.#original)
    if (response.headersSent) abort(response, error)
    else sendInstead(response, replyFor(error))
    Object.assign(response, { writeHead, write, end, flushHeaders })
    for (const [method, args] of this.#held) this.#drop(method, args, error)
  }

  /** Calls back whoever waits for a write that will not come. */
  #drop(method: Method, args: unknown[], error: unknown): unknown {
    const callback = args.at(-1)
    if (typeof callback === 'function') process.nextTick(callback, error)
    return method === 'write' ? false : this.#response
  }
}

/** To the application the head has left, or the response has ended, as it asked: it must not answer a second time. */
function pretend(response: ServerResponse, property: 'headersSent' | 'writableEnded'): void {
  Object.defineProperty(response, property, { configurable: true, value: true })
}

function unpretend(response: ServerResponse): void {
  Reflect.deleteProperty(response, 'headersSent')
  Reflect.deleteProperty(response, 'writableEnded')
}

/** Ends a response that cannot be completed any more, so that the client does not take what it has for the whole. */
function abort(response: ServerResponse, error: unknown): void {
  process.emitWarning(error as Error)
  response.destroy()
}

/** Sends one of our replies in the place of the application's response, whose length or encoding would belie it. */
export function sendInstead(response: ServerResponse, reply: Reply): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  send(response, reply)
}

/** What Node throws at an application that writes two heads. */
function headWritten(): Error {
  return Object.assign(new Error('The head of this response was written already.'), { code: 'ERR_HTTP_HEADERS_SENT' })
}

/** The response for an error that no error handling of the application will see: its author is told by a warning. */
export function replyFor(error: unknown): Reply {
  const reply = errorReply(error)
  if (reply) return reply
  process.emitWarning(error instanceof Error ? error : new Error('The application threw what is no Error.'))
  return {
    status: 500,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
    body: 'Internal Server Error\n',
  }
}

/** Sends one of our replies. */
export function send(response: ServerResponse, { status, headers, body, cookies = [] }: Reply): void {
  response.statusCode = status
  // HTTP/2 has no such message, and Node warns about each try to give one.
  if (response.req.httpVersionMajor === 1) response.statusMessage = ''
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  if (cookies.length > 0) response.setHeader('set-cookie', cookies)
  response.end(body)
}
