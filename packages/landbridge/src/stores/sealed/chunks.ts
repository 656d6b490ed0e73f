/**
 * A sealed record among the cookies: in as many as it needs, each of a size that browsers keep.
 *
 * The names hold a piece of the session's id. So a late response of a session that was replaced meanwhile cannot overwrite the cookies
 * of the one that took its place. The first letter of the first one tells how many there are; what is more than that is left over from
 * when the session was larger. That pieces belong together is what the seal itself tells.
 */
import type { CookieShape } from '../../core/cookie.ts'
import { clearCookie, cookieNames, cookieValues, setCookie } from '../../core/cookie.ts'
import type { SessionId } from '../../core/types.ts'

export const CHUNKS_LIMIT = 4
/** In characters. With name and attributes it stays below the 4096 bytes that browsers keep of a cookie. */
export const CHUNK_SIZE = 3600
/** Each costs an attempt to open it, so a header full of forged pieces costs at most this many. */
const CANDIDATES_LIMIT = 8
const CLEARED_LIMIT = 16

const baseName = ({ name }: CookieShape, id: SessionId): string => `${name}.${id.slice(-8)}.`

/** The sealed texts that the cookies of a session can be put together to: one, unless there are several of one name. */
export function chunkedTexts(header: string, shape: CookieShape, id: SessionId): string[] {
  const base = baseName(shape, id)
  const found: string[] = []
  for (const first of cookieValues(header, `${base}0`)) {
    const count = first.charCodeAt(0) - 0x30
    if (!(count >= 1 && count <= CHUNKS_LIMIT) || first.length > CHUNK_SIZE + 1) continue
    let texts = [first.slice(1)]
    for (let i = 1; i < count; i++) texts = joined(texts, cookieValues(header, base + i))
    found.push(...texts)
    if (found.length >= CANDIDATES_LIMIT) break
  }
  return found.slice(0, CANDIDATES_LIMIT)
}

/** What the first of several cookies holds: for a session that cannot be put together. */
export function firstPieces(header: string, shape: CookieShape, id: SessionId): string[] {
  return cookieValues(header, `${baseName(shape, id)}0`).flatMap((first) => (/^[2-4]/.test(first) ? [first.slice(1)] : []))
}

/** Never all combinations, which could be millions. */
function joined(texts: readonly string[], next: readonly string[]): string[] {
  const chunks = next.filter((chunk) => chunk.length <= CHUNK_SIZE)
  return texts.flatMap((text) => chunks.map((chunk) => text + chunk)).slice(0, CANDIDATES_LIMIT)
}

/** The `Set-Cookie` values that bring a sealed text to the browser. */
export function setChunks(shape: CookieShape, id: SessionId, text: string): string[] {
  const base = baseName(shape, id)
  const count = Math.ceil(text.length / CHUNK_SIZE)
  return Array.from({ length: count }, (_, i) => {
    const chunk = text.slice(i * CHUNK_SIZE, (i + 1) * CHUNK_SIZE)
    return setCookie({ ...shape, name: base + i }, i === 0 ? `${count}${chunk}` : chunk)
  })
}

/** The `Set-Cookie` values that remove what the request carried and no cookie of these replaces: of sessions before, and pieces left over. */
export function clearOthers(header: string, shape: CookieShape, set: readonly string[]): string[] {
  const ours = /^[\w-]{8}\.[0-3]$/
  const prefix = `${shape.name}.`
  return cookieNames(header, prefix)
    .filter((name) => ours.test(name.slice(prefix.length)) && !set.some((line) => line.startsWith(`${name}=`)))
    .slice(0, CLEARED_LIMIT)
    .map((name) => clearCookie({ ...shape, name }))
}
