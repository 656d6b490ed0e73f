import process from 'node:process'
import { NOT_RUN } from '../command.ts'
import { plain } from './show.ts'
import { Stopped } from './trouble.ts'

/** The first signal ends the scan with a report of what was found until then; a second one does not wait. */
export function stopOnSignals(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(NOT_RUN)
    clearProgress()
    complain('stopping; what was found until now is told. Once more ends it without.')
    controller.abort(new Stopped('The scan was stopped before its end.'))
  }
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const each of signals) process.on(each, stop)
  return {
    signal: controller.signal,
    end() {
      for (const each of signals) process.off(each, stop)
    },
  }
}

export function complain(text: string): void {
  process.stderr.write(`landbridge: ${text}\n`)
}

export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${plain(text, process.stderr.columns - 1)}`)
}

export function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}
