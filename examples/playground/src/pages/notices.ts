/** What the page says after a form was sent. The address carries a code only, so nobody can put words into the page. */
import type { Html } from './html.ts'
import { html } from './html.ts'

const NOTICES = {
  'signed-in': ['account', 'Signed in. The session got a new id and a new secret.'],
  'signed-out-here': ['account', 'Signed out on this host.'],
  'signed-out-everywhere': ['account', 'Signed out: the session ended with every handle it had.'],
  'signed-out-account': ['account', 'All sessions of this account were ended, on every host and in every browser.'],
  renewed: ['account', 'Renewed: new id, new secret, same values.'],
  'name-missing': ['account', 'Write a name first: 1 to 60 characters.'],
  'too-many': ['account', 'This browser has ten accounts already. Remove one first.'],
  'value-set': ['values', 'The value is stored.'],
  'value-removed': ['values', 'The value is removed.'],
  'value-missing': ['values', 'Write a value first: 1 to 500 characters.'],
  'no-cookie': ['experiment', 'There is no cookie to show yet. Sign in or set a value first.'],
  mode: ['mode', 'Switched, for all isolated and shared hosts. Each mode keeps its own sessions, so sign in again to compare.'],
  switched: ['account', 'Switched. Every host that made no choice of its own is used with this account now, without a redirect.'],
  removed: ['account', 'Removed from this browser: signed out on all hosts.'],
  chosen: ['choices', 'Chosen. That host uses this account from its next page on.'],
  'days-passed': ['account', 'Eight days passed, for all browsers. Sign-ins older than fourteen days are expired.'],
  'handle-revoked': [
    'tree',
    'The handle is revoked. Its cookie opens nothing any more, from this moment on, and that host stays closed until its visitor signs in there again.',
  ],
  'handle-gone': ['tree', 'That handle was gone already.'],
  'not-fresh': ['account', 'That sign-in is older than ten minutes. Sign in again, then change the password.'],
  nobody: ['lifecycle', 'There is nobody to do that for, or no copy. Sign in and begin again.'],
  'password-changed': ['lifecycle', 'Changed. Every other session of this account ended, on every host; this one got a new id and secret.'],
  'minutes-passed': ['lifecycle', 'Ten minutes passed, for all browsers. Now try to change the password.'],
  'day-passed': ['lifecycle', 'A day passed, for all browsers.'],
  copied: ['lifecycle', 'Copied. As long as the secret is not replaced, nothing tells the copy from the cookie.'],
  'cart-changed': ['cart', 'Your cart is saved in the session.'],
} as const

export type Notice = keyof typeof NOTICES

/** The notice of a section. It takes the focus when the address ends in `#notice`, and is then read aloud. */
export function noticeFor(section: (typeof NOTICES)[Notice][0], done: unknown): Html | null {
  if (typeof done !== 'string' || !Object.hasOwn(NOTICES, done)) return null
  const [place, text] = NOTICES[done as Notice]
  return place === section ? html`<p class="notice" id="notice" role="status" tabindex="-1">${text}</p>` : null
}
