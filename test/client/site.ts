/** A site with a hub, two spokes and two shops, and a browser to visit it: everything is real, on one port of this machine. */
import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Session, Sessions } from 'landbridge'
import { createSessions } from 'landbridge'
import { memory } from 'landbridge/memory'
import { nodeSessions } from 'landbridge/node'
import type { Accounts } from 'landbridge/client'
// The pages have the global that the script tag defines.
import type {} from 'landbridge/client.js'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { ARGS, complaintsOf, EXECUTABLE, missingChromium } from '../browser/chromium.ts'

declare global {
  interface Window {
    /** What a test leaves in a page, to find it again there, or not. */
    mark?: string
    notices: Accounts[]
  }
}

export interface Data {
  cart: string[]
}

export const HUB = 'acme.localhost'
export const ELMER = 'elmer.acme.localhost'
export const FUDD = 'fudd.acme.localhost'
export const SHOP_A = 'shop-a.localhost'
export const SHOP_B = 'shop-b.localhost'

const built = (name: string) => readFileSync(new URL(`../../packages/landbridge/dist/client/${name}`, import.meta.url), 'utf8')

const FILES: Record<string, string> = {
  '/client.js': built('index.js'),
  '/landbridge.js': built('landbridge.js'),
  '/module.js': `import * as client from '/client.js'; globalThis.landbridge = client`,
}

/** What a test puts in the way of a request: `true` when it answered. */
type Interception = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>

export class Site {
  readonly sessions: Sessions<Data>
  readonly basePath: string
  /** Method, host and path of every request, in order. */
  readonly log: string[] = []
  intercept: Interception | null = null
  readonly #server
  #port = 0

  constructor(basePath = '/.session/') {
    this.basePath = basePath
    this.sessions = createSessions<Data>({
      basePath,
      topology: [
        {
          kind: 'hub',
          hub: HUB,
          spokes: [`*.${HUB}`],
          authorize: ({ id }) => id !== 'stranger',
          protect: ({ path }) => path.startsWith('/private'),
        },
        { kind: 'peers', hosts: [SHOP_A, SHOP_B] },
      ],
      store: memory(),
      keys: ['a key of at least thirty-two characters'],
    })
    const serve = nodeSessions(this.sessions, (request, response) => answer(request, request.session, response))
    this.#server = createServer((request, response) => void this.#take(request, response, serve))
  }

  async #take(request: IncomingMessage, response: ServerResponse, next: (request: IncomingMessage, response: ServerResponse) => void) {
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
    this.log.push(`${request.method} ${url.hostname}${url.pathname}`)
    if (await this.intercept?.(request, response)) return
    const file = FILES[url.pathname]
    if (file === undefined) return next(request, response)
    response.writeHead(200, { 'content-type': 'text/javascript' }).end(file)
  }

  async start(): Promise<this> {
    await once(this.#server.listen(0), 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  async stop(): Promise<void> {
    const closed = once(this.#server.close(), 'close')
    this.#server.closeAllConnections()
    await closed
    await this.sessions.close()
  }

  url(host: string, path = ''): string {
    return `http://${host}:${this.#port}${path}`
  }

  /** How many requests there were of this kind. */
  count(line: string): number {
    return this.log.filter((each) => each === line).length
  }
}

/** `/page?script=module&csp=…&options=…&body=…` is a page with the client; the rest tells and changes what the session holds. */
async function answer(request: IncomingMessage, session: Session<Data>, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://host')
  const json = (value: unknown, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
  switch (pathname) {
    case '/page':
      return sendPage(searchParams, response)
    case '/login':
      for (const id of (searchParams.get('as') ?? '').split(',')) await session.addAccount({ id })
      return void json({})
    case '/tag':
      return void json(await session.accountTag())
    case '/cart':
      if (request.method === 'POST') session.set('cart', [...((await session.get('cart')) ?? []), searchParams.get('sku') ?? ''])
      return void json({ cart: await session.get('cart'), query: searchParams.toString() })
    case '/refuses':
      return void json({}, 401)
    default:
      return void json({ id: (await session.account())?.id ?? null, method: request.method, body: await textOf(request) })
  }
}

function sendPage(query: URLSearchParams, response: ServerResponse): void {
  const script = query.get('script') === 'module' ? `src="/module.js" type="module"` : `src="/landbridge.js" ${query.get('options') ?? ''}`
  const headers = { 'content-security-policy': query.get('csp') ?? '', 'cross-origin-embedder-policy': query.get('coep') ?? '' }
  response.writeHead(200, { 'content-type': 'text/html', ...headers })
  response.end(`<!doctype html><title>page</title><script ${script}></script>${query.get('body') ?? ''}`)
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

/** One visitor: a fresh browser context. */
export class Visitor {
  readonly site: Site
  readonly context: BrowserContext

  constructor(site: Site, context: BrowserContext) {
    this.site = site
    this.context = context
  }

  /** A tab with the client on a page of the host. */
  async tab(host: string, query: Record<string, string> = {}): Promise<Page & { complaints: string[] }> {
    const page = await this.context.newPage()
    const complaints = complaintsOf(page)
    await page.goto(this.site.url(host, `/page?${new URLSearchParams(query).toString()}`))
    await page.waitForFunction(() => typeof landbridge === 'object')
    return Object.assign(page, { complaints })
  }

  /** Signs in at the hub, several accounts in turn, in a tab that stays. */
  async signIn(...accounts: string[]): Promise<Page> {
    const page = await this.tab(HUB)
    await page.evaluate((as) => fetch(`/login?as=${as}`, { method: 'POST' }), accounts.join(','))
    return page
  }
}

/** Who is signed in, as the server says. */
export const who = (page: Page): Promise<string | null> =>
  page.evaluate(async () => ((await (await fetch('/who')).json()) as { id: string | null }).id)

/** Begins to note what `onChange` says; `notices` waits for that many notices, and returns them all. */
export async function listen(page: Page): Promise<void> {
  const looked = page.waitForResponse(/\/accounts$/)
  await page.evaluate(() => {
    window.notices = []
    landbridge.onChange((now) => window.notices.push(now))
  })
  await looked
  // By then the page has understood the answer, too.
  await page.evaluate(() => landbridge.accounts())
}

export async function notices(page: Page, count: number): Promise<Accounts[]> {
  await page.waitForFunction((least) => window.notices.length >= least, count)
  return page.evaluate(() => window.notices)
}

/** Starts site and browser for a file of tests; the function returned gives a visitor to the test that runs. */
export function visiting(options: { backForwardCache?: boolean; basePath?: string } = {}): () => Promise<Visitor> {
  let site: Site
  let browser: Browser
  let contexts: BrowserContext[] = []
  beforeAll(async () => {
    if (missingChromium !== null) return
    const ignored = options.backForwardCache ? ['--disable-back-forward-cache'] : []
    browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGS, ignoreDefaultArgs: ignored })
  })
  afterAll(() => browser?.close())
  beforeEach(async (ctx) => {
    ctx.skip(missingChromium !== null, missingChromium ?? '')
    site = await new Site(options.basePath).start()
  })
  afterEach(async () => {
    for (const context of contexts) await context.close()
    contexts = []
    await site?.stop()
  })
  return async () => {
    const context = await browser.newContext()
    contexts.push(context)
    return new Visitor(site, context)
  }
}
