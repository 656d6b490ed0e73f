/** The system's resolver, asked a bounded number of questions. Each is asked once; what comes back is checked before it is used. */
import { Resolver } from 'node:dns/promises'

/** `missing`: there is no such name (NXDOMAIN) · `none`: there is, without such records · `failed`: it could not be found out. */
export type Lookup<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'missing' | 'none' }
  | { readonly kind: 'failed'; readonly why: string }

export interface NameOptions {
  readonly signal: AbortSignal
  /** `address:port`; those of the system unless given. */
  readonly servers?: readonly string[] | undefined
  /** How long one server has for one answer. */
  readonly queryMs: number
}

const TRIES = 2
const LONGEST_NAME = 253

const LABEL = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/

const SAID: Readonly<Record<string, string>> = {
  ESERVFAIL: 'its servers failed (SERVFAIL)',
  ETIMEOUT: 'no answer in time',
  ECANCELLED: 'the time for it was over',
  EREFUSED: 'the resolver refused the question',
  ECONNREFUSED: 'no resolver answers',
  EBADRESP: 'the answer made no sense',
  ENOTIMP: 'the resolver does not know such questions',
}

/** A name as DNS compares it: lower case, no dot at the end. `null` for what no host can be called, an address too. */
export function readName(text: string): string | null {
  const name = text.toLowerCase().replace(/\.$/, '')
  if (name.length > LONGEST_NAME) return null
  const labels = name.split('.')
  const isAddress = /^\d+$/.test(labels.at(-1)!)
  return !isAddress && labels.every((label) => LABEL.test(label)) ? name : null
}

export class Names {
  readonly #options: NameOptions
  readonly #asked = new Map<string, Promise<Lookup<string>>>()
  readonly #busy = new Set<Resolver>()

  constructor(options: NameOptions) {
    this.#options = options
    options.signal.addEventListener('abort', () => this.#busy.forEach((resolver) => resolver.cancel()), { once: true })
  }

  /** The name that another one is an alias of. */
  alias(name: string): Promise<Lookup<string>> {
    return this.#ask('CNAME', name)
  }

  /** One address. */
  async address(name: string): Promise<Lookup<string>> {
    const four = await this.#ask('A', name)
    return four.kind === 'none' ? this.#ask('AAAA', name) : four
  }

  /** Whether a domain has name servers, which each registered one in use has. */
  servers(domain: string): Promise<Lookup<string>> {
    return this.#ask('NS', domain)
  }

  #ask(type: 'CNAME' | 'A' | 'AAAA' | 'NS', name: string): Promise<Lookup<string>> {
    const key = `${type} ${name}`
    const asked = this.#asked.get(key) ?? this.#answer((resolver) => resolver.resolve(name, type))
    this.#asked.set(key, asked)
    return asked
  }

  async #answer(question: (resolver: Resolver) => Promise<readonly string[]>): Promise<Lookup<string>> {
    const { signal, servers, queryMs } = this.#options
    if (signal.aborted) return { kind: 'failed', why: SAID['ECANCELLED']! }
    // Of its own: one answer that makes no sense would end all other questions of the same resolver.
    const resolver = new Resolver({ timeout: queryMs, tries: TRIES })
    this.#busy.add(resolver)
    try {
      if (servers !== undefined) resolver.setServers(servers)
      const [value] = await question(resolver)
      return value === undefined ? { kind: 'none' } : { kind: 'found', value }
    } catch (error) {
      const { code = 'unknown' } = error as NodeJS.ErrnoException
      if (code === 'ENOTFOUND') return { kind: 'missing' }
      return code === 'ENODATA' ? { kind: 'none' } : { kind: 'failed', why: SAID[code] ?? `the resolver said ${code}` }
    } finally {
      this.#busy.delete(resolver)
    }
  }
}
