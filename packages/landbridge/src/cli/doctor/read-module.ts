import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { Finding } from '../checks/check.ts'
import { UsageError } from '../command.ts'
import type { Examined } from './examined.ts'
import type { Told } from './told.ts'
import { MODULE_VARIABLE, WAIT_VARIABLE } from './told.ts'

export interface ReadModule {
  readonly examined: readonly Examined[]
  /** What belongs to no configuration: a store that was refused, a module that ended at a fault. */
  readonly findings: readonly Finding[]
  /** Why not everything could be found out, in one sentence. */
  readonly problem: string | null
}

/** A module that does not even let its own timer run is ended this much later. */
const PATIENCE_MS = 1000
/** A busy machine takes its time to start a process. */
const START_MS = 30_000

/**
 * Imports a module in a process of its own, which is gone afterwards whatever it began: what it prints does not mix with the report, and
 * a loop without an end ends there.
 */
export async function readModule(file: string, waitMs: number): Promise<ReadModule> {
  const path = resolve(file)
  if (!existsSync(path) || !statSync(path).isFile()) throw new UsageError(`there is no file ${file}.`)
  const child = fork(fileURLToPath(new URL('module-process.js', import.meta.url)), [], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, [MODULE_VARIABLE]: path, [WAIT_VARIABLE]: String(waitMs) },
  })
  const examined: Examined[] = []
  let over: Told & { kind: 'over' } = { kind: 'over', problem: null, findings: [] }
  let isOver = false
  let isEnded = false
  let timer: NodeJS.Timeout | undefined
  const endAfter = (ms: number): void => {
    clearTimeout(timer)
    timer = setTimeout(() => (isEnded = child.kill('SIGKILL')), ms)
  }
  endAfter(waitMs + START_MS)
  child.on('message', (told: Told) => {
    if (told.kind === 'begun') endAfter(waitMs + PATIENCE_MS)
    else if (told.kind === 'examined') examined.push(told.examined)
    else [over, isOver] = [told, true]
  })
  // What it said last may arrive after it is gone: the channel ends behind it.
  const [ended] = await Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  const [code, signal] = ended as [number | null, NodeJS.Signals | null]
  clearTimeout(timer)
  const late = `it did not let go of the processor within ${waitMs / 1000} s, and was ended.`
  const problem = isOver ? over.problem : isEnded ? late : whyGone(code, signal, examined.length)
  return { examined, findings: over.findings, problem: problem === null ? null : `${file}: ${problem}` }
}

/** Node ends with this code when nothing is left to wait for, and a top-level await still waits. */
const UNSETTLED = 13

function whyGone(code: number | null, signal: NodeJS.Signals | null, seen: number): string | null {
  if (signal !== null) return `its process was ended by ${signal}.`
  if (code === UNSETTLED) return 'its loading never comes to an end: a top-level await waits for what does not come.'
  // A script that makes its sessions and ends has told everything.
  return seen > 0 ? null : `it ended its process (exit code ${code}) before createSessions was called.`
}
