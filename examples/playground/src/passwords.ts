/**
 * The playground asks for no password: in its place each account has a number, which "Change the password" counts up. What a real
 * application gives as `authHash` is the hash of the password that it stores anyway.
 */
import { readFileSync, writeFileSync } from 'node:fs'

export class Passwords {
  readonly #file: string
  readonly #changes: Map<string, number>

  /** `file` keeps the numbers over a restart: otherwise everybody whose password was changed would be signed out by it. */
  constructor(file: string) {
    this.#file = file
    this.#changes = changesIn(file)
  }

  readonly hashOf = (account: string): string => `password ${this.#changes.get(account) ?? 0}`

  change(account: string): void {
    this.#changes.set(account, (this.#changes.get(account) ?? 0) + 1)
    writeFileSync(this.#file, JSON.stringify([...this.#changes]))
  }
}

function changesIn(file: string): Map<string, number> {
  try {
    return new Map(JSON.parse(readFileSync(file, 'utf8')) as [string, number][])
  } catch {
    return new Map() // none was changed yet
  }
}
