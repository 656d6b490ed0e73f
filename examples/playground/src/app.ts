/** The application: index, static files and event stream first, which need no session; then each host's page and its forms. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express'
import express from 'express'
import { Clock } from './clock.ts'
import { Crossings } from './crossings.ts'
import { entryOf, ownEntry } from './entry.ts'
import { eventStream } from './event-stream.ts'
import { Experiments } from './experiment.ts'
import { forms } from './forms.ts'
import type { Site } from './hosts.ts'
import { baseOf, crosses, isIndex, siteOf } from './hosts.ts'
import { Lifecycles } from './lifecycle.ts'
import { EventLog } from './log.ts'
import { expressSessionMode } from './modes/express-session.ts'
import { landbridgeMode } from './modes/landbridge.ts'
import type { Mode } from './modes/mode.ts'
import type { HostPage } from './pages/host.ts'
import { hostPage } from './pages/host.ts'
import { indexPage } from './pages/index.ts'
import { messagePage } from './pages/message.ts'
import { Passwords } from './passwords.ts'
import { policyFor } from './policy.ts'
import { crossingRoutes } from './routes.ts'
import { openSessions } from './sessions.ts'
import type { Tls } from './tls.ts'

export interface Playground {
  readonly app: Express
  close(): Promise<void>
}

/** `file`: where Landbridge keeps its sessions; what else is kept goes into the same folder. */
export function createPlayground(file: string, tls: Tls | null): Playground {
  const log = new EventLog()
  const clock = new Clock(join(dirname(file), 'days'))
  const crossings = new Crossings(clock.now)
  const passwords = new Passwords(join(dirname(file), 'passwords'))
  const kept = openSessions(file, clock, passwords, (event) => {
    crossings.note(event)
    log.add(entryOf(event))
  })
  const landbridge = landbridgeMode(kept, log, clock.now)
  const standard = expressSessionMode()
  const experiments = new Experiments(log, tls?.ca ?? null)
  let mode: Mode = landbridge
  // A request stays in the mode that it came in, whatever is switched meanwhile.
  const modes = new WeakMap<Request, Mode>()
  const modeOf = (request: Request): Mode => modes.get(request) ?? landbridge
  const landbridgeOf = (request: Request): Mode | null => (modeOf(request) === landbridge ? landbridge : null)
  const lifecycles = new Lifecycles({ clock, passwords, experiments, log, landbridgeOf })

  const app = express().disable('x-powered-by').disable('etag')
  app.use(secureHeaders, express.static(fileURLToPath(new URL('../public', import.meta.url)), { index: false }))

  app.get('/', (request, response, next) => {
    if (!isIndex(request.headers.host)) return next()
    sendPage(request, response, indexPage({ base: baseOf(request), mode: mode.id, caFile: tls?.caFile ?? null }))
  })
  app.get('/events', eventStream(log))

  // The switch is checked by Landbridge whichever mode is on: no other site's page may turn it.
  app.post('/mode', landbridge.middleware, express.urlencoded({ extended: false, limit: '1kb' }), (request, response) => {
    const { mode: wanted } = request.body as { mode?: unknown }
    mode = wanted === standard.id ? standard : landbridge
    const name = mode === standard ? standard.id : 'Landbridge'
    const sentence = `Sessions are now kept by ${name}, on all isolated and shared hosts.`
    log.add(ownEntry(null, 'playground.mode', sentence, mode === standard ? 'alarm' : 'plain'))
    response.redirect(303, '/?done=mode#notice')
  })

  app.use(crossings.middleware, (request, response, next) => {
    const site = siteOf(request.headers.host)
    const here = site && crosses(site) ? landbridge : mode
    modes.set(request, here)
    here.middleware(request, response, next)
  })
  app.use(onlyOurHosts)

  const common = async (request: Request, site: Site): Promise<HostPage> => {
    const current = modeOf(request)
    const view = await current.view(request, site)
    const { done, result } = request.query
    return {
      site,
      base: baseOf(request),
      mode: current,
      view,
      lifecycle: current === landbridge ? lifecycles.of(view.session, view.scope) : null,
      entries: log.after(0),
      result: experiments.find(result, site),
      done,
      now: clock.now(),
    }
  }
  app.use(crossingRoutes({ kept, clock, crossings, common, send: sendPage }))
  app.get('/', async (request, response) => {
    sendPage(request, response, hostPage(await common(request, siteOf(request.headers.host)!)))
  })
  app.get('/whoami', async (request, response) => {
    response.json(await modeOf(request).whoAmI(request, siteOf(request.headers.host)!))
  })
  app.use(lifecycles.router(), forms(modeOf, experiments))
  app.use((_request, response) => {
    response.status(404).type('text').send('There is no such page.\n')
  })
  app.use(failureOf(log))
  return { app, close: async () => landbridge.close() }
}

const secureHeaders: RequestHandler = (_request, response, next) => {
  response.set({ 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' })
  next()
}

function sendPage(request: Request, response: Response, markup: string): void {
  const policy = policyFor(siteOf(request.headers.host), baseOf(request))
  response.set({ 'Content-Security-Policy': policy, 'Referrer-Policy': 'same-origin' }).type('html').send(markup)
}

const onlyOurHosts: RequestHandler = (request, response, next) => {
  if (siteOf(request.headers.host)) next()
  else response.status(404).type('text').send('The playground has no page for this host. Start at localhost, with the same port.\n')
}

/** What a visitor caused has a 4xx status; anything else is ours, and goes to the terminal. */
const failureOf =
  (log: EventLog): ErrorRequestHandler =>
  (error: { status?: number; code?: string; message?: string }, request, response, next) => {
    if (response.headersSent) return next(error)
    const status = error.status ?? 500
    if (status >= 500) console.error(error)
    response.status(status)
    if (error.code === 'ERR_ACCOUNT_CHANGED') return sendPage(request, response, stalePage(request, log))
    response.type('text').send(status >= 500 ? 'The playground failed; its terminal says why.\n' : `${error.message}\n`)
  }

/** The form was made for another account than is signed in now. */
function stalePage(request: Request, log: EventLog): string {
  const site = siteOf(request.headers.host) ?? null
  log.add(
    ownEntry(
      site?.host ?? null,
      'playground.stale-form',
      'A page that was made for another account wanted to save. It got 409.',
      'refused',
    ),
  )
  return messagePage({
    site,
    base: baseOf(request),
    status: 409,
    title: 'This page was made for another account',
    text: 'The account was switched since this page was loaded, in another tab perhaps. Nothing was saved, so nothing of one account ends up in the other.',
  })
}
