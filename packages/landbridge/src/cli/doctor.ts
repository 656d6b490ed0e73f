import { randomInt } from 'node:crypto'
import process from 'node:process'
import type { Command, ExitCode, Values } from './command.ts'
import { FAULTS, FINE, NOT_RUN, UsageError } from './command.ts'
import type { StoreReport, Trial } from './doctor-store.ts'
import { tryStore } from './doctor-store.ts'
import type { StoreTarget } from './store-target.ts'
import { asJson, asText, isFine } from './store-report.ts'
import { openTarget } from './targets.ts'
import { shownUrl, withoutPassword } from './url.ts'

const HELP = `Usage: landbridge doctor --store <url> [options]

Tries a store where your application would use it: the whole contract of stores, hundreds of histories of concurrent calls, and what the
server is set to. Everything happens under a random prefix (in a file beside yours, for SQLite) and is removed at the end, also on Ctrl-C.

  --store <url>      redis://  rediss://  postgres://  mysql://  sqlite:<path>  memory:
                     Default: the environment variable LANDBRIDGE_STORE_URL, which keeps a password out of the list of processes.
  --driver <name>    ioredis or redis, pg or postgres, mysql2. Default: what the project in this folder has installed.
  --histories <n>    How many histories to check beyond those of the contract's suite. Default 200.
  --seed <n>         Where they begin: a number that an earlier run has named. Default: random.
  --full             Also 50 writers at once for 1000 rounds, and 1000 races of a sign-out with a save.
  --json             One JSON object in place of the report.
  -h, --help         This text.

Examples:
  npx landbridge doctor --store redis://localhost:6379
  LANDBRIDGE_STORE_URL=rediss://user:password@redis.example:6380 npx landbridge doctor --driver redis
  npx landbridge doctor --store sqlite:./sessions.db --full
  npx landbridge doctor --store redis://localhost --json > report.json

Exit code: 0 when nothing is wrong (warnings may be told), 1 when faults were found, 2 when it could not find out.`

export const doctor: Command = {
  name: 'doctor',
  summary: 'tries a store on your own server, and tells what is wrong with it',
  help: HELP,
  options: {
    store: { type: 'string' },
    driver: { type: 'string' },
    histories: { type: 'string' },
    seed: { type: 'string' },
    full: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  run: examine,
}

async function examine(values: Values): Promise<ExitCode> {
  const url = values['store'] ?? process.env['LANDBRIDGE_STORE_URL']
  if (typeof url !== 'string' || url === '') throw new UsageError('doctor needs --store <url>, as in --store redis://localhost:6379')
  const histories = numberOf('histories', values['histories'], 200)
  const seed = numberOf('seed', values['seed'], randomInt(1_000_000))
  const stopping = stopOnSignals()
  const isQuiet = values['json'] === true
  const trial = {
    seed,
    histories,
    full: values['full'] === true,
    stop: stopping.signal,
    progress: isQuiet ? () => undefined : showProgress,
  }
  try {
    const { report, isClean } = await tryAt(url, values['driver'] as string | undefined, trial)
    clearProgress()
    process.stdout.write(isQuiet ? asJson(report, url, isClean) : asText(report, url))
    return isFine(report) ? FINE : FAULTS
  } catch (error) {
    clearProgress()
    if (error instanceof UsageError) throw error
    const reason = stopping.signal.aborted ? 'it was stopped' : withoutPassword((error as Error).message || String(error), url)
    complain(`${shownUrl(url)} could not be tried: ${reason}`)
    return NOT_RUN
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

function numberOf(name: string, given: Values[string], otherwise: number): number {
  if (given === undefined) return otherwise
  if (!/^\d{1,9}$/.test(String(given))) throw new UsageError(`--${name} is a whole number, not ${JSON.stringify(given)}.`)
  return Number(given)
}

/** The first signal lets the step that runs come to its end, so that everything can be removed; a second one does not wait. */
function stopOnSignals(): { readonly signal: AbortSignal; end(): void } {
  const controller = new AbortController()
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(NOT_RUN)
    clearProgress()
    complain('stopping; what was written is removed. Once more ends it without.')
    controller.abort()
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

function complain(text: string): void {
  process.stderr.write(`landbridge: ${text}\n`)
}

function showProgress(done: number, of: number, name: string): void {
  if (!process.stderr.isTTY) return
  const line = `${String(done).padStart(String(of).length)}/${of} ${name}`
  process.stderr.write(`\r\u001b[K${line.slice(0, process.stderr.columns - 1)}`)
}

function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}
