/** Errors that a login module leaves behind where nobody catches them: a promise that was not waited for, a timer. */
import process from 'node:process'
import { NOT_RUN } from '../command.ts'
import { complain } from '../terminal.ts'
import type { Stopping } from '../terminal.ts'
import { nameOf, Stopped } from './trouble.ts'

/** Ends the scan at the first. Node would print its message, which may quote what the module signs in with. */
export function stopOnStrays({ signal, stop }: Stopping): { end(): void } {
  const onStray = (error: unknown): void => {
    // What fails after the end fails because of it.
    if (signal.aborted || error instanceof Stopped) return
    const sentence = `An error was thrown where nobody caught it, by the login module for one (${nameOf(error)}): the scan ended there.`
    stop('stopping: an error was thrown where nobody caught it.', new Stopped(sentence))
  }
  // An end in the middle must not pass for a scan that found nothing.
  const onExit = (code: number): void => {
    if (code === NOT_RUN) return
    complain('something other than the scan ended the process, the login module for one: there is no report.')
    process.exitCode = NOT_RUN
  }
  process.on('exit', onExit)
  const events = ['uncaughtException', 'unhandledRejection'] as const
  for (const each of events) process.on(each, onStray)
  return {
    end() {
      process.off('exit', onExit)
      for (const each of events) process.off(each, onStray)
    },
  }
}
