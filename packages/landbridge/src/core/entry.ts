/** What an application may put into a session: its keys, its values, and how much of them. */
import { LandbridgeError, show } from './errors.ts'
import { isPromise } from './types.ts'

const KEY_LIMIT = 256
/** No application key starts with it. */
const RESERVED = '\u0000'
/** A key for what the library itself keeps among the values. */
export const reservedKey = (name: string): string => RESERVED + name
const FLASH = `${RESERVED}flash:`
/** Largest text of values that one scope or session may hold, in characters (UTF-16 units) of JSON. */
const VALUES_LIMIT = 65_536

/** Whether a stored key is the application's own, and not that of a flash value. */
export const isOwnKey = (key: string): boolean => !key.startsWith(RESERVED)

/** The key, or `ERR_KEY_INVALID`. */
export function checkedKey(key: unknown): string {
  if (typeof key === 'string' && key !== '' && key.length <= KEY_LIMIT && isOwnKey(key)) return key
  throw new LandbridgeError('ERR_KEY_INVALID', `${show(key)} is not a session key.`, {
    hint: `Use a text of 1 to ${KEY_LIMIT} characters that does not start with a NUL.`,
  })
}

/** The key under which a flash value is stored: one that no application key can be. */
export const flashKey = (key: string): string => FLASH + checkedKey(key)

/** The value as JSON. Throws `ERR_VALUE_NOT_SERIALIZABLE` or `ERR_VALUES_TOO_LARGE`. */
export function jsonOf(key: string, value: unknown): string {
  const json = stringify(key, value)
  if (json.length <= VALUES_LIMIT) return json
  throw valuesTooLarge(`The value of ${show(key)} has ${json.length} characters of JSON`)
}

function stringify(key: string, value: unknown): string {
  try {
    // A promise would be stored as {}: what was meant is what it resolves to.
    const json = isPromise(value) ? undefined : (JSON.stringify(value) as string | undefined)
    if (json !== undefined) return json
  } catch {
    // A cycle, a BigInt, a toJSON that throws, or nesting deeper than the stack: all the same to the caller.
  }
  throw new LandbridgeError('ERR_VALUE_NOT_SERIALIZABLE', `The value of ${show(key)} cannot be written as JSON.`, {
    hint: 'Store plain JSON: no promise (await it), undefined (use unset), function, symbol, BigInt or cycle.',
  })
}

/**
 * Throws `ERR_VALUES_TOO_LARGE` when a change makes values too large. Concurrent requests can together exceed the limit; what does
 * not grow passes then, or nobody could shrink such a session, nor even visit it.
 */
export function checkSize(values: string, before: string): void {
  if (values.length > VALUES_LIMIT && values.length > before.length)
    throw valuesTooLarge(`The session would hold ${values.length} characters of values`)
}

function valuesTooLarge(what: string): LandbridgeError {
  return new LandbridgeError('ERR_VALUES_TOO_LARGE', `${what}; the limit is ${VALUES_LIMIT}.`, {
    hint: 'Keep what is large in a database of the application, and only its key in the session.',
  })
}
