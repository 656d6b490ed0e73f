import { setImmediate } from 'node:timers/promises'
import type { Session, SessionEvent, SessionsOptions, Store } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { CookieJar, PrefixSecurityEnum } from 'tough-cookie'

export type AnySession = Session<Record<string, unknown>>
export type Act<Result> = (session: AnySession, request: Request) => Result | Promise<Result>

export const MINUTE = 60_000
export const START = Date.UTC(2030, 0, 1)
export const ELMER = 'https://elmer.acme.com/'
export const ALICE = 'https://alice.acme.com/'

/** Sessions on a virtual clock, with everything they emit and every store call they make. */
export function world(options: Partial<SessionsOptions> = {}) {
  const clock = { now: START }
  const events: SessionEvent[] = []
  const { store, calls } = recording(options.store ?? memory())
  const sessions = createSessions({
    topology: { kind: 'isolated', hosts: ['*.acme.com'] },
    clock: () => clock.now,
    onEvent: (event) => events.push(event),
    ...options,
    store,
  })
  return { sessions, store, calls, clock, events, browser: () => new Browser(sessions.handle), types: () => events.map(({ type }) => type) }
}

/** The store itself, with the names of the methods that were called. */
function recording(inner: Store): { store: Store; calls: string[] } {
  const calls: string[] = []
  const store = around(inner, (method, call) => {
    calls.push(method)
    return call()
  })
  return { store, calls }
}

/** A real store that answers later, as one behind a network does. */
export function delayed(inner: Store): Store {
  return around(inner, async (_method, call) => {
    await setImmediate()
    const result = call()
    await setImmediate()
    return result
  })
}

/** A real store whose methods can be made to fail. */
export function failing(inner: Store): { store: Store; fail: Map<string, Error> } {
  const fail = new Map<string, Error>()
  const store = around(inner, (method, call) => {
    const error = fail.get(method)
    if (error) throw error
    return call()
  })
  return { store, fail }
}

function around(inner: Store, wrap: (method: string, call: () => unknown) => unknown): Store {
  const methods = Object.entries(inner).map(([name, value]) => {
    if (typeof value !== 'function') return [name, value] as const
    return [name, (...args: unknown[]) => wrap(name, () => (value as (...given: unknown[]) => unknown).apply(inner, args))] as const
  })
  return Object.fromEntries(methods) as unknown as Store
}

type Handle = (request: Request, next: (session: AnySession) => Promise<Response>) => Promise<Response>

/** A browser as far as cookies go: tough-cookie keeps and sends them, and drops what breaks the rules of a prefix. */
export class Browser {
  readonly jar = new CookieJar(null, { prefixSecurity: PrefixSecurityEnum.SILENT })
  readonly #handle: Handle

  constructor(handle: Handle) {
    this.#handle = handle
  }

  /** Visits a page; `act` is the application. */
  async visit<Result>(url: string, act: Act<Result>, init: RequestInit = {}): Promise<{ result: Result; response: Response }> {
    const headers = new Headers(init.headers)
    const cookie = await this.jar.getCookieString(url)
    if (cookie !== '' && !headers.has('cookie')) headers.set('cookie', cookie)
    const request = new Request(url, { ...init, headers })
    const results: Result[] = []
    const response = await this.#handle(request, async (session) => {
      results.push(await act(session, request))
      return new Response('ok')
    })
    for (const line of response.headers.getSetCookie()) await this.jar.setCookie(line, url)
    return { result: results[0] as Result, response }
  }

  /** What the application returned. */
  async at<Result>(url: string, act: Act<Result>): Promise<Result> {
    return (await this.visit(url, act)).result
  }

  cookies(url: string): Promise<string> {
    return this.jar.getCookieString(url)
  }
}

/** The code of the error that a call ends with. */
export async function codeOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return 'no error'
}

/** A promise that resolves when it was asked for `count` times. */
export function barrier(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  return () => {
    count -= 1
    if (count === 0) resolve()
    return promise
  }
}
