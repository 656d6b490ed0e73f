import type { Base, Kind } from '../hosts.ts'
import { HUB, SHARED_DOMAIN, sitesOf, urlOf } from '../hosts.ts'
import type { ModeId } from '../modes/mode.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { page } from './layout.ts'

export interface IndexPage {
  readonly base: Base
  readonly mode: ModeId
  /** File of the authority that vouches for the hosts, over https. */
  readonly caFile: string | null
}

/** The way in: what this is, and where to go. It is not a host of the sessions and has none itself. */
export function indexPage({ base, mode, caFile }: IndexPage): string {
  const body = html`<div class="intro">
      <h1>One server, ten hosts: which cookie opens which door?</h1>
      <p class="lead">
        A session cookie is a key, and most servers never ask on which host it is shown. Landbridge gives every cookie one scope, looks it
        up there and nowhere else, and lets a session cross to another host only where you built a bridge.
      </p>
      ${
        mode === 'express-session' &&
        html`<p class="notice hole">
          The default framework, express-session, is on at the moment. The pages of the isolated and shared hosts have the switch back.
        </p>`
      }
      ${caFile !== null && html`<p class="notice" data-testid="trust">${TRUST} <code>${caFile}</code>. The terminal says how.</p>`}
    </div>
    <div class="doors">${DOORS.map((each) => door(each, base))}</div>
    <section class="card" aria-labelledby="try">
      <h2 id="try">What to try first</h2>
      <ol class="steps">
        ${steps(base)}
      </ol>
    </section>`
  return page({ title: 'Landbridge playground', site: null, base, body })
}

const TRUST = 'The certificate is the playground’s own, so browsers complain until they are told to trust its authority:'

interface Door {
  readonly id: string
  readonly kinds: readonly Kind[]
  readonly title: string
  readonly text: string
  readonly code: string
}

const DOORS: readonly Door[] = [
  {
    id: 'hub',
    kinds: ['hub', 'spoke'],
    title: 'Sign in once, be known at every tenant',
    text: 'Each tenant has a session of its own, derived from the one at the hub. Your code says who may use which tenant. Several accounts fit into one browser.',
    code: `{ kind: 'hub', hub: '${HUB}', spokes: ['*.${HUB}'], authorize }`,
  },
  {
    id: 'peers',
    kinds: ['peer'],
    title: 'One session on unrelated domains',
    text: 'Sister shops, say. A cart that was filled on one goes along to the other, signed in or not.',
    code: `{ kind: 'peers', hosts: ['shop-a.localhost', 'shop-b.localhost'] }`,
  },
  {
    id: 'isolated',
    kinds: ['isolated'],
    title: 'Each host has its own sessions',
    text: 'Customers who must never meet. A cookie copied from one host to another is refused, and nothing crosses.',
    code: `{ kind: 'isolated', hosts: ['*.solo.localhost'] }`,
  },
  {
    id: 'shared',
    kinds: ['shared'],
    title: 'One session for a whole domain',
    text: 'Parts of one product. Sign in on one host and you are signed in on the other; sign out, and you are out on both.',
    code: `{ kind: 'shared', domain: '${SHARED_DOMAIN}' }`,
  },
]

function door({ id, kinds, title, text, code }: Door, base: Base): Html {
  return html`<section class="card ${id}" aria-labelledby="door-${id}">
    <p class="kind">${id}</p>
    <h2 id="door-${id}">${title}</h2>
    <p>${text}</p>
    <p><code class="block">${code}</code></p>
    <ul class="links">
      ${sitesOf(kinds).map(
        (site) =>
          html`<li>
            <a class="host-${site.tag}" href="${urlOf(site.host, base)}"><span class="dot"></span>${site.host}</a>
          </li>`,
      )}
    </ul>
  </section>`
}

function steps(base: Base): Html {
  const to = (host: string, text: string): Html => html`<a href="${urlOf(host, base)}">${text}</a>`
  return html`<li>
      Open the ${to(`elmer.${HUB}`, 'tenant elmer')} and sign in at the hub, as elmer perhaps. The page draws the way that brought you back.
    </li>
    <li>Go on to ${to(`fudd.${HUB}`, 'fudd')}: you are known there already. ${to(`bugs.${HUB}`, 'Bugs')} lets in two people only.</li>
    <li>Add a second account at the ${to(HUB, 'hub')}, switch, choose one for each tenant, revoke a single tenant’s handle.</li>
    <li>Fill a cart at ${to('shop-a.localhost', 'shop-a')} and take it to shop-b, without signing in.</li>
    <li>
      Sign in at ${to('daffy.solo.localhost', 'daffy')} and show its cookie to porky: refused. Turn on <b>express-session</b> and do it
      again: porky takes the cookie for the person.
    </li>
    <li>
      Sign in at ${to('porky.solo.localhost', 'porky')} with <b>Stay signed in</b>, copy the cookie, let a day pass and show the copy: the
      theft is noticed.
    </li>
    <li>Sign in at ${to('app.example.localhost', 'app')}: accounts knows you at once, because the two share a session.</li>`
}
