import type { Base, Kind, Site } from '../hosts.ts'
import { GROUPS, sitesOf, urlOf } from '../hosts.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'

const STYLES = ['base', 'frame', 'cards', 'crossing', 'log', 'index']

interface Frame {
  readonly title: string
  readonly site: Site | null
  readonly base: Base
  /** Marks what the script of the page needs to know; only pages with a log have a script. */
  readonly data?: { readonly session: string; readonly scope: string; readonly account: string; readonly last: number }
  readonly body: Html
}

export function page({ title, site, base, data, body }: Frame): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        ${STYLES.map((name) => html`<link rel="stylesheet" href="/${name}.css" />`)}
        ${data ? html`<script src="/events.js" type="module"></script>` : null}
      </head>
      <body
        class="${site ? `host-${site.tag}` : 'index'}"
        ${
          data
            ? html`data-session="${data.session}" data-scope="${data.scope}" data-account="${data.account}" data-last="${data.last}"
              data-host="${site?.host ?? ''}"`
            : null
        }
      >
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <a class="brand" href="${urlOf('localhost', base)}">Landbridge <span>playground</span></a>
          <nav aria-label="Hosts">${GROUPS.map(({ id, kinds }) => navigation(id, kinds, site, base))}</nav>
        </header>
        <main id="main" tabindex="-1">${body}</main>
      </body>
    </html> `.markup.trimStart()
}

function navigation(id: string, kinds: readonly Kind[], current: Site | null, base: Base): Html {
  const link = (site: Site): Html =>
    html`<li>
      <a class="host-${site.tag}" href="${urlOf(site.host, base)}" ${site.host === current?.host && html`aria-current="page"`}
        ><span class="dot"></span>${site.tag}</a
      >
    </li>`
  return html`<div class="group">
    <span class="kind" id="nav-${id}">${id}</span>
    <ul aria-labelledby="nav-${id}">
      ${sitesOf(kinds).map(link)}
    </ul>
  </div>`
}

/** The name of a host as a page's first heading, and what is to be said of it. */
export function headline(site: Site, text: Html): Html {
  return html`<div class="headline">
    <h1><span class="dot"></span>${site.host}</h1>
    <p>${text}</p>
  </div>`
}

/** Shown by the script when something happened to the session that the page was made for. */
export function staleNotice(): Html {
  return html`<p class="notice" id="stale" role="status" hidden>
    <span>Something happened to this session, in another window perhaps.</span> <a href="/">Load the page again</a>
  </p>`
}
