import type { Host } from './types.ts'

/** What a `Host` header, a forwarded host or the authority of an origin names. */
export interface Authority {
  /** Canonical: lower case, no trailing dot, IPv6 in brackets in its shortest form. */
  readonly name: string
  /** `null` when none was written. */
  readonly port: number | null
}

const AUTHORITY = /^(?:(\[[0-9a-f:.]+\])|([a-z0-9.-]+?)\.?)(?::(\d{1,5}))?$/i
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/

/**
 * The one place where a host name becomes canonical; `null` for anything that is not a host name or address with an
 * optional port. Refused: user@host, paths, spaces, underscores, empty labels, two trailing dots, ports that are no number,
 * non-ASCII text (browsers send punycode), and numeric spellings of IPv4 other than four decimal octets.
 */
export function parseAuthority(text: string): Authority | null {
  if (text.length > 260) return null
  const match = AUTHORITY.exec(text)
  if (!match) return null
  const name = canonicalName((match[1] ?? match[2]!).toLowerCase())
  const port = match[3] === undefined ? null : Number(match[3])
  if (name === null || (port !== null && (port < 1 || port > 65_535))) return null
  return { name, port }
}

function canonicalName(name: string): string | null {
  if (name.startsWith('[')) return canonicalIpv6(name)
  const labels = name.split('.')
  if (name.length > 253 || !labels.every((label) => LABEL.test(label))) return null
  const numeric = /^(?:\d+|0x[0-9a-f]*)$/.test(labels.at(-1)!)
  return numeric && !IPV4.test(name) ? null : name
}

function canonicalIpv6(name: string): string | null {
  try {
    return new URL(`http://${name}/`).hostname
  } catch {
    return null
  }
}

/** Whether a canonical name is an IPv4 or IPv6 address. */
export function isAddress(name: string): boolean {
  return name.startsWith('[') || IPV4.test(name)
}

/** Whether browsers treat the host, whatever its port, as this very machine, where Secure cookies work without TLS. */
export function isLocalhost(host: Host): boolean {
  return /(?:^|\.)localhost(?::\d+)?$/.test(host)
}

/** Whether a canonical name, without a port, is that of this very machine: a name below localhost, or a loopback address. */
export function isLoopback(name: string): boolean {
  return name === '[::1]' || /^127(?:\.\d+){3}$/.test(name) || isLocalhost(name as Host)
}

/** The text of an authority; the port only when there is one. */
export function authorityText({ name, port }: Authority): Host {
  return (port === null ? name : `${name}:${port}`) as Host
}

/** Turns a host name that a person wrote, in any script, into the ASCII form; text that is no host name stays as it is. */
export function toAscii(written: string): string {
  // Only the name meets the URL parser: of anything more it would keep the part that it takes for a host and drop the rest.
  const match = /^([^\s/\\?#@%:]+)(:\d+)?$/.exec(written)
  if (!match || /^[\x21-\x7e]*$/.test(written)) return written
  try {
    return new URL(`http://${match[1]!}/`).hostname + (match[2] ?? '')
  } catch {
    return written
  }
}
