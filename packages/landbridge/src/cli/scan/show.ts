/** How what was asked and what was answered may be shown: never a secret, and nothing that could steer a terminal. */

import { isRandom } from './session-cookie.ts'

/** A URL without what a secret could hide in: user, password, path parameters, query, fragment. */
export function shownAddress(url: URL): string {
  return plain(`${url.origin}${url.pathname.replace(/;[^/]*/g, '')}`, 200)
}

/** The same of a URL that a server made: pieces of its path that look like a token are left out, too. */
export function shownLink(url: URL): string {
  const bare = new URL(url)
  bare.pathname = url.pathname
    .split('/')
    .map((piece) => (isRandom(piece) ? '-' : piece))
    .join('/')
  return shownAddress(bare)
}

/** Text that a server sent, as it may stand in a report: printable ASCII alone, and not too much of it. */
export function plain(text: string, limit = 80): string {
  const shown = text.replace(/[^\x20-\x7e]/g, '?')
  return shown.length <= limit ? shown : `${shown.slice(0, limit - 1)}…`
}

/** `1 request`, `2 requests`. */
export function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`
}
