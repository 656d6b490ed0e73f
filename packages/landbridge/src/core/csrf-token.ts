import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { seriesOf } from './handle.ts'
import type { HandleSecret, Scope } from './types.ts'

const BYTES = 32

/**
 * The token of a handle: an HMAC under the handle's own secret, so it is bound to session and scope, dies with them, and needs
 * neither a key nor storage. It says nothing about the secret. Of the secret the part counts that stays: a page must not be in vain because
 * the rest was replaced since.
 */
const macOf = (secret: HandleSecret, scope: Scope): Buffer =>
  createHmac('sha256', seriesOf(secret)).update(`landbridge csrf ${scope}`).digest()

const xor = (a: Buffer, b: Buffer): Buffer => a.map((byte, i) => byte ^ b[i]!) as Buffer

/** A token masked with a fresh pad: compressing the page together with reflected input tells nothing about it (BREACH). */
export function makeCsrfToken(secret: HandleSecret, scope: Scope): string {
  const pad = randomBytes(BYTES)
  return Buffer.concat([pad, xor(pad, macOf(secret, scope))]).toString('base64url')
}

/** Whether a token was made for this handle; `false` for any other text. */
export function verifyCsrfToken(token: string, secret: HandleSecret, scope: Scope): boolean {
  if (typeof token !== 'string' || token.length !== 86) return false
  const bytes = Buffer.from(token, 'base64url')
  if (bytes.length !== 2 * BYTES) return false
  return timingSafeEqual(xor(bytes.subarray(0, BYTES), bytes.subarray(BYTES)), macOf(secret, scope))
}
