/** What hosts and browser say to each other in each kind of crossing, as text: `docs/protocol.md` shows it, and a test compares. */
import { createSessions } from 'landbridge'
import type { SessionEvent, Store, Topology } from 'landbridge'
import { memory } from 'landbridge/memory'
import type { Step } from '../support/browser.ts'
import { Browser } from '../support/browser.ts'

const HUB = 'https://acme.example'
const ELMER = 'https://elmer.acme.example'
const A = 'https://shop-a.example'
const B = 'https://shop-b.example'

const hub: Topology = {
  kind: 'hub',
  hub: 'acme.example',
  spokes: ['*.acme.example'],
  signIn: '/login',
  protect: ({ path }) => path.startsWith('/private'),
  authorize: (account) => account.id === 'ada',
}
const peers: Topology = { kind: 'peers', hosts: ['shop-a.example', 'shop-b.example'] }

/** Each flow by its name in the document. */
export const flows: Record<string, () => Promise<string>> = {
  async redirect() {
    const { browser, text } = stage(hub)
    await browser.post(`${HUB}/login?as=ada`, {})
    return text((await browser.go(`${ELMER}/cart`)).steps)
  },
  async 'other sites'() {
    const { browser, text } = stage(peers)
    await browser.post(`${A}/login?as=ada`, {})
    return text((await browser.go(`${B}/.session/begin?to=/cart`)).steps)
  },
  async 'sign-in page'() {
    const { browser, text } = stage(hub)
    const asked = await browser.go(`${ELMER}/private`)
    const back = await browser.post(asked.url, { as: 'ada' })
    return text([...asked.steps, ...back.steps])
  },
  async nobody() {
    const { browser, text } = stage(hub)
    await browser.post(`${HUB}/login?as=bob`, {})
    return text((await browser.go(`${ELMER}/cart`)).steps)
  },
  async fetch() {
    const { browser, text } = stage(hub)
    await browser.post(`${HUB}/login?as=ada`, {})
    const begun = await script(browser, `${ELMER}/.session/begin`, { mode: 'fetch' })
    const { rid, ask } = (await begun.response.clone().json()) as { rid: string; ask: string }
    const asked = await browser.fetch(ask, { from: `${ELMER}/` })
    const { ticket } = (await asked.response.clone().json()) as { ticket: string }
    return text([begun, asked, await script(browser, `${ELMER}/.session/in`, { rid, ticket })])
  },
  async 'web-message'() {
    const { browser, text } = stage(hub)
    await browser.post(`${HUB}/login?as=ada`, {})
    const begun = await script(browser, `${ELMER}/.session/begin`, { mode: 'web-message' })
    const { ask } = (await begun.response.clone().json()) as { ask: string }
    const framed = await browser.go(ask, { from: `${ELMER}/`, headers: { 'sec-fetch-dest': 'iframe' } })
    return text([begun, ...framed.steps])
  },
  async push() {
    const { browser, text } = stage(peers)
    await browser.post(`${A}/login?as=ada`, {})
    const { steps } = await browser.post(`${A}/.session/push`, { to: `${B}/cart` }, `${A}/`)
    return text(steps)
  },
  async script() {
    const { browser, text } = stage({ ...peers, script: true })
    await browser.post(`${A}/login?as=ada`, {})
    const page = await browser.go(`${A}/scripts`)
    const headers = { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'script', 'sec-fetch-site': 'cross-site', referer: `${A}/` }
    return text([...page.steps, await browser.send(page.text, { headers }, 'cross-site')])
  },
}

const script = (browser: Browser, url: string, fields: object): Promise<Step> =>
  browser.fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) })

const COUNTED = ['read', 'create', 'update', 'renew', 'attach', 'revoke', 'wasRenewed', 'handlesOf', 'put', 'take']

