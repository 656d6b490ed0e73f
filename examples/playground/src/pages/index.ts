import type { Site } from '../hosts.ts'
import { SHARED_DOMAIN, SITES, urlOf } from '../hosts.ts'
import type { ModeId } from '../modes/mode.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { page } from './layout.ts'

/** The way in: what this is, and where to go. It is not a host of the sessions and has none itself. */
export function indexPage(authority: string | undefined, mode: ModeId): string {
  const body = html`<div class="intro">
      <h1>One server, four hosts: which cookie opens which door?</h1>
      <p class="lead">
        A session cookie is a key, and most servers never ask on which host it is shown. Landbridge gives every cookie one scope and looks
        it up there and nowhere else. Sign in below, show the cookie to another host, and see what the server makes of it.
      </p>
      ${
        mode === 'express-session' &&
        html`<p class="notice hole">The default framework, express-session, is on at the moment. Each host’s page has the switch back.</p>`
      }
    </div>
    <div class="doors">
      ${door(
        'isolated',
        'Each host has its own sessions',
        html`Tenants of one product, say. A cookie copied from one host to another is refused.`,
        `{ kind: 'isolated', hosts: ['*.acme.localhost'] }`,
        authority,
      )}
      ${door(
        'shared',
        'One session for a whole domain',
        html`Parts of one product. Sign in on one host and you are signed in on the other; sign out, and you are out on both.`,
        `{ kind: 'shared', domain: '${SHARED_DOMAIN}' }`,
        authority,
      )}
    </div>
    <section class="card" aria-labelledby="try">
      <h2 id="try">What to try first</h2>
      <ol class="steps">
        <li>Open <a href="${urlOf(SITES[0]!, authority)}">elmer</a> and sign in with any name.</li>
        <li>Press <b>Show it</b> under “Show this cookie to another host”: fudd refuses it, and elmer is still signed in.</li>
        <li>Turn on <b>express-session</b> at the top of the page and do the same again: fudd takes the cookie for the person.</li>
        <li>Sign in on <a href="${urlOf(SITES[2]!, authority)}">app</a>: accounts knows you at once, because the two share a session.</li>
      </ol>
    </section>`
  return page({ title: 'Landbridge playground', site: null, authority, body })
}

function door(topology: Site['topology'], title: string, text: Html, code: string, authority: string | undefined): Html {
  const sites = SITES.filter((site) => site.topology === topology)
  return html`<section class="card" aria-labelledby="door-${topology}">
    <p class="kind">${topology}</p>
    <h2 id="door-${topology}">${title}</h2>
    <p>${text}</p>
    <p><code class="block">${code}</code></p>
    <ul class="links">
      ${sites.map(
        (site) =>
          html`<li>
            <a class="host-${site.tag}" href="${urlOf(site, authority)}"><span class="dot"></span>${site.host}</a>
          </li>`,
      )}
    </ul>
  </section>`
}
