/** The options that `hub` and `peers` share, checked and compiled. */
import type { Bridge } from './bridge.ts'
import type { Faults } from './errors.ts'
import { show } from './errors.ts'
import { authorityText, parseAuthority, toAscii } from './host.ts'
import { durationBetween } from './lifetime.ts'
import { registrableDomain } from './public-suffix.ts'
import type { HubTopology, PeersTopology } from './topology.ts'
import type { Host } from './types.ts'

export const CROSSING_OPTIONS: readonly string[] = ['ticketLifetime', 'signIn', 'protect']

const TICKET_MS = { least: 5000, most: 300_000, default: 30_000 }

export function compileCrossing(
  { ticketLifetime, signIn, protect }: HubTopology | PeersTopology,
  path: string,
  faults: Faults,
): Pick<Bridge, 'ticketMs' | 'signIn' | 'protects'> {
  const ticketMs = durationBetween(ticketLifetime ?? TICKET_MS.default, TICKET_MS.least, TICKET_MS.most)
  if (ticketMs === null) {
    faults.add(
      'ticket-lifetime-invalid',
      `${path}.ticketLifetime`,
      `${show(ticketLifetime)} is not a duration between 5 seconds and 5 minutes.`,
      `Write '30s', or leave it out.`,
    )
  }
  if (signIn !== undefined && (typeof signIn !== 'string' || !/^\/(?![/\\])[\x21-\x7e]*$/.test(signIn) || /[?#]/.test(signIn))) {
    faults.add('sign-in-path-invalid', `${path}.signIn`, `${show(signIn)} is not a path.`, `Write the path of the page, such as '/login'.`)
  }
  if (protect !== undefined && typeof protect !== 'function') {
    faults.add('option-not-a-function', `${path}.protect`, `${show(protect)} is not a function.`, 'Write a function, or leave protect out.')
  }
  return { ticketMs: ticketMs ?? TICKET_MS.default, signIn: signIn ?? null, protects: protect ?? null }
}

/** The host that a rule names all by itself; `null` for a wildcard, a resolver or anything else. */
export function exactHost(rule: unknown): Host | null {
  const authority = typeof rule === 'string' ? parseAuthority(toAscii(rule)) : null
  return authority && authorityText(authority)
}

/** Where the hint of a hub can stand: its registrable domain, if browsers accept a cookie for it. */
export function hintDomainOf(hub: Host): string | null {
  return registrableDomain(parseAuthority(hub)!.name)
}

/** The choice, the first one when none was made, or a fault. A function passes where one is among the choices. */
export function oneOf<Choice>(given: Choice | undefined, choices: readonly Choice[], path: string, faults: Faults): Choice {
  if (given === undefined) return choices[0]!
  if (choices.includes(given) || (typeof given === 'function' && path.endsWith('replace'))) return given
  faults.add('option-invalid', path, `${show(given)} is not one of the choices.`, `Write one of: ${choices.map(show).join(', ')}.`)
  return choices[0]!
}
