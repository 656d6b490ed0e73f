import type { Site } from '../hosts.ts'
import type { ShownCookie, View } from '../modes/mode.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'

export function cookieSection(view: View, site: Site): Html {
  return html`<section class="card" aria-labelledby="cookie-title">
    <h2 id="cookie-title">The cookie of this host</h2>
    ${view.cookie === null ? withoutCookie(view, site) : anatomy(view.cookie)}
  </section>`
}

function withoutCookie({ refused }: View, site: Site): Html {
  if (refused === null) {
    return html`<p class="quiet">None. An anonymous visitor costs no cookie and no record; signing in or setting a value makes both.</p>`
  }
  return html`<p class="notice refused" data-testid="cookie-refused">
    The browser sent a session cookie to ${site.host}, and it was not honoured: <code>${refused}</code>. The log says why.
  </p>`
}

function anatomy({ name, parts, attributes }: ShownCookie): Html {
  return html`<p class="cookie" data-testid="cookie">
      <span class="name">${name}</span>=${parts.map(
        ({ text }, i) => html`${i > 0 && '.'}<wbr /><span class="part-${i}" data-testid="cookie-part-${i}">${text}</span>`,
      )}
    </p>
    <dl class="terms">
      ${parts.map(
        ({ text, meaning }, i) =>
          html`<div>
            <dt class="part-${i}">${text.slice(0, 4)}…</dt>
            <dd>${meaning}</dd>
          </div>`,
      )}
      ${attributes.map(
        ({ text, meaning }) =>
          html`<div>
            <dt>${text}</dt>
            <dd>${meaning}</dd>
          </div>`,
      )}
    </dl>`
}
