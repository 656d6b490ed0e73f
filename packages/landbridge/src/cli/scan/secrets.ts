/**
 * What was sent and set must not come back in a report: a server may put the cookie that it was shown into a header, the name of a host or
 * the path of a redirect. Everything that looks like a piece of a known value is left out, also where it is cut, in lower case or encoded.
 */
import { parsePairs } from './set-cookie.ts'

/** So many characters in common count as a piece; shorter ones tell too little of a secret, and stand in other texts by chance. */
const PIECE = 8
/** Longer than what servers may set at all; a text of a form may be anything. */
const LONGEST = 8192

/** A server may set more than anybody can remember; what it sets and is not sent again matters less. */
const MOST_SET = 100_000
const MOST = 1_000_000

/** Fields of a report that no server writes. */
const OWN = new Set(['check', 'level', 'outcome', 'as', 'method', 'status', 'fix'])

/** Fields of a form whose value is a secret even where it is a word. */
const PASSWORDS = /pass|pwd|secret|token|code|key|pin|otp/i

export class Secrets {
  readonly #pieces = new Set<string>()
  readonly #known: string

  /** `known` are texts that the user wrote as no secret, such as the hosts. */
  constructor(known: readonly string[]) {
    this.#known = known.join('\n').toLowerCase()
  }

  /** The `Set-Cookie` lines of an answer. */
  addSet(lines: readonly string[]): void {
    for (const line of lines) if (this.#pieces.size < MOST_SET) this.addCookies(line.replace(/;.*/s, ''))
  }

  /** A `Cookie` header. Words without a number are settings. */
  addCookies(text: string): void {
    for (const { value } of parsePairs(text)) for (const run of runsOf(value)) if (/\d/.test(run)) this.#add(run)
  }

  /** A form that was sent. */
  addForm(body: string): void {
    for (const [name, value] of new URLSearchParams(body.slice(0, LONGEST))) {
      if (PASSWORDS.test(name) || /\d/.test(value)) this.#add(value)
    }
  }

  hide(text: string): string {
    const lower = text.toLowerCase()
    // What is of another length in lower case has no place in a header or a host.
    if (this.#pieces.size === 0 || lower.length !== text.length) return text
    let shown = ''
    let hiddenTo = 0
    for (let at = 0; at < text.length; at++) {
      if (this.#pieces.has(lower.slice(at, at + PIECE))) {
        if (at >= hiddenTo) shown += '…'
        hiddenTo = at + PIECE
      }
      if (at >= hiddenTo) shown += text[at]
    }
    return shown
  }

  /** The same value with every text in it as it may be shown. */
  hideIn<T>(value: T): T {
    if (typeof value === 'string') return this.hide(value) as T
    if (Array.isArray(value)) return value.map((each: unknown) => this.hideIn(each)) as T
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, OWN.has(name) ? each : this.hideIn(each as unknown)])) as T
  }

  #add(text: string): void {
    const lower = text.toLowerCase()
    for (let at = 0; at + PIECE <= lower.length && this.#pieces.size < MOST; at++) {
      const piece = lower.slice(at, at + PIECE)
      if (!this.#known.includes(piece)) this.#pieces.add(piece)
    }
  }
}

/** What stays as it is however the value is encoded. */
const runsOf = (value: string): string[] => value.slice(0, LONGEST).match(/[A-Za-z0-9_-]+/g) ?? []
