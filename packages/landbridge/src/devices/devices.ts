/**
 * "Where you are signed in", as a page and as JSON, for an application to mount at one address of its own:
 *
 *   GET                the browsers of the account
 *   POST ?end=<id>     signs one of them out
 *   POST ?end=others   all but this one
 *   POST ?end=all      all
 *
 * What to end is in the address, so that no body has to be parsed, and each address begins with the same path, so that it need not be known.
 * That a post comes from a page of a trusted origin was checked when its session was opened.
 */
import type { Device } from '../core/devices.ts'
import { Faults, LandbridgeError, show } from '../core/errors.ts'
import type { Duration } from '../core/lifetime.ts'
import { parseDuration } from '../core/lifetime.ts'
import { page } from '../core/pages.ts'
import type { Reply } from '../core/reply.ts'
import { extended, jsonReply, seeOther } from '../core/reply.ts'
import type { Session } from '../core/session.ts'
import { listPage } from './page.ts'
import type { DevicesTexts } from './texts.ts'
import { ENGLISH } from './texts.ts'

export interface DevicesOptions {
  /** To end a session one must have signed in within this time, as in `'10m'`. Default: whoever is signed in may. */
  readonly freshFor?: Duration
  /** Where a visitor goes to sign in, or to sign in again: a path or URL. Default: he is told to, on a page without a link. */
  readonly signIn?: string
  /** Where a link on top of the page leads back to: a path or URL. Default: no link. */
  readonly home?: string
  /** Where a visitor goes who signed himself out: a path or URL. Default: `'/'`. */
  readonly afterSignOut?: string
  /** Words in the place of the English ones. */
  readonly texts?: Partial<DevicesTexts>
  /** The time in milliseconds since the epoch, where `createSessions` got a clock of its own. */
  readonly clock?: () => number
}

/** What is needed of a session; that of every framework's request has it. */
export type DevicesSession = Pick<
  Session<object>,
  'account' | 'csrfField' | 'devices' | 'endAllDevices' | 'endDevice' | 'endOtherDevices' | 'fresh'
>

export interface DevicesRequest {
  readonly method: string
  /** The target of the request as the browser sent it: a path with its query, or a whole URL. */
  readonly url: string
  /** The header `Accept`. */
  readonly accept?: string | null | undefined
}

/** Answers a request. What the store throws when it fails passes on, as from the session itself. */
export type DevicesHandler = (session: DevicesSession, request: DevicesRequest) => Promise<Reply>

/** The handler for whatever has no mount of its own below. Throws `ERR_CONFIG_INVALID`. */
export function devices(options: DevicesOptions = {}): DevicesHandler {
  checkOptions(options)
  const pages = new DevicePages(options)
  return async (session, request) => {
    const reply = await pages.answer(session, request)
    return extended(reply, { 'cache-control': 'private, no-store', vary: 'Accept' })
  }
}

/** Why a request was not answered with the list, or not obeyed. */
type Refusal = 'nobody' | 'stale' | 'notHere' | 'notListed' | 'malformed' | 'method'

const STATUS: Record<Refusal, number> = { nobody: 401, stale: 403, notHere: 404, notListed: 501, malformed: 400, method: 405 }
/** What JSON calls them. */
const CODES: Record<Refusal, string> = {
  nobody: 'not-signed-in',
  stale: 'not-fresh',
  notHere: 'not-at-hub',
  notListed: 'store-incapable',
  malformed: 'end-malformed',
  method: 'method-not-allowed',
}

class DevicePages {
  readonly #options: DevicesOptions
  readonly #texts: DevicesTexts
  readonly #now: () => number

  constructor(options: DevicesOptions) {
    this.#options = options
    this.#texts = { ...ENGLISH, ...options.texts }
    this.#now = options.clock ?? Date.now
  }

