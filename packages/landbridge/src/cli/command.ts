import type { ParseArgsConfig } from 'node:util'

/** `FINE`: nothing is wrong. `FAULTS`: something is, and was told. `NOT_RUN`: the command could not find out. */
export const FINE = 0
export const FAULTS = 1
export const NOT_RUN = 2
export type ExitCode = typeof FINE | typeof FAULTS | typeof NOT_RUN

type Options = NonNullable<ParseArgsConfig['options']>
export type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>

/** One word after `landbridge`. A further command is one more entry of the table in `run.ts`. */
export interface Command {
  readonly name: string
  /** What it does, in one line. */
  readonly summary: string
  /** Usage, options and examples. */
  readonly help: string
  readonly options: Options
  /** What stands beside the options, as in `scan <url> <url>`; absent where nothing may. */
  readonly positionals?: string
  run(values: Values, positionals: readonly string[]): Promise<ExitCode>
}

/** What the caller has to change before the command can do anything: told in one sentence, without a stack. */
export class UsageError extends Error {}
