/** What kind of request this is, as far as it decides how a host without a session answers. */
import type { Inbound } from './request.ts'

/**
 * `navigation`: the user goes to a page · `prefetch`: the browser fetches it in case he will · `embedded`: a page in a frame ·
 * `other`: everything else, by script, by form, or of a program.
 */
export type RequestKind = 'navigation' | 'prefetch' | 'embedded' | 'other'

export function kindOf(request: Inbound): RequestKind {
  if (isPrefetch(request)) return 'prefetch'
  if (request.method !== 'GET') return 'other'
  const mode = request.header('sec-fetch-mode')
  const destination = request.header('sec-fetch-dest')
  if (mode === undefined && destination === undefined) return prefersHtml(request) ? 'navigation' : 'other'
  if (mode !== 'navigate') return 'other'
  return destination === 'document' ? 'navigation' : 'embedded'
}

/** Chromium and Firefox say `Sec-Purpose: prefetch` (with `;prerender`), older ones `Purpose` or `X-Moz`. */
export function isPrefetch(request: Inbound): boolean {
  return /prefetch|prerender|preview/i.test(request.header('sec-purpose') ?? request.header('purpose') ?? request.header('x-moz') ?? '')
}

/** Browsers name text/html first when they go to a page; programs name anything or something else. */
function prefersHtml(request: Inbound): boolean {
  return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(request.header('accept') ?? '')
}

export function acceptsHtml(request: Inbound): boolean {
  return /\btext\/html\b/i.test(request.header('accept') ?? '')
}

/**
 * A path on the same host that is safe to go back to, or `/`: it starts with one slash and no second slash or backslash, which browsers
 * would read as another host, and holds visible ASCII only, so nothing can end the header or be dropped from it.
 */
export function safePath(path: string, basePath: string): string {
  const safe = path.length <= PATH_LIMIT && /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path)
  // As the browser resolves it: dots could lead below the base path, to another step of a crossing.
  return safe && !new URL(`http://host${path}`).pathname.startsWith(basePath) ? path : '/'
}

const PATH_LIMIT = 1500

/** A path as it is written, and as routers read it that decode it, or resolve its dots and backslashes, before they route. */
export function spellingsOf(path: string): readonly string[] {
  if (!path.startsWith('/') || !/%|\\|\/\./.test(path)) return [path]
  const resolved = new URL(`http://host${path}`).pathname
  return [path, resolved, ...[path, resolved].map((each) => each.replace(/(?:%[0-9a-f]{2})+/gi, decoded))]
}

/** Escapes that are no UTF-8 stay as they are, and those of ASCII beside them do not. */
function decoded(escapes: string): string {
  try {
    return decodeURIComponent(escapes)
  } catch {
    return escapes.replace(/%[0-7][0-9a-f]/gi, (escape) => decodeURIComponent(escape))
  }
}
