/** `landbridge doctor --store`: the trial of a store, with its progress, its report and its end on Ctrl-C. */
import { randomInt } from 'node:crypto'
import type { ExitCode, Values } from './command.ts'
import { FAULTS, FINE, NOT_RUN, UsageError } from './command.ts'
import type { StoreReport, Trial } from './doctor-store.ts'
import { tryStore } from './doctor-store.ts'
import type { StoreTarget } from './store-target.ts'
import { asJson, asText, isFine } from './store-report.ts'
import { openTarget } from './targets.ts'
import { clearProgress, complain, showProgress, stopOnSignals } from './terminal.ts'
import { shownUrl, withoutPassword } from './url.ts'

/** What came of it, to be written out; `null` where it could not be found out, which is told already. */
export interface Tried {
  readonly code: ExitCode
  readonly text: string | null
}

export async function tryStoreAt(url: string, values: Values): Promise<Tried> {
  const seed = numberOf('seed', values['seed'], randomInt(1_000_000))
  const histories = numberOf('histories', values['histories'], 200)
  // The step that runs comes to its end, so that everything can be removed.
  const stopping = stopOnSignals('stopping; what was written is removed. Once more ends it without.')
  const isQuiet = values['json'] === true
  const trial = {
    seed,
    histories,
    full: values['full'] === true,
    stop: stopping.signal,
    progress: isQuiet ? () => undefined : progressOf,
  }
  try {
    const { report, isClean } = await tryAt(url, values['driver'] as string | undefined, trial)
    clearProgress()
    return { code: isFine(report) ? FINE : FAULTS, text: isQuiet ? asJson(report, url, isClean) : asText(report, url) }
  } catch (error) {
    clearProgress()
    if (error instanceof UsageError) throw error
    const reason = stopping.signal.aborted ? 'it was stopped' : withoutPassword((error as Error).message || String(error), url)
    complain(`${shownUrl(url)} could not be tried: ${reason}`)
    return { code: NOT_RUN, text: null }
  } finally {
    stopping.end()
  }
}

async function tryAt(url: string, driver: string | undefined, trial: Trial): Promise<{ report: StoreReport; isClean: boolean }> {
  const target = await openTarget({ url, driver })
  let report: StoreReport
  try {
    report = await tryStore(target, trial)
  } catch (error) {
    await cleanUp(target)
    throw error
  }
  return { report, isClean: await cleanUp(target) }
}

async function cleanUp(target: StoreTarget): Promise<boolean> {
  // A server that is gone cannot be cleaned.
  const isClean = await target.clean().catch(() => false)
  await target.close().catch(() => undefined)
  clearProgress()
  if (!isClean) complain(`something may be left of what was written: ${target.scratch}`)
  return isClean
}

export function numberOf(name: string, given: Values[string], otherwise: number): number {
  if (given === undefined) return otherwise
  if (!/^\d{1,9}$/.test(String(given))) throw new UsageError(`--${name} is a whole number, not ${JSON.stringify(given)}.`)
  return Number(given)
}

function progressOf(done: number, of: number, name: string): void {
  showProgress(`${String(done).padStart(String(of).length)}/${of} ${name}`)
}
