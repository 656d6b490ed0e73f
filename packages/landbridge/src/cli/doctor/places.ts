/** Where in a module something happened, as a stack tells it: `src/sessions.ts:12`. */
import { relative } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const FRAME = /\(?((?:file:\/\/)?[^()\s]*(?:\/|\\)[^()]*?):(\d+):\d+\)?$/
/** Above the message, where the text of a module is wrong. */
const ABOVE = /^((?:file:\/\/|\/|[A-Z]:\\)[^\n]*):(\d+)\n/
/** All of this library's own. */
const OWN = new URL('../../', import.meta.url).href

/** The frame behind that of `createSessions`; `null` where the module writes stacks in a way of its own. */
export function callerIn(stack: string): string | null {
  const frames = framesOf(stack)
  const own = frames.findLastIndex((line) => /\bcreateSessions\b/.test(line) && /\bsessions\.[jt]s:/.test(line))
  return placeIn(FRAME.exec(frames[own + 1] ?? ''))
}

/** Of an error: the first frame that is neither of Node nor of a library. */
export function originOf(error: unknown): string | null {
  const stack = stackOf(error)
  const frame = framesOf(stack).find((line) => !/node:|[\\/]node_modules[\\/]/.test(line) && !line.includes(OWN) && FRAME.test(line))
  return placeIn(ABOVE.exec(stack)) ?? placeIn(FRAME.exec(frame ?? ''))
}

/** As one writes it here. */
export function shownPath(file: string): string {
  const near = relative(process.cwd(), file)
  return near.startsWith('..') ? file : near
}

const framesOf = (stack: string): string[] => stack.split('\n').filter((line) => line.startsWith('    at '))

function placeIn(match: RegExpExecArray | null): string | null {
  if (match === null) return null
  const [, file = '', line = ''] = match
  return `${shownPath(file.startsWith('file:') ? fileURLToPath(file) : file)}:${line}`
}

function stackOf(error: unknown): string {
  try {
    return error instanceof Error ? String(error.stack) : ''
  } catch {
    return ''
  }
}
