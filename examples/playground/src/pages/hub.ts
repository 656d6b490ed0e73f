/** The page of the hub: the accounts of this browser, which host uses which, and the master session with its handles. */
import type { AccountInfo } from 'landbridge'
import type { Crossing } from '../crossings.ts'
import { HUB, sitesOf, urlOf } from '../hosts.ts'
import { authorize } from '../tenancy.ts'
import { cookieSection } from './cookie.ts'
import { crossingSection } from './crossing.ts'
import { experimentSection } from './experiment.ts'
import type { HostPage } from './host.ts'
import { board } from './host.ts'
import type { Html } from './html.ts'
import { html } from './html.ts'
import { lifecycleSection } from './lifecycle.ts'
import { noticeFor } from './notices.ts'
import { moment } from './time.ts'
import { treeSection } from './tree.ts'

export interface HubPage extends HostPage {
  readonly accounts: readonly AccountInfo[]
  /** Account by host, where a host made a choice of its own. */
  readonly choices: ReadonlyMap<string, string>
  readonly crossings: readonly Crossing[]
  readonly crossing: unknown
}

export function hubPage(shown: HubPage): string {
  const { site, view, lifecycle, result, done, mode } = shown
  const none = 'None yet. Sign in here, then open a tenant: the page draws how the session came there.'
  const cards = html`${accountsSection(shown)} ${choicesSection(shown)} ${crossingSection(shown.crossings, shown.crossing, none)}
  ${treeSection(shown)} ${cookieSection(view, site)} ${lifecycle && lifecycleSection({ ...shown, lifecycle })}
  ${experimentSection(view, site, mode.id, result, done)}`
  return board(shown, html`<span class="chip">hub</span> people sign in here, and every tenant derives its session from this one`, cards)
}

function accountsSection({ accounts, done, now }: HubPage): Html {
  return html`<section class="card" aria-labelledby="accounts-title">
    <h2 id="accounts-title">Accounts in this browser</h2>
    ${noticeFor('account', done)}
    ${
      accounts.length === 0
        ? html`<p class="who" data-testid="who">Nobody</p>
            <p class="quiet">Nobody is signed in at the hub, so nobody is at its tenants.</p>`
        : html`<ul class="accounts" data-testid="accounts">
            ${accounts.map((account) => accountLine(account, now))}
          </ul>`
    }
    <p class="buttons">
      <a class="button primary" href="/login">${accounts.length === 0 ? 'Sign in' : 'Add an account'}</a>
    </p>
    ${accounts.length > 0 && more()}
  </section>`
}

/** The forms are answered by the library itself, at the addresses that its browser client uses. */
function accountLine({ id, active, expired, signedInAt }: AccountInfo, now: number): Html {
  return html`<li>
    <div>
      <p>
        <b ${active && html`data-testid="who"`}>${id}</b> ${active && html`<span class="chip on">active</span>`}
        ${expired && html`<span class="chip warn">expired</span>`}
      </p>
      <p class="quiet">signed in ${moment(signedInAt, now)}</p>
    </div>
    <div class="acts">
      ${
        expired
          ? html`<a class="button" href="/login?name=${encodeURIComponent(id)}">Sign in again<span class="hidden"> as ${id}</span></a>`
          : !active && act('switch', id, 'switched', 'Switch to', 'Switch')
      }
      ${act('remove', id, 'removed', 'Remove', 'Remove')}
    </div>
  </li>`
}

function act(name: string, account: string, done: string, label: string, text: string): Html {
  return html`<form method="post" action="/.session/${name}">
    <input type="hidden" name="to" value="/?done=${done}#notice" />
    <button name="account" value="${account}" aria-label="${label} ${account}">${text}</button>
  </form>`
}

function more(): Html {
  return html`<ul class="actions">
    <li>
      <form method="post" action="/sign-out-everywhere"><button>Sign out everywhere</button></form>
      <p><code>signOut()</code> Ends the master, and with it every tenant’s session at its next request.</p>
    </li>
    <li>
      <form method="post" action="/let-days-pass"><button>Let 8 days pass</button></form>
      <p>A sign-in expires after 14. Press, add a second account, press again: the first one is listed as expired.</p>
    </li>
  </ul>`
}

function choicesSection(shown: HubPage): Html {
  const { accounts, view, done } = shown
  const known = sitesOf(['spoke']).map(({ host }) => host)
  const others = (view.handles ?? []).map(({ scope }) => scope).filter((host) => host !== HUB && !known.includes(host))
  return html`<section class="card" aria-labelledby="choices-title">
    <h2 id="choices-title">Which tenant uses which account</h2>
    <p class="quiet">
      Each tenant uses the active account, unless you choose another one for it. Elmer and fudd take everybody; bugs does not.
    </p>
    ${noticeFor('choices', done)}
    <ul class="choices">
      ${[...known, ...others].map((host) => choice(shown, host, accounts))}
    </ul>
    <p class="quiet">Any other name below ${HUB} is a tenant, too: type one into the address bar.</p>
  </section>`
}

function choice({ base, choices, accounts }: HubPage, host: string, all: readonly AccountInfo[]): Html {
  const tag = host.split('.')[0] ?? ''
  return html`<li class="host-${tag}">
    <p>
      <span class="dot"></span> <a href="${urlOf(host, base)}">${host}</a> <span class="quiet">${rights(host, accounts, choices)}</span>
    </p>
    ${all.length > 1 && chooser(host, all, choices.get(host))}
  </li>`
}

function chooser(host: string, accounts: readonly AccountInfo[], chosen: string | undefined): Html {
  return html`<form method="post" action="/.session/choose" class="field">
    <input type="hidden" name="to" value="/?done=chosen#notice" />
    <input type="hidden" name="host" value="${host}" />
    <select name="account" aria-label="Account for ${host}">
      <option value="">the active account</option>
      ${accounts.map(({ id }) => html`<option value="${id}" ${id === chosen && html`selected`}>${id}</option>`)}
    </select>
    <button aria-label="Choose for ${host}">Choose</button>
  </form>`
}

/** What the account that is meant would be there, by the application's own rule. */
function rights(host: string, accounts: readonly AccountInfo[], choices: ReadonlyMap<string, string>): Html | false {
  const account = accounts.find(({ id }) => id === choices.get(host)) ?? accounts.find(({ active }) => active)
  if (account === undefined) return false
  if (account.expired) return html`${account.id}, whose sign-in expired`
  const claims = authorize(account, host)
  return claims ? html`${account.id}, as ${claims.role}` : html`${account.id} may not use it`
}
