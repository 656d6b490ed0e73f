/** What must hold in every state. Each answers with the fault in words, or `null`. */
import type { Rules } from './rules.ts'
import type { State, Who } from './state.ts'
import { HOSTS, opened, SPOKES } from './state.ts'

type Check = (state: State, rules: Rules) => string | null

/** 1. A browser has a session only of an account that signed in in that browser. Each person signs in in his own browser alone. */
const notTakenOver: Check = (state, rules) => sessionOfAnother(state, rules, 'attacker')
const notMistaken: Check = (state, rules) => sessionOfAnother(state, rules, 'victim')

function sessionOfAnother(state: State, { without }: Rules, who: Who): string | null {
  for (const host of HOSTS) {
    const number = opened(state, host, state.browsers[who].cookies[host], without)
    const account = number < 0 ? null : state.sessions[number]!.account
    if (account !== null && account !== who) return `The ${who}'s browser has a session of the ${account}'s account at ${host}.`
  }
  return null
}

/** 2. A ticket yields at most one handle. */
const oneHandle: Check = ({ tickets }) => {
  const number = tickets.findIndex(({ handles }) => handles > 1)
  return number < 0 ? null : `Ticket ${number + 1} yielded ${tickets[number]!.handles} handles.`
}

/** 3. Ended stays ended: the session, what the master vouches for, and a host that the user signed out of. */
const staysEnded: Check = (state, { without }) => {
  const { sessions, tickets, browsers } = state
  const revived = sessions.findIndex(({ live, ended }) => live && ended)
  if (revived >= 0) return `Session ${revived + 1} was ended and lives again.`
  const late = tickets.findIndex(({ wrong }) => wrong === 'used after the master')
  if (late >= 0) return `Ticket ${late + 1} yielded a handle after the hub's handle had ended.`
  const orphan = sessions.findIndex(({ live, handles }) => live && handles.hub === null && SPOKES.some((spoke) => handles[spoke] !== null))
  if (orphan >= 0) return `A handle of session ${orphan + 1} opens a spoke after the hub's handle has ended.`
  const { left, cookies } = browsers.victim
  const back = SPOKES.find((spoke) => left[spoke] && opened(state, spoke, cookies[spoke], without) >= 0)
  return back === undefined ? null : `The victim signed out at ${back} and is signed in there again without having asked for it.`
}

const MISUSED: readonly unknown[] = ['burnt by a stranger', 'found at another host', 'found by another transport']

/** 4. A ticket is neither found nor burnt by another host or transport, nor by a browser that shows no sign of having asked. */
const notBurnt: Check = ({ tickets }) => {
  const number = tickets.findIndex(({ wrong }) => MISUSED.includes(wrong))
  return number < 0 ? null : `Ticket ${number + 1}, for ${tickets[number]!.to}, was ${tickets[number]!.wrong}.`
}

/** 5. A handle opens its own host only. */
const ownHost: Check = ({ strayed }) => strayed

export const INVARIANTS = {
  /** The attacker is in the victim's account. */
  'not-taken-over': notTakenOver,
  /** The victim works in the attacker's account without knowing. */
  'not-mistaken': notMistaken,
  'one-handle': oneHandle,
  'stays-ended': staysEnded,
  'not-burnt': notBurnt,
  'own-host': ownHost,
} as const satisfies Record<string, Check>

export type Invariant = keyof typeof INVARIANTS
