/** Shows a cookie to a host, the way a thief would: a real request over loopback, with a Host header and a Cookie header. */
import type { IncomingMessage } from 'node:http'
import { request as requestPlain } from 'node:http'
import { request as requestEncrypted } from 'node:https'
import type { Base } from './hosts.ts'
import { mask, type WhoAmI } from './modes/mode.ts'

export interface Replay {
  readonly request: readonly string[]
  readonly response: readonly string[]
  readonly answer: WhoAmI
}

interface Target {
  readonly host: string
  readonly port: number
  readonly base: Base
  /** What the thief's browser calls itself. */
  readonly userAgent?: string
  /** Who vouches for the certificate, over https. */
  readonly ca: string | null
}

interface Cookie {
  readonly name: string
  readonly value: string
}

const PATH = '/whoami'
const DEADLINE_MS = 5000

export function replay({ host, port, base, ca, userAgent }: Target, cookie: Cookie): Promise<Replay> {
  const authority = host + base.port
  const agent = userAgent === undefined ? {} : { 'User-Agent': userAgent }
  const sent = { Host: authority, ...agent, Accept: 'application/json', Cookie: `${cookie.name}=${cookie.value}` }
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: PATH, headers: sent, agent: false, timeout: DEADLINE_MS } as const
    const tls = { servername: host, ...(ca === null ? {} : { ca }) }
    const receive = (incoming: IncomingMessage): void => {
      let body = ''
      incoming.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
      incoming.on('error', reject).on('end', () => {
        try {
          resolve({
            request: [`GET ${PATH} HTTP/1.1`, ...headerLines(Object.entries(sent))],
            response: [`HTTP/1.1 ${incoming.statusCode} ${incoming.statusMessage}`, ...headerLines(pairs(incoming.rawHeaders)), '', body],
            answer: JSON.parse(body) as WhoAmI,
          })
        } catch (cause) {
          reject(new Error(`${authority} answered ${incoming.statusCode} with something that is not JSON.`, { cause }))
        }
      })
    }
    const outgoing = base.scheme === 'https' ? requestEncrypted({ ...options, ...tls }, receive) : requestPlain(options, receive)
    outgoing.on('timeout', () => outgoing.destroy(new Error(`${authority} did not answer within ${DEADLINE_MS} ms.`)))
    outgoing.on('error', reject).end()
  })
}

/** Headers for the page: what a cookie header carries is masked. */
function headerLines(headers: readonly (readonly [string, string])[]): string[] {
  return headers.map(([name, value]) => `${name}: ${/cookie$/i.test(name) ? maskCookie(value) : value}`)
}

/** `name=<id>.<secret>` keeps its id, which is safe to show; of any other form nothing but a few characters stays. */
function maskCookie(header: string): string {
  return header.replace(/^([^=;]+)=([^;]*)/, (_, name: string, value: string) => {
    const [id, secret] = /^([\w-]{22})\.([\w-]{43})$/.exec(value)?.slice(1) ?? []
    return `${name}=${id && secret ? `${id}.${mask(secret)}` : mask(value.replace(/^s(?::|%3A)/i, ''))}`
  })
}

function pairs(raw: readonly string[]): [string, string][] {
  return raw.flatMap((name, i) => (i % 2 === 0 ? [[name, raw[i + 1] ?? ''] as [string, string]] : []))
}
