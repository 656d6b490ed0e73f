/**
 * Where a JSON text goes wrong. What the engine says quotes the text around the place, which may be a key; and it does not always name a
 * line.
 */
const BLANK = /[ \t\r\n]*/y
const STRING = /"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"/y
const WORD = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
const DEEPEST = 200

export interface SyntaxFault {
  readonly line: number
  readonly column: number
  readonly message: string
}

class Wrong extends Error {
  readonly at: number

  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

/** The value, or where the text stops being JSON. */
export function parseJson(text: string): { readonly value: unknown } | { readonly fault: SyntaxFault } {
  try {
    const end = afterBlanks(text, afterValue(text, afterBlanks(text, 0), 0))
    if (end < text.length) throw new Wrong(end, 'the value has ended, and something follows')
    return { value: JSON.parse(text) as unknown }
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    const before = text.slice(0, error.at).split('\n')
    return { fault: { line: before.length, column: before.at(-1)!.length + 1, message: error.message } }
  }
}

const afterBlanks = (text: string, at: number): number => after(BLANK, text, at)!

function after(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : null
}

function afterValue(text: string, at: number, depth: number): number {
  if (depth > DEEPEST) throw new Wrong(at, `it is nested more than ${DEEPEST} deep`)
  if (text[at] === '{') return afterItems(text, at, '}', (from) => afterMember(text, from, depth + 1))
  if (text[at] === '[') return afterItems(text, at, ']', (from) => afterValue(text, from, depth + 1))
  if (text[at] === '"') return afterString(text, at)
  const end = after(WORD, text, at)
  if (end === null) throw new Wrong(at, at >= text.length ? 'the text ends too early' : 'a value is expected here')
  return end
}

function afterString(text: string, at: number): number {
  const end = after(STRING, text, at)
  if (end === null) throw new Wrong(at, 'a text in double quotes that begins here has no end, or holds what has to be escaped')
  return end
}

function afterMember(text: string, at: number, depth: number): number {
  if (text[at] !== '"') {
    throw new Wrong(at, at >= text.length ? 'the text ends too early' : 'a name in double quotes is expected here; JSON has no comments')
  }
  const colon = afterBlanks(text, afterString(text, at))
  if (text[colon] !== ':') throw new Wrong(colon, 'a colon is expected here')
  return afterValue(text, afterBlanks(text, colon + 1), depth)
}

function afterItems(text: string, at: number, close: string, afterItem: (at: number) => number): number {
  let next = afterBlanks(text, at + 1)
  if (text[next] === close) return next + 1
  for (;;) {
    next = afterBlanks(text, afterItem(next))
    if (text[next] === close) return next + 1
    if (text[next] !== ',') throw new Wrong(next, next >= text.length ? 'the text ends too early' : `a comma or ${close} is expected here`)
    next = afterBlanks(text, next + 1)
  }
}
