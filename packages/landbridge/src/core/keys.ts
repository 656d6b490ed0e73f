/**
 * What crossing seals and signs: small records that travel through a browser and must come back as they were sent.
 * Nothing here opens a session: who has the keys can forge an ask, and still has no handle and no ticket.
 */
import type { KeyObject } from 'node:crypto'
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Faults } from './errors.ts'
import { show } from './errors.ts'

export interface Keys {
  /** Encrypts a record for one purpose on one host (AES-256-GCM, both as associated data): base64url. */
  seal(purpose: string, host: string, record: object): string
  /** The record, or `null` for any text that was not sealed for this purpose and host by one of the keys. */
  open(purpose: string, host: string, text: string): Record<string, unknown> | null
  /** A MAC of the text under a key of its own for each host: 43 characters. */
  sign(purpose: string, host: string, text: string): string
  verify(purpose: string, host: string, text: string, mac: string): boolean
}

const KEY_CHARACTERS = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** A request line or a cookie of more than this is not ours. */
const SEALED_LIMIT = 4096

interface DerivedKeys {
  readonly sealing: KeyObject
  readonly signing: KeyObject
}

/** The first key seals and signs, all of them open and verify. `null` when no key is given. */
export function compileKeys(given: unknown, faults: Faults): Keys | null {
  if (given === undefined) return null
  const usable = usableKeys(given, faults)
  return usable.length === 0 ? null : keysFrom(usable.map(derive))
}

/** The keys that can be used; the others are faults, and so is it when there is none. */
export function usableKeys(given: unknown, faults: Faults): readonly string[] {
  const written: readonly unknown[] = Array.isArray(given) ? given : [given]
  if (written.length === 0) {
    faults.add('keys-missing', 'keys', 'The list of keys is empty.', 'Write keys: [process.env.LANDBRIDGE_KEY], or leave keys out.')
  }
  return written.filter((key, i): key is string => {
    if (typeof key === 'string' && key.length >= KEY_CHARACTERS) return true
    const what =
      typeof key === 'string' ? `It has ${key.length} characters` : `It is ${key === undefined ? 'undefined' : `a ${typeof key}`}`
    faults.add('key-too-short', `keys[${i}]`, `${what}; a key is a text of ${KEY_CHARACTERS} or more.`, KEY_HINT)
    return false
  })
}

const KEY_HINT = 'Make one with: npx landbridge keygen, and keep it out of the repository.'

function derive(key: string): DerivedKeys {
  const part = (use: string): KeyObject => createSecretKey(deriveBytes(key, use, 32))
  return { sealing: part('seal'), signing: part('sign') }
}

/** Bytes for one use alone: what is known of those for one use says nothing of those for another. */
export const deriveBytes = (key: string, use: string, length: number): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', `landbridge ${use}`, length))

function keysFrom(keys: readonly DerivedKeys[]): Keys {
  const [first] = keys as [DerivedKeys]
  return {
    seal: (purpose, host, record) => seal(first.sealing, `${purpose} ${host}`, JSON.stringify(record)),
    open(purpose, host, text) {
      if (text.length > SEALED_LIMIT || !/^[\w-]+$/.test(text)) return null
      const bytes = Buffer.from(text, 'base64url')
      // Of several spellings of the same bits only the one we write counts.
      if (bytes.length <= NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== text) return null
      for (const { sealing } of keys) {
        const json = open(sealing, `${purpose} ${host}`, bytes)
        if (json !== null) return JSON.parse(json) as Record<string, unknown>
      }
      return null
    },
    sign: (purpose, host, text) => mac(first.signing, purpose, host, text).toString('base64url'),
    verify(purpose, host, text, given) {
      const bytes = Buffer.from(given.slice(0, 64), 'base64url')
      // Compared as text as well: of several spellings of the same bits only the one we write counts.
      return keys.some(({ signing }) => {
        const right = mac(signing, purpose, host, text)
        return bytes.length === right.length && timingSafeEqual(bytes, right) && given === right.toString('base64url')
      })
    },
  }
}

function seal(key: KeyObject, associated: string, json: string): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(associated))
  return Buffer.concat([nonce, cipher.update(json, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url')
}

function open(key: KeyObject, associated: string, bytes: Buffer): string | null {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(associated)).setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}

/** The key of a host is derived from the common one, so that what is signed for one host verifies for no other. */
function mac(key: KeyObject, purpose: string, host: string, text: string): Buffer {
  const own = createHmac('sha256', key).update(`${purpose} ${host}`).digest()
  return createHmac('sha256', own).update(text).digest()
}

/** Shown where a topology that crosses is given without any key. */
export function faultKeysMissing(kind: unknown, faults: Faults): void {
  faults.add('keys-missing', 'keys', `The topology ${show(kind)} crosses hosts, and no key is given to seal what travels.`, KEY_HINT)
}
