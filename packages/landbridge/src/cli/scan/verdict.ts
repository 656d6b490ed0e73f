/** What the answers say about a copied cookie. No answer is asked for here: it is the reasoning alone. */
import type { Look, Step } from './look.ts'
import { difference, fate, gives, isSamePage, isSameStep, isUnread } from './look.ts'
import type { Pair } from './plan.ts'
import { isTrouble } from './trouble.ts'

type Strangers = readonly [Look, Look]

/** How a host answers those who have no cookies, and who has its own. */
export interface Reference {
  readonly strangers: Strangers
  readonly own: Look
  /** `null` where it was not asked again, as the first answer was that for a stranger. */
  readonly ownAgain: Look | null
  /** Made-up cookies of the shape of its own; `null` as before. */
  readonly madeUp: Strangers | null
  readonly shown: readonly Pair[]
}

export interface Observed {
  /** As they are told: `a.example`. */
  readonly fromHost: string
  readonly toHost: string
  readonly from: Reference
  /** How the other host answers somebody who is signed in there, where that is known. */
  readonly to: Reference | null
  readonly strangers: Strangers
  readonly copied: Look
  /** The same once more; `null` where it would tell nothing. */
  readonly copiedAgain: Look | null
  readonly shown: readonly Pair[]
  /** A made-up cookie of the same shape, twice; `null` where it would tell nothing. */
  readonly madeUp: Strangers | null
}

export interface Verdict {
  readonly outcome: 'accepted' | 'refused' | 'unclear'
  readonly because: readonly string[]
}

/** Whoever asks. Some hosts hide a page from strangers this way, but then somebody who is signed in there has to show it. */
const MISSING = [404, 405, 410]

const accepted = (...because: string[]): Verdict => ({ outcome: 'accepted', because })
const refused = (...because: string[]): Verdict => ({ outcome: 'refused', because })
const unclear = (...because: string[]): Verdict => ({ outcome: 'unclear', because })

/**
 * Whether the page of a host shows that somebody is known there: each time, unlike to strangers, and unlike to who shows a cookie that means
 * nothing. A session that has ended is greeted, too: "Please sign in again."
 */
export function showsVisitor({ own, ownAgain, strangers, madeUp }: Reference): boolean {
  if (ownAgain === null || madeUp === null) return false
  return [own, ownAgain].every((look) => isUnlike(look, strangers) && isUnlike(look, madeUp))
}

export const isUnlike = (look: Look, others: Strangers): boolean => (difference(look, others) ?? '') !== ''

const stepAt = ({ own, ownAgain, strangers, madeUp }: Reference): Step => ({
  nobody: [...strangers, ...(madeUp ?? [])],
  visitor: ownAgain === null ? [own] : [own, ownAgain],
})

/** Whether it takes a made-up cookie to tell: not where the copied one was treated as none at all. */
export function needsMadeUp({ copied, strangers, shown }: Pick<Observed, 'copied' | 'strangers' | 'shown'>): boolean {
  return difference(copied, strangers) !== '' || (gives(strangers[0], shown) && fate(copied, shown) === 'left')
}

export function judge(observed: Observed): Verdict {
  const { copied, strangers, from, toHost, fromHost } = observed
  if ([...strangers, copied].some(({ status }) => isTrouble(status)))
    return unclear(`${toHost} answers with an error, or that it is asked too often.`)
  if ([...from.strangers, from.own].some(({ status }) => isTrouble(status)))
    return unclear(`${fromHost} answers with an error, or that it is asked too often.`)
  const unlike = difference(copied, strangers)
  if (unlike === null) return unclear(`${toHost} answers two strangers in two ways, so that nothing can be held against it.`)
  if (unlike === '' && [...strangers, copied].some(isUnread)) {
    return judgeByCookies(observed) ?? unclear(`The answer of ${toHost} was not read to its end, so that nothing can be held against it.`)
  }
  return unlike === '' ? judgeAsStranger(observed) : judgeAsSomebody(observed, unlike)
}

