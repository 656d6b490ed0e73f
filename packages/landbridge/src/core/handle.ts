import { hash, randomFillSync } from 'node:crypto'
import { KINSHIP } from './store.ts'
import type { HandleSecret, SecretHash, SessionId } from './types.ts'

const ID_BYTES = 16
const SECRET_BYTES = 32
const COOKIE_VALUE = /^[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}$/
const COOKIE_VALUE_LENGTH = 66
const ID_LENGTH = 22

/** What a browser presents: which session it means, and the secret that proves its handle. */
export interface Presented {
  readonly id: SessionId
  readonly secret: HandleSecret
}

/** Reads a cookie value of the form `<session id>.<handle secret>`; `null` for any other text. */
export function readCookieValue(value: string): Presented | null {
  if (value.length !== COOKIE_VALUE_LENGTH || !COOKIE_VALUE.test(value)) return null
  return { id: value.slice(0, ID_LENGTH) as SessionId, secret: value.slice(ID_LENGTH + 1) as HandleSecret }
}

export function writeCookieValue({ id, secret }: Presented): string {
  return `${id}.${secret}`
}

/** What the ids of a session have in common, whenever it was renewed. */
export const kinOf = (id: SessionId): string => id.slice(0, KINSHIP)

/** A fresh id and secret from the system's generator: 256 bits for the secret, 128 for the id, or 104 behind the kinship with the one before. */
export function mintHandle(before?: SessionId): Presented {
  const id = randomText(ID_BYTES)
  return { id: (before === undefined ? id : kinOf(before) + id.slice(KINSHIP)) as SessionId, secret: mintSecret() }
}

/**
 * The store's view of a secret. One plain SHA-256 suffices: the secret has 256 random bits, so there is nothing to guess
 * that a slow hash would protect. The text is hashed as it stands, so two spellings of the same bits are two secrets.
 */
export function hashSecret(secret: HandleSecret): SecretHash {
  return sha256(secret) as SecretHash
}

/** Compares two texts in time that depends on their length only. */
export function constantTimeEqual(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i)
  return difference === 0
}

// Asking the system for 48 bytes at a time costs ten times more than slicing them from a pool.
const pool = Buffer.allocUnsafeSlow(4096)
let used = pool.length

/** A secret: 256 bits, 43 characters. */
export const mintSecret = (): HandleSecret => randomText(SECRET_BYTES) as HandleSecret

/** 126 bits of the secret; the other 132 are replaced. */
export const SERIES_LENGTH = 21

/** The part of a secret that stays when the rest of it is replaced. */
export const seriesOf = (secret: HandleSecret): string => secret.slice(0, SERIES_LENGTH)

/** A value that comes once: 128 bits, 22 characters. */
export const randomId = (): string => randomText(ID_BYTES)

/** SHA-256 of a text, base64url. */
export const sha256 = (text: string): string => hash('sha256', text, 'base64url')

/** Random bytes as base64url. The pool forgets what it handed out: no secret stays behind in memory. */
function randomText(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const text = pool.toString('base64url', used, used + bytes)
  pool.fill(0, used, used + bytes)
  used += bytes
  return text
}
