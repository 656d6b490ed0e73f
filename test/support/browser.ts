/**
 * A browser as far as sessions see one: a cookie jar that keeps the rules (tough-cookie), the headers that browsers were measured to
 * send, and redirects followed one by one, each noted. Requests go to `fetch`, in process or to a real server.
 */
import { CookieJar } from 'tough-cookie'

export interface Step {
  readonly request: Request
  readonly response: Response
  /** What was sent. */
  readonly body: string | undefined
}

export interface Visit extends Step {
  /** All requests of a navigation, redirects included, in order. */
  readonly steps: readonly Step[]
  readonly url: string
  readonly text: string
}

/** A form of a page, as it stands there. */
export interface Form {
  readonly page: string
  /** Whether the page hides where it is, so that browsers say `Origin: null`. */
  readonly hides?: boolean
  readonly action: string
  readonly fields: Readonly<Record<string, string>>
}

export interface Hop extends Step {
  readonly location: string | null
  /** The form that the page would post by itself. */
  readonly form: Form | null
}

type Site = 'none' | 'same-origin' | 'same-site' | 'cross-site'
export type Serve = (request: Request) => Promise<Response>

export interface RequestOptions {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string
  /** Page that makes the request; none for what the user typed. */
  readonly from?: string
  /** Whether that page hides where it is, so that browsers say `Origin: null`. */
  readonly hides?: boolean
}

const REDIRECTS = 20
const FORM_TYPE = 'application/x-www-form-urlencoded'

