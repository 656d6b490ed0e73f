/**
 * Calls of express-session stores, as promises. These stores were written over fifteen years by fifty people: they call back now or
 * later, twice, or return a promise instead, or do neither when their connection is gone.
 */
import { isPromise } from '../core/types.ts'

type Callback = (error?: unknown, result?: unknown) => void

/** What this library uses of an express-session store: its `touch`, `all`, `length` and `clear` are not needed. */
export interface ExpressSessionStore {
  get(sid: string, callback: Callback): unknown
  set(sid: string, session: never, callback: Callback): unknown
  destroy(sid: string, callback: Callback): unknown
}

/**
 * How long a call may be under way before it counts as failed, in milliseconds. Visitors are told much earlier, by the guard around the
 * store; this is for how long it may still do something, so that nothing else touches its session meanwhile.
 */
const UNDER_WAY_MS = 30_000

/** `late` is called when the store answers after all, so that what it did meanwhile can be put right. */
export function callStore(
  store: ExpressSessionStore,
  method: keyof ExpressSessionStore,
  args: readonly unknown[],
  late: () => void = () => undefined,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  let missed = false
  const timer = setTimeout(() => {
    missed = true
    reject(new Error(`The express-session store did not answer '${method}' within ${UNDER_WAY_MS} ms.`))
  }, UNDER_WAY_MS).unref()

  // The first answer counts; a promise takes no second one.
  const answer: Callback = (error, result) => {
    clearTimeout(timer)
    if (missed) late()
    if (error) reject(error)
    else resolve(result)
  }
  const fail = (error: unknown): void => answer(error || new Error('The express-session store failed, and does not say why.'))

  const call = store[method] as (...args: unknown[]) => unknown
  // An async function that takes a callback may be through before its callback comes: then only that tells what became of the call.
  const takesCallback = call.length > args.length
  try {
    const returned = call.call(store, ...args, answer)
    if (isPromise(returned)) returned.then((result) => (takesCallback ? undefined : answer(null, result)), fail)
  } catch (error) {
    fail(error)
  }
  return promise
}
