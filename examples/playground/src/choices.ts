/** Which host uses which account, as the hub's record says: `chooseAccount` stores it there under a key of the library's own. */
import type { StoredSession } from 'landbridge'

const ENTRY = /^"\\u0000choice:([a-z0-9.:-]+)":("(?:[^"\\]|\\.)*")$/

/** Account by host. Values are one entry a line, key and value as JSON. */
export function choicesIn({ values }: Pick<StoredSession, 'values'>): Map<string, string> {
  const found = values.split('\n').map((line) => ENTRY.exec(line))
  return new Map(found.flatMap((match) => (match?.[1] && match[2] ? [[match[1], JSON.parse(match[2]) as string]] : [])))
}
