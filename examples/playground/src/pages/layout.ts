import type { Site } from '../hosts.ts'
import { SITES, urlOf } from '../hosts.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'

const STYLES = ['base', 'frame', 'cards', 'log', 'index']

interface Frame {
  readonly title: string
  readonly site: Site | null
  readonly authority: string | undefined
  /** Marks what the script of the page needs to know. */
  readonly data?: { readonly session: string; readonly scope: string; readonly account: string; readonly last: number }
  readonly body: Html
}

export function page({ title, site, authority, data, body }: Frame): string {
  const { port } = new URL(urlOf(SITES[0]!, authority))
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
          <a class="brand" href="http://localhost${port ? `:${port}` : ''}/">Landbridge <span>playground</span></a>
          <nav aria-label="Hosts">${navigation('isolated', site, authority)} ${navigation('shared', site, authority)}</nav>
        </header>
        <main id="main" tabindex="-1">${body}</main>
      </body>
    </html> `.markup.trimStart()
}

function navigation(topology: Site['topology'], current: Site | null, authority: string | undefined): Html {
  const sites = SITES.filter((site) => site.topology === topology)
  const link = (site: Site): Html =>
    html`<li>
      <a class="host-${site.tag}" href="${urlOf(site, authority)}" ${site === current && html`aria-current="page"`}
        ><span class="dot"></span>${site.tag}</a
      >
    </li>`
  return html`<div class="group">
    <span class="kind" id="nav-${topology}">${topology}</span>
    <ul aria-labelledby="nav-${topology}">
      ${sites.map(link)}
    </ul>
  </div>`
}
