/** The experiment explained: what was sent, what the server looked up, and why that opened the session or did not. */
import type { Entry } from '../entry.ts'
import type { Site } from '../hosts.ts'
import { crosses, scopeOf, SHARED_DOMAIN } from '../hosts.ts'
import type { Findings, Verdict, WhoAmI } from './mode.ts'

export function judgeLandbridge({ from, to, account, session, answer, control, entries }: Findings): Verdict {
  const who = account ?? 'the visitor'
  const sent = `The whole cookie of ${from.host}, secret included, under the name that ${to.host} expects. A thief who has the cookie can do no better.`
  if (answer.session !== null) {
    return {
      outcome: 'accepted',
      title: `Accepted: ${to.host} knows ${who}, because both hosts share one session`,
      sent,
      lookedUp: `Session ${session} and its handle for ${SHARED_DOMAIN}, the scope of both hosts, in one read.`,
      why: `The topology of these hosts is “shared”, so one handle covers the whole domain; the browser itself sends this cookie to both. You chose that by writing domain: '${SHARED_DOMAIN}'.`,
    }
  }
  const refusal = entries.find(({ host, reason }) => host === to.host && reason !== null)
  const untouched =
    control.session === null
      ? ''
      : `The session at ${from.host} is untouched: shown there right afterwards, the same cookie still opens it.`
  return {
    outcome: 'refused',
    title: `Refused: ${to.host} answered an anonymous visitor${refusal ? ` (${refusal.reason})` : ''}`,
    sent,
    lookedUp: `Session ${session} and its handle for ${scopeOf(to)}, in one read. The session exists; that handle does not. Only after that refusal did it ask whose cookie it was, for the log.`,
    why: `A handle is looked up by session and scope, and for the scope ${scopeOf(to)} this session has none. So there is no comparison of host names that somebody could forget. ${family(from, to)}${untouched}`,
  }
}

export function judgeExpressSession({ from, to, account, session, answer }: Findings): Verdict {
  const sent = `The whole cookie of ${from.host}, under the same name: every host of this process expects connect.sid.`
  const lookedUp = `The signature, which is right on every host that uses the same secret; then record ${session} in the one store.`
  if (answer.session === null) {
    const why = 'The record is gone from the store, so there was nothing to accept.'
    return { outcome: 'refused', title: `Not recognised: ${to.host} answered an anonymous visitor`, sent, lookedUp, why }
  }
  const who = account === null ? 'the same visitor' : `the same person, ${account}`
  return {
    outcome: 'hole',
    title: `Accepted, and nobody asked for that: at ${to.host} the cookie of ${from.host} is ${who}`,
    sent,
    lookedUp,
    why: 'Only the browser keeps a host-only cookie to its host; the server has no notion of it. Whoever gets hold of the cookie of one tenant, from a log, a backup or a careless proxy, uses it at every other tenant. No event told anybody.',
  }
}

/** A cookie that was copied, shown to its own host by another browser. */
export function judgeCopy({ host }: Site, answer: WhoAmI, entries: readonly Entry[]): Verdict {
  const sent = `The copy, whole, under its own name, to ${host}: the right cookie at the right host, from another browser.`
  if (entries.some(({ title }) => title === 'session.stolen')) {
    return {
      outcome: 'refused',
      title: 'The theft is noticed: both browsers are out',
      sent,
      lookedUp: 'The session, whose handle has a newer secret of the same series by now, which its owner has shown already.',
      why: 'Two browsers have had this cookie, and nobody can tell which of them is the thief. So the session ended for both, the log names both, and whoever knows the password signs in again.',
    }
  }
  if (answer.session === null) {
    return {
      outcome: 'refused',
      title: 'Not recognised: that session is over',
      sent,
      lookedUp: 'The session, which is not there.',
      why: 'It was renewed or ended since the copy was made, and its cookie with it.',
    }
  }
  return {
    outcome: 'accepted',
    title: `The thief is in, as ${answer.signedInAs ?? 'an anonymous visitor'}`,
    sent,
    lookedUp: 'The session and its handle: the secret is the current one.',
    why: 'Until the secret is replaced nothing tells the copy from the cookie. Let a day pass, so that your next page gets a new one, and show the copy again.',
  }
}

/** Even hosts between which sessions cross keep a secret each. */
function family(from: Findings['from'], to: Findings['to']): string {
  if (!crosses(from) || !crosses(to)) return ''
  return 'A session comes to this host by a ticket, over the bridge that you built, and then gets a secret of its own: never by a cookie. '
}