/** The page looked the same with the copied cookie as with none. */
function judgeAsStranger(observed: Observed): Verdict {
  const { fromHost, toHost, from, to } = observed
  const same = `${toHost} answered the copied cookie as it answers a stranger.`
  const cookies = judgeByCookies(observed)
  if (!showsVisitor(from)) return cookies ?? unclear(same, noPower(fromHost))
  if (to !== null && !showsVisitor(to)) {
    return cookies ?? unclear(same, `But its page looks like that for its own visitors too, so it cannot tell. Name another with --page.`)
  }
  if (to === null && MISSING.includes(observed.copied.status))
    return cookies ?? unclear(same, `But it has no such page (${observed.copied.status}), so that tells nothing.`)
  if (to === null && !isSamePage(from.strangers[0], observed.strangers[0]))
    return cookies ?? unclear(same, `But its page is another than that of ${fromHost}, and may show nobody. Sign in there too.`)
  if (cookies?.outcome === 'accepted') return unclear(same, ...cookies.because, 'The one speaks against the other.')
  const power = `The same cookie is known at ${fromHost}: its page differs there from a stranger's.`
  const rest = to === null ? [`What ${toHost} shows to its own visitors is not known, as nobody was signed in there.`] : []
  return refused(same, power, ...rest)
}

/** The page differed from a stranger's. */
function judgeAsSomebody(observed: Observed, unlike: string): Verdict {
  const { fromHost, toHost, from, to, strangers, copied, madeUp } = observed
  const stranger = `${toHost} answered the copied cookie unlike a stranger (by ${HOW[unlike]!}).`
  const unlikeMadeUp = madeUp === null ? null : difference(copied, madeUp)
  if (unlikeMadeUp === null)
    return unclear(stranger, 'A made-up cookie was answered in more than one way, so that nothing can be held against it.')
  const cookies = judgeByCookies(observed)
  if (unlikeMadeUp === '') {
    const same = `It answered a made-up cookie of the same shape alike, so the copied one counted for nothing.`
    return showsVisitor(from) ? refused(stranger, same) : (cookies ?? unclear(stranger, same, noPower(fromHost)))
  }
  const known = `A made-up cookie of the same shape was answered unlike it too (by ${HOW[unlikeMadeUp]!}): ${toHost} knows this one.`
  const { copiedAgain } = observed
  const isLasting = copiedAgain !== null && isUnlike(copiedAgain, strangers) && isUnlike(copiedAgain, madeUp!)
  if (!isLasting) return unclear(stranger, known, 'But when it was asked again it did not: its page differs by itself.')
  const step = { nobody: [...strangers, ...madeUp!], visitor: [copied, copiedAgain] }
  if (showsVisitor(from) && isSameStep(stepAt(from), step)) {
    return accepted(stranger, known, `The answer differs from a stranger's in the same way as at ${fromHost} with the same cookie.`)
  }
  if (to !== null && showsVisitor(to) && isSameStep(stepAt(to), step)) {
    return accepted(stranger, known, `The answer is like that to a visitor who is signed in at ${toHost}.`)
  }
  if (cookies?.outcome === 'accepted') return accepted(stranger, known, ...cookies.because)
  return unclear(stranger, known, 'But it is unlike what somebody gets who is signed in: what it does with the session cannot be seen.')
}

const HOW: Readonly<Record<string, string>> = { status: 'its status', redirect: 'where it redirects to', body: 'its text' }

/** By what became of the cookie: whether it was left as it is, or another was given in its place. `null` where that says nothing. */
function judgeByCookies({ fromHost, toHost, from, strangers, copied, shown, madeUp }: Observed): Verdict | null {
  const isLeft = fate(copied, shown) === 'left'
  // A session that is known as another host's, and turned away for that, is left as well.
  const isLetIn = copied.status === strangers[0].status && copied.redirect === strangers[0].redirect
  if (isLeft && isLetIn && madeUp?.every((look) => fate(look, shown) === 'replaced')) {
    return accepted(`${toHost} gave a new cookie in place of a made-up one, and left the copied one as it is: it knows the session.`)
  }
  if (!isLeft && gives(strangers[0], shown) && gives(from.strangers[0], from.shown) && fate(from.own, from.shown) === 'left') {
    return refused(`${toHost} gave a new cookie in place of the copied one, which ${fromHost} leaves as it is.`)
  }
  return null
}

/** Whether the host went on with a made-up cookie though it gives strangers one. */
export function adoptsMadeUp({ strangers, shown, madeUp }: Pick<Observed, 'strangers' | 'shown' | 'madeUp'>): boolean {
  const [stranger] = strangers
  // A firewall that blocks the unknown sets nothing, either.
  const isLetIn = (look: Look): boolean => look.status === stranger.status && fate(look, shown) === 'left'
  return madeUp !== null && strangers.every((look) => gives(look, shown)) && madeUp.every(isLetIn)
}

const noPower = (fromHost: string): string =>
  `But ${fromHost} answers its own cookie as it answers a stranger too, so the page cannot tell. Name one that shows who is signed in with --page, or sign in.`
