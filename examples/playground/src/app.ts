/** The application: index, static files and event stream first, which need no session; then each host's page and its forms. */
import { fileURLToPath } from 'node:url'
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express'
import express from 'express'
import { ownEntry } from './entry.ts'
import { eventStream } from './event-stream.ts'
import { Experiments } from './experiment.ts'
import { forms } from './forms.ts'
import { isIndex, siteOf } from './hosts.ts'
import type { EventLog } from './log.ts'
import { expressSessionMode } from './modes/express-session.ts'
import { landbridgeMode } from './modes/landbridge.ts'
import type { Mode } from './modes/mode.ts'
import { hostPage } from './pages/host.ts'
import { indexPage } from './pages/index.ts'

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

export interface Playground {
  readonly app: Express
  close(): Promise<void>
}

/** `file`: where Landbridge keeps its sessions. */
export function createPlayground(file: string, log: EventLog): Playground {
  const landbridge = landbridgeMode(file, log)
  const standard = expressSessionMode()
  const experiments = new Experiments(log)
  let mode: Mode = landbridge
  // A request stays in the mode that it came in, whatever is switched meanwhile.
  const modes = new WeakMap<Request, Mode>()
  const modeOf = (request: Request): Mode => modes.get(request) ?? mode

  const app = express().disable('x-powered-by').disable('etag')
  app.use(secureHeaders, express.static(fileURLToPath(new URL('../public', import.meta.url)), { index: false }))

  app.get('/', (request, response, next) => {
    if (isIndex(request.headers.host)) sendPage(response, indexPage(request.headers.host, mode.id))
    else next()
  })
  app.get('/events', eventStream(log))

  // The switch is checked by Landbridge whichever mode is on: no other site's page may turn it.
  app.post('/mode', landbridge.middleware, express.urlencoded({ extended: false, limit: '1kb' }), (request, response) => {
    const { mode: wanted } = request.body as { mode?: unknown }
    mode = wanted === standard.id ? standard : landbridge
    log.add(
      ownEntry(
        null,
        'playground.mode',
        `Sessions are now kept by ${mode === standard ? standard.id : 'Landbridge'}, on all hosts.`,
        mode === standard ? 'alarm' : 'plain',
      ),
    )
    response.redirect(303, '/?done=mode#notice')
  })

  app.use((request, response, next) => {
    modes.set(request, mode)
    mode.middleware(request, response, next)
  })
  app.use(onlyOurHosts)

  app.get('/', async (request, response) => {
    const site = siteOf(request.headers.host)!
    const current = modeOf(request)
    const view = await current.view(request, site)
    const { done, result } = request.query
    sendPage(
      response,
      hostPage({
        site,
        authority: request.headers.host,
        mode: current,
        view,
        entries: log.after(0),
        result: experiments.find(result, site),
        done,
        now: Date.now(),
      }),
    )
  })
  app.get('/whoami', async (request, response) => {
    response.json(await modeOf(request).whoAmI(request, siteOf(request.headers.host)!))
  })
  app.use(forms(modeOf, experiments))
  app.use((_request, response) => {
    response.status(404).type('text').send('There is no such page.\n')
  })
  app.use(failure)
  return { app, close: async () => landbridge.close() }
}

const secureHeaders: RequestHandler = (_request, response, next) => {
  response.set({ 'X-Content-Type-Options': 'nosniff', 'Cache-Control': 'no-store' })
  next()
}

function sendPage(response: Response, markup: string): void {
  response.set({ 'Content-Security-Policy': CSP, 'Referrer-Policy': 'same-origin' }).type('html').send(markup)
}

const onlyOurHosts: RequestHandler = (request, response, next) => {
  if (siteOf(request.headers.host)) next()
  else response.status(404).type('text').send('The playground has no page for this host. Start at http://localhost, with the same port.\n')
}

/** What a visitor caused has a 4xx status; anything else is ours, and goes to the terminal. */
const failure: ErrorRequestHandler = (error: { status?: number; message?: string }, _request, response, next) => {
  if (response.headersSent) return next(error)
  const status = error.status ?? 500
  if (status >= 500) console.error(error)
  response
    .status(status)
    .type('text')
    .send(status >= 500 ? 'The playground failed; its terminal says why.\n' : `${error.message}\n`)
}
