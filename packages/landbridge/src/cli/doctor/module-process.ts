/**
 * The process in which `landbridge doctor` imports somebody's module. Each `createSessions` that it calls is examined on the spot, where
 * functions and stores are what they are, and what was found goes to the process that waits for it. Whatever the module does besides (it
 * prints, listens, never comes to its end, ends the process) stays in here.
 */
import { subscribe } from 'node:diagnostics_channel'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import type { Finding } from '../checks/check.ts'
import { asFindings, faultsIn } from './faults.ts'
import { find } from './finding.ts'
import { findingMasker, looksRandom, secretsOf, shownMessage, textsOf } from './mask.ts'
import { examineOptions } from './options.ts'
import { callerIn, originOf, shownPath } from './places.ts'
import type { Told } from './told.ts'
import { MODULE_VARIABLE, WAIT_VARIABLE } from './told.ts'

/** After the last `createSessions`, this long may pass before another one, once the module is loaded. */
const GRACE_MS = 250

const path = process.env[MODULE_VARIABLE] ?? ''
const waitMs = Number(process.env[WAIT_VARIABLE])
delete process.env[MODULE_VARIABLE]
delete process.env[WAIT_VARIABLE]

// The module may look whether it is the child of another process, and talk to that one.
const send = process.send!.bind(process) as (told: Told, sent?: () => void) => void
delete process.send

const atFirst = secretsOf(process.env)
const keys: string[] = []
let seen = 0
let isLoaded = false
let isOver = false
let grace: NodeJS.Timeout | undefined

subscribe('landbridge:options', (options) => {
  try {
    tellOf(options)
  } catch (error) {
    over(`a configuration could not be examined: ${shown(error)}`)
  }
})
process.on('uncaughtException', failed)
process.on('unhandledRejection', failed)
// Who waits is gone: so is this process, without being kept for it.
process.on('disconnect', () => process.exit())
process.channel?.unref()
process.on('beforeExit', () => over(isLoaded ? NOT_CALLED : NEVER_LOADED))
setTimeout(() => over(isLoaded ? NOT_CALLED : `it was not loaded within ${waitMs / 1000} s. ${SLOW}`), waitMs).unref()

const NOT_CALLED =
  'it was loaded, and createSessions was not called. Name the module that calls it, and have that one call it when it is loaded.'
const NEVER_LOADED = 'its loading never comes to an end: a top-level await waits for what does not come.'
const SLOW = 'Name a module that makes the sessions and nothing else, or give it longer with --wait.'

function tellOf(options: unknown): void {
  const { keys: given } = (options ?? {}) as { keys?: unknown }
  keys.push(...textsOf(given))
  const examined = examineOptions(options, callerIn(String(new Error('called from').stack)) ?? shownPath(path))
  seen++
  send({ kind: 'examined', examined: { ...examined, findings: withoutSecrets(examined.findings) } })
  if (isLoaded) endSoon()
}

/** What a fault quotes was written into the configuration, and may be what should not be shown. */
const withoutSecrets = (findings: readonly Finding[]): Finding[] =>
  findings.map(findingMasker([...keys, ...ofEnvironment().filter(looksRandom)]))

/** Once it is loaded and has made sessions, hardly more will come. */
function endSoon(): void {
  if (seen === 0) return
  clearTimeout(grace)
  grace = setTimeout(() => over(null), GRACE_MS)
}

/** `isImport`: loading ended with it. Otherwise something went wrong on the side, such as a port that is taken. */
function failed(error: unknown, isImport: unknown = false): void {
  const faults = faultsIn(error)
  if (faults !== null) return stoppedBy(error as Error, asFindings(faults))
  if (isImport === true || (isLoaded && seen === 0))
    over(`it ended with an error${placeOf(error)}: ${ended(shown(error))}${adviceFor(error)}`)
}

/** `createSessions` refused its options, of which everything is told already; or a store did, of which nothing is. */
function stoppedBy({ message }: Error, findings: readonly Finding[]): void {
  const [, of = ''] = /^The configuration of (\w+)/.exec(message) ?? []
  const isTold = of === 'createSessions' && seen > 0
  const own = isTold ? [] : withoutSecrets(findings.map((finding) => ({ ...finding, where: `${of}: ${finding.where}` })))
  over(null, [...own, find('module-stopped', shownPath(path), `${of} refused its options, and the module ended there.`)])
}

function over(problem: string | null, findings: readonly Finding[] = []): void {
  if (isOver) return
  isOver = true
  send({ kind: 'over', problem, findings }, () => process.exit(0))
}

/** The module may have read a file with more of it. */
const ofEnvironment = (): string[] => [...atFirst, ...secretsOf(process.env)]

const shown = (error: unknown): string => shownMessage(error, [...keys, ...ofEnvironment()])

function placeOf(error: unknown): string {
  const place = originOf(error)
  return place === null ? '' : ` at ${shown(place)}`
}

/** As a sentence. */
const ended = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const BY_LOADER = `Node ${process.version} runs TypeScript as far as types can be taken out, from 22.18 on. Otherwise name the compiled .js file, or bring a loader: NODE_OPTIONS='--import tsx'.`

function adviceFor(error: unknown): string {
  const { code } = (error ?? {}) as NodeJS.ErrnoException
  switch (code ?? '') {
    case 'ERR_UNKNOWN_FILE_EXTENSION':
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return ` ${BY_LOADER}`
    case 'ERR_MODULE_NOT_FOUND':
    case 'MODULE_NOT_FOUND':
      return ' Run this where your application is. Node finds a TypeScript module only by its whole name, with .ts; otherwise name the compiled .js file.'
    default:
      // What is left of the module when its types are out is no JavaScript, and Node says no more of it.
      return error instanceof SyntaxError && code === undefined && /\.[cm]?ts$/i.test(path)
        ? ` Decorators stay in it, and so do types that are imported without the word \`type\`. ${BY_LOADER}`
        : ''
  }
}

// Last: what stands above is there then.
send({ kind: 'begun' })
try {
  await import(pathToFileURL(path).href)
  isLoaded = true
  endSoon()
} catch (error) {
  failed(error, true)
}
