/** What the hosts between which sessions cross answer, besides what all hosts do. */
import type { Request, Response, Router } from 'express'
import express from 'express'
import type { Session, SignInTarget } from 'landbridge'
import { GOODS, withOneMore } from './cart.ts'
import type { Clock } from './clock.ts'
import type { Crossings } from './crossings.ts'
import { fieldOf, isName } from './forms.ts'
import type { Kind, Site } from './hosts.ts'
import { baseOf, siteOf } from './hosts.ts'
import { sessionOf } from './modes/session-of.ts'
import type { HostPage } from './pages/host.ts'
import { hubPage } from './pages/hub.ts'
import { loginPage } from './pages/login.ts'
import { shopPage } from './pages/shop.ts'
import { privatePage, tenantPage } from './pages/tenant.ts'
import type { Kept, Values } from './sessions.ts'

interface Tools {
  readonly kept: Kept
  readonly clock: Clock
  readonly crossings: Crossings
  /** What the pages of all hosts show. */
  readonly common: (request: Request, site: Site) => Promise<HostPage>
  readonly send: (request: Request, response: Response, markup: string) => void
}

const of = (request: Request): Session<Values> => sessionOf<Session<Values>>(request)

type Handler = (request: Request, response: Response, site: Site) => Promise<void>

export function crossingRoutes(tools: Tools): Router {
  const router = express.Router()
  const body = express.urlencoded({ extended: false, limit: '8kb' })
  const on = (method: 'get' | 'post', path: string, kinds: readonly Kind[], handler: Handler): void => {
    router[method](path, body, async (request, response, next) => {
      const site = siteOf(request.headers.host)
      if (site && kinds.includes(site.topology)) await handler(request, response, site)
      else next()
    })
  }
  const { send } = tools
  on('get', '/', ['hub'], async (request, response, site) => send(request, response, await hub(request, site, tools)))
  on('get', '/', ['spoke'], async (request, response, site) => send(request, response, tenantPage(await tenant(request, site, tools))))
  on('get', '/private', ['spoke'], async (request, response, site) =>
    send(request, response, privatePage(await tenant(request, site, tools))),
  )
  on('get', '/', ['peer'], async (request, response, site) => send(request, response, await shop(request, site, tools)))
  on('get', '/login', ['hub'], async (request, response, site) => send(request, response, await login(request, site)))
  on('post', '/login', ['hub'], signIn)
  on('post', '/continue', ['hub'], continueAs)
  on('post', '/let-days-pass', ['hub'], async (_request, response) => {
    tools.clock.pass(8)
    response.redirect(303, '/?done=days-passed#notice')
  })
  on('post', '/revoke-handle', ['hub'], async (request, response) => revokeHandle(request, response, tools))
  on('post', '/cart-add', ['peer'], addToCart)
  on('post', '/cart-remove', ['peer'], removeFromCart)
  return router
}

const drawn = (request: Request, site: Site, { crossings }: Tools) => ({
  crossings: crossings.of(site.host),
  crossing: request.query['crossing'],
})

async function hub(request: Request, site: Site, tools: Tools): Promise<string> {
  const common = await tools.common(request, site)
  const session = of(request)
  return hubPage({
    ...common,
    ...drawn(request, site, tools),
    accounts: await session.accounts(),
    choices: await session.choices(),
  })
}

async function tenant(request: Request, site: Site, tools: Tools) {
  return { ...(await tools.common(request, site)), ...drawn(request, site, tools), claims: await of(request).claims() }
}

async function shop(request: Request, site: Site, tools: Tools): Promise<string> {
  const cart = (await of(request).get('cart')) ?? []
  return shopPage({ ...(await tools.common(request, site)), ...drawn(request, site, tools), cart })
}

async function login(request: Request, site: Site): Promise<string> {
  const { name, done } = request.query
  const session = of(request)
  return loginPage({
    site,
    base: baseOf(request),
    accounts: await session.accounts(),
    target: session.signInTarget(),
    query: queryOf(request),
    name: typeof name === 'string' && isName(name) ? name : '',
    done,
  })
}

/** The part of the address that says where the visitor came from: sealed by the library, and read from the address alone. */
function queryOf({ query }: Request): string {
  const sealed = query['return']
  return typeof sealed === 'string' ? `?return=${encodeURIComponent(sealed)}` : ''
}

/** The name alone is believed, as nothing is at stake here. A real sign-in page checks a password first, or a passkey. */
async function signIn(request: Request, response: Response): Promise<void> {
  const name = fieldOf(request, 'name')
  const again = (done: string): void => response.redirect(303, `/login${queryOf(request) || '?'}&done=${done}#notice`)
  if (!isName(name)) return again('name-missing')
  try {
    await of(request).addAccount({ id: name, remember: fieldOf(request, 'remember') !== '' })
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_TOO_MANY_ACCOUNTS') throw error
    return again('too-many')
  }
  goOn(response, of(request).signInTarget())
}

async function continueAs(request: Request, response: Response): Promise<void> {
  const target = of(request).signInTarget()
  if (target !== null) await of(request).chooseAccount(target.host, fieldOf(request, 'account'))
  goOn(response, target)
}

const goOn = (response: Response, target: SignInTarget | null): void => response.redirect(303, target?.url ?? '/?done=signed-in#notice')

/** Only handles of the visitor's own session can be named, and not the master: that is what signing out is for. */
async function revokeHandle(request: Request, response: Response, { kept }: Tools): Promise<void> {
  const session = of(request)
  const handle = (await session.handles()).find(({ scope, current }) => scope === fieldOf(request, 'scope') && !current)
  const revoked = handle !== undefined && session.id !== null && (await kept.sessions.revoke(session.id, { scope: handle.scope }))
  response.redirect(303, `/?done=${revoked ? 'handle-revoked' : 'handle-gone'}#notice`)
}

async function addToCart(request: Request, response: Response, site: Site): Promise<void> {
  const session = of(request)
  await session.requireAccount(fieldOf(request, 'account'))
  const item = fieldOf(request, 'item')
  if (GOODS[site.host]?.includes(item)) await session.update('cart', (cart) => withOneMore(cart, item, site.host))
  response.redirect(303, '/?done=cart-changed#notice')
}

async function removeFromCart(request: Request, response: Response): Promise<void> {
  const session = of(request)
  await session.requireAccount(fieldOf(request, 'account'))
  const item = fieldOf(request, 'item')
  await session.update('cart', (cart) => (cart ?? []).filter(({ name }) => name !== item))
  response.redirect(303, '/?done=cart-changed#notice')
}
