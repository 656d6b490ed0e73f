/** All words of the page. An application replaces those that it wants otherwise, or all of them for another language. */
export interface DevicesTexts {
  /** The language of the page, as BCP 47 names it; the ages of sign-ins are written in it. */
  readonly lang: string
  readonly title: string
  /** Above the list. */
  readonly about: string
  readonly current: string
  readonly remembered: string
  readonly signedIn: string
  readonly seen: string
  readonly hosts: string
  readonly end: string
  /** The name of a button for those who hear it without what stands around it. */
  readonly endDevice: (agent: string) => string
  readonly endOthers: string
  readonly endAll: string
  /** Of the link to the option `home`. */
  readonly home: string
  readonly nobody: string
  readonly stale: string
  readonly notHere: string
  readonly notListed: string
  readonly malformed: string
  readonly method: string
}

export const ENGLISH: DevicesTexts = {
  lang: 'en',
  title: 'Where you are signed in',
  about: 'Each of these browsers can use your account. Sign out those that you do not know or no longer use.',
  current: 'This browser',
  remembered: 'Stays signed in',
  signedIn: 'Signed in',
  seen: 'Last seen',
  hosts: 'Hosts',
  end: 'Sign out',
  endDevice: (agent) => `Sign out ${agent}`,
  endOthers: 'Sign out all others',
  endAll: 'Sign out everywhere',
  home: 'Back',
  nobody: 'Nobody is signed in here.',
  stale: 'You signed in too long ago for this. Sign in again first.',
  notHere: 'This list is at the host where you sign in.',
  notListed: 'The sessions of an account cannot be listed here.',
  malformed: 'This request does not say what to end.',
  method: 'This address does not answer that method.',
}
