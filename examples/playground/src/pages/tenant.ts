/** The pages of a tenant: its own, and one that is for signed-in people only. */
import type { Crossing } from '../crossings.ts'
import { HUB, urlOf } from '../hosts.ts'
import { GUEST_LIST } from '../tenancy.ts'
import { cookieSection } from './cookie.ts'
import { crossingSection } from './crossing.ts'
import { experimentSection } from './experiment.ts'
import type { HostPage } from './host.ts'
import { board } from './host.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { noticeFor } from './notices.ts'
import { moment } from './time.ts'
import { treeSection } from './tree.ts'
import { valuesSection } from './values.ts'

export interface TenantPage extends HostPage {
  readonly claims: Readonly<Record<string, unknown>> | null
  readonly crossings: readonly Crossing[]
  readonly crossing: unknown
}

const NONE = 'None yet. A visitor who is not signed in at the hub is never redirected: sign in, or open the protected page.'

export function tenantPage(shown: TenantPage): string {
  const { site, view, result, done, mode } = shown
  const cards = html`${visitorSection(shown)} ${valuesSection(view, done)} ${crossingSection(shown.crossings, shown.crossing, NONE)}
  ${treeSection(shown)} ${cookieSection(view, site)} ${experimentSection(view, site, mode.id, result, done)}`
  return board(shown, describe(shown), cards)
}

export function privatePage(shown: TenantPage): string {
  const { site, view } = shown
  const cards = html`<section class="card wide" aria-labelledby="private-title">
      <h2 id="private-title">The books of ${site.host}</h2>
      <p>
        Only signed-in people get here. Opened without a session, this page sent the browser to the hub by itself, and the browser came back
        to this very address.
      </p>
      <p class="who" data-testid="who">${view.account ?? 'Nobody'}</p>
      ${claimList(shown)}
      <p class="buttons"><a class="button" href="/">Back to ${site.tag}</a></p>
    </section>
    ${crossingSection(shown.crossings, shown.crossing, NONE)}`
  return board(shown, html`<span class="chip">protected</span> needs somebody who is signed in and may use ${site.host}`, cards)
}

const describe = ({ site }: TenantPage): Html =>
  html`<span class="chip">spoke</span> ${
      site.tag === 'bugs' ? `a tenant that lets in ${GUEST_LIST} only` : `a tenant of ${HUB}, with a session and values of its own`
    }`

function visitorSection(shown: TenantPage): Html {
  const { view, site, done, now } = shown
  return html`<section class="card account" aria-labelledby="account-title">
    <h2 id="account-title">Who is signed in here</h2>
    ${
      view.account === null
        ? nobody(shown)
        : html`<p class="who" data-testid="who">${view.account}</p>
            <p class="quiet">Signed in at the hub ${view.signedInAt !== null && moment(view.signedInAt, now)}</p>
            ${claimList(shown)}`
    }
    ${noticeFor('account', done)}
    <p class="buttons">
      ${view.account === null && html`<a class="button primary" href="/.session/begin?to=/">Sign in at ${HUB}</a>`}
      <a class="button" href="/private">Protected page</a>
      <a class="button" href="${urlOf(HUB, shown.base)}">Account chooser</a>
    </p>
    ${view.account !== null && signOuts(site.tag)}
  </section>`
}

function nobody({ site }: TenantPage): Html {
  return html`<p class="who" data-testid="who">Nobody</p>
    <p class="quiet">
      ${site.host} sees an anonymous visitor.
      ${site.tag === 'bugs' && `It lets in ${GUEST_LIST}; an account that may not come looks here as if nobody were signed in.`}
    </p>`
}

/** What `authorize` said of the account on this host. */
function claimList({ claims }: TenantPage): Html | false {
  return (
    claims !== null &&
    html`<dl class="facts" data-testid="claims">
      ${Object.entries(claims).map(
        ([name, value]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${String(value)}</dd>
          </div>`,
      )}
    </dl>`
  )
}

function signOuts(tag: string): Html {
  return html`<ul class="actions">
    <li>
      <form method="post" action="/sign-out-here"><button>Sign out here</button></form>
      <p><code>signOut('here')</code> Ends ${tag}’s handle, and it stays so until you ask to sign in.</p>
    </li>
    <li>
      <form method="post" action="/sign-out-everywhere"><button>Sign out everywhere</button></form>
      <p><code>signOut('everywhere')</code> Ends the master at the hub and every tenant with it.</p>
    </li>
  </ul>`
}