export const NAVIGATION = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html,*/*;q=0.8' }

export class Browser {
  readonly jar: CookieJar = new CookieJar()
  /** Cookies are neither kept nor sent. */
  blocksCookies = false
  /** A cookie that something puts into every request all the same. */
  forced: string | null = null
  readonly #serve: Serve

  constructor(serve: Serve) {
    this.#serve = serve
  }

  /** Goes to a page, by the address bar or by a link on `from`, or sends a form; follows redirects, and forms that post themselves. */
  async go(to: string | Form, { from, method = 'GET', headers = {}, body, hides = false }: RequestOptions = {}): Promise<Visit> {
    if (typeof to !== 'string') return this.post(to.action, to.fields, to.page, to.hides)
    const url = to
    const steps: Step[] = []
    let [next, verb, sent] = [url, method, body]
    let site = siteOf(from, url)
    let origin = from === undefined || method === 'GET' ? undefined : originOf({ page: from, hides })
    for (let i = 0; i <= REDIRECTS; i++) {
      const fetchHeaders = { ...NAVIGATION, 'sec-fetch-site': site }
      const step = await this.send(
        next,
        { method: verb, body: sent, headers: { ...fetchHeaders, ...(origin ? { origin } : {}), ...headers } },
        site,
      )
      steps.push(step)
      const location = step.response.headers.get('location')
      if (step.response.status < 300 || step.response.status > 399 || location === null) {
        const text = await step.response.text()
        const form = selfPostingForm(next, text)
        if (form === null) return { ...step, steps, url: next, text }
        origin = originOf({ page: next, hides: hidesOrigin(step.response) })
        headers = { ...headers, 'content-type': FORM_TYPE }
        site = siteOf(next, form.action)
        ;[next, verb, sent] = [form.action, 'POST', new URLSearchParams(form.fields).toString()]
        continue
      }
      const target = new URL(location, next).href
      if (site !== 'none') site = widest(site, siteOf(next, target))
      if (origin !== undefined && new URL(next).origin !== new URL(target).origin) origin = 'null'
      ;[next, verb, sent] = [target, 'GET', undefined]
      origin = undefined
    }
    throw new Error(`more than ${REDIRECTS} redirects from ${url}`)
  }

  /** One request of a navigation: a redirect is not followed, and a form that would post itself is not sent. */
  async hop(to: string | Form, { from, headers = {} }: Pick<RequestOptions, 'from' | 'headers'> = {}): Promise<Hop> {
    const url = typeof to === 'string' ? to : to.action
    const page = typeof to === 'string' ? from : to.page
    const site = siteOf(page, url)
    const sent = typeof to === 'string' ? {} : { 'content-type': FORM_TYPE, origin: originOf(to) }
    const step = await this.send(
      url,
      {
        headers: { ...NAVIGATION, 'sec-fetch-site': site, ...sent, ...headers },
        ...(typeof to === 'string' ? {} : { method: 'POST', body: new URLSearchParams(to.fields).toString() }),
      },
      site,
    )
    const location = step.response.headers.get('location')
    const form = selfPostingForm(url, await step.response.clone().text())
    return {
      ...step,
      location: location === null ? null : new URL(location, url).href,
      form: form && { ...form, hides: hidesOrigin(step.response) },
    }
  }

  /** A form of a page. */
  post(url: string, fields: Readonly<Record<string, string>>, from: string = url, hides = false): Promise<Visit> {
    const headers = { 'content-type': FORM_TYPE }
    return this.go(url, { method: 'POST', body: new URLSearchParams(fields).toString(), headers, from, hides })
  }

  /** A request of a page's script, with credentials. Other sites' cookies are not sent, as by browsers that block them. */
  async fetch(url: string, { from = url, method = 'GET', headers = {}, body }: RequestOptions = {}): Promise<Step> {
    const site = siteOf(from, url)
    const origin = site === 'same-origin' && method === 'GET' ? {} : { origin: new URL(from).origin }
    return this.send(
      url,
      {
        method,
        body,
        headers: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', 'sec-fetch-site': site, accept: '*/*', ...origin, ...headers },
      },
      site,
    )
  }

  /** One request, as it stands. */
  async send(
    url: string,
    init: { method?: string; headers?: Record<string, string>; body?: string | undefined },
    site: Site = 'none',
  ): Promise<Step> {
    const cookies = this.blocksCookies ? '' : await this.#cookies(url, init.method ?? 'GET', site, init.headers?.['sec-fetch-mode'])
    const cookie = [cookies, this.forced].filter(Boolean).join('; ')
    const headers = { ...init.headers, ...(cookie === '' ? {} : { cookie }) }
    const request = new Request(url, { method: init.method ?? 'GET', headers, ...(init.body === undefined ? {} : { body: init.body }) })
    const response = await this.#serve(request)
    if (!this.blocksCookies) await Promise.all(response.headers.getSetCookie().map((text) => this.#keep(text, url)))
    return { request, response, body: init.body }
  }

  /** The value of a cookie at a URL. */
  async cookie(url: string, name: string): Promise<string | null> {
    return (await this.jar.getCookies(url)).find(({ key }) => key === name)?.value ?? null
  }

  async cookieNames(url: string): Promise<string[]> {
    return (await this.jar.getCookies(url)).map(({ key }) => key).sort()
  }

  async #keep(text: string, url: string): Promise<void> {
    await this.jar.setCookie(text, url, { ignoreError: true })
  }

  async #cookies(url: string, method: string, site: Site, mode: string | undefined): Promise<string> {
    const context = site !== 'cross-site' ? 'strict' : mode === 'navigate' && method === 'GET' ? 'lax' : 'none'
    return (await this.jar.getCookies(url, { sameSiteContext: context })).map((cookie) => cookie.cookieString()).join('; ')
  }
}

function siteOf(from: string | undefined, to: string): Site {
  if (from === undefined) return 'none'
  const [a, b] = [new URL(from), new URL(to)]
  if (a.origin === b.origin) return 'same-origin'
  return registrable(a.hostname) === registrable(b.hostname) && a.protocol === b.protocol ? 'same-site' : 'cross-site'
}

const registrable = (host: string): string => host.split('.').slice(-2).join('.')

const WIDTH: readonly Site[] = ['none', 'same-origin', 'same-site', 'cross-site']
const widest = (a: Site, b: Site): Site => (WIDTH.indexOf(a) > WIDTH.indexOf(b) ? a : b)

/** The origin that a page's form is posted with. */
const originOf = ({ page, hides }: Pick<Form, 'page' | 'hides'>): string => (hides ? 'null' : new URL(page).origin)

const hidesOrigin = (response: Response): boolean => response.headers.get('referrer-policy') === 'no-referrer'

/** The form of a page whose script posts it at once. */
export function selfPostingForm(page: string, text: string): Form | null {
  const action = /<form method="post" action="([^"]+)">/.exec(text)?.[1]
  if (action === undefined || !text.includes('document.forms[0].submit()')) return null
  const fields = [...text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name, value]) => [name!, value!])
  return { page, action, fields: Object.fromEntries(fields) as Record<string, string> }
}
