/**
 * The values of a session as one text: for each key a line feed, the key as JSON, a colon, the value as JSON.
 *
 * JSON text holds no raw line feed, so `\n"key":` occurs nowhere but at the start of that key's entry. That makes a read
 * of one key a single search and a single parse, whatever else the session holds, and a change of one key a splice.
 * Strings also cost the garbage collector far less than object graphs do when there are a million of them.
 */
import type { Changes } from './store.ts'

/** Applications use few keys, and use them again: making a mark costs four times what the search for it does. */
const marks = new Map<string, string>()
const MARKS_LIMIT = 1000

function entryMark(key: string): string {
  const known = marks.get(key)
  if (known !== undefined) return known
  const mark = `\n${JSON.stringify(key)}:`
  if (marks.size >= MARKS_LIMIT) marks.clear()
  marks.set(key, mark)
  return mark
}

/** The JSON text under a key, or `null` when it is absent. */
export function valueOf(values: string, key: string): string | null {
  const mark = entryMark(key)
  const at = values.indexOf(mark)
  if (at < 0) return null
  const start = at + mark.length
  const end = values.indexOf('\n', start)
  return end < 0 ? values.slice(start) : values.slice(start, end)
}

/** The values with the changes applied; other keys keep their text untouched. */
export function applyChanges(values: string, changes: Changes): string {
  let result = values
  for (const [key, json] of changes) {
    const mark = entryMark(key)
    const at = result.indexOf(mark)
    if (at >= 0) {
      const end = result.indexOf('\n', at + mark.length)
      result = result.slice(0, at) + (end < 0 ? '' : result.slice(end))
    }
    if (json !== null) result += mark + json
  }
  return result
}

/**
 * All entries, in the order in which they were last set. Text that is no entry, which only damage in the store can leave, counts as
 * absent; `damaged` is called for each piece of it.
 */
export function entriesOf(values: string, damaged?: () => void): [key: string, json: string][] {
  const [before, ...lines] = values.split('\n')
  if (before !== '') damaged?.()
  return lines.flatMap((line) => {
    const entry = entryOf(line)
    if (entry === null) damaged?.()
    return entry === null ? [] : [entry]
  })
}

function entryOf(line: string): [key: string, json: string] | null {
  const end = closingQuote(line)
  if (line[0] !== '"' || line[end + 1] !== ':') return null
  try {
    return [JSON.parse(line.slice(0, end + 1)) as string, line.slice(end + 2)]
  } catch {
    return null
  }
}

/** Where the string that starts the line ends; the line's length or more when it does not end. */
function closingQuote(line: string): number {
  let at = 1
  while (at < line.length && line[at] !== '"') at += line[at] === '\\' ? 2 : 1
  return at
}
