/** One bounded request to a host that somebody named: five seconds in all, 64 kB of body, no redirect followed. */
import type { IncomingMessage } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isAddress, isLoopback } from '../../core/host.ts'

const LIMIT_MS = 5000
const BODY_BYTES = 65_536

export interface Target {
  readonly name: string
  readonly port: number
  readonly encrypted: boolean
  readonly path: string
}

export type Outcome =
  | { readonly kind: 'answered'; readonly answer: Answer }
  /** The name has no address. */
  | { readonly kind: 'unresolved' }
  | { readonly kind: 'certificate'; readonly message: string }
  /** It could not be found out, and why: the end of a sentence that begins with the URL. */
  | { readonly kind: 'problem'; readonly message: string }

export interface Answer {
  readonly status: number
  readonly location: string | null
  /** `null` when it is longer than 64 kB. */
  readonly body: string | null
  /** Offset of its clock in milliseconds, at least and at most; `null` where the answer does not tell. */
  readonly skew: readonly [leastMs: number, mostMs: number] | null
}

/** The URL; the default port is left out. */
export const urlOf = ({ name, port, encrypted, path }: Target): string =>
  `${encrypted ? 'https' : 'http'}://${name}${port === (encrypted ? 443 : 80) ? '' : `:${port}`}${path}`

/** Never rejects, and resolves within five seconds. */
export async function ask(target: Target): Promise<Outcome> {
  const late = Promise.withResolvers<Outcome>()
  const stop = new AbortController()
  const timer = setTimeout(() => {
    late.resolve({ kind: 'problem', message: `did not answer within ${LIMIT_MS / 1000} s` })
    stop.abort()
  }, LIMIT_MS)
  try {
    return await Promise.race([late.promise, reach(target, stop.signal)])
  } catch (error) {
    return failure(error as NodeJS.ErrnoException)
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
}

async function reach(target: Target, signal: AbortSignal): Promise<Outcome> {
  let addresses: LookupAddress[]
  try {
    addresses = await addressesOf(target.name)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENOTFOUND' || code === 'ENODATA') return { kind: 'unresolved' }
    return { kind: 'problem', message: `could not be looked up: the name server did not answer (${code})` }
  }
  return { kind: 'answered', answer: await exchange(target, addresses, signal) }
}

/** Names below localhost are this machine, which the system's own resolver does not know everywhere. */
async function addressesOf(name: string): Promise<LookupAddress[]> {
  if (isAddress(name)) return [name.startsWith('[') ? { address: name.slice(1, -1), family: 6 } : { address: name, family: 4 }]
  if (isLoopback(name)) return [{ address: '127.0.0.1', family: 4 }]
  return lookup(name, { all: true })
}

async function exchange(target: Target, addresses: LookupAddress[], signal: AbortSignal): Promise<Answer> {
  const { name, port, encrypted, path } = target
  const { request } = encrypted ? https : http
  const sentAt = Date.now()
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const options = {
      hostname: name.replace(/^\[|\]$/g, ''),
      port,
      path,
      signal,
      agent: false,
      headers: { host: new URL(urlOf(target)).host, accept: 'application/json', 'user-agent': 'landbridge-doctor' },
      lookup: lookupOf(addresses),
    }
    request(options, resolve).on('error', reject).end()
  })
  const receivedAt = Date.now()
  const { statusCode = 0, headers } = response
  const skew = headers.age === undefined ? skewOf(headers.date, sentAt, receivedAt) : null
  const body = await bodyOf(response)
  return { status: statusCode, location: headers.location ?? null, body, skew }
}

type Lookup = NonNullable<http.RequestOptions['lookup']>

function lookupOf(addresses: LookupAddress[]): Lookup {
  const [first] = addresses as [LookupAddress]
  return (_name, { all }, done) => (all === true ? done(null, addresses) : done(null, first.address, first.family))
}

/** A Date header has no fractions of a second, and was written at some moment of the exchange. */
function skewOf(date: string | undefined, sentAt: number, receivedAt: number): Answer['skew'] {
  const at = Date.parse(date ?? '')
  return Number.isNaN(at) ? null : [at - receivedAt, at + 999 - sentAt]
}

async function bodyOf(response: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > BODY_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

const CERTIFICATE = /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_)/

function failure({ code = '', message }: NodeJS.ErrnoException): Outcome {
  if (CERTIFICATE.test(code)) return { kind: 'certificate', message: `${message} (${code})` }
  const says: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'refused the connection',
    ECONNRESET: 'broke the connection off',
    ENETUNREACH: 'cannot be reached: there is no way there',
    EHOSTUNREACH: 'cannot be reached: there is no way there',
    ETIMEDOUT: 'did not answer',
    EPROTO: 'does not speak TLS',
    ERR_SSL_WRONG_VERSION_NUMBER: 'does not speak TLS',
    HPE_HEADER_OVERFLOW: 'answered with headers of more than 16 kB',
  }
  const otherwise = code.startsWith('HPE_') ? 'does not speak HTTP' : `could not be asked: ${code || 'the connection failed'}`
  return { kind: 'problem', message: says[code] ?? otherwise }
}