/** Hosts of one topology, with a browser that notes what each request sent, and what it cost. */
function stage(topology: Topology) {
  const calls: string[] = []
  const events: SessionEvent[] = []
  const notes = new WeakMap<Request, { sent: string; calls: string[]; events: string[]; body: string }>()
  const sessions = createSessions({
    topology,
    store: counted(calls),
    keys: ['a key of at least thirty-two characters'],
    onEvent: (event) => events.push(event),
  })
  const serve = async (request: Request): Promise<Response> => {
    const sent = await request.clone().text()
    calls.length = events.length = 0
    const response = await sessions.handle(request, async (session) => {
      const { pathname, searchParams } = new URL(request.url)
      if (request.method === 'POST' && pathname === '/login') {
        await session.signIn({ id: searchParams.get('as') ?? 'ada' })
        return new Response(null, { status: 303, headers: { location: session.signInTarget()?.url ?? '/' } })
      }
      if (pathname === '/scripts') return new Response((await session.scriptUrls()).join(' '))
      return new Response(pathname === '/login' ? 'a form' : `${(await session.account())?.id ?? 'nobody'} is signed in`)
    })
    const body = await response.clone().text()
    notes.set(request, { sent, calls: [...calls], events: events.map(nameOf), body })
    return response
  }
  const text = (steps: readonly Step[]): string => steps.map((step) => written(step, notes.get(step.request)!)).join('\n')
  return { browser: new Browser(serve), text }
}

function counted(calls: string[]): Store {
  const store = memory()
  return new Proxy(store, {
    get(target, name: keyof Store) {
      const method: unknown = target[name]
      if (typeof method !== 'function') return method
      return (...given: unknown[]): unknown => {
        if (COUNTED.includes(name)) calls.push(name)
        return (method as (...all: unknown[]) => unknown).apply(target, given)
      }
    },
  })
}

function nameOf(event: SessionEvent): string {
  return event.type === 'crossing.completed' ? `${event.type} (${event.outcome})` : event.type
}

const REQUEST_HEADERS = ['Sec-Fetch-Dest', 'Origin', 'Referer', 'Cookie']
const RESPONSE_HEADERS = [
  'Location',
  'Set-Cookie',
  'Cache-Control',
  'Referrer-Policy',
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
  'Cross-Origin-Embedder-Policy',
  'Cross-Origin-Resource-Policy',
  'Content-Security-Policy',
]

/** One request and its response: what matters of them, with everything random or long left out. */
function written({ request, response }: Step, note: { sent: string; calls: string[]; events: string[]; body: string }): string {
  const asked = REQUEST_HEADERS.flatMap((name) => header(request.headers, name))
    // The other places where a request is made say nothing new.
    .filter((line) => !/^Sec-Fetch-Dest: (?:document|empty)$/.test(line))
  const answered = RESPONSE_HEADERS.flatMap((name) => header(response.headers, name))
  const body = bodyOf(note.body)
  return [
    `> ${request.method} ${short(request.url)}`,
    ...asked.map((line) => `> ${line}`),
    ...(note.sent ? [`> ${short(note.sent)}`] : []),
    `< ${response.status}`,
    ...answered.map((line) => `< ${line}`),
    ...(body ? [`< ${body}`] : []),
    ...(note.calls.length > 0 ? [`# store: ${note.calls.join(', ')}`] : []),
    ...(note.events.length > 0 ? [`# events: ${note.events.join(', ')}`] : []),
    '',
  ].join('\n')
}

function header(headers: Headers, name: string): string[] {
  const values = name === 'Set-Cookie' ? headers.getSetCookie() : [headers.get(name) ?? '']
  return values.filter(Boolean).map((value) => `${name}: ${short(value)}`)
}

/** Of a page only what acts. */
function bodyOf(body: string): string {
  const acting = [...body.matchAll(/<form.*<\/form>|<script>.*?<\/script>/g)].map(([part]) => part)
  return short(body.startsWith('<!doctype') ? acting.join('') : body.trim())
}

function short(text: string): string {
  return text
    .replace(/; Expires=[^;]*/g, '')
    .replace(/iat=\d+/g, 'iat=…')
    .replace(/'sha256-[^']+'/g, "'sha256-…'")
    .replace(/[\w-]{21,}/g, '…')
    .replace(/=….…(?=;|$)/g, '=…')
    .replace(/default-src.*(?=form-action|frame-ancestors)/, '… ')
}
