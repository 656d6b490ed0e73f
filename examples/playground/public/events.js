// Brings new lines into the log as they happen, and says when this page is out of date. The page is complete without it.
const { session, scope, account, last, host } = document.body.dataset
const list = document.querySelector('#log')
const template = document.querySelector('#log-line')
const state = document.querySelector('#log-state')
const stale = document.querySelector('#stale')
const KEPT = 100
const isHub = document.querySelector('[data-testid=accounts]') !== null

/** @typedef {{ at: number, host: string | null, title: string, sentence: string, tone: string, session: string | null, scope: string | null, account: string | null }} Entry */

forgetNotice()
if (list && template instanceof HTMLTemplateElement && state) listen(list, template, state)

/**
 * @param {Element} lines
 * @param {HTMLTemplateElement} line
 * @param {Element} connection
 */
function listen(lines, line, connection) {
  const source = new EventSource(`/events?after=${last}`)
  source.addEventListener('open', () => show('live'))
  source.addEventListener('error', () => show('connecting again'))
  source.addEventListener('message', (/** @type {MessageEvent<string>} */ { data }) => {
    const entry = /** @type {Entry} */ (JSON.parse(data))
    lines.prepend(fill(line, entry))
    while (lines.children.length > KEPT) lines.lastElementChild?.remove()
    if (stale instanceof HTMLElement && concernsThisPage(entry)) stale.hidden = false
  })

  /** @param {string} text */
  function show(text) {
    connection.textContent = text
    connection.classList.toggle('live', text === 'live')
  }
}

/**
 * @param {HTMLTemplateElement} line
 * @param {Entry} entry
 */
function fill(line, entry) {
  const item = /** @type {DocumentFragment} */ (line.content.cloneNode(true))
  const iso = new Date(entry.at).toISOString()
  put(item, 'time', iso.slice(11, 19))
  item.querySelector('time')?.setAttribute('datetime', iso)
  put(item, '.label', entry.host ?? 'all hosts')
  put(item, '.title code', entry.title)
  put(item, '.sentence', entry.sentence)
  const classes = [`tone-${entry.tone}`, `host-${entry.host?.split('.')[0] || 'none'}`, ...(entry.host === host ? ['here'] : []), 'new']
  item.querySelector('li')?.setAttribute('class', classes.join(' '))
  return item
}

/**
 * @param {DocumentFragment} item
 * @param {string} selector
 * @param {string} text
 */
function put(item, selector, text) {
  const element = item.querySelector(selector)
  if (element) element.textContent = text
}

/**
 * Whether what the page shows may have changed: its session ended or was renewed, somebody signed in where it shows nobody, or the mode.
 * @param {Entry} entry
 */
function concernsThisPage(entry) {
  if (entry.title === 'playground.mode') return true
  // One host's handle is no other host's business, but for the hub, which shows them all.
  if (entry.title === 'session.ended') return entry.session === session && (entry.scope === null || entry.scope === scope || isHub)
  if (['account.switched', 'account.removed', 'session.replaced'].includes(entry.title)) return entry.session === session
  const begun = entry.title === 'session.created' || entry.title === 'session.renewed'
  return begun && entry.scope === scope && (account === '' || entry.account === account)
}

/** A reload should not repeat what the last form did. Without its address the browser would no longer focus the notice: done here. */
function forgetNotice() {
  if (!location.search.startsWith('?done=')) return
  const notice = document.querySelector('#notice')
  if (notice instanceof HTMLElement) notice.focus()
  history.replaceState(null, '', '/')
}
