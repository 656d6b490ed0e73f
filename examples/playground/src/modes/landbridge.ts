/** The sessions of Landbridge, as the pages ask for them. */
import type { Request } from 'express'
import type { Session, StoredHandle, StoredSession } from 'landbridge'
import { expressSessions } from 'landbridge/express'
import type { Site } from '../hosts.ts'
import { crosses, scopeOf, SHARED_DOMAIN } from '../hosts.ts'
import type { EventLog } from '../log.ts'
import type { Kept, Values } from '../sessions.ts'
import { judgeLandbridge } from './judge.ts'
import type { Fact, Mode, ShownCookie, ValueKey, View } from './mode.ts'
import { cookiesNamed, isValueKey, mask } from './mode.ts'
import { sessionOf } from './session-of.ts'

const of = (request: Request): Session<Values> => sessionOf<Session<Values>>(request)

export function landbridgeMode({ sessions, store }: Kept, log: EventLog, now: () => number): Mode {
  async function view(request: Request, site: Site): Promise<View> {
    const session = of(request)
    const before = log.last
    const account = await session.account()
    const read = await stored(session)
    const refusal = log.after(before).find(({ host, title }) => host === site.host && title.startsWith('cookie.refused'))
    return {
      session: session.id,
      scope: scopeOf(site),
      account: account?.id ?? null,
      signedInAt: account?.signedInAt ?? null,
      cookie: shownCookie(await cookieValue(request, site), site, read && isRemembered(read) ? read.expiresAt - now() : null),
      refused: refusal?.reason ?? null,
      record: read === null ? [] : record(read),
      handles: await session.handles(),
      values: Object.entries(await session.all()).filter((entry): entry is [ValueKey, string] => isValueKey(entry[0])),
      remembered: read !== null && isRemembered(read),
      accountTag: crosses(site) ? await session.accountTag() : null,
    }
  }

  /** The record as the store holds it, of which the application normally sees the values and the end only. */
  async function stored(session: Session<Values>): Promise<Stored | null> {
    const scope = (await session.handles()).find(({ current }) => current)?.scope
    const read = session.id && scope ? await store.read(session.id, scope) : null
    return read?.handle ? { ...read, handle: read.handle } : null
  }

  async function cookieValue(request: Request, site: Site): Promise<string | null> {
    const session = of(request)
    await session.account()
    const values = cookiesNamed(request.headers.cookie, cookieName(site))
    return values.find((value) => session.id !== null && value.startsWith(`${session.id}.`)) ?? null
  }

  return {
    id: 'landbridge',
    middleware: expressSessions(sessions),
    view,
    async whoAmI(request, site) {
      const account = await of(request).account()
      return { host: site.host, signedInAs: account?.id ?? null, session: of(request).id }
    },
    cookieName,
    cookieValue,
    judge: judgeLandbridge,
    signIn: async (request, name, remember) => of(request).signIn({ id: name, remember }),
    setValue: async (request, key, value) => of(request).set(key, value),
    removeValue: async (request, key) => of(request).unset(key),
    renew: async (request) => of(request).renew(),
    signOut: async (request, reach) => of(request).signOut(reach),
    async signOutAccount(request) {
      const account = await of(request).account()
      if (account === null) return
      await sessions.revokeAccount(account.id)
      await of(request).signOut('everywhere')
    },
    close: async () => sessions.close(),
  }
}

const cookieName = (site: Site): string => (site.topology === 'shared' ? '__Secure-sid' : '__Host-sid')

type Stored = StoredSession & { readonly handle: StoredHandle }

const isRemembered = ({ accounts }: Stored): boolean => accounts.length > 0 && accounts.every(({ remembered }) => remembered)

function record(read: Stored): Fact[] {
  const idle: Fact = isRemembered(read) ? ['Ends if idle', 'no: it is remembered'] : ['Ends if idle', read.handle.expiresAt]
  return [
    ['Session id', read.id],
    ['Created', read.createdAt],
    idle,
    ['Ends in any case', read.expiresAt],
    ['SHA-256 of the secret', mask(read.handle.hash)],
  ]
}

/** The first characters of both halves, of which the second one changes. */
const maskHalves = (secret: string): string =>
  [secret.slice(0, SERIES_LENGTH), secret.slice(SERIES_LENGTH)].map((half) => mask(half, 6)).join('')
const SERIES_LENGTH = 21

/** `leftMs`: how long a remembered cookie lasts from now on. */
function shownCookie(value: string | null, site: Site, leftMs: number | null): ShownCookie | null {
  if (value === null) return null
  const [id = '', secret = ''] = value.split('.')
  const domain = SHARED_DOMAIN.slice(1)
  return {
    name: cookieName(site),
    parts: [
      { text: id, meaning: 'Session id: says which session is meant. Safe to log, opens nothing by itself.' },
      leftMs === null
        ? {
            text: mask(secret),
            meaning: 'Handle secret, 256 bits, masked here: the store keeps only its SHA-256, under the scope it was made for.',
          }
        : {
            text: maskHalves(secret),
            meaning:
              'Handle secret, masked here; the store keeps only its SHA-256. Its first half stays and names the series, its second half is replaced each day.',
          },
    ],
    attributes: [
      site.topology === 'shared'
        ? { text: `Domain=${domain}`, meaning: `Sent to ${domain} and every host below it: that is what “shared” means.` }
        : { text: 'no Domain', meaning: 'Host-only, and the name’s __Host- prefix makes the browser insist on it.' },
      { text: 'Secure', meaning: 'Never sent over plain http, except on localhost.' },
      { text: 'HttpOnly', meaning: 'No script can read it.' },
      { text: 'SameSite=Lax', meaning: 'Not sent with the requests that other sites’ pages make.' },
      { text: 'Path=/', meaning: 'Sent to every page of the host.' },
      leftMs === null
        ? { text: 'no Max-Age', meaning: 'The browser drops it when it closes.' }
        : { text: 'Max-Age', meaning: `Remembered: kept when the browser closes, for ${Math.round(leftMs / 86_400_000)} more days.` },
    ],
  }
}
