/** What commands say beside their result, all of it on stderr; how their result is coloured, and how they are stopped. */
import process from 'node:process'
import { styleText } from 'node:util'
import { NOT_RUN } from './command.ts'

export interface Stopping {
  readonly signal: AbortSignal
  /** Ends the command as a signal would. */
  stop(why: string, reason?: Error): void
  end(): void
}

/** The first signal says `why` and aborts with `reason`; a second one does not wait. */
export function stopOnSignals(why: string, reason?: Error): Stopping {
  const controller = new AbortController()
  const stop = (said: string, with_?: Error): void => {
    clearProgress()
    complain(said)
    controller.abort(with_)
  }
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(NOT_RUN)
    stop(why, reason)
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const each of signals) process.on(each, onSignal)
  return {
    signal: controller.signal,
    stop,
    end() {
      for (const each of signals) process.off(each, onSignal)
    },
  }
}

export function complain(text: string): void {
  process.stderr.write(`landbridge: ${text}\n`)
}

/** One line that the next one takes the place of, where somebody sees it. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text.slice(0, (process.stderr.columns || 80) - 1)}`)
}

export function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}

export type Paint = (style: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string) => string

/** Colours, where standard output is a terminal that shows them. */
export const paint: Paint = (style, text) => styleText(style, text, { stream: process.stdout })
