/** Seals bytes for one purpose, and opens what was sealed: AES-256-GCM, as text that a cookie can hold. */
import type { KeyObject } from 'node:crypto'
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { deriveBytes } from '../../core/keys.ts'

/** One of the keys, with the byte by which what it sealed is recognised. */
interface Key {
  readonly name: number
  readonly secret: KeyObject
}

export interface Seal {
  seal(plain: Buffer, purpose: string): string
  /** `null` for any text that is not, letter by letter, what one of the keys sealed for this purpose. */
  open(text: string, purpose: string): Buffer | null
  /** Whether a text begins as one does that one of the keys sealed. */
  isBegun(text: string): boolean
  /** How many characters so many bytes come to. */
  lengthOf(bytes: number): number
}

const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Name of the key, nonce, tag. */
const EXTRA_BYTES = 1 + NONCE_BYTES + TAG_BYTES
const BODY_AT = 1 + NONCE_BYTES

const lettersFor = (bytes: number): number => Math.ceil((bytes * 4) / 3)

/** The first key seals, all of them open. */
export function sealWith(keys: readonly string[]): Seal {
  const derived = keys.map((key): Key => {
    return { name: deriveBytes(key, 'sealed-cookie name', 1)[0]!, secret: createSecretKey(deriveBytes(key, 'sealed-cookie', 32)) }
  })
  const first = derived[0]!
  return {
    seal: (plain, purpose) => sealed(first, plain, purpose).toString('base64url'),
    open(text, purpose) {
      const bytes = bytesOf(text)
      if (bytes === null) return null
      for (const { name, secret } of derived) {
        const plain = name === bytes[0] ? opened(secret, bytes, purpose) : null
        if (plain !== null) return plain
      }
      return null
    },
    isBegun: (text) => derived.some(({ name }) => name === Buffer.from(text.slice(0, 2), 'base64url')[0]),
    lengthOf: (bytes) => lettersFor(bytes + EXTRA_BYTES),
  }
}

function sealed({ name, secret }: Key, plain: Buffer, purpose: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', secret, nonce).setAAD(Buffer.from(purpose))
  return Buffer.concat([Buffer.of(name), nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

function opened(secret: KeyObject, bytes: Buffer, purpose: string): Buffer | null {
  const decipher = createDecipheriv('aes-256-gcm', secret, bytes.subarray(1, BODY_AT), { authTagLength: TAG_BYTES })
  decipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(-TAG_BYTES))
  // In this mode `final` adds nothing: it judges what is there.
  const plain = decipher.update(bytes.subarray(BODY_AT, -TAG_BYTES))
  try {
    decipher.final()
    return plain
  } catch {
    return null
  }
}

/**
 * The bytes, if this is how we write them. Node's decoder passes over strangers among the letters, takes those of plain base64 as well,
 * and drops the spare bits of the last one: of all such spellings only one counts.
 */
function bytesOf(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length <= EXTRA_BYTES || text.length !== lettersFor(bytes.length)) return null
  if (text.includes('+') || text.includes('/')) return null
  const odd = bytes.length % 3
  return odd === 0 || text.endsWith(bytes.toString('base64url', bytes.length - odd)) ? bytes : null
}
