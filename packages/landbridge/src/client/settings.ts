/** What the page says of itself, and how its own host is reached. */

export interface ClientOptions {
  /** Where the endpoints are, as in the options of the server. Default: `/.session/`. */
  readonly basePath?: string | undefined
  /** The `accountTag()` of the session that the page was made for: requests that change something are refused for any other account. */
  readonly accountTag?: string | undefined
  /** Ask although no hint says that somebody is signed in: for peers of one site, which have no hint. Default: `false`. */
  readonly unhinted?: boolean | undefined
}

export const settings: { basePath: string; accountTag?: string | undefined; unhinted?: boolean | undefined } = { basePath: '/.session/' }

/** Sets options for all functions. Those that are not given stay as they are. Throws a TypeError for a base path that is none. */
export function configure(options: ClientOptions): void {
  const { basePath = settings.basePath } = options
  if (!/^\/(.*\/)?$/.test(basePath)) throw new TypeError(`basePath ${basePath} has to begin and end with a slash`)
  Object.assign(settings, options, { basePath })
}

/** How long a request or a frame may take, in milliseconds. */
export const LIMIT_MS = 5000

/** A page's `<base>` may lead elsewhere, so the origin is written out. */
export const addressOf = (endpoint: string): string => location.origin + settings.basePath + endpoint

export const post = (endpoint: string, fields: object): Promise<Response> =>
  fetch(addressOf(endpoint), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fields),
    signal: AbortSignal.timeout(LIMIT_MS),
  })

/** Says that somebody may be signed in at the hub, and changes when that does. It proves nothing. */
export const readHint = (): string | undefined => /(?:^|; )__Secure-hint=([^;]*)/.exec(document.cookie)?.[1]

/** The tabs of one host talk here. What is said is a mere prompt to look: nothing is believed. */
export const CHANNEL = 'landbridge'

/**
 * `changed`: somebody is signed in now · `here`: somebody was already · `nobody`: nobody, or it cannot be told · `acted`: a page signed
 * out or switched. With the tag of the account where it is known.
 */
export interface Said {
  readonly now: 'changed' | 'here' | 'nobody' | 'acted'
  readonly tag?: string | undefined
}
