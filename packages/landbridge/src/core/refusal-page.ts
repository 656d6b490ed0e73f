/**
 * What a visitor sees in the place of a page that he was refused: what to do, in plain words. Only where the host is this very machine
 * it also says what the request said, for the developer (`refusal-note.ts`).
 */
import type { Seen } from './bridge.ts'
import type { RequestReason } from './events.ts'
import { acceptsHtml } from './navigation.ts'
import { page } from './pages.ts'
import { developerNote } from './refusal-note.ts'
import type { Reply } from './reply.ts'
import { refusal } from './reply.ts'
import type { Inbound } from './request.ts'

interface Advice {
  readonly title: string
  readonly text: string
  readonly steps?: readonly string[]
}

const RELOAD = 'Go back, load the page again, and send it once more.'
const SETTINGS =
  'If that does not help, something removes the headers that say where a request comes from: an extension or a privacy setting that hides "Referer" or "Origin" (in Firefox: network.http.sendRefererHeader and network.http.sendOriginHeader), a proxy, or a virus scanner. Make an exception for this site there, or try another browser.'
const COOKIES = 'Allow this site to keep cookies.'
const OWNER = 'If it happens again, tell the owner of this site, and what the code below says.'
const NOT_CHANGED = 'Nothing was changed.'

const UNREADABLE: Advice = {
  title: 'This form did not arrive whole',
  text: `A part of it is missing, or it came too slowly. ${NOT_CHANGED}`,
  steps: ['Go back and send it again, if you can over a better connection.', OWNER],
}

const ADVICE: Record<RequestReason, Advice> = {
  'host-malformed': {
    title: 'This address is not well formed',
    text: 'The request did not say properly which site it is for.',
    steps: ['Check the address for typing errors.', OWNER],
  },
  'host-not-allowed': {
    title: 'There is no site at this address',
    text: 'This server does not serve the name that you asked for.',
    steps: ['Check the address for typing errors.', 'If you followed a link, it may be old.', OWNER],
  },
  'forwarded-invalid': {
    title: 'This site is not set up properly',
    text: 'What stands between you and this site contradicts itself. You cannot mend that.',
    steps: ['Try again later.', OWNER],
  },
  'cross-origin': {
    title: 'This came from another site',
    text: `To protect you, other sites cannot change anything here in your name. ${NOT_CHANGED}`,
    steps: [
      `If you sent this from a page of this site: ${RELOAD.charAt(0).toLowerCase()}${RELOAD.slice(1)}`,
      'If you followed a link or pressed a button elsewhere, and did not expect this page: close it. You are safe.',
      SETTINGS,
    ],
  },
  'origin-missing': {
    title: 'Your browser did not say where this came from',
    text: `To protect you, this site takes changes from its own pages only, and could not tell whether this is one. ${NOT_CHANGED}`,
    steps: [RELOAD, `${COOKIES} Without them an older browser has nothing to show for itself.`, SETTINGS],
  },
  'csrf-token-invalid': {
    title: 'The page that you sent this from is too old',
    text: `You signed in or out since it was loaded, your session ended, or your browser keeps no cookies for this site. ${NOT_CHANGED}`,
    steps: [RELOAD, COOKIES, OWNER],
  },
  'csrf-body-too-large': {
    title: 'This form is too long',
    text: `Your browser is an older one, and with it this site can take no form of this length. ${NOT_CHANGED}`,
    steps: ['Go back and send less.', 'Use a browser of today.', OWNER],
  },
  'csrf-body-unreadable': UNREADABLE,
  'account-changed': {
    title: 'Another account is signed in now',
    text: `This page was loaded for another account than the one that is signed in now. ${NOT_CHANGED}`,
    steps: ['Go back and load the page again, to see which account it is.', 'To use the other account, switch to it first.'],
  },
}

/** A page for people, a line of text for programs. */
export function refusalFor(reason: RequestReason, request: Inbound, seen: Seen | null): Reply {
  const plain = refusal(reason)
  if (!acceptsHtml(request)) return plain
  const developer = developerNote(reason, request, seen)
  return page(plain.status, { ...ADVICE[reason], code: reason, ...(developer && { developer }) })
}
