/** What a sign-in goes through: devices, a changed password, time that passes, and a cookie that was copied. */
import type { Request, Response, Router } from 'express'
import express from 'express'
import type { Session } from 'landbridge'
import { expressDevices } from 'landbridge/devices'
import type { Clock } from './clock.ts'
import type { Experiments } from './experiment.ts'
import { fieldOf } from './forms.ts'
import type { Site } from './hosts.ts'
import { scopeOf, siteOf } from './hosts.ts'
import type { EventLog } from './log.ts'
import type { Mode } from './modes/mode.ts'
import { sessionOf } from './modes/session-of.ts'
import type { Notice } from './pages/notices.ts'
import type { Passwords } from './passwords.ts'

const DAY_MINUTES = 24 * 60
/** How recent a sign-in has to be for a new password. */
const FRESH = '10m'
const PASSING: Readonly<Record<string, readonly [minutes: number, notice: Notice]>> = {
  minutes: [10, 'minutes-passed'],
  day: [DAY_MINUTES, 'day-passed'],
}
/** Longer than an old secret counts beside its successor, for requests that were under way. */
const GRACE_MINUTES = 2

/** What the card about it shows. */
export interface Lifecycle {
  /** When the secret of this cookie was replaced last, as far as the log goes back. */
  readonly replacedAt: number | null
  /** Whether a copy of the cookie was kept, to be shown later. */
  readonly copied: boolean
}

interface Tools {
  readonly clock: Clock
  readonly passwords: Passwords
  readonly experiments: Experiments
  readonly log: EventLog
  /** The mode of a request, where it is Landbridge. */
  readonly landbridgeOf: (request: Request) => Mode | null
}

type Act = (request: Request, site: Site, mode: Mode) => Promise<string>

const of = (request: Request): Session => sessionOf<Session>(request)
const note = (done: Notice): string => `/?done=${done}#notice`

export class Lifecycles {
  /** Cookies that were copied, by session and scope: in memory only, and never on a page. */
  readonly #copies = new Map<string, string>()
  readonly #tools: Tools

  constructor(tools: Tools) {
    this.#tools = tools
  }

  of(session: string | null, scope: string): Lifecycle {
    const replaced = this.#tools.log
      .after(0)
      .findLast((entry) => isRotation(entry.title) && entry.session === session && entry.scope === scope)
    return { replacedAt: replaced?.at ?? null, copied: this.#copies.has(keyOf(session, scope)) }
  }

  router(): Router {
    const { clock } = this.#tools
    const router = express.Router()
    const home = { home: '/', afterSignOut: note('signed-out-everywhere'), clock: clock.now }
    const atHub = expressDevices({ ...home, signIn: '/login' })
    const elsewhere = expressDevices({ ...home, signIn: '/' })
    router.use('/devices', (request, response, next) => {
      const site = this.#siteOf(request)
      if (site === null) next()
      else (site.topology === 'hub' ? atHub : elsewhere)(request, response, next)
    })
    this.#on(router, '/change-password', (request, site) => this.#changePassword(request, site))
    this.#on(router, '/let-time-pass', (request) => this.#letTimePass(request))
    this.#on(router, '/copy-cookie', (request, site, mode) => this.#copy(request, site, mode))
    this.#on(router, '/show-copy', (request, site) => this.#showCopy(request, site))
    return router
  }

  #on(router: Router, path: string, act: Act): void {
    router.post(path, express.urlencoded({ extended: false, limit: '1kb' }), async (request: Request, response: Response, next) => {
      const site = this.#siteOf(request)
      if (site === null) next()
      else response.redirect(303, await act(request, site, this.#tools.landbridgeOf(request)!))
    })
  }

  /** Tenants derive their sessions from the hub's, and express-session has nothing of all this. */
  #siteOf(request: Request): Site | null {
    const site = siteOf(request.headers.host)
    return site === undefined || site.topology === 'spoke' || this.#tools.landbridgeOf(request) === null ? null : site
  }

  /** A stolen session is not enough for this: it needs a sign-in of the last minutes. */
  async #changePassword(request: Request, { topology }: Site): Promise<string> {
    const session = of(request)
    const account = await session.account()
    if (account === null) return note('nobody')
    if (!(await session.fresh(FRESH)))
      return topology === 'hub' ? `/login?name=${encodeURIComponent(account.id)}&done=not-fresh#notice` : note('not-fresh')
    const remember = (await session.devices()).some((device) => device.current && device.remembered)
    this.#tools.passwords.change(account.id)
    const again = { id: account.id, authHash: this.#tools.passwords.hashOf(account.id), remember }
    await (topology === 'hub' ? session.addAccount(again) : session.signIn(again))
    return note('password-changed')
  }

  async #letTimePass(request: Request): Promise<string> {
    const [minutes, notice] = PASSING[fieldOf(request, 'time')] ?? PASSING['minutes']!
    this.#tools.clock.pass(minutes / DAY_MINUTES)
    // Read at the later time, so that a secret which is due is replaced by this very answer.
    await of(request).account()
    return note(notice)
  }

  async #copy(request: Request, site: Site, mode: Mode): Promise<string> {
    const value = await mode.cookieValue(request, site)
    const { id } = of(request)
    if (value === null || id === null) return note('nobody')
    this.#copies.set(keyOf(id, scopeOf(site)), value)
    return note('copied')
  }

  async #showCopy(request: Request, site: Site): Promise<string> {
    await of(request).account()
    const copy = this.#copies.get(keyOf(of(request).id, scopeOf(site)))
    if (copy === undefined) return note('nobody')
    this.#tools.clock.pass(GRACE_MINUTES / DAY_MINUTES)
    return `/?result=${await this.#tools.experiments.showCopy(request, this.#tools.landbridgeOf(request)!, site, copy)}#result`
  }
}

const keyOf = (session: string | null, scope: string): string => `${session} ${scope}`
const isRotation = (title: string): boolean => title === 'handle.rotated'
