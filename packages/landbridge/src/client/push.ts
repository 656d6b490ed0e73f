/** Links and forms to a sister host, to which the session goes along. */
import { post } from './settings.ts'

const ATTRIBUTE = 'data-landbridge-push'

/**
 * Goes to a page of a sister host and takes the session along, by a form that is posted there: nothing of it is in a URL. Where there is
 * nothing to carry, or the host cannot be reached, it is a plain navigation. Throws a TypeError for what is no http or https URL.
 *
 * The sister knows the sender by its Origin, so the page's Referrer-Policy must not be `no-referrer` or `same-origin`: under those,
 * browsers send `Origin: null`, and the sister refuses. `strict-origin` and the default are right. The page's Content-Security-Policy
 * must not forbid the sister in `form-action`.
 */
export async function push(url: string | URL): Promise<void> {
  const { href, protocol } = new URL(url, document.baseURI)
  if (!/^https?:$/.test(protocol)) throw new TypeError(`cannot push to ${protocol}`)
  const carried = await carriedTo(href)
  if (!carried?.action) return location.assign(href)
  const form = document.createElement('form')
  form.method = 'post'
  form.action = carried.action
  form.hidden = true
  for (const [name, value] of Object.entries(carried.fields)) {
    const input = document.createElement('input')
    input.type = 'hidden'
    input.name = name
    input.value = value
    form.append(input)
  }
  document.body.append(form)
  // A page that comes back holds no old ticket.
  addEventListener('pagehide', () => form.remove(), { once: true })
  form.submit()
}

interface Carried {
  readonly action?: string
  readonly fields: Readonly<Record<string, string>>
}

async function carriedTo(to: string): Promise<Carried | null> {
  try {
    const response = await post('push', { to })
    return response.ok ? ((await response.json()) as Carried) : null
  } catch {
    return null
  }
}

/**
 * Lets links and GET forms that are marked with `data-landbridge-push` go by `push`, present ones and later ones. A click that opens
 * another tab or downloads stays what it is. Returns the function that ends it.
 */
export function pushLinks(root: Document | Element = document): () => void {
  const ending = new AbortController()
  const { signal } = ending
  root.addEventListener('click', (event) => clicked(event as MouseEvent), { signal })
  root.addEventListener('submit', (event) => submitted(event as SubmitEvent), { signal })
  return () => ending.abort()
}

function clicked(event: MouseEvent): void {
  const { target, button, ctrlKey, metaKey, shiftKey, altKey } = event
  const link = target instanceof Element ? target.closest<HTMLAnchorElement>(`a[href][${ATTRIBUTE}]`) : null
  if (!link || button || ctrlKey || metaKey || shiftKey || altKey || (link.target && link.target !== '_self') || link.download) return
  go(event, link.href)
}

function submitted(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement
  if (!form.hasAttribute(ATTRIBUTE) || form.getAttribute('method')?.toLowerCase() === 'post') return
  const url = new URL(form.getAttribute('action') ?? '', document.baseURI)
  const fields = [...new FormData(form, event.submitter)].filter((field): field is [string, string] => typeof field[1] === 'string')
  url.search = new URLSearchParams(fields).toString()
  go(event, url.href)
}

function go(event: Event, href: string): void {
  if (event.defaultPrevented || !/^https?:/.test(href)) return
  event.preventDefault()
  void push(href)
}
