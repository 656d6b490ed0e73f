import { BlockList, isIP } from 'node:net'
import type { Faults } from './errors.ts'
import { show } from './errors.ts'

/** Whether the peer at this address may say, in forwarded headers, which host and scheme the browser used. */
export type TrustsPeer = (address: string | undefined) => boolean

/** Compiles CIDR ranges and single addresses; `null` when none is given, so that nobody has to ask. */
export function compileProxies(given: unknown, faults: Faults): TrustsPeer | null {
  if (given === undefined) return null
  const list = new BlockList()
  const ranges: readonly unknown[] = Array.isArray(given) ? given : [given]
  ranges.forEach((range, i) => {
    if (!addRange(list, range)) {
      faults.add(
        'trusted-proxy-invalid',
        `trustedProxies[${i}]`,
        `${show(range)} is neither an address nor a CIDR range.`,
        `Write an address such as '10.0.0.7' or a range such as '10.0.0.0/8' or 'fd00::/8'.`,
      )
    }
  })
  return (address) => {
    // An IPv4 peer of a dual-stack socket shows as ::ffff:10.0.0.7; a link-local one carries its zone.
    const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '') ?? ''
    const family = isIP(plain)
    return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6')
  }
}

function addRange(list: BlockList, range: unknown): boolean {
  const match = typeof range === 'string' ? /^([^/]+)(?:\/(\d{1,3}))?$/.exec(range) : null
  const address = match?.[1] ?? ''
  const family = isIP(address)
  const bits = family === 4 ? 32 : 128
  const prefix = match?.[2] === undefined ? bits : Number(match[2])
  if (family === 0 || prefix > bits) return false
  list.addSubnet(address, prefix, family === 4 ? 'ipv4' : 'ipv6')
  return true
}

/** What a trusted proxy says: `undefined` where it says nothing. */
export interface Forwarded {
  readonly host: string | undefined
  readonly proto: 'http' | 'https' | undefined
}

/**
 * Reads `Forwarded` (RFC 7239) and `X-Forwarded-Host`, `X-Forwarded-Proto`. `null`, so that the request is refused, when they
 * contradict each other, do not parse, or hold several values: with several, which one is true depends on who wrote which.
 */
export function readForwarded(header: (name: string) => string | undefined): Forwarded | null {
  const standard = parseForwarded(header('forwarded'))
  const host = header('x-forwarded-host')?.trim()
  const proto = schemeOf(header('x-forwarded-proto')?.trim())
  if (standard === null || host?.includes(',') || proto === null) return null
  if (standard.host !== undefined && host !== undefined && standard.host.toLowerCase() !== host.toLowerCase()) return null
  if (standard.proto !== undefined && proto !== undefined && standard.proto !== proto) return null
  return { host: standard.host ?? host, proto: standard.proto ?? proto }
}

/** `null` for what is no scheme of the web. For a WebSocket handshake some proxies write ws and wss. */
function schemeOf(text: string | undefined): 'http' | 'https' | undefined | null {
  switch (text?.toLowerCase()) {
    case undefined:
      return undefined
    case 'http':
    case 'ws':
      return 'http'
    case 'https':
    case 'wss':
      return 'https'
    default:
      return null
  }
}

/** Node bounds all headers of a request at 16 kB; other servers do not. */
const FORWARDED_LIMIT = 8192
const PAIR = /^([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w:[\]-]*))$/

function parseForwarded(text: string | undefined): Forwarded | null {
  let host: string | undefined
  let proto: 'http' | 'https' | undefined
  if (text === undefined) return { host, proto }
  if (text.length > FORWARDED_LIMIT) return null
  // A comma outside quotes separates elements, each from another proxy. Host and proto may be written by one of them only.
  for (const part of splitOutsideQuotes(text)) {
    const pair = PAIR.exec(part)
    if (!pair) return null
    const value = pair[2]?.replace(/\\(.)/g, '$1') ?? pair[3]!
    const name = pair[1]!.toLowerCase()
    if (name === 'host') {
      if (host !== undefined) return null
      host = value
    } else if (name === 'proto') {
      const scheme = schemeOf(value)
      if (proto !== undefined || scheme === null) return null
      proto = scheme
    }
  }
  return { host, proto }
}

/** Splits at `;` and `,` outside quoted strings, and drops blanks and empty parts. */
function splitOutsideQuotes(text: string): string[] {
  const parts: string[] = []
  let part = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!
    if (char === '"') quoted = !quoted
    if (quoted && char === '\\') part += char + (text[++i] ?? '')
    else if (!quoted && (char === ';' || char === ',')) {
      parts.push(part)
      part = ''
    } else part += char
  }
  parts.push(part)
  return parts.map((each) => each.trim()).filter((each) => each !== '')
}
