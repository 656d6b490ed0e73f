import type { Reply } from './reply.ts'
import { failure, replyResponse } from './reply.ts'

/** Every code that a `LandbridgeError` can carry. Codes are stable: they never change meaning between versions. */
export type ErrorCode =
  | 'ERR_CONFIG_INVALID'
  | 'ERR_STORE_UNAVAILABLE'
  | 'ERR_STORE_CONFLICT'
  | 'ERR_HOSTS_UNAVAILABLE'
  | 'ERR_AUTHORIZE_UNAVAILABLE'
  | 'ERR_AUTH_HASH_UNAVAILABLE'
  | 'ERR_SESSION_ENDED'
  | 'ERR_ACCOUNT_CHANGED'
  | 'ERR_HEADERS_SENT'
  | 'ERR_ACCOUNT_INVALID'
  | 'ERR_TOO_MANY_ACCOUNTS'
  | 'ERR_NOT_AT_HUB'
  | 'ERR_DURATION_INVALID'
  | 'ERR_KEY_INVALID'
  | 'ERR_VALUE_NOT_SERIALIZABLE'
  | 'ERR_VALUES_TOO_LARGE'
  | 'ERR_COOKIE_TOO_LARGE'
  | 'ERR_STORE_INCAPABLE'

/** HTTP status that frameworks send when the error is left to them: they read `error.status` or `error.statusCode`. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  ERR_STORE_UNAVAILABLE: 503,
  ERR_HOSTS_UNAVAILABLE: 503,
  ERR_STORE_CONFLICT: 503,
  ERR_AUTHORIZE_UNAVAILABLE: 503,
  ERR_AUTH_HASH_UNAVAILABLE: 503,
  ERR_SESSION_ENDED: 409,
  ERR_ACCOUNT_CHANGED: 409,
}

/** One fault of a configuration: a stable code, the key path it sits at, what is wrong, and what to write instead. */
export interface ConfigFault {
  readonly code: string
  readonly path: string
  readonly message: string
  readonly hint: string
}

/**
 * What a programmer or a system caused; visitors cause reasons, never errors.
 * `hint` says what to do, `cause` holds the driver's error, `faults` every fault of a refused configuration.
 * Neither the message nor any property ever holds a secret.
 */
export class LandbridgeError extends Error {
  override readonly name = 'LandbridgeError'
  readonly code: ErrorCode
  readonly hint: string
  readonly faults: readonly ConfigFault[]
  readonly status: number
  readonly statusCode: number

  constructor(code: ErrorCode, message: string, details: { hint: string; cause?: unknown; faults?: readonly ConfigFault[] }) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint
    this.faults = details.faults ?? []
    this.status = this.statusCode = STATUS[code] ?? 500
  }

  /** The response that Hono's own error handler sends for this error. */
  getResponse(): Response {
    return replyResponse(errorReply(this) ?? { status: 500, headers: {}, body: 'Internal Server Error' })
  }
}

/** The response for an error that is nobody's mistake: 503 or 409. `null` for any other error, which is the application's to answer. */
export function errorReply(error: unknown): Reply | null {
  return error instanceof LandbridgeError && error.status !== 500 ? failure(error.status, error.code) : null
}

/** Turns whatever a store threw into `ERR_STORE_UNAVAILABLE`; an error that is ours already passes unchanged. */
export function storeError(cause: unknown): LandbridgeError {
  if (cause instanceof LandbridgeError) return cause
  return new LandbridgeError('ERR_STORE_UNAVAILABLE', 'The session store failed.', {
    hint: 'Look at `cause` for what the system behind the store said. Requests fail until it answers again; nothing has to be restarted.',
    cause,
  })
}

/** Gathers the faults of a configuration, so that they can be reported all at once. */
export class Faults {
  readonly #found: ConfigFault[] = []

  add(code: string, path: string, message: string, hint: string): void {
    this.#found.push({ code, path, message, hint })
  }

  /**
   * Adds a fault for each name that is not one of the known ones: a misspelt option must not be one that was left out. `foreign` says what
   * takes the place of options of other libraries.
   */
  addUnknown(given: object | undefined, known: readonly string[], at = '', foreign?: ReadonlyMap<string, string>): void {
    for (const name of Object.keys(given ?? {})) {
      if (known.includes(name)) continue
      const hint = foreign?.get(name) ?? `Write one of: ${known.join(', ')}.`
      this.add('option-unknown', at + name, `There is no option ${show(name)}${at && ' here'}.`, hint)
    }
  }

  /** Throws `ERR_CONFIG_INVALID` with every fault, or returns when there is none. `of` names the function that was configured. */
  throwIfAny(of = 'createSessions'): void {
    if (this.#found.length === 0) return
    const lines = this.#found.map((fault) => `  ${fault.path}: ${fault.message} [${fault.code}]\n    ${fault.hint}`)
    const count = this.#found.length === 1 ? 'one fault' : `${this.#found.length} faults`
    throw new LandbridgeError('ERR_CONFIG_INVALID', `The configuration of ${of} has ${count}:\n${lines.join('\n')}`, {
      hint: 'Mend each fault as its own hint says.',
      faults: this.#found,
    })
  }
}

/** Shows a value inside an error message: short, on one line, quoted. Never call it with a secret. */
export function show(value: unknown): string {
  const text = described(value)
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

function described(value: unknown): string {
  if (typeof value === 'function') return 'a function'
  try {
    // JSON knows no NaN, undefined, symbol or BigInt; String does.
    return (typeof value === 'string' || typeof value === 'object' ? JSON.stringify(value) : undefined) ?? String(value)
  } catch {
    return 'an object that cannot be shown' // a cycle, or a method of its own that throws
  }
}
