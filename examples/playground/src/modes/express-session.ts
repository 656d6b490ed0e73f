/** What a default framework does: express-session as its own manual shows it, one store for all hosts, a host-only cookie on each. */
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Request } from 'express'
import session from 'express-session'
import type { Site } from '../hosts.ts'
import { judgeExpressSession } from './judge.ts'
import type { Mode, ShownCookie, ValueKey, View } from './mode.ts'
import { cookiesNamed, mask, VALUE_KEYS } from './mode.ts'
import { sessionOf } from './session-of.ts'

const COOKIE_NAME = 'connect.sid'

interface Stored {
  account?: { readonly id: string; readonly signedInAt: number }
  values?: Partial<Record<ValueKey, string>>
}
type Stateful = session.Session & Stored

const of = (request: Request): Stateful => sessionOf<Stateful>(request)

/** It makes an empty session for every request that brings none, and keeps only those that were given something. */
const isKept = ({ account, values }: Stateful): boolean => account !== undefined || values !== undefined

export function expressSessionMode(): Mode {
  const store = new session.MemoryStore()
  return {
    id: 'express-session',
    middleware: session({ store, secret: randomBytes(32).toString('hex'), resave: false, saveUninitialized: false }),
    view: async (request, site) => view(request, site),
    async whoAmI(request, site) {
      const kept = isKept(of(request))
      return { host: site.host, signedInAs: of(request).account?.id ?? null, session: kept ? mask(of(request).id) : null }
    },
    cookieName: () => COOKIE_NAME,
    cookieValue: async (request) => cookieValue(request),
    judge: judgeExpressSession,
    async signIn(request, name) {
      const { account, values } = of(request)
      await regenerate(request)
      of(request).account = { id: name, signedInAt: Date.now() }
      if (values && (account === undefined || account.id === name)) of(request).values = values
    },
    async setValue(request, key, value) {
      of(request).values = { ...of(request).values, [key]: value }
    },
    async removeValue(request, key) {
      const { values } = of(request)
      if (values) delete values[key]
    },
    async renew(request) {
      const { account, values } = of(request)
      await regenerate(request)
      Object.assign(of(request), { ...(account && { account }), ...(values && { values }) })
    },
    signOut: async (request) => promisify(of(request).destroy.bind(of(request)))(),
    signOutAccount: null,
    close: async () => undefined,
  }
}

async function regenerate(request: Request): Promise<void> {
  await promisify(of(request).regenerate.bind(of(request)))()
}

function cookieValue(request: Request): string | null {
  const value = cookiesNamed(request.headers.cookie, COOKIE_NAME).at(0)
  return value !== undefined && isKept(of(request)) ? value : null
}

function view(request: Request, site: Site): View {
  const current = of(request)
  const kept = isKept(current)
  return {
    session: kept ? mask(current.id) : null,
    scope: site.host,
    account: current.account?.id ?? null,
    signedInAt: current.account?.signedInAt ?? null,
    cookie: shownCookie(cookieValue(request)),
    refused: null,
    record: kept
      ? [
          ['Session id', mask(current.id)],
          ['Ends', 'when the browser closes; the store sets no end of its own'],
          ['Belongs to', 'no host: the record does not say where it was made'],
        ]
      : [],
    handles: null,
    values: VALUE_KEYS.flatMap((key) => (current.values?.[key] === undefined ? [] : [[key, current.values[key]] as const])),
    remembered: null,
    accountTag: null,
  }
}

/** `s:<id>.<signature>`: here the id is the secret, so both are masked. */
function shownCookie(value: string | null): ShownCookie | null {
  if (value === null) return null
  const [id = '', signature = ''] = decodeURIComponent(value).replace(/^s:/, '').split('.')
  return {
    name: COOKIE_NAME,
    parts: [
      { text: mask(id), meaning: 'Session id, masked here: it is the key of the record in the store, whatever host asks.' },
      { text: mask(signature), meaning: 'Signature: proves that this server made the id. It does not say for which host.' },
    ],
    attributes: [
      { text: 'no Domain', meaning: 'Host-only: the browser keeps it to this host. The server never checks that.' },
      { text: 'HttpOnly', meaning: 'No script can read it.' },
      { text: 'Path=/', meaning: 'Sent to every page of the host.' },
    ],
  }
}
