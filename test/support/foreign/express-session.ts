/** An Express application with express-session as its documentation shows it. Out of the box it refuses no request from another site. */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NextFunction, Request, RequestHandler, Response } from 'express'
import express from 'express'
import session from 'express-session'
import type { ForeignApplication, ForeignOptions, Settings } from './application.ts'
import { asApplication, settingsOf } from './application.ts'

interface Values {
  user?: string
  balance?: number
}

/** In these tests `request.session` has the type of Landbridge's. */
const valuesOf = (request: Request): session.Session & Values => request.session as unknown as session.Session & Values

export async function startExpressSession(options: ForeignOptions = {}): Promise<ForeignApplication> {
  const settings = settingsOf(options, false)
  const server = http.createServer(application(settings)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  }
  return asApplication({ port: (server.address() as AddressInfo).port, stop }, settings)
}

function application(settings: Settings): express.Express {
  const app = express()
  app.use(knownHostsOnly(settings), sessionsOf(settings), express.urlencoded({ extended: false }))
  if (settings.csrf) app.use(refuseOtherSites)
  app.get('/', (request, response) => {
    response.send(page(home(valuesOf(request))))
  })
  app.get('/login', (_, response) => {
    response.send(page('<form method="post"><input name="user"><input name="password" type="password"><button>Sign in</button></form>'))
  })
  app.post('/login', signIn(settings))
  app.post('/transfer', transfer)
  return app
}

const knownHostsOnly =
  ({ hosts }: Settings): RequestHandler =>
  (request, response, next) => {
    if (hosts.includes(request.hostname)) next()
    else response.status(400).send(page('Unknown host'))
  }

/** One store for all hosts, or one for each. */
function sessionsOf({ hosts, variant, domain }: Settings): RequestHandler {
  const make = (): RequestHandler =>
    session({
      secret: 'only for tests, and never seen outside of them',
      resave: false,
      saveUninitialized: false,
      ...(variant === 'domain-cookie' ? { cookie: { domain } } : {}),
    })
  if (variant !== 'safe') return make()
  const apart = new Map(hosts.map((host) => [host, make()]))
  return (request, response, next) => apart.get(request.hostname)!(request, response, next)
}

function refuseOtherSites(request: Request, response: Response, next: NextFunction): void {
  const origin = request.get('origin')
  const isForeign = origin !== undefined && origin !== `http://${request.get('host')}`
  if (isForeign && request.method !== 'GET' && request.method !== 'HEAD') response.status(403).send(page('Cross-site request refused'))
  else next()
}

const signIn =
  ({ accounts }: Settings): RequestHandler =>
  (request, response, next) => {
    const { user, password } = request.body as { user?: string; password?: string }
    if (user === undefined || !Object.hasOwn(accounts, user) || accounts[user] !== password) {
      response.status(401).send(page('Wrong name or password'))
      return
    }
    valuesOf(request).regenerate((error: unknown) => {
      if (error) return next(error)
      valuesOf(request).user = user
      return response.redirect('/')
    })
  }

const transfer: RequestHandler = (request, response) => {
  const own = valuesOf(request)
  if (own.user === undefined) {
    response.redirect('/login')
    return
  }
  own.balance = (own.balance ?? 100) - Number((request.body as { amount?: string } | undefined)?.amount ?? 0)
  response.send(page(`Transferred. Your balance is ${own.balance}.`))
}

function home({ user, balance = 100 }: Values): string {
  const hello = `<h1>Hello ${user ?? 'stranger'}</h1><p>It is ${new Date().toISOString()}.</p>`
  if (user === undefined) return `${hello}<a href="/login">Sign in</a>`
  const nonce = `<input type="hidden" name="nonce" value="${randomUUID()}">`
  const form = `<form method="post" action="/transfer">${nonce}<input name="amount"><button>Transfer</button></form>`
  return `${hello}<p>Your balance is ${balance}.</p>${form}`
}

const page = (body: string): string => `<!doctype html><title>Shop</title>${body}\n`
