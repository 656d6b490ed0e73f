/** What `doctor` and `scan` look for, and what they find. `docs/checks.md` is written from the catalogues of both. */

/** The gravest first. */
export const LEVELS = ['fault', 'warning', 'note'] as const

/**
 * `fault`: sessions can be stolen or do not work · `warning`: safe today, and one step from a fault · `note`: worth knowing.
 * Faults alone make the exit code 1.
 */
export type Level = (typeof LEVELS)[number]

/** One thing that is looked for. Its id is stable: it never changes meaning between versions, so scripts may name it. */
export interface Check {
  readonly id: string
  readonly level: Level
  /** What is wrong, in one sentence without the particulars. */
  readonly title: string
  /** Why it matters: what somebody can do then, or what breaks. */
  readonly why: string
  /** What to do about it, in general. */
  readonly fix: string
}

/** What one look found, about something in particular. Never holds a secret: a cookie's value, a key, a password of a URL. */
export interface Finding {
  readonly check: string
  readonly level: Level
  /** Where: a path of the configuration (`topology.hub`), or a URL or host. */
  readonly where: string
  /** What is wrong there, in one sentence. */
  readonly message: string
  /** What to write or do instead. */
  readonly fix: string
  /** How it is known, a line each; empty where the message says all. */
  readonly evidence: readonly string[]
}