  async answer(session: DevicesSession, request: DevicesRequest): Promise<Reply> {
    const { method } = request
    if (method !== 'GET' && method !== 'HEAD' && method !== 'POST')
      return extended(this.#refuse(request, 'method'), { allow: 'GET, HEAD, POST' })
    try {
      const listed = await session.devices()
      if ((await session.account()) === null) return this.#refuse(request, 'nobody')
      return method === 'POST' ? await this.#end(session, request) : await this.#list(session, request, listed)
    } catch (error) {
      const refusal = error instanceof LandbridgeError ? INCAPABLE[error.code] : undefined
      if (refusal === undefined) throw error
      return this.#refuse(request, refusal)
    }
  }

  async #list(session: DevicesSession, request: DevicesRequest, devices: readonly Device[]): Promise<Reply> {
    if (wantsJson(request)) return jsonReply(200, { devices })
    const { home = null } = this.#options
    return listPage({ devices, texts: this.#texts, now: this.#now(), home, csrfField: await session.csrfField() })
  }

  async #end(session: DevicesSession, request: DevicesRequest): Promise<Reply> {
    const { freshFor, afterSignOut = '/' } = this.#options
    const what = endOf(request)
    if (what === null) return this.#refuse(request, 'malformed')
    if (freshFor !== undefined && !(await session.fresh(freshFor))) return this.#refuse(request, 'stale')
    const ended = await end(session, what)
    if (wantsJson(request)) return jsonReply(200, { ended })
    return seeOther((await session.account()) === null ? afterSignOut : ownPage(request))
  }

  #refuse(request: DevicesRequest, refusal: Refusal): Reply {
    const { signIn } = this.#options
    const texts = this.#texts
    if (wantsJson(request)) return jsonReply(STATUS[refusal], { error: CODES[refusal] })
    if (signIn !== undefined && (refusal === 'nobody' || refusal === 'stale')) return seeOther(signIn)
    return page(STATUS[refusal], { title: texts.title, text: texts[refusal], code: CODES[refusal], lang: texts.lang })
  }
}

const INCAPABLE: Partial<Record<string, Refusal>> = { ERR_NOT_AT_HUB: 'notHere', ERR_STORE_INCAPABLE: 'notListed' }

/** How many sessions it ended. */
async function end(session: DevicesSession, what: string): Promise<number> {
  if (what === 'all') return session.endAllDevices()
  if (what === 'others') return session.endOtherDevices()
  return (await session.endDevice(what)) ? 1 : 0
}

/** `'others'`, `'all'`, or the id of a device, which is longer than both; `null` for anything else. */
function endOf({ url }: DevicesRequest): string | null {
  const values = new URLSearchParams(/\?([^#]*)/.exec(url)?.[1] ?? '').getAll('end')
  return values.length === 1 && /^(?:others|all|[\w-]{8,22})$/.test(values[0]!) ? values[0]! : null
}

/** The page again, without the query: by its last segment alone, so that nothing before it can lead to another host. */
function ownPage({ url }: DevicesRequest): string {
  const [path = ''] = url.split(/[?#]/, 1)
  const segment = path.slice(path.lastIndexOf('/') + 1)
  return /^[\x21-\x7e]*$/.test(segment) ? `./${segment}` : './'
}

/** Browsers name text/html when they go to a page; whoever names JSON and not that is a program. */
function wantsJson({ accept }: DevicesRequest): boolean {
  return /\bapplication\/json\b/i.test(accept ?? '') && !/\btext\/html\b/i.test(accept ?? '')
}

const OPTIONS = ['freshFor', 'signIn', 'home', 'afterSignOut', 'texts', 'clock']

function checkOptions(options: DevicesOptions): void {
  const faults = new Faults()
  for (const name of Object.keys(options))
    if (!OPTIONS.includes(name))
      faults.add('option-unknown', name, 'There is no option of this name.', `Write one of ${OPTIONS.join(', ')}.`)
  const { freshFor, signIn, home, afterSignOut, texts } = options
  if (freshFor !== undefined && parseDuration(freshFor) === null)
    faults.add(
      'option-invalid',
      'freshFor',
      `${show(freshFor)} is no duration.`,
      "Write a number with a unit, such as '10m', or milliseconds.",
    )
  for (const [path, value] of Object.entries({ signIn, home, afterSignOut }))
    if (value !== undefined && !/^(?:\/|https?:\/\/)[\x21-\x7e]*$/.test(value))
      faults.add('option-invalid', path, `${show(value)} is neither a path nor a URL.`, "Write a path such as '/login', or a whole URL.")
  if (texts?.lang !== undefined && !isLanguage(texts.lang))
    faults.add('option-invalid', 'texts.lang', `${show(texts.lang)} is no language.`, "Write its tag, such as 'en' or 'pt-BR'.")
  faults.throwIfAny('devices')
}

/** Asked now: on the page it would be too late. */
function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1
  } catch {
    return false
  }
}
