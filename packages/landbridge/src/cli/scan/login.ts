/** Signs in by a module that the user wrote: it gets a browser of its own for each host. */
import { pathToFileURL } from 'node:url'
import { UsageError } from '../command.ts'
import type { Answer, Client } from './client.ts'
import { cookieHeader, Jar } from './jar.ts'
import type { Pair, Target } from './plan.ts'
import { canBeSent, parsePairs } from './set-cookie.ts'
import type { Space } from './space.ts'
import { nameOf, Stopped, Unreachable } from './trouble.ts'
import { nearestFor } from './visit.ts'

interface LoginRequest {
  /** `GET`, or `POST` where there is a form or a body. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Fields of a form, sent as browsers send them. */
  readonly form?: Readonly<Record<string, string>>
  readonly body?: string
  /** Whether redirects are followed, ten at most. Default: yes. */
  readonly follow?: boolean
}

interface LoginAnswer {
  readonly status: number
  readonly url: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

/** What the module exports by default. It may return cookies, as `name=value`. */
export type Login = (browser: {
  /** The URL that was named to the scan. */
  readonly url: string
  /** Takes a URL, or a path on the host of `url`; keeps cookies, and is bounded like every request of the scan. */
  readonly request: (url: string, options?: LoginRequest) => Promise<LoginAnswer>
}) => Promise<string | readonly string[] | void>

const HOP_LIMIT = 10

export async function loadLogin(file: string, stop: AbortSignal): Promise<Login> {
  const loading = import(pathToFileURL(file).href).catch((error: unknown) => {
    throw new UsageError(`the login module cannot be loaded: ${nameOf(error)}.`)
  }) as Promise<{ default?: unknown }>
  const { default: login } = await untilStopped(loading, stop)
  if (typeof login === 'function') return login as Login
  throw new UsageError('the login module exports no function by default, as in: export default async ({ url, request }) => { … }')
}

export interface SignedIn {
  readonly jar: Jar
  readonly answers: readonly Answer[]
}

/** Throws `Unreachable` when the module fails. Its message is left out: it may quote what it signs in with. */
export async function signInBy(login: Login, client: Client, target: Target, stop: AbortSignal): Promise<SignedIn> {
  const jar = new Jar()
  const answers: Answer[] = []
  const request = async (to: string, options: LoginRequest = {}): Promise<LoginAnswer> => {
    const answer = await browse({ client, jar, target, answers }, new URL(to, target.url), options)
    return { status: answer.status, url: answer.url.href, headers: answer.headers, text: answer.body }
  }
  const run = async (): Promise<unknown> => await login({ url: target.url.href, request })
  jar.put(target.url, pairsOf(await orUnreachable(untilStopped(run(), stop))))
  return { jar, answers }
}

async function orUnreachable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof Stopped) throw error
    const why = error instanceof Unreachable ? `a host that it asked ${error.message}` : nameOf(error)
    throw new Unreachable(`was not signed in to: the login module failed (${why})`)
  }
}

/** A module that never ends must not hold the scan. */
async function untilStopped<T>(work: Promise<T>, stop: AbortSignal): Promise<T> {
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const onStop = (): void => reject(stop.reason as Error)
  stop.addEventListener('abort', onStop)
  try {
    if (stop.aborted) onStop()
    return await Promise.race([work, stopped])
  } finally {
    stop.removeEventListener('abort', onStop)
  }
}

/** The cookies that the module returned: one text, a list of them, or nothing. */
function pairsOf(given: unknown): Pair[] {
  const texts: unknown[] = given === undefined || given === null ? [] : [given].flat()
  const pairs = texts.flatMap((text) => (typeof text === 'string' ? parsePairs(text) : [null]))
  if (pairs.every((pair) => pair !== null && canBeSent(pair))) return pairs as Pair[]
  throw new Unreachable('was not signed in to: the login module returned something else than cookies, as in sid=…')
}

interface Browser {
  readonly client: Client
  readonly jar: Jar
  readonly target: Target
  readonly answers: Answer[]
}

async function browse({ client, jar, target, answers }: Browser, start: URL, options: LoginRequest): Promise<Answer> {
  let [url, asked] = [start, askedOf(options)]
  const named = new Set([target.url.hostname])
  let began: Space | undefined
  for (let hop = 0; ; hop++) {
    const origin = asked.method === 'GET' || asked.method === 'HEAD' ? {} : { origin: url.origin }
    const headers = { ...FROM_A_BROWSER, ...origin, ...asked.headers, cookie: cookieHeader(jar.of(url)) }
    const answer = await client.send(url, { ...asked, headers, notNearer: nearestFor(url, start, began, named) })
    began ??= answer.space
    answers.push(answer)
    jar.take(url, answer.setCookies)
    if (answer.location === null || options.follow === false) return answer
    if (hop >= HOP_LIMIT) throw new Unreachable(`redirects more than ${HOP_LIMIT} times`)
    // 307 and 308 alone send the body again, and only to where it went before: a password does not follow a redirect elsewhere.
    const again = (answer.status === 307 || answer.status === 308) && answer.location.origin === url.origin
    if (!again) asked = { method: 'GET', headers: {} }
    url = answer.location
  }
}

const FROM_A_BROWSER = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'navigate',
}

interface AskedOnce {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

function askedOf({ method, headers = {}, form, body }: LoginRequest): AskedOnce {
  const sent = form === undefined ? body : new URLSearchParams(form).toString()
  const type: Record<string, string> = form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }
  const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const asked = { method: (method ?? (sent === undefined ? 'GET' : 'POST')).toUpperCase(), headers: { ...type, ...lower } }
  return sent === undefined ? asked : { ...asked, body: sent }
}
