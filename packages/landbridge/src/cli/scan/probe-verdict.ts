/** Whether a write from elsewhere was accepted, by how the page's own and a stranger's are answered. */
import type { Answer } from './client.ts'
import type { Look } from './look.ts'
import { lookOf } from './look.ts'
import { changes } from './tokens.ts'
import type { Verdict } from './verdict.ts'

export interface Asker extends Look {
  /** Whether the answer says that it is about forgery. */
  readonly namesForgery: boolean
}

const FORGERY =
  /csrf|xsrf|cross[- ]?site|cross[- ]?origin|forgery|origin[^.]{0,40}(?:not|mismatch|check|invalid|forbidden|trusted)|invalid[ _-]?authenticity/i
/** Laravel's own status for it. */
const PAGE_EXPIRED = 419

export function lookOfProbe(answer: Answer): Asker {
  const isRefusal = answer.status >= 400 && answer.status < 500
  return { ...lookOf(answer), namesForgery: isRefusal && (answer.status === PAGE_EXPIRED || FORGERY.test(visibleText(answer.body))) }
}

/** Without tags and scripts: every form of a page that was refused for another reason may hold a field `csrf_token`. */
function visibleText(body: string): string {
  const [first = '', ...rest] = body.split(/<(?:script|style)\b/i)
  const outside = [first, ...rest.map((each) => each.slice(endOf(each)))].join(' ')
  return outside.replaceAll(/<[^<>]*>/g, ' ')
}

function endOf(script: string): number {
  const at = script.search(/<\/(?:script|style)\b/i)
  return at < 0 ? script.length : at
}

const isDone = ({ status }: Look): boolean => status >= 200 && status < 400

export function judgeProbe(asked: Asker, own: Asker, stranger: Asker): Verdict {
  if (asked.namesForgery)
    return { outcome: 'refused', because: [`It was answered with ${asked.status} and the word that it may be forged.`] }
  if (isAlike(own, stranger)) return judgeWithoutPower(asked, own)
  if (isDone(own) && (isAlike(asked, own) || (isAkin(asked, own) && !isSameReply(own, stranger)))) {
    return {
      outcome: 'accepted',
      because: [`It was answered as the page's own request is (${own.status}), and that without the cookie is answered otherwise.`],
    }
  }
  if (isAlike(asked, stranger)) {
    return { outcome: 'refused', because: [`It was answered as without the cookie (${stranger.status}): the session counted for nothing.`] }
  }
  if (!isDone(asked) && isDone(own)) {
    return { outcome: 'refused', because: [`It was answered with ${asked.status}, and the page's own request with ${own.status}.`] }
  }
  if (isDone(asked) && !isDone(own)) {
    return {
      outcome: 'accepted',
      because: [`It was answered with ${asked.status}, unlike a stranger's; the page's own request after it with ${own.status}.`],
    }
  }
  const because = `It was answered with ${asked.status}, the page's own request with ${own.status}, one without the cookie with ${stranger.status}: none of them tells.`
  return { outcome: 'unclear', because: [because] }
}

/** The page's own request gets what a stranger's gets. */
function judgeWithoutPower(asked: Asker, own: Asker): Verdict {
  if (isDone(own) && !isDone(asked)) {
    return { outcome: 'refused', because: [`It was answered with ${asked.status}, and the page's own request with ${own.status}.`] }
  }
  const why = isDone(own) ? 'so it does not depend on the session' : 'so it is refused for another reason first'
  const because = `The page's own request is answered as one without the cookie is (${own.status}), ${why}: what a foreign one could do cannot be seen.`
  return { outcome: 'unclear', because: [because] }
}

/** Texts are alike when the same words stand in them: numbers, nonces and counters differ from one write to the next. */
const isAlike = (one: Look, other: Look): boolean => isSameReply(one, other) && shareOfChanges(one, other) === 0

/** A page with a nonce of letters, or a word more or less. */
const isAkin = (one: Look, other: Look): boolean => isSameReply(one, other) && shareOfChanges(one, other) <= 0.1

const isSameReply = (one: Look, other: Look): boolean => one.status === other.status && one.redirect === other.redirect

function shareOfChanges({ redirect, tokens }: Look, other: Look): number {
  if (redirect !== null || tokens === null || other.tokens === null) return 0
  return changes(tokens, other.tokens).size / Math.max(new Set([...tokens, ...other.tokens]).size, 1)
}
