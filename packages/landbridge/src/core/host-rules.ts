/** The rules of a topology, one by one: hosts, wildcards, resolvers and domains, each checked and put where requests look them up. */
import type { Span } from './bridge.ts'
import type { SameSite } from './cookie.ts'
import type { Faults } from './errors.ts'
import { show } from './errors.ts'
import { authorityText, isAddress, parseAuthority, toAscii } from './host.ts'
import type { PlaceOf, Rules } from './locate.ts'
import { isPublicSuffix } from './public-suffix.ts'
import type { ValuesPlace } from './store.ts'
import type { HostResolver, Place } from './topology.ts'
import type { Host, Scope } from './types.ts'

/** A list of rules under which each host is a scope of its own. */
export function compileHosts(given: unknown, path: string, kind: string, place: PlaceOf, rules: Rules, faults: Faults): void {
  const hosts: readonly unknown[] = Array.isArray(given) ? given : []
  if (hosts.length === 0) faults.add('hosts-missing', path, 'No host is listed.', `Write a list such as ['app.example.com', '*.acme.com'].`)
  hosts.forEach((rule, i) => {
    if (typeof rule === 'string' && rule.startsWith('.')) {
      return faults.add(
        'host-is-domain',
        `${path}[${i}]`,
        `${show(rule)} is a domain with one cookie for all its hosts; '${kind}' gives each host its own.`,
        `Write ${show(`*${rule}`)} for each host below it, ${show(rule.slice(1))} for the host itself, or use kind: 'shared'.`,
      )
    }
    compileHostRule(rule, `${path}[${i}]`, place, rules, faults)
  })
}

export function compileHostRule(rule: unknown, at: string, place: PlaceOf, rules: Rules, faults: Faults): void {
  if (typeof rule === 'function') return void rules.resolvers.push({ resolves: rule as HostResolver, place })
  const written = typeof rule === 'string' ? toAscii(rule) : ''
  const wildcard = written.startsWith('*.')
  const authority = parseAuthority(wildcard ? written.slice(2) : written)
  if (!authority || (wildcard && (authority.port !== null || isAddress(authority.name)))) {
    faults.add(
      'host-invalid',
      at,
      `${show(rule)} is not a host rule.`,
      `Write a host name such as 'app.example.com' (no scheme, no path) or '*.example.com'.`,
    )
  } else if (wildcard) {
    addWildcard(`.${authority.name}`, at, place, rules, faults)
  } else if (authority.port === 80 || authority.port === 443) {
    faults.add(
      'host-default-port',
      at,
      `${show(rule)} names a default port, which browsers leave out of the Host header.`,
      `Write ${show(authority.name)}.`,
    )
  } else {
    const host = authorityText(authority)
    const otherPort = [...rules.exact.keys()].find((other) => other !== host && parseAuthority(other)?.name === authority.name)
    if (rules.exact.has(host)) addTwice(at, rule, faults)
    if (otherPort) {
      faults.add(
        'host-ports-share-cookie',
        at,
        `${show(rule)} and ${show(otherPort)} differ in the port alone: browsers keep one cookie for both, so each would sign the other out.`,
        `Write ${show(authority.name)} for all its ports, or call createSessions once for each with a cookieName of its own.`,
      )
    }
    rules.exact.set(host, place(host))
  }
}

/** One scope for a domain and everything below it. */
export function compileDomain(
  domain: unknown,
  at: string,
  cookieName: string,
  span: Span | null,
  sameSite: SameSite,
  rules: Rules,
  faults: Faults,
): void {
  const written = typeof domain === 'string' ? toAscii(domain.replace(/^\./, '')) : ''
  const authority = parseAuthority(written)
  const name = authority?.name ?? ''
  if (!authority || authority.port !== null || typeof domain !== 'string' || !domain.startsWith('.')) {
    return faults.add(
      'domain-invalid',
      at,
      `${show(domain)} is not a cookie domain.`,
      `Write a leading dot and the registrable domain, such as '.example.com'.`,
    )
  }
  if (isAddress(name)) {
    return faults.add(
      'domain-is-address',
      at,
      `${show(domain)} is an address; browsers accept no domain cookie for one.`,
      `Use kind: 'isolated' for addresses.`,
    )
  }
  if (isPublicSuffix(name)) {
    return faults.add(
      'domain-is-public-suffix',
      at,
      `${show(domain)} is a public suffix: browsers refuse a cookie for it, and its hosts belong to many owners.`,
      name === 'localhost'
        ? `Write a domain below it, such as '.example.localhost'.`
        : `Write your own domain below it, such as '.example${domain}'.`,
    )
  }
  const scope = `.${name}` as Scope
  const nested = rules.domains.find((other) => other !== scope && (other.endsWith(scope) || scope.endsWith(other)))
  if (nested !== undefined) {
    faults.add(
      'domain-within-domain',
      at,
      `${show(domain)} and ${show(nested)} lie within each other: browsers send the cookies of both to the inner one.`,
      `Write the outer domain only, and kind: 'isolated' for hosts that stand apart.`,
    )
  }
  rules.domains.push(scope)
  const cookie = { name: `__Secure-${cookieName}`, domain: name, sameSite }
  const place = (host: Host): Place => ({ host, scope, cookie, values: 'session', span })
  if (rules.exact.has(name)) addTwice(at, domain, faults)
  rules.exact.set(name, place(name as Host))
  addWildcard(scope, at, place, rules, faults)
}

function addWildcard(suffix: string, at: string, place: PlaceOf, rules: Rules, faults: Faults): void {
  if (rules.wildcards.some((other) => other.suffix === suffix)) addTwice(at, `*${suffix}`, faults)
  rules.wildcards.push({ suffix, place })
}

function addTwice(at: string, rule: unknown, faults: Faults): void {
  faults.add(
    'host-in-two-scopes',
    at,
    `${show(rule)} is covered by an earlier rule already.`,
    'Write each host in one rule only: a host has one scope.',
  )
}

/** Each host is a scope of its own, with a host-only cookie. */
export function hostPlace(
  cookieName: string,
  span: Span | null = null,
  values: ValuesPlace = 'handle',
  sameSite: SameSite = 'Lax',
): PlaceOf {
  const cookie = { name: `__Host-${cookieName}`, domain: null, sameSite }
  return (host) => ({ host, scope: host as string as Scope, cookie, values, span })
}
