/** The key that seals what travels between hosts. A real application takes it from its secrets; the playground makes one and keeps it. */
import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

export function keptKey(file: string): string {
  try {
    const key = readFileSync(file, 'utf8').trim()
    if (key.length >= 32) return key
  } catch {
    // The first start: made below.
  }
  const made = randomBytes(32).toString('base64url')
  writeFileSync(file, `${made}\n`, { mode: 0o600 })
  return made
}
