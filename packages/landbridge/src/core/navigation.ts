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
  return safe && !path.startsWith(basePath) ? path : '/'
}

const PATH_LIMIT = 1500
