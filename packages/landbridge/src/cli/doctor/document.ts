/** Configurations as JSON: the options of createSessions as far as JSON can say them, or the cookie of another session library. */
import type { ConfigFault } from '../../core/errors.ts'
import type { SessionsOptions } from '../../core/config.ts'
import { compileConfig } from '../../core/config.ts'
import type { StoreLack } from '../../core/store.ts'
import { memory } from '../../stores/memory.ts'
import { UsageError } from '../command.ts'
import { examineCookie } from './cookie-settings.ts'
import type { Examined } from './examined.ts'
import { faultsOf } from './faults.ts'
import { parseJson } from './json-syntax.ts'
import { textsOf } from './mask.ts'
import { examineOptions } from './options.ts'

type Entry = Readonly<Record<string, unknown>>

/** What was read, and the secrets in it, which nothing may show. */
export interface Document {
  readonly examined: readonly Examined[]
  readonly secrets: readonly string[]
}

/** Throws `UsageError` for what is no JSON, or no configuration. */
export function readDocument(text: string, name: string): Document {
  const parsed = parseJson(text.replace(/^\ufeff/, ''))
  if ('fault' in parsed) {
    const { line, column, message } = parsed.fault
    throw new UsageError(`${name} is no JSON: line ${line}, column ${column}: ${message}.`)
  }
  if (entriesOf(parsed.value) > LIST_ENTRIES) {
    throw new UsageError(`${name} lists more than ${LIST_ENTRIES} things: leave out hosts that are like others, or write a wildcard.`)
  }
  const isList = Array.isArray(parsed.value)
  const entries: readonly unknown[] = isList ? parsed.value : [parsed.value]
  if (entries.length === 0) throw new UsageError(`${name} holds no configuration: the list is empty.`)
  const examined = entries.map((entry, i) => examineEntry(entry, isList ? `${name}[${i}]` : name))
  return { examined, secrets: entries.flatMap(secretsOf) }
}

/** All are compared with all: of more, the report would take longer than anybody waits. */
const LIST_ENTRIES = 5000

/** How many things the lists of a document hold, wherever they stand. */
function entriesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const own = Array.isArray(value) ? value.length : 0
  return Object.values(value).reduce<number>((sum, each) => sum + entriesOf(each), own)
}

function secretsOf(entry: unknown): string[] {
  const { keys, secrets, secret, store } = (entry ?? {}) as Entry
  return [...textsOf(keys), ...textsOf(secrets), ...textsOf(secret), ...(typeof store === 'string' && store.includes('@') ? [store] : [])]
}

/** What only another library has. With a topology, everything beside it is for createSessions. */
const FOREIGN = [
  'cookie',
  'hosts',
  'secret',
  'secrets',
  'name',
  'proxy',
  'behindProxy',
  'trustsForwardedProto',
  'resave',
  'saveUninitialized',
]

function examineEntry(entry: unknown, name: string): Examined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw new UsageError(`${name} is no configuration: write an object with the options, or a list of such objects.`)
  }
  const isForeign = !Object.hasOwn(entry, 'topology') && FOREIGN.some((each) => Object.hasOwn(entry, each))
  return isForeign ? examineCookie(entry as Entry, name) : examineOptions(withFunctions(withStore(entry as Entry, name)), name)
}

/** What each store cannot do, by the scheme of its URL. Nothing is opened. */
const STORES: Readonly<Record<string, readonly StoreLack[]>> = {
  memory: [],
  sqlite: [],
  redis: [],
  rediss: [],
  postgres: [],
  postgresql: [],
  mysql: [],
  'sealed-cookie': ['take', 'accounts'],
  'express-store': ['take', 'accounts', 'atomicity-across-processes'],
}

function withStore(entry: Entry, name: string): Entry {
  const { store } = entry
  if (typeof store !== 'string') return entry
  const scheme = /^([a-z-]+):/i.exec(store)?.[1]?.toLowerCase() ?? ''
  if (!Object.hasOwn(STORES, scheme)) {
    const known = Object.keys(STORES).map((each) => `${each}:`)
    throw new UsageError(
      `the store of ${name} is a URL that begins with one of ${known.join(', ')} and ${scheme || 'this one'} is none of them.`,
    )
  }
  const lacks = STORES[scheme]!
  const carried = scheme === 'sealed-cookie' ? { forRequest: () => undefined } : {}
  return { ...entry, store: { ...memory(), name: scheme, ...carried, ...(lacks.length > 0 ? { lacks } : {}) } }
}

/** `true` where createSessions wants a function stands for one: JSON has none. */
function withFunctions(entry: Entry): Entry {
  const options = structuredCloneOf(entry)
  for (const list of topologiesOf(options)) {
    for (const name of ['hosts', 'spokes']) {
      const rules = list[name]
      if (Array.isArray(rules)) list[name] = (rules as unknown[]).map((rule) => (rule === true ? aFunction : rule))
    }
    for (const name of ['authorize', 'replace']) if (list[name] === true) list[name] = aFunction
  }
  for (const { code, path } of faultsOf(() => compileConfig(options as unknown as SessionsOptions))) replaceTrue(options, code, path)
  return options
}

const aFunction = (): number => Date.now()

type Mutable = Record<string, unknown>

/** The store is no plain value, and stays the same one. */
function structuredCloneOf({ store, ...rest }: Entry): Mutable {
  const copy = structuredClone(rest)
  return store === undefined ? copy : { ...copy, store }
}

const topologiesOf = ({ topology }: Mutable): Mutable[] =>
  [topology].flat().filter((each): each is Mutable => typeof each === 'object' && each !== null)

function replaceTrue(options: Mutable, code: ConfigFault['code'], path: string): void {
  if (code !== 'option-not-a-function') return
  const names = path.split(/[.[\]]+/).filter((name) => name !== '')
  const last = names.pop()!
  const holder = names.reduce<unknown>((value, name) => (value as Mutable | undefined)?.[name], options) as Mutable | undefined
  if (holder?.[last] === true) holder[last] = aFunction
}
